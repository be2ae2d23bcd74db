"""What each source and family of features brings: ``python -m tests.benchmarks.ablation``."""

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from models_py import database, pair_reader, ranker, two_stages, warehouse
from models_py.evaluation import evaluate
from models_py.frames import Frames, Pairs
from models_py.metrics import average_precision
from models_py.ranking import LIST_LENGTH
from models_py.runner import plan_windows
from models_py.two_stages import VARIANTS, Variant
from tests.benchmarks.inputs import InputError, connect

EVERYTHING = "everything"
CORRECTED = Variant(ranker.DEFAULT_VARIANT, True)
# Families of features, as patterns of whole names. The columns of a source go with the source.
FAMILIES = {
    "decayed shares of own purchases": r"own_share_\d+d|product_share",
    "decayed counts of own purchases": r"own_decayed_\d+d",
    "sizes of baskets": r".*basket_share",
    "own counts and shares": r"own_n_.*|own_share|share_of_product",
    "recency of own purchases": r"(own|product|department)_days_since.*",
    "cycles": r".*_cycles_since_last|own_days_between|mean_days_between",
    "what comes back": r"returning_share.*|mean_days_to_return",
    "tastes": r"taste_.*",
    "pairs": r"pair_.*",
    "popularity and trend": r"sold_share.*|popularity_place|trend_.*",
    "days on sale": r"days_since_(first|last)_sold",
    "prices": r".*price.*",
    "ages": r"age|age_.*",
    "channel": r".*online_share|channel_distance",
    "activity of the customer": (
        r"n_shopping_days|n_bought.*|days_since_last_bought|pieces_a_day|mean_days_between"
    ),
    "ranks in the sources": r"source:.*_rank",
    "scores in the sources": r"source:.*_score",
}
ALL_ROWS = re.compile("")
# Sources that are looked at as one as well.
GROUPS = {"all favourites": r"favourite_.*", "all best sellers": r"popular_.*"}


def without(pairs: Pairs, sources: Sequence[str], left_out: Sequence[str]) -> Pairs:
    """The pairs as they were without some sources and features.

    Parameters
    ----------
    pairs
        Of one window.
    sources
        All sources.
    left_out
        Names of sources and of features.

    Returns
    -------
    Pairs
        Without the columns of those sources and features, and without the candidates that no
        other source has.
    """
    gone = [source for source in sources if source in left_out]
    columns = {name for source in gone for name in (f"{source}_rank", f"{source}_score")}
    kept = [i for i, name in enumerate(pairs.names) if name not in columns and name not in left_out]
    rows: npt.NDArray[np.bool_] = np.ones(len(pairs.customer_keys), bool)
    if gone:
        others = [pairs.names.index(f"{source}_rank") for source in sources if source not in gone]
        rows = np.asarray(~np.isnan(pairs.features[:, others]).all(axis=1), bool)
    left = pairs.take(rows)
    return replace(
        left,
        features=np.ascontiguousarray(left.features[:, kept]),
        names=[pairs.names[i] for i in kept],
    )


def sources_of(names: Sequence[str]) -> list[str]:
    """The sources, each of which has a rank among the features; not each has its score there."""
    return [name.removesuffix("_rank") for name in names if name.endswith("_rank")]


def variants(names: Sequence[str], sources: Sequence[str]) -> dict[str, list[str]]:
    """What is left out: by the name of a row, the sources or features."""
    found: dict[str, list[str]] = {EVERYTHING: []}
    for source in sources:
        found[f"source {source}"] = [source]
    for group, pattern in GROUPS.items():
        found[f"sources: {group}"] = [one for one in sources if re.fullmatch(pattern, one)]
    of_source = {f"{source}_{what}" for source in sources for what in ("rank", "score")}
    for family, pattern in FAMILIES.items():
        if pattern.startswith("source:"):
            among, pattern = of_source, pattern.removeprefix("source:")
        else:
            among = set(names) - of_source
        found[f"features: {family}"] = [
            name for name in names if name in among and re.fullmatch(pattern, name)
        ]
    return {name: left_out for name, left_out in found.items() if left_out or name == EVERYTHING}


def average_precisions(
    training: Sequence[Pairs], frames: Frames, pairs: Pairs
) -> npt.NDArray[np.float64]:
    """Each customer's average precision with models of the default size."""
    fitted = two_stages.fit(training)
    if fitted is None:
        raise InputError("too few customers to fit a ranker; build with more.")
    (lists,) = two_stages.order_candidates(fitted, frames, [pairs], [VARIANTS.index(CORRECTED)])
    return average_precision(lists[:, :LIST_LENGTH], *frames.label_pairs())


def sql_seconds(run_results: Path | None) -> Mapping[str, float]:
    """Seconds of each model of dbt's last run, by name; empty without the file.

    Raises
    ------
    InputError
        If the file is none of dbt's run_results.json.
    """
    if run_results is None:
        return {}
    try:
        results = json.loads(run_results.read_text())["results"]
        return {one["unique_id"].split(".")[-1]: one["execution_time"] for one in results}
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError(f"{run_results} is no run_results.json of dbt's.") from problem


