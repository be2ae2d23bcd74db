"""What a killed run leaves behind, and how the next one clears it away."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models_py.replacing import real, unfinished

# What DuckDB writes when it makes a file: a header, and two headers of the database.
SMALLEST_DATABASE = 3 * 4096


def spill_folder(database: Path) -> Path:
    """Where DuckDB puts what does not fit into memory."""
    return database.with_suffix(".spill")


def clear_build(database: Path) -> None:
    """Remove what a killed dbt or training left of the build file, unless somebody has it open.

    That is the spill folder, and a file whose making did not get as far as its headers, which holds
    nothing and which DuckDB refuses to open. All else DuckDB mends itself, from its log.
    """
    if not database.is_file() or _is_in_use(database):
        return
    shutil.rmtree(spill_folder(database), ignore_errors=True)
    if database.stat().st_size < SMALLEST_DATABASE:
        database.unlink()


def clear_unfinished(*targets: Path) -> None:
    """Remove files that were to take the place of these; nobody may be writing them."""
    for target in targets:
        path = unfinished(target)
        path.unlink(missing_ok=True)
        clear_log(path)
        # Of write_submission, which writes beside the file that it is told to write.
        for part in path.parent.glob(f".{path.name}.*.tmp"):
            part.unlink(missing_ok=True)


@contextmanager
def none_of(*targets: Path) -> Iterator[None]:
    """Clear unfinished files that a killed run left, and those of this run if it fails."""
    clear_unfinished(*targets)
    try:
        yield
    finally:
        clear_unfinished(*targets)


def clear_log(database: Path) -> None:
    """Remove the log beside a file that will be replaced: DuckDB would replay it into the new one.

    A client that wrote into the file and was killed leaves one, beside the name that it used.
    """
    for path in (database, real(database)):
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _is_in_use(database: Path) -> bool:
    """Whether another process has locked a database file, as DuckDB does while it is open."""
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
