"""One run at a time in a folder: the lock that dbt, training, backtest and demo_data take.

DuckDB's own lock is not enough: nobody holds it while training copies the file that dbt built, and
what dbt prints of it is a traceback.
"""

import fcntl
import os
from pathlib import Path

LOCK_NAME = ".hm.lock"

# Files that this process holds: a lock lasts until the process ends, however it ends.
_held: dict[Path, int] = {}


class InUseError(Exception):
    """Another process uses the folder; the message says which, in one sentence."""


def hold(out_dir: Path, command: str) -> None:
    """Make this process the only one that writes into a folder, until it ends or lets go.

    Parameters
    ----------
    out_dir
        The folder, which is there.
    command
        What this process is, in words for the one that is refused.

    Raises
    ------
    InUseError
        If another process holds it. Nothing is changed then.
    """
    path = out_dir.resolve() / LOCK_NAME
    if path in _held:
        return
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        holder = os.read(file, 200).decode(errors="replace").strip() or "another run"
        os.close(file)
        raise InUseError(
            f"{out_dir} is in use by {holder}; wait for it to end, or name another folder "
            "(HM_OUT_DIR; --out of demo_data)."
        ) from problem
    os.truncate(file, 0)
    os.write(file, f"{command} (process {os.getpid()})\n".encode())
    _held[path] = file


def release(out_dir: Path) -> None:
    """Let go of a folder that this process holds, if it does."""
    file = _held.pop(out_dir.resolve() / LOCK_NAME, None)
    if file is not None:
        os.close(file)


def check_not_open(database: Path) -> None:
    """Make sure that no other process has a DuckDB file open.

    DuckDB locks its files with POSIX locks, which a try to lock the same file meets. A process
    must not call this while it has the file open itself: closing it would drop its own lock.

    Raises
    ------
    InUseError
        If another process has it open.
    """
    if not database.exists():
        return
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise InUseError(
                f"{database} is open in another program; close it there (hm.duckdb, beside it, is "
                "the file to read)."
            ) from problem
