"""What the commands of this package have in common: options, and how they end."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import duckdb
from threadpoolctl import threadpool_limits

from models_py import database
from models_py.replacing import PartlyReplacedError
from models_py.run_lock import InUseError
from models_py.warehouse import WarehouseError


class NotPublishedError(Exception):
    """A run ended, and what it found is not published; the message says why, in one sentence."""


def add_out_dir(parser: argparse.ArgumentParser, about: str) -> None:
    """Add the option --out-dir, whose default is HM_OUT_DIR."""
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path(os.environ.get("HM_OUT_DIR") or "out"),
        help=f"{about} (HM_OUT_DIR)",
    )


def add_n_bootstrap(parser: argparse.ArgumentParser) -> None:
    """Add the option --n-bootstrap."""
    parser.add_argument(
        "--n-bootstrap", type=int, default=1000, help="replicates behind each interval"
    )


def exit_status(run: Callable[[], None], what_failed: str) -> int:
    """Run, with one sentence on stderr where it fails; 0 done, 2 wrong use, 3 failed or
    not published, 130 interrupted, 143 told to end (SIGTERM).

    Nobody has to read what it prints: it goes on where the reader has had enough.

    Parameters
    ----------
    run
        What the command does.
    what_failed
        How the sentence of a failure begins, before the reason.
    """
    with (
        contextlib.redirect_stdout(_WhileRead(sys.stdout)),
        contextlib.redirect_stderr(_WhileRead(sys.stderr)),
        _ended_as_interrupted() as told_to_end,
    ):
        try:
            # One thread for linear algebra: the same sums in the same order on each machine, and
            # two threads that wait for each other on a busy one are slower.
            with threadpool_limits(limits=1):
                run()
            sys.stdout.flush()
            return 0
        except (WarehouseError, InUseError, database.SettingError) as problem:
            sentence, status = str(problem), 2
        except (NotPublishedError, PartlyReplacedError) as problem:
            sentence, status = str(problem), 3
        except (duckdb.Error, OSError, MemoryError) as problem:
            sentence, status = f"{what_failed}: {_reason(problem)}", 3
        except (KeyboardInterrupt, RuntimeError) as problem:
            if not database.is_interruption(problem):
                raise
            sentence, status = ("told to end.", 143) if told_to_end else ("interrupted.", 130)
        # The sentence comes last, where both go to one file.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        with contextlib.suppress(OSError):
            print(f"error: {sentence}", file=sys.stderr)
        return status


@contextlib.contextmanager
def _ended_as_interrupted() -> Iterator[list[int]]:
    """Let SIGTERM do what Ctrl-C does; the list has its number once it came.

    Without that, the first process of a container does not hear it at all.
    """
    came: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)


class _WhileRead:
    """A stream that drops what it is told once nobody reads it: `| head` has had enough early."""

    def __init__(self, stream: TextIO | None) -> None:
        # None: the command was started without it. The file keeps its number from being another's.
        self._stream = open(os.devnull, "w") if stream is None else stream  # noqa: SIM115

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        # Python would look for the reader once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
        step()
        sys.stdout.flush()
    except (WarehouseError, duckdb.Error, OSError, MemoryError) as problem:
        reason = database.first_line(problem)
    except (KeyboardInterrupt, RuntimeError) as problem:
        if not database.is_interruption(problem):
            raise
        reason = "interrupted"
    else:
        return
    with contextlib.suppress(OSError):
        print(f"warning: the run is published, but {what_failed} ({reason}).", file=sys.stderr)


def _reason(problem: Exception) -> str:
    """What happened in one line, and what to do where room was wanting."""
    reason = database.first_line(problem)
    if database.is_for_want_of_space(reason):
        return f"{reason}; free some space there, and run again."
    if isinstance(problem, duckdb.OutOfMemoryException | MemoryError):
        return (
            f"{reason}; raise HM_MEMORY_LIMIT, or free some space on the disk where what does not "
            "fit into memory is put: that of HM_OUT_DIR, and of TMPDIR for what is printed."
        )
    return f"{reason}."
