"""Trains on the tables that dbt built, evaluates, and publishes: ``python -m models_py.train``."""

import argparse
import json
import os
import platform
import sys
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import duckdb
import pandas as pd

from models_py import (
    __version__,
    command,
    drift,
    export,
    gate,
    leftovers,
    publishing,
    replacing,
    report,
    run_lock,
    systems,
    two_stages,
    warehouse,
)
from models_py.progress import Progress
from models_py.runner import EXPORTED, Runner, evaluate_scores, plan_windows

MODEL_FILE_NAMES = {two_stages.RANKER: "ranker.txt", two_stages.REPEATS: "repeats.txt"}
LIBRARIES = ["duckdb", "dbt-core", "dbt-duckdb", "lightgbm", "numpy", "scipy", "pandas"]


def train(
    data_dir: Path,
    out_dir: Path,
    n_bootstrap: int,
    is_published_anyway: bool = False,
    is_stopped_by_warnings: bool = False,
) -> None:
    """Fit and evaluate every system, write the predictions and the submission, and publish both.

    Parameters
    ----------
    data_dir
        Folder with the input files: the submission takes its customers, and their order, from
        sample_submission or else from customers.
    out_dir
        Folder with hm_build.duckdb; receives hm.duckdb, submission.csv, ranker.txt and repeats.txt.
    n_bootstrap
        Replicates of each interval.
    is_published_anyway
        Publish whatever the gate says.
    is_stopped_by_warnings
        Do not publish where there is anything to warn of.

    Raises
    ------
    WarehouseError
        If the build can't be used. Nothing is changed then.
    run_lock.InUseError
        If another run is under way in out_dir. Nothing is changed then.
    command.NotPublishedError
        If the gate says no, or a warning is to stop it. The published files stay as they were;
        hm_build.duckdb has what was predicted.
    """
    started = time.monotonic()
    started_at = datetime.now(UTC).replace(tzinfo=None)
    customers_file = export.customers_file(data_dir)
    submission = out_dir / export.FILE_NAME
    model_files = {name: out_dir / file for name, file in MODEL_FILE_NAMES.items()}
    with (
        warehouse.open_build_file(out_dir, "training") as connection,
        leftovers.none_of(warehouse.published_file(out_dir), submission, *model_files.values()),
    ):
        export.check_customers(connection, customers_file)
        settings = warehouse.read_settings(connection)
        windows = warehouse.read_windows(connection)
        grains = warehouse.purchase_grains(settings)
        max_past_change = warehouse.number(settings, "max_past_change")
        plan = plan_windows(windows)
        published = publishing.read_published(connection, out_dir)
        report.print_windows(windows)
        report.print_empty_windows(connection)
        warnings = _warnings_of_build(connection, settings)
        for warning in warnings:
            print(f"warning: {warning}", file=sys.stderr)
        with Progress(len(plan.scored) + len(plan.backtest) + 3) as progress:
            connection.execute("begin")
            warehouse.clear_predictions(connection)
            publishing.carry_over(connection, published.runs)
            runner = Runner(connection, plan, grains, progress)
            scores = runner.run()
            progress.start("evaluating")
            evaluation = evaluate_scores(connection, scores, n_bootstrap)
            warehouse.write_predictions(connection, "evaluation", evaluation)
            changes = drift.compare(
                connection,
                published.profile,
                published.days,
                published.run_id,
                published.cutoff_on,
                max_past_change,
            )
            warnings += drift.warnings(changes, windows["cutoff_on"].iloc[0])
            warehouse.write_predictions(connection, "drift", changes)
            decision = gate.decide(
                scores,
                published.scores,
                EXPORTED,
                systems.BASELINE,
                runner.by_default,
                published.run_id is not None,
            )
            is_refused = decision.is_worse and not is_published_anyway
            why_not = [f"is {decision}"] if is_refused else []
            if warnings and is_stopped_by_warnings:
                why_not.append(f"has warnings ({' '.join(warnings)})")
            is_kept_back = bool(why_not)
            run = {
                "run_id": uuid.uuid4().hex,
                "started_at": started_at,
                "seconds": time.monotonic() - started,
                "is_published": False,
                "is_gate_overridden": decision.is_worse and not is_kept_back,
                "gate_decision": str(decision),
                "warnings": "\n".join(warnings) or None,
                **_about(windows, settings, evaluation, connection),
            }
            finished: list[Path] = []
            if not is_kept_back:
                progress.start("writing the submission")
                written, finished = _write_files(connection, runner, customers_file, out_dir)
                run |= {
                    "n_submission_rows": written.n_rows,
                    "n_unknown_customers": written.n_unknown,
                }
                run |= {
                    f"{path.stem}_sha256": publishing.sha256(replacing.unfinished(path))
                    for path in finished
                }
            warehouse.write_predictions(connection, "runs", pd.DataFrame([run]))
            connection.execute("commit")
            warehouse.close_build_file(connection)
            if not is_kept_back:
                progress.start("publishing")
                publishing.publish(out_dir, str(run["run_id"]), *finished)
                for name in model_files.keys() - runner.submission_models.keys():
                    command.once_published(
                        partial(model_files[name].unlink, missing_ok=True),
                        f"{model_files[name]}, of an earlier run, can't be removed",
                    )
    run_lock.release(out_dir)
    if is_kept_back:
        report.print_evaluation(evaluation, EXPORTED)
        drift.print_drift(changes, windows["cutoff_on"].iloc[0])
        raise command.NotPublishedError(
            f"this run {' and '.join(why_not)}, so it is not published"
            + (
                f" and {warehouse.published_file(out_dir)} and {export.FILE_NAME} stay as they were"
                if warehouse.published_file(out_dir).exists()
                else ""
            )
            + f"; look for the cause in {warehouse.build_file(out_dir)}, or run python -m "
            f"models_py.train {'--publish-anyway' if is_refused else 'without the option'}."
        )
    command.once_published(
        partial(report.print_run, out_dir),
        "can't be printed; python -m models_py.report prints it",
    )


