"""What a run prints, and ``python -m models_py.report``, which prints it again."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from models_py.warehouse import WarehouseError, published_file


def print_windows(windows: pd.DataFrame) -> None:
    """Say which windows there are, and which are left out because history can't fill them.

    Parameters
    ----------
    windows
        What `warehouse.read_windows` returns.
    """
    there = windows[~windows["is_left_out"]]
    left_out = windows[windows["is_left_out"]]
    cutoffs = there["cutoff_on"].dt.strftime("%Y-%m-%d")
    print(f"Windows 0 to {len(there) - 1}, cutoffs {cutoffs.iloc[0]} back to {cutoffs.iloc[-1]}.")
    if len(left_out):
        print(
            f"Left out: windows {left_out['window_id'].min()} to {left_out['window_id'].max()}, "
            "for which there is too little history (var min_history_days)."
        )


def print_evaluation(evaluation: pd.DataFrame, exported: str) -> None:
    """Print the systems side by side: the mean over the windows, each window, and the slices.

    Parameters
    ----------
    evaluation
        What `evaluation.evaluate` returns.
    exported
        The system whose slices are printed.
    """
    if evaluation.empty:
        print("No past window could be scored, so nothing can be said of accuracy.")
        return
    mean = evaluation[evaluation["window_id"].isna()]
    overall = mean[mean["slice_kind"] == "all"]
    windows = evaluation[evaluation["window_id"].notna() & (evaluation["slice_kind"] == "all")]
    n_windows = windows["window_id"].nunique()
    print(f"\nMAP@12, mean over {n_windows} past windows, and its difference from the baseline")
    print("(in brackets: 95 % bootstrap intervals over customers)")
    for row in _records(overall):
        print(f"  {row['system']:22s} {_interval(row, 'map_at_12', '.4f')}   {_difference(row)}")
    print("\nBy window (1 is the latest)")
    by_window = windows.pivot(index="system", columns="window_id", values="map_at_12")
    by_window = by_window.loc[overall["system"]]
    print("  " + " " * 22 + "".join(f" {window_id:>8}" for window_id in by_window.columns))
    for system, values in zip(by_window.index, by_window.to_numpy(), strict=True):
        print(f"  {system:22s}" + "".join(f" {value:8.4f}" for value in values))
    print(f"\nBy slice, mean over the windows: baseline, {exported}, difference")
    for row in _records(mean[(mean["slice_kind"] != "all") & (mean["system"] == exported)]):
        print(
            f"  {row['slice_kind']:9s} {row['slice_value']:15s} {row['n_customers']:9,d} customers"
            f"   {row['map_at_12'] - row['difference']:.4f}   {row['map_at_12']:.4f}"
            f"   {_difference(row)}"
        )
    print()


def print_places(out_dir: Path, n_customers: int) -> None:
    """Say where the results of a run are."""
    print(f"{n_customers:,} customers with twelve articles each: {out_dir / 'submission.csv'}")
    print(f"Tables to query, in a DuckDB file: {published_file(out_dir)}")


def print_run(out_dir: Path) -> None:
    """Print the evaluation of the run that is published in a folder.

    Raises
    ------
    WarehouseError
        If there is no published run.
    """
    path = published_file(out_dir)
    if not path.is_file():
        raise WarehouseError(f"{path} is not there; run python -m models_py.train first.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            run = connection.execute(
                "select system, n_customers from predictions.runs order by started_at desc limit 1"
            ).fetchone()
            evaluation = connection.execute(
                "select * from predictions.evaluation order by rowid"
            ).df()
    except duckdb.Error as problem:
        raise WarehouseError(
            f"{path} can't be read ({str(problem).splitlines()[0]}); "
            "run python -m models_py.train again."
        ) from problem
    if run is None:
        raise WarehouseError(f"{path} holds no run; run python -m models_py.train first.")
    print_evaluation(evaluation.astype({"window_id": "Int64"}), str(run[0]))
    print_places(out_dir, int(run[1]))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.report",
        description="Print the evaluation of the last published run.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path(os.environ.get("HM_OUT_DIR", "out")),
        help="folder with hm.duckdb in it (HM_OUT_DIR)",
    )
    options = parser.parse_args(arguments)
    try:
        print_run(options.out_dir)
    except WarehouseError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


def _interval(row: dict[Any, Any], name: str, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:{form}} [{low:{form}}, {high:{form}}]"


def _difference(row: dict[Any, Any]) -> str:
    return _interval(row, "difference", "+.4f")


def _records(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return rows.to_dict("records")


if __name__ == "__main__":
    sys.exit(main())
