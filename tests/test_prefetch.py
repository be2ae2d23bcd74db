import threading
from collections.abc import Iterator

import pytest

from models_py.prefetch import prefetched


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_the_pieces_come_whole_and_in_their_order(n: int) -> None:
    assert list(prefetched(iter(range(n)))) == list(range(n))


def test_none_is_a_piece_like_any_other() -> None:
    assert list(prefetched(iter([None, 1, None]))) == [None, 1, None]


def test_one_piece_is_made_while_the_last_one_is_used_and_no_more() -> None:
    made: list[int] = []
    begun = [threading.Event() for _ in range(4)]

    def pieces() -> Iterator[int]:
        for number, event in enumerate(begun):
            made.append(number)
            event.set()
            yield number

    for number in prefetched(pieces()):
        if number + 1 < len(begun):
            assert begun[number + 1].wait(10)
        assert made == list(range(min(number + 2, len(begun))))


def test_what_a_piece_raises_comes_in_its_place() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    found = prefetched(pieces())
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_who_stops_taking_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    found = prefetched(iter(range(100)))
    assert next(found) == 0
    found.close()
    assert threading.active_count() == before
