"""Little history: ``python -m tests.benchmarks.few_days --known 4 --asked 3``.

Of a folder of files, the days right before a cutoff are all that this project and the heuristics
know; what was bought right after it judges both. Cutoffs lie some days apart, so that weekdays
change. Each cutoff is a whole run: dbt, then training.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from models_py.metrics import average_precision
from models_py.ranking import EMPTY, LIST_LENGTH
from tests.benchmarks import heuristics
from tests.benchmarks.inputs import (
    InputError,
    IntArray,
    Window,
    read_attributes,
    read_window,
    rows_of,
)
from tests.benchmarks.trials import Trials, run_trials
from tests.dbt import runs

OURS = "this project"


class RunError(Exception):
    """A command of this project failed; the message is what it said."""


def cut(data: Path, cutoff: date, known: int, folder: Path) -> None:
    """Write the tables with the purchases of the last `known` days before the cutoff alone."""
    with duckdb.connect() as connection:
        for name in ("articles", "customers"):
            connection.read_parquet(str(data / f"{name}.parquet")).write_parquet(
                str(folder / f"{name}.parquet")
            )
        connection.read_parquet(str(data / "transactions_train.parquet")).filter(
            f"t_dat >= date '{cutoff}' - {known} and t_dat < date '{cutoff}'"
        ).write_parquet(str(folder / "transactions_train.parquet"))


def run(data: Path, out: Path, variables: dict[str, object]) -> None:
    """dbt and training, as a user runs them.

    Raises
    ------
    RunError
        If one of them fails.
    """
    for name, command in {
        "dbt run": partial(runs.dbt, data, out, "run", variables=json.dumps(variables)),
        "training": partial(runs.train, data, out, "--publish-anyway"),
    }.items():
        done = command()
        if done.returncode:
            raise RunError(f"{name} failed: {(done.stdout + done.stderr)[-2000:]}")


def read_answers(
    database: Path, purchases: Path, cutoff: date, asked: int
) -> tuple[Window, IntArray]:
    """Window 0 with the label that it could not know, of its buyers alone, and their lists."""
    with duckdb.connect(str(database), read_only=True) as connection:
        window = read_window(connection, 0, *read_attributes(connection))
        label = connection.execute(
            """
            select distinct customer_key, article_key
            from read_parquet(?) as purchases
            inner join stg_customers
                on cast(purchases.customer_id as varchar) = stg_customers.customer_id
            inner join stg_articles
                on cast(purchases.article_id as varchar) = stg_articles.article_id
            where purchases.t_dat >= ? and purchases.t_dat < ?
            order by all
            """,
            [str(purchases), cutoff, cutoff + timedelta(days=asked)],
        ).fetchnumpy()
        listed = connection.execute(
            """
            select customer_key, recommendation_rank, article_key from predictions.recommendations
            where window_id = 0
            """
        ).fetchnumpy()
    bought_by = np.asarray(label["customer_key"], np.int64)
    buyers = np.unique(bought_by)
    lists = np.full((len(buyers), LIST_LENGTH), EMPTY, np.int64)
    row, is_buyer = rows_of(buyers, np.asarray(listed["customer_key"], np.int64))
    place = np.asarray(listed["recommendation_rank"], np.int64) - 1
    lists[row[is_buyer], place[is_buyer]] = np.asarray(listed["article_key"], np.int64)[is_buyer]
    return (
        replace(
            window,
            customer_keys=buyers,
            label_row=rows_of(buyers, bought_by)[0],
            label_article=np.asarray(label["article_key"], np.int64),
        ),
        lists,
    )


class Repeated:
    """The same question asked at several cutoffs, the latest first."""

    def __init__(self, data: Path, known: int, asked: int, variables: dict[str, object]) -> None:
        self._data = data
        self._known, self._asked, self._variables = known, asked, variables
        self.scores: list[pd.DataFrame] = []

    def windows(self, n: int, apart: int) -> Iterator[Window]:
        """What a heuristic may see at each cutoff; this project's own scores are kept.

        Raises
        ------
        InputError
            If the files are not there, or begin too late.
        RunError
            If a run fails.
        """
        purchases = self._data / "transactions_train.parquet"
        if not purchases.is_file():
            raise InputError(f"{purchases} is not there; run make real, or name another folder.")
        with duckdb.connect() as connection:
            first, last = connection.execute(
                "select cast(min(t_dat) as date), cast(max(t_dat) as date) from read_parquet(?)",
                [str(purchases)],
            ).fetchall()[0]
        if last is None:
            raise InputError(f"{purchases} holds no purchase.")
        cutoffs = [last - timedelta(days=self._asked - 1 + apart * place) for place in range(n)]
        if cutoffs[-1] - timedelta(days=self._known) < first:
            raise InputError(
                f"{purchases} begins on {first}, and of the {n} cutoffs the earliest is "
                f"{cutoffs[-1]}, of which {self._known} days before must be known; ask for fewer "
                "(--times), or nearer to each other (--apart)."
            )
        for place, cutoff in enumerate(cutoffs):
            with tempfile.TemporaryDirectory() as folder:
                data, out = Path(folder, "data"), Path(folder, "out")
                data.mkdir()
                cut(self._data, cutoff, self._known, data)
                run(data, out, {"horizon_days": self._asked} | self._variables)
                window, lists = read_answers(out / "hm.duckdb", purchases, cutoff, self._asked)
            window = replace(window, window_id=place)
            ap = average_precision(lists, window.label_row, window.label_article)
            is_known = np.isin(window.customer_keys, window.purchases["customer_key"])
            self.scores.append(
                pd.DataFrame(
                    {
                        "window_id": place,
                        "customer_key": window.customer_keys,
                        "ap": ap,
                        "is_known": is_known,
                    }
                )
            )
            print(f"cutoff {cutoff}: {ap.mean():.4f}, {len(ap)} buyers", file=sys.stderr)
            yield window


def text_of(ours: pd.DataFrame, trials: Trials) -> str:
    """The table: each system's MAP@12 in the mean over the cutoffs, and ours less it."""
    known = ours[["window_id", "customer_key", "is_known"]]
    scores = pd.concat(
        [ours.assign(system=OURS), trials.scores.merge(known, on=["window_id", "customer_key"])]
    )
    n = ours["window_id"].nunique()
    lines = [
        f"MAP@12 of {n} cutoff{'' if n == 1 else 's'}, {len(ours)} buyers, "
        f"{ours['is_known'].mean():.0%} of them with history; in brackets the standard error, over "
        "cutoffs, of this project less the system",
        f"{'':14s} {'all':>24s} {'with history':>24s} {'new':>24s}",
    ]
    slices = {
        "all": scores,
        "with history": scores[scores["is_known"]],
        "new": scores[~scores["is_known"]],
    }
    by_cutoff = {
        name: kept.groupby(["system", "window_id"])["ap"].mean().unstack("system")
        for name, kept in slices.items()
    }
    order = by_cutoff["all"].mean().sort_values(ascending=False).index
    for system in order:
        cells = []
        for means in by_cutoff.values():
            difference = means[OURS] - means[system]
            cell = f"{means[system].mean():.4f} {difference.mean():+.4f}"
            # One cutoff says nothing of how much they differ.
            if difference.count() > 1:
                cell += f" ({difference.sem():.4f})"
            cells.append(cell)
        lines.append(f"{system:14s} " + " ".join(f"{cell:>24s}" for cell in cells))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.few_days",
        description="Compare this project with heuristics where only few days are known.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, default=Path("data/real"), help="folder of parquet files"
    )
    parser.add_argument("--known", type=int, default=4, help="days of history")
    parser.add_argument("--asked", type=int, default=3, help="days that are predicted")
    parser.add_argument("--times", type=int, default=16, help="cutoffs")
    parser.add_argument("--apart", type=int, default=8, help="days from one cutoff to the next")
    parser.add_argument("--vars", type=json.loads, default="{}", help="more dbt vars, as JSON")
    options = parser.parse_args(arguments)
    for name in ("known", "asked", "times", "apart"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is {getattr(options, name)}; it must be 1 or more.")
    if not isinstance(options.vars, dict):
        parser.error(f'--vars is {options.vars}; it must be an object, as {{"n_neighbours": 10}}.')
    repeated = Repeated(options.data, options.known, options.asked, options.vars)
    try:
        trials = run_trials(heuristics.PEERS, repeated.windows(options.times, options.apart))
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (RunError, duckdb.Error, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 3
    print(text_of(pd.concat(repeated.scores, ignore_index=True), trials))
    return 0


if __name__ == "__main__":
    sys.exit(main())
