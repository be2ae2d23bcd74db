"""Making the next piece of work ready while the one before is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")


def prefetched(pieces: Iterator[T]) -> Generator[T, None, None]:
    """The same pieces in the same order, each made in another thread while the last one is used.

    At most one piece is ready besides the one in use. What making a piece raises is raised where
    that piece would have come. It pays where both sides spend their time outside of Python, as
    DuckDB and LightGBM do.

    Parameters
    ----------
    pieces
        Nobody else may take from it meanwhile.
    """
    none_left = object()
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(next, pieces, none_left)
        while (piece := ahead.result()) is not none_left:
            ahead = pool.submit(next, pieces, none_left)
            yield cast(T, piece)
