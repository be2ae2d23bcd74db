"""Scores past windows as they would have been: ``python -m models_py.backtest --windows N``."""

import argparse
import sys
from functools import partial
from pathlib import Path

from models_py import command, database, leftovers, publishing, report, run_lock, warehouse
from models_py.progress import Progress
from models_py.runner import EXPORTED, Runner, evaluate_scores, plan_windows
from models_py.warehouse import WarehouseError


def backtest(out_dir: Path, n_windows: int | None, n_bootstrap: int) -> None:
    """Fit and evaluate every system on past windows, and publish the evaluation.

    What training wrote for window 0 stays, and so does submission.csv. Where the published file is
    of another build it stays too, since only training can tell whether this one may take its place.

    Parameters
    ----------
    out_dir
        Folder with hm_build.duckdb, which receives the evaluation, and hm.duckdb, which does if it
        is of the same build or is not there.
    n_windows
        The latest so many of the windows that the build can evaluate; None: all of them.
    n_bootstrap
        Replicates of each interval.

    Raises
    ------
    WarehouseError
        If the build can't be used, or has fewer windows. Nothing is changed then.
    run_lock.InUseError
        If another run is under way in out_dir. Nothing is changed then.
    """
    with (
        warehouse.open_build_file(out_dir, "a backtest") as connection,
        leftovers.none_of(warehouse.published_file(out_dir)),
    ):
        settings = warehouse.read_settings(connection)
        windows = warehouse.read_windows(connection)
        there = int((windows["is_backtest"] & ~windows["is_left_out"]).sum())
        n_windows = there if n_windows is None else n_windows
        if n_windows > there:
            raise WarehouseError(
                f"--windows is {n_windows}, and the build in {out_dir} can evaluate {there}; run "
                f"dbt build --vars '{{n_backtest_windows: {n_windows}}}' first, or ask for fewer "
                "(a window without enough history before it can't be evaluated)."
            )
        if n_windows == 0:
            raise WarehouseError("the build has no past window to evaluate (n_backtest_windows).")
        plan = plan_windows(windows, n_windows)
        published = publishing.read_published(connection, out_dir)
        is_same = publishing.is_published_run(connection, published)
        report.print_windows(windows)
        report.print_empty_windows(connection)
        with Progress(len(plan.scored) + len(plan.backtest) + 2) as progress:
            connection.execute("begin")
            warehouse.clear_predictions(connection, plan.backtest if is_same else None)
            # Which of the runs are published, the published file alone says.
            publishing.carry_over(connection, published.runs)
            runner = Runner(connection, plan, warehouse.purchase_grains(settings), progress)
            scores = runner.run()
            progress.start("evaluating")
            evaluation = evaluate_scores(connection, scores, n_bootstrap)
            warehouse.write_predictions(connection, "evaluation", evaluation)
            connection.execute("commit")
            warehouse.close_build_file(connection)
            is_published = is_same or not warehouse.published_file(out_dir).exists()
            if is_published:
                progress.start("publishing")
                publishing.publish(out_dir)
    run_lock.release(out_dir)
    if is_published:
        command.once_published(
            partial(report.print_run, out_dir),
            "can't be printed; python -m models_py.report prints it",
        )
        return
    report.print_evaluation(evaluation, EXPORTED)
    with database.connect(warehouse.build_file(out_dir), read_only=True) as connection:
        report.print_details(connection, EXPORTED)
    print(
        f"{warehouse.published_file(out_dir)} is of another build or run and stays as it was; what "
        f"was found here is in {warehouse.build_file(out_dir)}."
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.backtest",
        description="Score past windows with what was known before each, compare every system, "
        "and publish the evaluation in hm.duckdb.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--windows",
        type=int,
        help="latest past windows to score; all that the build has if left out",
    )
    command.add_out_dir(parser, "folder with hm_build.duckdb in it")
    command.add_n_bootstrap(parser)
    options = parser.parse_args(arguments)
    for name, value in (("windows", options.windows), ("n-bootstrap", options.n_bootstrap)):
        if value is not None and value < 1:
            parser.error(f"--{name} is {value}; it must be at least 1.")
    return command.exit_status(
        lambda: backtest(options.out_dir, options.windows, options.n_bootstrap),
        "the backtest failed and published nothing",
    )


if __name__ == "__main__":
    sys.exit(main())
