"""Making the next pieces of work ready while the one before is worked on."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


def prefetched(
    make: Callable[[K], T], keys: Iterable[K], ahead: int = 2
) -> Generator[T, None, None]:
    """What `make` returns for each key, in their order, made in other threads beforehand.

    While a piece is used, the next ones are made; at most `ahead` are ready or being made besides
    the one in use. What making a piece raises is raised where that piece would have come. It pays
    where both sides spend their time outside of Python, as DuckDB and LightGBM do: with two ahead
    one is read on all threads while another is where one thread alone can work.

    Parameters
    ----------
    make
        Called in several threads at once.
    keys
        Of the pieces.
    ahead
        At least 1.
    """
    left = iter(keys)
    with ThreadPoolExecutor(max_workers=ahead) as pool:
        pending: deque[Future[T]] = deque(pool.submit(make, key) for key in islice(left, ahead))
        while pending:
            piece = pending.popleft().result()
            pending.extend(pool.submit(make, key) for key in islice(left, 1))
            yield piece
