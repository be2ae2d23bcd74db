"""How this package opens DuckDB: nothing is downloaded, whatever a query asks for."""

import contextlib
import os
from pathlib import Path

import duckdb

# DuckDB would fetch an extension that a function, a file's ending or an address calls for. None is
# needed: what we use is inside its wheel. profiles.yml says the same to dbt.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}

# In bytes: with less, DuckDB fails before it does anything.
LEAST_MEMORY = 2**25
# DuckDB would start as many as it is told.
MOST_THREADS = 1024


def connect(
    path: Path | None = None,
    read_only: bool = False,
    settings: dict[str, str | bool | int | float | list[str]] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or one in memory, with more settings where they are given."""
    where = ":memory:" if path is None else str(path)
    return duckdb.connect(where, read_only=read_only, config={**OFFLINE, **(settings or {})})


class SettingError(Exception):
    """An environment variable can't be used; the message says which and why, in one sentence."""


def n_threads() -> int:
    """How many threads may be used: HM_THREADS, or 2.

    Raises
    ------
    SettingError
        If it is no whole number from 1 to MOST_THREADS.
    """
    text = os.environ.get("HM_THREADS", "2")
    if not text.isdecimal() or not 1 <= int(text) <= MOST_THREADS:
        raise SettingError(
            f"HM_THREADS is {text!r}; set it to a whole number from 1 to {MOST_THREADS}."
        )
    return int(text)


def bounds() -> dict[str, str | bool | int | float | list[str]]:
    """Settings of what a user lets DuckDB have: HM_MEMORY_LIMIT and HM_THREADS.

    Raises
    ------
    SettingError
        If DuckDB can't use one of them, or can't do with as little.
    """
    limit = os.environ.get("HM_MEMORY_LIMIT", "6GB")
    if (bytes_of(limit) or 0) < LEAST_MEMORY:
        raise SettingError(
            f"HM_MEMORY_LIMIT is {limit!r}; set it to a size such as 6GB, of at least "
            f"{LEAST_MEMORY // 2**20}MiB."
        )
    return {"memory_limit": limit, "threads": n_threads()}


_UNITS = {
    "bytes": 1,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
    "PiB": 2**50,
    "EiB": 2**60,
}


def bytes_of(size: str) -> int | None:
    """A size of memory such as 6GB, as DuckDB understands it, in bytes; None where it is none."""
    # To DuckDB that is no limit.
    if size.strip().startswith("-"):
        return None
    try:
        with connect() as connection:
            connection.execute("set memory_limit = ?", [size])
            return memory_limit(connection)
    except duckdb.Error:
        return None


def memory_limit(connection: duckdb.DuckDBPyConnection) -> int:
    """What DuckDB may use, in bytes."""
    shown = str(connection.execute("select current_setting('memory_limit')").fetchall()[0][0])
    number, unit = shown.split()
    return int(float(number) * _UNITS[unit])


def limit_memory(connection: duckdb.DuckDBPyConnection, share: float) -> None:
    """Leave DuckDB a part of the memory that it may use now.

    Parameters
    ----------
    connection
        Any connection to the database.
    share
        Which part, between 0 and 1.
    """
    part = int(memory_limit(connection) * share)
    connection.execute(f"set memory_limit = '{part} bytes'")


def keep_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB keep the blocks that it once had, within its limit, and use them again.

    Otherwise it gives each one back, and the system has to clear the next one
    (docs/full_size_experiments.md).
    It stays so where the limit is more of the machine's memory than DuckDB reserves.
    """
    with contextlib.suppress(duckdb.InvalidInputException):
        connection.execute("set block_allocator_memory = '100%'")


def refusal(path: Path, problem: duckdb.Error) -> str:
    """Why the build file can't be opened, and what to do, in one sentence."""
    reason = first_line(problem)
    if is_for_a_lock(reason):
        return (
            f"{path} is in use by another process (dbt, training or a reader); "
            "wait for it to end, or close it."
        )
    if is_for_want_of_space(reason):
        return f"{path} can't be opened ({reason}); free some space there, and run again."
    return f"{path} can't be opened ({reason}); delete it and run dbt build again."


def first_line(problem: BaseException) -> str:
    """The first line of an error's message, or its name where it has none."""
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")


def is_for_a_lock(reason: str) -> bool:
    """Whether another process has the file open. The word alone stands in `block` too."""
    return "Could not set lock" in reason


def is_for_want_of_space(reason: str) -> bool:
    """Whether the disk was full."""
    return "No space left on device" in reason or "Disk quota exceeded" in reason


def is_interruption(problem: BaseException) -> bool:
    """Whether it is Ctrl-C, which is another error while DuckDB works."""
    return isinstance(problem, KeyboardInterrupt) or "Query interrupted" in str(problem)
