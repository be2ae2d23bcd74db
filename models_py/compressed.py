"""Whether a compressed file is whole: to DuckDB one that is cut off may be a shorter one."""

import gzip
import zlib
from functools import partial
from pathlib import Path

import pyarrow as pa


def content_bytes(path: str | Path) -> int:
    """How many bytes the content of a gzip (.gz) or zstd (.zst) file has.

    Returns
    -------
    int
        -1 where the file is cut off or damaged.
    """
    try:
        with (
            gzip.open(path)
            if Path(path).suffix == ".gz"
            else pa.input_stream(str(path), compression="zstd")
        ) as file:
            return sum(len(part) for part in iter(partial(file.read, 2**20), b""))
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except (EOFError, OSError, zlib.error):
        return -1
