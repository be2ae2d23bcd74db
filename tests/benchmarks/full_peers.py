"""What a user would run instead at full size: ``python -m tests.benchmarks.full_peers item_knn``.

Each pipeline reads the same CSV files as this project and writes the same submission file. It runs
in the environment of the peers, as a process of its own, so that its memory is its own.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LENGTH = 12
BATCH = 100_000
NEIGHBOURS = 50
FACTORS = 64
ITERATIONS = 10
TASTES = [
    "index_group_name",
    "department_name",
    "product_type_name",
    "colour_group_name",
    "graphical_appearance_name",
]


def item_knn(data: Path, out: Path) -> None:
    """Polars, and implicit's cosine neighbours of articles."""
    from implicit.nearest_neighbours import CosineRecommender

    _with_implicit(data, out, CosineRecommender(K=NEIGHBOURS))


def als(data: Path, out: Path) -> None:
    """Polars, and implicit's alternating least squares."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=FACTORS, iterations=ITERATIONS, random_state=0)
    _with_implicit(data, out, model)


def _with_implicit(data: Path, out: Path, model: Any) -> None:
    import polars as pl  # type: ignore[import-not-found, unused-ignore]
    from scipy import sparse

    purchases = (
        pl.scan_csv(
            data / "transactions_train.csv",
            schema_overrides={"article_id": pl.String, "t_dat": pl.Date},
        )
        .select("t_dat", "customer_id", "article_id")
        .collect()
    )
    customers = pl.read_csv(data / "customers.csv", columns=["customer_id"])["customer_id"]
    articles = pl.read_csv(
        data / "articles.csv", columns=["article_id"], schema_overrides={"article_id": pl.String}
    )["article_id"]
    rows, columns = (
        purchases.select(name)
        .join(
            pl.DataFrame({name: known, "number": np.arange(len(known), dtype=np.int32)}),
            on=name,
            how="left",
            maintain_order="left",
        )["number"]
        .to_numpy()
        for name, known in (("customer_id", customers), ("article_id", articles))
    )
    last_week = purchases["t_dat"].to_numpy() > purchases[
        "t_dat"
    ].to_numpy().max() - np.timedelta64(7, "D")
    popular = np.argsort(-np.bincount(columns[last_week], minlength=len(articles)), kind="stable")
    del purchases
    matrix = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(customers), len(articles))
    )
    model.fit(matrix, show_progress=False)
    best = popular[:LENGTH].astype(np.int64)
    names = articles.to_numpy().astype(object)
    ids = customers.to_numpy()
    with out.open("w") as file:
        file.write("customer_id,prediction\n")
        for start in range(0, len(customers), BATCH):
            users = np.arange(start, min(start + BATCH, len(customers)))
            found, scores = model.recommend(
                users, matrix[users], N=LENGTH, filter_already_liked_items=False
            )
            lists = np.where(scores > 0, found, -1)
            for user, articles_of in zip(users, lists, strict=True):
                kept = [a for a in articles_of if a >= 0]
                kept += [a for a in best if a not in kept][: LENGTH - len(kept)]
                file.write(f"{ids[user]},{' '.join(names[kept])}\n")


def pandas(data: Path, out: Path) -> None:
    """Features of the submission window as a notebook makes them, and own history as the list."""
    import pandas as pd

    purchases = pd.read_csv(
        data / "transactions_train.csv", dtype={"article_id": str}, parse_dates=["t_dat"]
    )
    articles = pd.read_csv(data / "articles.csv", dtype={"article_id": str})
    customers = pd.read_csv(data / "customers.csv")
    cutoff = purchases["t_dat"].max() + pd.Timedelta(days=1)
    purchases["days"] = (cutoff - purchases["t_dat"]).dt.days
    for span in (14, 42, 126):
        purchases[f"decayed_{span}"] = np.exp(-purchases["days"] / span)
    own = purchases.groupby(["customer_id", "article_id"], as_index=False).agg(
        n=("days", "size"),
        last=("days", "min"),
        first=("days", "max"),
        price=("price", "mean"),
        decayed_14=("decayed_14", "sum"),
        decayed_42=("decayed_42", "sum"),
        decayed_126=("decayed_126", "sum"),
    )
    # Made and measured, though the list below does not need them: a ranker would.
    activity = purchases.groupby("customer_id").agg(
        n=("days", "size"), days=("t_dat", "nunique"), last=("days", "min"), price=("price", "mean")
    )
    attributes = own.merge(articles[["article_id", *TASTES]], on="article_id")
    tastes = []
    for name in TASTES:
        taste = attributes.groupby(["customer_id", name], as_index=False)["n"].sum()
        taste["share"] = taste["n"] / taste.groupby("customer_id")["n"].transform("sum")
        tastes.append(taste)
    popularity = pd.DataFrame(
        {
            days: purchases[purchases["days"] <= days].groupby("article_id").size()
            for days in (1, 3, 7, 14, 28)
        }
    ).fillna(0)
    best = popularity[7].sort_values(ascending=False).index[:LENGTH].tolist()
    own = own.sort_values(["customer_id", "decayed_126"], ascending=[True, False])
    top = own.groupby("customer_id").head(LENGTH).groupby("customer_id")["article_id"].agg(list)
    lists = customers["customer_id"].map(top)
    with out.open("w") as file:
        file.write("customer_id,prediction\n")
        for customer, listed in zip(customers["customer_id"], lists, strict=True):
            kept = listed if isinstance(listed, list) else []
            kept = kept + [a for a in best if a not in kept][: LENGTH - len(kept)]
            file.write(f"{customer},{' '.join(kept)}\n")
    print(f"{len(activity)} customers, {sum(map(len, tastes))} tastes")


PIPELINES: dict[str, Callable[[Path, Path], None]] = {
    "item_knn": item_knn,
    "als": als,
    "pandas": pandas,
}


def main(arguments: list[str] | None = None) -> None:
    """Run one pipeline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline", choices=PIPELINES)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the submission file")
    options = parser.parse_args(arguments)
    PIPELINES[options.pipeline](options.data_dir, options.out)


if __name__ == "__main__":
    main()