def ablate(
    connection: duckdb.DuckDBPyConnection,
    seconds_of: Mapping[str, float],
    n_bootstrap: int,
    only: re.Pattern[str] = ALL_ROWS,
) -> pd.DataFrame:
    """Fit and score every backtest window without each source and family in turn.

    Parameters
    ----------
    connection
        A build that was trained on.
    seconds_of
        What `sql_seconds` returned.
    n_bootstrap
        Replicates of each interval.
    only
        Pattern of the beginning of the rows' names that are wanted, beside everything.

    Raises
    ------
    InputError
        If no row has such a name.

    Returns
    -------
    DataFrame
        A row for each: left_out, n_features, candidates (a customer), map_at_12, difference,
        difference_low, difference_high (less everything's: negative is a loss), seconds_saved
        (fitting and scoring, of all windows), sql_seconds_saved (of the source's models).
    """
    names = pair_reader.read_feature_names(connection)
    sources = sources_of(names)
    wanted = {
        name: left_out
        for name, left_out in variants(names, sources).items()
        if name == EVERYTHING or only.match(name)
    }
    if len(wanted) == 1:
        raise InputError(f"no row's name begins with {only.pattern!r}; one begins with 'source'.")
    plan = plan_windows(warehouse.read_windows(connection))
    backtest = plan.backtest
    pairs = {
        w: pair_reader.in_one(connection, pair_reader.stream_pairs(connection, w)) for w in backtest
    }
    frames = {w: warehouse.read_frames(connection, w, []) for w in backtest}
    training = {
        t: pair_reader.read_training_pairs(connection, t)
        for t in sorted({t for w in backtest for t in plan.training[w]})
    }
    scores, rows = [], []
    for name, left_out in wanted.items():
        some = {t: without(training[t], sources, left_out) for t in training}
        candidates = {w: without(pairs[w], sources, left_out) for w in backtest}
        started = time.perf_counter()
        for w in backtest:
            ap = average_precisions([some[t] for t in plan.training[w]], frames[w], candidates[w])
            scores.append(
                pd.DataFrame(
                    {
                        "window_id": w,
                        "customer_key": frames[w].customer_keys,
                        "system": name,
                        "ap": ap,
                    }
                )
            )
        seconds = time.perf_counter() - started
        # Not the pairs of articles: other features need them.
        models = [f"cand_{source}" for source in sources if source in left_out]
        rows.append(
            {
                "left_out": name,
                "n_features": len(candidates[backtest[0]].names),
                "candidates": sum(len(one.customer_keys) for one in candidates.values())
                / sum(len(one.customers) for one in frames.values()),
                "seconds": seconds,
                "sql_seconds_saved": sum(seconds_of.get(model, 0.0) for model in models),
            }
        )
        print(f"{name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    every = pd.concat(scores, ignore_index=True)
    table = evaluate(
        every, every[["window_id", "customer_key"]].drop_duplicates(), EVERYTHING, n_bootstrap
    )
    mean = table[table["window_id"].isna() & (table["slice_kind"] == "all")]
    found = pd.DataFrame(rows).merge(mean, left_on="left_out", right_on="system", validate="1:1")
    found["seconds_saved"] = found["seconds"].iloc[0] - found["seconds"]
    return found


def text_of(found: pd.DataFrame) -> str:
    """The table as Markdown, the dearest loss first."""
    lines = [
        "| left out | features | candidates a customer | MAP@12 | difference | 95 % interval "
        "| seconds saved, Python | SQL |",
        "|---|---|---|---|---|---|---|---|",
    ]
    first, rest = found.iloc[:1], found.iloc[1:].sort_values("difference", kind="stable")
    for row in pd.concat([first, rest]).to_dict("records"):
        lines.append(
            f"| {row['left_out']} | {row['n_features']} | {row['candidates']:.0f} "
            f"| {row['map_at_12']:.4f} | {row['difference']:+.4f} "
            f"| {row['difference_low']:+.4f} to {row['difference_high']:+.4f} "
            f"| {row['seconds_saved']:.0f} | {row['sql_seconds_saved']:.1f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit status is 2 where the file is no build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, required=True, help="hm.duckdb of a build")
    parser.add_argument("--run-results", type=Path, help="dbt's run_results.json of that build")
    parser.add_argument("--n-bootstrap", type=int, default=1000)
    parser.add_argument("--only", default="", help="rows whose names begin so, as 'source'")
    options = parser.parse_args(arguments)
    if options.n_bootstrap < 1:
        parser.error(f"--n-bootstrap is {options.n_bootstrap}; it must be at least 1.")
    try:
        only = re.compile(options.only)
    except re.error as problem:
        parser.error(f"--only is {options.only!r}, no regular expression ({problem}).")
    try:
        with connect(options.database) as connection:
            seconds = sql_seconds(options.run_results)
            print(text_of(ablate(connection, seconds, options.n_bootstrap, only)))
    except (InputError, OSError, duckdb.Error) as problem:
        print(f"error: {database.first_line(problem)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
