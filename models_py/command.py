"""What the commands of this package have in common: options, and how they end."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
from threadpoolctl import threadpool_limits

from models_py import database
from models_py.run_lock import InUseError
from models_py.warehouse import WarehouseError


class NotPublishedError(Exception):
    """A run ended, and what it found is not published; the message says why, in one sentence."""


def add_out_dir(parser: argparse.ArgumentParser, about: str) -> None:
    """Add the option --out-dir, whose default is HM_OUT_DIR."""
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path(os.environ.get("HM_OUT_DIR", "out")),
        help=f"{about} (HM_OUT_DIR)",
    )


def add_n_bootstrap(parser: argparse.ArgumentParser) -> None:
    """Add the option --n-bootstrap."""
    parser.add_argument(
        "--n-bootstrap", type=int, default=1000, help="replicates behind each interval"
    )


def exit_status(run: Callable[[], None], what_failed: str) -> int:
    """Run, with one sentence on stderr where it fails; 0 done, 2 wrong use, 3 failed or
    not published.

    Parameters
    ----------
    run
        What the command does.
    what_failed
        How the sentence of a failure begins, before the reason.
    """
    try:
        # One thread for linear algebra: the same sums in the same order on each machine, and two
        # threads that wait for each other on a busy one are slower.
        with threadpool_limits(limits=1):
            run()
        return 0
    except (WarehouseError, InUseError, database.SettingError) as problem:
        sentence, status = str(problem), 2
    except NotPublishedError as problem:
        sentence, status = str(problem), 3
    except (duckdb.Error, OSError, MemoryError) as problem:
        sentence, status = f"{what_failed}: {_reason(problem)}", 3
    # The sentence comes last, where both go to one file.
    while_read(lambda: None)
    print(f"error: {sentence}", file=sys.stderr)
    return status


def while_read(step: Callable[[], None]) -> None:
    """Print for as long as somebody reads: `| head` has had enough after some lines."""
    try:
        step()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would look for the reader once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def once_published(step: Callable[[], None], what_failed: str) -> None:
    """Do what comes after a run is published: it is done, and where this fails a warning says so.

    Parameters
    ----------
    step
        For example the printing of the results.
    what_failed
        How the warning goes on after "the run is published, but".
    """
    try:
        while_read(step)
    except (WarehouseError, duckdb.Error, OSError) as problem:
        reason = database.first_line(problem)
        print(f"warning: the run is published, but {what_failed} ({reason}).", file=sys.stderr)


def _reason(problem: Exception) -> str:
    """What happened in one line, and what to do where room was wanting."""
    reason = database.first_line(problem)
    if database.is_for_want_of_space(reason):
        return f"{reason}; free some space there, and run dbt build and training again."
    if isinstance(problem, duckdb.OutOfMemoryException | MemoryError):
        return (
            f"{reason}; raise HM_MEMORY_LIMIT, or free some space on the disk of HM_OUT_DIR, where "
            "what does not fit into memory is put."
        )
    return f"{reason}."
