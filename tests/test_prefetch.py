import threading
import time

import pytest

from models_py.prefetch import prefetched


@pytest.mark.parametrize("ahead", [1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_the_pieces_come_whole_and_in_their_order(n: int, ahead: int) -> None:
    def make(key: int) -> int:
        # The earlier ones of three take longer.
        time.sleep(0.001 * (2 - key % 3))
        return key * key

    assert list(prefetched(make, range(n), ahead)) == [key * key for key in range(n)]


def test_none_is_a_piece_like_any_other() -> None:
    assert list(prefetched(lambda key: key, [None, 1, None])) == [None, 1, None]


@pytest.mark.parametrize("ahead", [1, 2])
def test_so_many_pieces_are_made_while_the_last_one_is_used_and_no_more(ahead: int) -> None:
    n = 6
    begun = [threading.Event() for _ in range(n)]
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        begun[key].set()
        return key

    for number in prefetched(make, range(n), ahead):
        assert all(event.wait(10) for event in begun[: number + 1 + ahead])
        assert sorted(made) == list(range(min(number + 1 + ahead, n)))


def test_with_two_ahead_two_are_made_at_once() -> None:
    both = threading.Barrier(2)
    assert list(prefetched(lambda key: both.wait(10) >= 0, range(4), ahead=2)) == [True] * 4


def test_what_a_piece_raises_comes_in_its_place() -> None:
    def make(key: int) -> int:
        if key == 1:
            raise ValueError("the second")
        return key

    found = prefetched(make, range(4))
    assert next(found) == 0
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_who_stops_taking_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    found = prefetched(lambda key: key, range(100))
    assert next(found) == 0
    found.close()
    assert threading.active_count() == before
