"""What a run prints, and ``python -m models_py.report``, which prints it again."""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from models_py import command, database, drift, publishing
from models_py.warehouse import TRAINING_SHARE, WarehouseError, published_file


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
    n_days = there["n_label_days"].iloc[0]
    n_past_days = there["n_label_days"].iloc[-1]
    if n_past_days < n_days:
        print(
            f"There are few days, so the past windows look {n_past_days} "
            f"{'day' if n_past_days == 1 else 'days'} ahead, not {n_days} as the recommendations "
            "do (var min_past_windows)."
        )
    if len(left_out):
        print(
            f"Left out: windows {left_out['window_id'].min()} to {left_out['window_id'].max()}, "
            "for which there is too little history (var min_history_days)."
        )


def print_empty_windows(connection: duckdb.DuckDBPyConnection) -> None:
    """Say which past windows nobody bought in.

    Parameters
    ----------
    connection
        The build.
    """
    found = connection.execute(
        "select window_id from windows where not is_submission "
        "and window_id not in (select window_id from window_labels) order by window_id"
    ).fetchall()
    if found:
        numbers = ", ".join(str(window_id) for (window_id,) in found)
        print(f"Nobody bought in what these past windows predict, so they say nothing: {numbers}.")


def last_day_warning(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A sentence where the last day has less than half of what that day of the week always had.

    Parameters
    ----------
    connection
        The build.
    """
    found = connection.execute(
        """
        with days as (
            select sold_on, n_rows, datediff('day', sold_on, max(sold_on) over ()) as days_ago
            from purchase_days
            where stray_because is null
                and sold_on < (select cutoff_on from windows where window_id = 0)
        )
        select
            max(sold_on),
            max(n_rows) filter (where days_ago = 0) as n_last,
            min(n_rows) filter (where days_ago in (7, 14, 21, 28)) as least
        from days
        having count(*) filter (where days_ago in (7, 14, 21, 28)) = 4 and n_last * 2 < least
        """
    ).fetchone()
    if found is None:
        return None
    day, n_last, least = found
    return (
        f"{day} has {n_last:,} purchases, and the same day of the week had {least:,} or more in "
        "each of the four weeks before; if it is not complete, set the var as_of to the day before."
    )


def refused_warnings(connection: duckdb.DuckDBPyConnection, max_share: float) -> list[str]:
    """A sentence for each file whose refused rows are more than half of what would end a build.

    Parameters
    ----------
    connection
        The build.
    max_share
        The var max_rejected_share.
    """
    files = connection.execute(
        "select file_name, n_rows, n_refused from input_counts where n_refused > n_rows * ? / 2 "
        "order by file_name",
        [max_share],
    ).fetchall()
    return [
        f"{n_refused:,} of {n_rows:,} rows of {file} are refused, more than half of what "
        f"max_rejected_share ({max_share:g}) allows; above it dbt build fails."
        for file, n_rows, n_refused in files
    ]


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
    width = _width(overall["system"])
    past = f"{n_windows} past window{'' if n_windows == 1 else 's'}"
    print(f"\nMAP@12, mean over {past}, and its difference from the baseline")
    print("(in brackets: 95 % bootstrap intervals over customers)")
    for row in _records(overall):
        print(
            f"  {row['system']:{width}} {_interval(row, 'map_at_12', '.4f')}   {_difference(row)}"
        )
    if not overall["map_at_12"].any():
        print("No list of any system had a hit: nothing that was bought could be told beforehand.")
    print("\nBy window (1 is the latest)")
    by_window = windows.pivot(index="system", columns="window_id", values="map_at_12")
    by_window = by_window.loc[overall["system"]]
    print("  " + " " * width + "".join(f" {window_id:>8}" for window_id in by_window.columns))
    for system, values in zip(by_window.index, by_window.to_numpy(), strict=True):
        print(f"  {system:{width}}" + "".join(f" {value:8.4f}" for value in values))
    print(f"\nBy slice, mean over the windows: baseline, {exported}, difference")
    for row in _records(mean[(mean["slice_kind"] != "all") & (mean["system"] == exported)]):
        print(
            f"  {row['slice_kind']:12s} {row['slice_value']:15s} {row['n_customers']:9,d} customers"
            f"   {row['map_at_12'] - row['difference']:.4f}   {row['map_at_12']:.4f}"
            f"   {_difference(row)}"
        )
    print()


def print_details(connection: duckdb.DuckDBPyConnection, exported: str) -> None:
    """Print where the MAP@12 comes from, in the mean over the backtest windows.

    The sources of candidates; what retrieval and ranking lose; repeat purchases and discoveries;
    how much of the catalogue each system recommends. All of it stands in views of the file.
    """
    there = connection.execute(
        "select count(*) from duckdb_columns() where table_name = 'source_shares'"
    ).fetchone()
    if there is None or not there[0]:
        # The file is of an earlier version.
        return
    sources = connection.execute(
        """
        select report.source, report.candidates_a_customer, report.recall, report.hit_rate,
               report.hits_of_no_other, report.perfect, coalesce(shares.gained, 0) as gained
        from (
            select source, min(source_number) as place, avg(candidates_a_customer) as
                   candidates_a_customer, avg(recall) as recall, avg(hit_rate) as hit_rate,
                   sum(n_hits_of_no_other) as hits_of_no_other, avg(perfect_map_at_12) as perfect
            from source_report
            where window_id in (select window_id from predictions.backtest_lists)
            group by source
        ) as report
        left join (
            select source, sum(map_at_12_gained)
                   / (select count(distinct window_id) from predictions.backtest_lists) as gained
            from source_shares where system = ? group by source
        ) as shares using (source)
        order by report.place
        """,
        [exported],
    ).fetchall()
    if not sources:
        return
    print(
        "Sources of candidates: candidates a customer, recall (share of what was bought that they\n"
        "find), hit rate (share of them that was bought), hits of no other source,\n"
        f"MAP@12 of a perfect order of them, and their part in the MAP@12 of {exported}"
    )
    width = _width(source for source, *_ in sources)
    for source, candidates, recall, hit_rate, alone, perfect, gained in sources:
        part = "" if source == "all sources" else f"{gained:8.4f}"
        print(
            f"  {source:{width}} {candidates:7.1f} {recall:8.4f} {hit_rate or 0:8.4f} {alone:9,d} "
            f"{perfect:8.4f} {part}"
        )
    lost = connection.execute(
        "select lost_in_retrieval, lost_in_ranking, map_at_12 from retrieval_and_ranking "
        "where system = ? and window_id is not null",
        [exported],
    ).df()
    print(
        f"  Of 1: {lost['lost_in_retrieval'].mean():.4f} lost in retrieval, "
        f"{lost['lost_in_ranking'].mean():.4f} in ranking, {lost['map_at_12'].mean():.4f} reached"
    )
    print("\nRepeat purchases and discoveries (hits and their part in the MAP@12), and coverage")
    kinds = connection.execute(
        """
        with sizes as (
            select window_id, system, count(*) as n_customers
            from predictions.backtest_lists where recommendation_rank = 1 group by all
        ),
        -- Of hits alone: system_repeats, which has the same, counts what was no hit too.
        hits as (
            select window_id, system, is_repeat, count(*) as n_hits, sum(precision_gained) as gained
            from system_hits where is_hit group by all
        ),
        kinds as (
            select system, is_repeat, sum(n_hits) as n_hits,
                   sum(round(gained / n_customers, 9))
                   / (select count(distinct window_id) from sizes) as gained
            from hits join sizes using (window_id, system) group by all
        ),
        coverage as (
            select system, avg(catalogue_share) as share from system_coverage group by system
        )
        select system,
               coalesce(sum(n_hits) filter (is_repeat), 0),
               coalesce(sum(n_hits) filter (not is_repeat), 0),
               coalesce(sum(gained) filter (is_repeat), 0),
               coalesce(sum(gained) filter (not is_repeat), 0),
               any_value(coverage.share)
        from coverage left join kinds using (system)
        group by system
        order by coalesce(sum(gained), 0), system
        """
    ).fetchall()
    width = _width(system for system, *_ in kinds)
    for system, repeats, discoveries, gained, found, share in kinds:
        print(
            f"  {system:{width}} repeats {repeats:7,d} {gained:.4f}   "
            f"discoveries {discoveries:7,d} {found:.4f}   {100 * share:5.1f} % of the catalogue"
        )
    print_choices(connection, exported)
    print()


def print_choices(connection: duckdb.DuckDBPyConnection, exported: str) -> None:
    """Print what the exported system is made of, and where it could not choose that."""
    chosen = connection.execute(
        """
        select window_id, split_part(choice, ', customers ', 2) as kind, any_value(chosen_on),
               string_agg(
                   if(chosen_value < 1, format('{:.0f} % ', 100 * chosen_value), '')
                   || regexp_extract(choice, 'weight of (.*), customers', 1),
                   ' and ' order by chosen_value desc, choice
               )
        from predictions.choices
        where system = ? and choice like 'weight of %, customers %' and chosen_value > 0
              and (window_id = 0 or window_id in (select window_id from predictions.backtest_lists))
        group by all
        order by window_id, kind desc
        """,
        [exported],
    ).fetchall()
    # As two_stages calls them, whose libraries a report need not wait for.
    customers = {"with history": "customers with history", "new": "new customers"}
    for window_id, kind, chosen_on, parts in chosen:
        is_chosen = chosen_on[0].isdigit()
        why = f"as past windows say: {chosen_on}" if is_chosen else chosen_on
        if window_id == 0:
            print(f"In the submission {customers[kind]} get {parts} ({why}).")
        elif kind != "new" and not is_chosen:
            print(f"In window {window_id} {customers[kind]} got {parts} ({why}).")


def print_places(
    out_dir: Path, n_customers: int, n_unknown: int = 0, n_formulas: int = 0, n_left_out: int = 0
) -> None:
    """Say where the results of a run are.

    Parameters
    ----------
    out_dir
        Folder of the results.
    n_customers, n_unknown
        Rows of submission.csv, and how many of them are of customers that customers lacks.
    n_formulas
        Ids that a spreadsheet would run as formulas.
    n_left_out
        Rows of customers that submission.csv has no row of.
    """
    print(f"{n_customers:,} customers with twelve articles each: {out_dir / 'submission.csv'}")
    if n_unknown:
        print(f"Not in customers, so that the best sellers are recommended: {n_unknown:,} of them.")
    if n_left_out:
        print(f"Not in sample_submission, which says who gets a row: {n_left_out:,} customers.")
    if n_formulas:
        print(
            f"{n_formulas:,} ids begin with =, +, - or @, which a spreadsheet takes for a formula: "
            "import submission.csv as text, don't open it there."
        )
    print(f"Tables to query, in a DuckDB file: {published_file(out_dir)}")


def _reasons(connection: duckdb.DuckDBPyConnection, file: str) -> str:
    """Why rows of a file were refused, in words: the three commonest reasons, and how often."""
    found = connection.execute(
        "select rejected_because, count(*) from rejected_rows where file_name = ? "
        "group by all order by 2 desc, 1",
        [file],
    ).fetchall()
    words = [f"{reason} {n:,}" for reason, n in found[:3]]
    return ", ".join(words + ["others"] * (len(found) > 3))


def print_run(out_dir: Path) -> None:
    """Print the evaluation of the run, or of the backtest alone, that is published in a folder.

    Parameters
    ----------
    out_dir
        Folder with hm.duckdb.

    Raises
    ------
    WarehouseError
        If there is no published file, or it can't be read.
    """
    path = published_file(out_dir)
    if not path.is_file():
        raise WarehouseError(f"{path} is not there; run python -m models_py.train first.")
    try:
        # What does not fit into memory goes to a folder of its own: the published file's may be one
        # that can't be written, and what a killed run left there nobody would clear.
        with (
            tempfile.TemporaryDirectory() as spill,
            database.connect(
                path, read_only=True, settings={**database.bounds(), "temp_directory": spill}
            ) as connection,
        ):
            # Training prints too, and still holds what it needed.
            database.limit_memory(connection, TRAINING_SHARE)
            # All columns: a file of an earlier version has fewer.
            runs = connection.execute(
                "from predictions.runs where is_published order by started_at desc limit 1"
            )
            run = next(iter(_records(runs.df())), None)
            evaluation = connection.execute(
                "select * from predictions.evaluation order by rowid"
            ).df()
            (n_formulas,) = connection.execute(
                "select count(*) from (select customer_id as id from stg_customers"
                " union all select article_id from stg_articles) where left(id, 1) in"
                " ('=', '+', '-', '@')"
            ).fetchall()[0]
            # Without a run there is a backtest alone, whose last system is the exported one.
            last = "" if evaluation.empty else str(evaluation["system"].iloc[-1])
            exported = last if run is None else str(run["system"])
            print_evaluation(evaluation.astype({"window_id": "Int64"}), exported)
            print_details(connection, exported)
            if run is not None and _is_of_backtest(evaluation, run):
                print("That was a backtest. What is published is of the training before it:")
            for file, n_rows, n_refused in connection.execute(
                "select file_name, n_rows, n_refused from input_counts "
                "where n_refused > 0 order by file_name"
            ).fetchall():
                print(
                    f"Refused: {n_refused:,} of {n_rows:,} rows of {file} "
                    f"({_reasons(connection, file)}; table rejected_rows)."
                )
            if run is not None:
                changes = connection.execute("from predictions.drift order by all").df()
                drift.print_drift(changes, run["cutoff_on"])
                anyway = ", and published anyway" if run["is_gate_overridden"] else ""
                print(f"Before it was published: {run['gate_decision']}{anyway}.\n")
                stray = publishing.stray_file(connection, out_dir / "submission.csv")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as problem:
        if database.is_for_a_lock(str(problem)):
            raise WarehouseError(
                f"{path} is open for writing in another process; close it there, or open it "
                "read-only."
            ) from problem
        raise WarehouseError(
            f"{path} can't be read ({str(problem).splitlines()[0]}); "
            "run python -m models_py.train again."
        ) from problem
    if run is not None:
        n_rows = run.get("n_submission_rows", run["n_customers"])
        n_unknown = run.get("n_unknown_customers", 0)
        n_left_out = int(run["n_customers"] + n_unknown - n_rows)
        print_places(out_dir, int(n_rows), int(n_unknown), int(n_formulas), n_left_out)
        if stray is not None:
            print(f"warning: {stray}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.report",
        description="Print the evaluation of the last published run.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    command.add_out_dir(parser, "folder with hm.duckdb in it")
    options = parser.parse_args(arguments)
    return command.exit_status(lambda: print_run(options.out_dir), "the report failed")


def _is_of_backtest(evaluation: pd.DataFrame, run: dict[Any, Any]) -> bool:
    """Whether the evaluation is of windows that the run has not scored so."""
    rows = evaluation[evaluation["window_id"].isna() & (evaluation["slice_kind"] == "all")]
    found = rows.loc[rows["system"] == run["system"], "map_at_12"]
    return not found.empty and found.iloc[0] != run.get("map_at_12", found.iloc[0])


def _width(names: Iterable[str]) -> int:
    """Room for the longest name, and so much that most tables have the same."""
    return max(22, *map(len, names))


def _interval(row: dict[Any, Any], name: str, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    interval = "(too few for an interval)" if pd.isna(low) else f"[{low:{form}}, {high:{form}}]"
    return f"{row[name]:{form}} {interval}"


def _difference(row: dict[Any, Any]) -> str:
    return _interval(row, "difference", "+.4f")


def _records(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return rows.to_dict("records")


if __name__ == "__main__":
    sys.exit(main())
