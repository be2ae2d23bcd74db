"""Which files of a folder are the tables, for those who write them and those who read them."""

from collections.abc import Iterable
from pathlib import Path

ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".parquet")


def of_other_ending(folder: Path, tables: Iterable[str], ending: str) -> Path | None:
    """A file of one of the tables with another ending than this, if there is one.

    Who reads the folder would not know which of the two to take.
    """
    for table in tables:
        for other in ENDINGS:
            found = folder / f"{table}{other}"
            if other != ending and found.exists():
                return found
    return None
