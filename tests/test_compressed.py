import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from models_py import compressed


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


PACKED = pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("zst", zstd)])
CONTENT = bytes(range(256)) * 10_000


@PACKED
def test_the_content_of_a_whole_file_is_counted(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"articles.csv.{ending}"
    path.write_bytes(pack(CONTENT))
    assert compressed.content_bytes(path) == len(CONTENT)
    # Such files may be put behind each other.
    path.write_bytes(pack(CONTENT) + pack(b"and more"))
    assert compressed.content_bytes(path) == len(CONTENT) + len(b"and more")


@PACKED
@pytest.mark.parametrize("n_lost", [1, 3, 500])
def test_one_that_is_cut_off_is_told(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes], n_lost: int
) -> None:
    path = tmp_path / f"articles.csv.{ending}"
    path.write_bytes(pack(CONTENT)[:-n_lost])
    assert compressed.content_bytes(path) == -1


@PACKED
def test_a_file_that_is_not_there_is_no_damaged_one(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(FileNotFoundError):
        compressed.content_bytes(tmp_path / f"articles.csv.{ending}")