def _warnings_of_build(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, str]
) -> list[str]:
    """What of the build a person should look at, a sentence each."""
    found = report.refused_warnings(connection, warehouse.number(settings, "max_rejected_share"))
    last_day = report.last_day_warning(connection)
    if last_day is not None:
        found.append(last_day)
    n_untested = warehouse.count_untested(connection)
    if n_untested:
        found.append(
            f"{n_untested} data tests have not passed on these tables; run dbt test, or dbt build "
            "instead of dbt run."
        )
    return found


def _write_files(
    connection: duckdb.DuckDBPyConnection, runner: Runner, customers_file: Path, out_dir: Path
) -> tuple[export.Written, list[Path]]:
    """Write submission.csv, and the models that made it, beside the files that they replace.

    Returns what submission.csv holds, and the files to be replaced.
    """
    files = [out_dir / export.FILE_NAME]
    written = export.write(connection, customers_file, replacing.begin(files[0]))
    for name, text in runner.submission_models.items():
        files.append(out_dir / MODEL_FILE_NAMES[name])
        replacing.begin(files[-1]).write_text(text)
    return written, files


def _about(
    windows: pd.DataFrame,
    settings: dict[str, str],
    evaluation: pd.DataFrame,
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, object]:
    """What predictions.runs keeps of the build, of what came out, and of what made it."""
    overall = evaluation[evaluation["slice_kind"] == "all"]
    of_mean = overall[overall["window_id"].isna() & (overall["system"] == EXPORTED)]
    counted = connection.execute("select count(*) from window_customers where window_id = 0")
    return {
        "cutoff_on": windows["cutoff_on"].iloc[0],
        "horizon_days": int(settings["horizon_days"]),
        "n_backtest_windows": int((windows["is_backtest"] & ~windows["is_left_out"]).sum()),
        "n_customers": counted.fetchall()[0][0],
        "system": EXPORTED,
        "map_at_12": float(of_mean["map_at_12"].iloc[0]) if len(of_mean) else None,
        "scores": overall[["system", "window_id", "map_at_12"]].to_json(orient="records"),
        "build_id": warehouse.read_build_id(connection),
        "inputs": warehouse.read_inputs(connection),
        "settings": json.dumps(settings, sort_keys=True),
        "project_version": __version__,
        "versions": json.dumps(
            {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
        ),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed or not published)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.train",
        description="Train on the tables that dbt built, evaluate every system, and publish "
        "hm.duckdb and submission.csv.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("HM_DATA_DIR") or "data"),
        help="folder with the input files (HM_DATA_DIR)",
    )
    command.add_out_dir(parser, "folder for the results, with hm_build.duckdb in it")
    command.add_n_bootstrap(parser)
    parser.add_argument(
        "--publish-anyway",
        action="store_true",
        help="publish even what is worse than the baseline or the last published run",
    )
    parser.add_argument(
        "--stop-on-warnings",
        action="store_true",
        help="publish nothing where there is anything to warn of, such as an export that stopped",
    )
    options = parser.parse_args(arguments)
    if options.n_bootstrap < 1:
        parser.error(f"--n-bootstrap is {options.n_bootstrap}; it must be at least 1.")
    return command.exit_status(
        lambda: train(
            options.data_dir,
            options.out_dir,
            options.n_bootstrap,
            options.publish_anyway,
            options.stop_on_warnings,
        ),
        "training failed and published nothing",
    )


if __name__ == "__main__":
    sys.exit(main())
