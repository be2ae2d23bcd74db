"""Trains on the tables that dbt built, evaluates, and publishes: ``python -m models_py.train``."""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
from threadpoolctl import threadpool_limits

from models_py import __version__, export, report, systems, warehouse
from models_py.blend import Held
from models_py.evaluation import OUTPUT_COLUMNS, evaluate
from models_py.frames import Frames
from models_py.least_squares import PENALTIES
from models_py.metrics import average_precision
from models_py.progress import Progress
from models_py.warehouse import WarehouseError

EXPORTED = systems.HYBRID
# Customers scored at a time: bounds memory, changes no result.
SHARD_SIZE = 100_000


@dataclass
class Plan:
    """Which windows are fitted, in which order, and on what.

    Attributes
    ----------
    scored
        Windows to fit, the oldest first; the later ones choose on what the earlier ones show.
    training
        By scored window, the windows it learns from.
    backtest
        The windows that are evaluated.
    """

    scored: list[int]
    training: dict[int, list[int]]
    backtest: list[int]


def plan_windows(windows: pd.DataFrame, n_training: int) -> Plan:
    """Lay out the run: window w learns from windows w+1 to w+n_training, as far as they exist.

    Parameters
    ----------
    windows
        What `warehouse.read_windows` returns.
    n_training
        The var n_training_windows.
    """
    there = windows[~windows["is_left_out"]]
    ids = [int(w) for w in there["window_id"]]
    backtest = [int(w) for w in there.loc[there["is_backtest"], "window_id"]]
    last = max(ids) if ids else 0
    furthest = min(max([0, *backtest]) + systems.N_TUNING_WINDOWS, last)
    scored = list(range(furthest, -1, -1))
    training = {w: list(range(w + 1, min(w + n_training, last) + 1)) for w in scored}
    return Plan(scored, training, backtest)


def train(data_dir: Path, out_dir: Path, n_bootstrap: int) -> None:
    """Fit and evaluate every system, write the predictions and the submission, and publish both.

    Parameters
    ----------
    data_dir
        Folder with the input files: the submission takes its customers, and their order, from
        sample_submission or else from customers.
    out_dir
        Folder with hm_build.duckdb; receives hm.duckdb and submission.csv.
    n_bootstrap
        Replicates of each interval.

    Raises
    ------
    WarehouseError
        If the build can't be used. Nothing is changed then.
    """
    started = time.monotonic()
    started_at = datetime.now(UTC).replace(tzinfo=None)
    customers_file = export.customers_file(data_dir)
    with warehouse.open_build_file(out_dir) as connection:
        settings = warehouse.read_settings(connection)
        windows = warehouse.read_windows(connection)
        grains = json.loads(settings["purchase_grain"])
        grains = [grains] if isinstance(grains, str) else grains
        plan = plan_windows(windows, int(settings["n_training_windows"]))
        report.print_windows(windows)
        with Progress(len(plan.scored) + len(plan.backtest) + 3) as progress:
            connection.execute("begin")
            warehouse.clear_predictions(connection)
            scores = _run_windows(connection, plan, grains, progress)
            progress.start("evaluating")
            evaluation = _evaluate(connection, scores, n_bootstrap)
            warehouse.write_predictions(connection, "evaluation", evaluation)
            warehouse.write_predictions(
                connection,
                "runs",
                _run_row(windows, settings, evaluation, connection, started, started_at),
            )
            connection.execute("commit")
            progress.start("writing the submission")
            unfinished = out_dir / f".{export.FILE_NAME}.new"
            n_customers = export.write(connection, customers_file, unfinished)
            connection.close()
            progress.start("publishing")
            warehouse.publish(out_dir)
            unfinished.replace(out_dir / export.FILE_NAME)
    report.print_evaluation(evaluation, EXPORTED)
    report.print_places(out_dir, n_customers)


def _run_windows(
    connection: duckdb.DuckDBPyConnection, plan: Plan, grains: list[str], progress: Progress
) -> pd.DataFrame:
    """Fit each window and write its lists; returns the average precision of each customer."""
    names = systems.system_names(grains)
    frames: dict[int, Frames] = {}
    held: dict[int, Held] = {}
    scores = []
    for window_id in plan.scored:
        progress.start("the next days" if window_id == 0 else f"window {window_id}: fitting")
        for other in set(plan.training[window_id]) - set(frames):
            frames[other] = warehouse.read_frames(connection, other, grains)
        fitted = systems.fit_window(
            [frames[w] for w in plan.training[window_id]],
            warehouse.read_classes(connection, window_id),
            grains,
            {w: held[w] for w in sorted(held)[: systems.N_TUNING_WINDOWS]},
        )
        _write_choices(connection, window_id, fitted)
        if window_id > 0:
            if window_id not in frames:
                frames[window_id] = warehouse.read_frames(connection, window_id, grains)
            held[window_id] = systems.hold_out(fitted, frames[window_id], grains)
        if window_id in plan.backtest:
            progress.start(f"window {window_id}: scoring")
        if window_id == 0 or window_id in plan.backtest:
            wanted = [EXPORTED] if window_id == 0 else names
            scores += _score_window(connection, window_id, fitted, grains, wanted)
        # What no later fit needs is let go.
        still_needed = {t for w in plan.scored if w < window_id for t in plan.training[w]}
        for old in set(frames) - still_needed:
            del frames[old]
        for old in sorted(held)[systems.N_TUNING_WINDOWS :]:
            del held[old]
    if not scores:
        return pd.DataFrame(columns=["window_id", "system", "customer_key", "ap"])
    return pd.concat(scores, ignore_index=True)


