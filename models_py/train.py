"""Trains on the tables that dbt built, evaluates, and publishes: ``python -m models_py.train``."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from models_py import __version__, command, export, leftovers, replacing, report, warehouse
from models_py.progress import Progress
from models_py.runner import EXPORTED, Runner, evaluate_scores, plan_windows

RANKER_FILE_NAME = "ranker.txt"


def train(data_dir: Path, out_dir: Path, n_bootstrap: int) -> None:
    """Fit and evaluate every system, write the predictions and the submission, and publish both.

    Parameters
    ----------
    data_dir
        Folder with the input files: the submission takes its customers, and their order, from
        sample_submission or else from customers.
    out_dir
        Folder with hm_build.duckdb; receives hm.duckdb, submission.csv and ranker.txt.
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
    submission, ranker_file = out_dir / export.FILE_NAME, out_dir / RANKER_FILE_NAME
    with (
        warehouse.open_build_file(out_dir) as connection,
        leftovers.none_of(warehouse.published_file(out_dir), submission, ranker_file),
    ):
        settings = warehouse.read_settings(connection)
        windows = warehouse.read_windows(connection)
        grains = warehouse.purchase_grains(settings)
        plan = plan_windows(windows, int(settings["n_training_windows"]))
        report.print_windows(windows)
        with Progress(len(plan.scored) + len(plan.backtest) + 3) as progress:
            connection.execute("begin")
            warehouse.clear_predictions(connection)
            runner = Runner(connection, plan, grains, progress)
            scores = runner.run()
            progress.start("evaluating")
            evaluation = evaluate_scores(connection, scores, n_bootstrap)
            warehouse.write_predictions(connection, "evaluation", evaluation)
            warehouse.write_predictions(
                connection,
                "runs",
                _run_row(windows, settings, evaluation, connection, started, started_at),
            )
            connection.execute("commit")
            progress.start("writing the submission")
            export.write(connection, customers_file, replacing.begin(submission))
            others = [submission]
            # The ranker of window 0 as LightGBM text, which names its features; none, no file.
            if runner.submission_ranker is not None:
                text = runner.submission_ranker.booster.model_to_string()
                replacing.begin(ranker_file).write_text(text)
                others.append(ranker_file)
            warehouse.close_build_file(connection)
            progress.start("publishing")
            warehouse.publish(out_dir, *others)
            if runner.submission_ranker is None:
                ranker_file.unlink(missing_ok=True)
    report.print_run(out_dir)


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
    command.add_out_dir(parser, "folder for the results, with hm_build.duckdb in it")
    command.add_n_bootstrap(parser)
    options = parser.parse_args(arguments)
    if options.n_bootstrap < 1:
        parser.error(f"--n-bootstrap is {options.n_bootstrap}; it must be at least 1.")
    return command.exit_status(
        lambda: train(options.data_dir, options.out_dir, options.n_bootstrap), "training"
    )


if __name__ == "__main__":
    sys.exit(main())