def _score_window(
    connection: duckdb.DuckDBPyConnection,
    window_id: int,
    fitted: systems.FittedWindow,
    grains: list[str],
    names: list[str],
) -> list[pd.DataFrame]:
    """Score a window shard by shard and write what was scored."""
    overall = warehouse.read_best_sellers(connection, window_id)
    scores = []
    for keys in warehouse.customer_shards(connection, window_id, SHARD_SIZE):
        frames = warehouse.read_frames(connection, window_id, grains, keys)
        lists = systems.recommend(fitted, frames, overall, names)
        warehouse.write_predictions(
            connection,
            "recommendations",
            export.recommendation_rows(window_id, frames, lists[EXPORTED], EXPORTED),
        )
        if window_id == 0:
            continue
        for name in names:
            rows = pd.DataFrame(
                {
                    "window_id": window_id,
                    "system": name,
                    "customer_key": frames.customer_keys,
                    "ap": average_precision(lists[name], *frames.label_pairs()),
                }
            )
            scores.append(rows)
            warehouse.write_predictions(
                connection, "customer_scores", rows.rename(columns={"ap": "average_precision"})
            )
    return scores


def _write_choices(
    connection: duckdb.DuckDBPyConnection, window_id: int, fitted: systems.FittedWindow
) -> None:
    """Keep which penalty and which weights were chosen, and on which windows."""
    chosen_on = ", ".join(str(w) for w in fitted.chosen_on) or "no earlier window: default"
    rows = [
        (window_id, system, "penalty", PENALTIES[variant], chosen_on)
        for system, variant in fitted.variants.items()
    ]
    rows += [
        (window_id, systems.HYBRID, f"weight of {part}", weight, chosen_on)
        for part, weight in (fitted.weights or {}).items()
    ]
    if rows:
        names = ["window_id", "system", "choice", "chosen_value", "chosen_on"]
        warehouse.write_predictions(connection, "choices", pd.DataFrame(rows, columns=names))


def _evaluate(
    connection: duckdb.DuckDBPyConnection, scores: pd.DataFrame, n_bootstrap: int
) -> pd.DataFrame:
    if scores.empty:
        return pd.DataFrame(columns=OUTPUT_COLUMNS)
    slices = warehouse.read_slices(connection)
    return evaluate(scores, slices, baseline=systems.BASELINE, n_bootstrap=n_bootstrap)


def _run_row(
    windows: pd.DataFrame,
    settings: dict[str, str],
    evaluation: pd.DataFrame,
    connection: duckdb.DuckDBPyConnection,
    started: float,
    started_at: datetime,
) -> pd.DataFrame:
    overall = evaluation[
        evaluation["window_id"].isna()
        & (evaluation["slice_kind"] == "all")
        & (evaluation["system"] == EXPORTED)
    ]
    counted = connection.execute("select count(*) from window_customers where window_id = 0")
    n_customers = counted.fetchall()[0][0]
    return pd.DataFrame(
        {
            "started_at": [started_at],
            "seconds": [time.monotonic() - started],
            "cutoff_on": [windows["cutoff_on"].iloc[0]],
            "horizon_days": [int(settings["horizon_days"])],
            "n_backtest_windows": [int((windows["is_backtest"] & ~windows["is_left_out"]).sum())],
            "n_customers": [n_customers],
            "system": [EXPORTED],
            "map_at_12": [float(overall["map_at_12"].iloc[0]) if len(overall) else None],
            "project_version": [__version__],
            "settings": [json.dumps(settings, sort_keys=True)],
        }
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.train",
        description="Train on the tables that dbt built, evaluate every system, and publish "
        "hm.duckdb and submission.csv.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("HM_DATA_DIR", "data")),
        help="folder with the input files (HM_DATA_DIR)",
    )
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path(os.environ.get("HM_OUT_DIR", "out")),
        help="folder for the results, with hm_build.duckdb in it (HM_OUT_DIR)",
    )
    parser.add_argument(
        "--n-bootstrap", type=int, default=1000, help="replicates behind each interval"
    )
    options = parser.parse_args(arguments)
    if options.n_bootstrap < 1:
        parser.error(f"--n-bootstrap is {options.n_bootstrap}; it must be at least 1.")
    try:
        # One thread for linear algebra: the same sums in the same order on each machine, and two
        # threads that wait for each other on a busy one are slower.
        with threadpool_limits(limits=1):
            train(options.data_dir, options.out_dir, options.n_bootstrap)
    except WarehouseError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (duckdb.Error, OSError, MemoryError) as problem:
        print(f"error: training failed and published nothing: {problem}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
