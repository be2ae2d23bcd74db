"""Which customers later windows choose on, and which windows share a ranker."""

import duckdb
import numpy as np
import pytest

from models_py import database, ranker, two_stages
from models_py.blend import HeldLists
from models_py.hybrid import Held
from models_py.progress import Progress
from models_py.ranker import MIN_CUSTOMERS
from models_py.runner import HELD_BLOCKS, Plan, Runner, most_pairs
from tests.builders import make_pairs, make_world

SCORED = [4, 3, 2, 1, 0]
PLAN = Plan(SCORED, {w: [5] if w > 3 else [6] for w in SCORED}, backtest=[2, 1], tuning=[4, 3])


@pytest.fixture
def runner() -> Runner:
    with duckdb.connect() as connection, Progress(1) as progress:
        return Runner(connection, PLAN, [], progress)


def test_of_few_customers_all_are_held(runner: Runner) -> None:
    runner._frames[1] = make_world(1)
    frames, ranges = runner._sample(1)
    assert frames is runner._frames[1]
    assert ranges == [None]


def test_of_many_customers_blocks_are_held_from_all_over(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 3
    monkeypatch.setattr(two_stages, "MAX_HELD_CUSTOMERS", size * HELD_BLOCKS)
    runner._frames[1] = make_world(1)
    every = runner._frames[1].customer_keys
    frames, ranges = runner._sample(1)
    assert len(frames.customer_keys) == size * HELD_BLOCKS < len(every)
    blocks = frames.customer_keys.reshape(HELD_BLOCKS, size)
    assert ranges == [(int(block[0]), int(block[-1])) for block in blocks]
    places = np.searchsorted(every, blocks)
    assert (np.diff(places, axis=1) == 1).all()
    assert (np.diff(places[:, 0]) == len(every) // HELD_BLOCKS).all()


def held(n_known: int, n_new: int = 0) -> two_stages.HeldWindow:
    """A window in which so many bought something."""
    n = n_known + n_new
    is_new = np.arange(n) >= n_known
    return two_stages.HeldWindow(HeldLists({}, is_new, np.arange(n), np.zeros(n, np.int64)), [])


@pytest.mark.parametrize(
    ("buyers", "expected"),
    [
        ([(100, 0), (1, 0), (100, 0)], [1, 2]),
        ([(0, 0), (60, 0), (60, 0), (60, 0)], [2, 3]),
        ([(40, 0), (40, 0), (40, 0), (40, 0)], [1, 2, 3]),
        # Who is new says nothing of what suits the others.
        ([(60, 90), (30, 90), (10, 0), (60, 0)], [1, 2, 3]),
        ([(9, 0), (0, 0)], [1]),
        ([], []),
    ],
)
def test_choices_are_made_on_two_windows_or_on_as_many_as_have_buyers_enough(
    runner: Runner, buyers: list[tuple[int, int]], expected: list[int]
) -> None:
    runner._held_lists = {w: held(*n) for w, n in enumerate(buyers, 1)}
    assert runner._to_choose_on() == expected


def test_windows_that_later_ones_choose_on_stay_and_no_others(runner: Runner) -> None:
    none = np.zeros(0, np.int64)
    for window_id in (6, 5, 4, 3, 2):
        runner._held_lists[window_id] = held(40)
        runner._held[window_id] = Held({}, none, none, none)
        runner._let_go(window_id)
    assert sorted(runner._held_lists) == sorted(runner._held) == [2, 3, 4]


@pytest.fixture
def teaching_runner(runner: Runner) -> Runner:
    """One that has read what its windows learn from."""
    rng = np.random.default_rng(0)
    n = 10 * MIN_CUSTOMERS
    pairs = make_pairs(
        np.arange(n) // 10, np.tile(np.arange(10), n // 10), rng.random((n, 1)), ["one"]
    )
    runner._pairs = {5: pairs, 6: pairs}
    return runner


def test_windows_that_are_only_chosen_on_share_a_ranker(teaching_runner: Runner) -> None:
    fit = teaching_runner._fit_ranker
    oldest = fit(4)
    assert oldest is not None
    assert fit(3) is oldest
    assert fit(2) is not oldest
    assert fit(0) is not oldest
    teaching_runner._leaves = (ranker.N_LEAVES[1], [4])
    assert fit(3) is not oldest


def test_without_a_ranker_in_the_oldest_window_the_next_one_tries_again(
    teaching_runner: Runner,
) -> None:
    none = teaching_runner._pairs[5].take(np.zeros(0, np.int64))
    teaching_runner._pairs[5] = none
    assert teaching_runner._fit_ranker(4) is None
    assert teaching_runner._fit_ranker(3) is not None


def test_the_ranker_that_is_fitted_ahead_is_the_next_window_s_own(teaching_runner: Runner) -> None:
    expected = teaching_runner._fit_ranker(2)
    teaching_runner._fit_ahead(3)
    (ahead,) = teaching_runner._fitted_ahead.values()
    assert teaching_runner._fit_ranker(2) is ahead
    assert not teaching_runner._fitted_ahead
    assert expected is not None and ahead is not None
    assert ahead.ranker.booster.model_to_string() == expected.ranker.booster.model_to_string()


def test_no_window_comes_after_the_next_days(teaching_runner: Runner) -> None:
    teaching_runner._fit_ahead(0)
    assert not teaching_runner._fitted_ahead


@pytest.mark.parametrize(("limit", "expected"), [("6GiB", 500_000), ("600MiB", 209_715)])
def test_less_memory_makes_smaller_shards(limit: str, expected: int) -> None:
    with database.connect(settings={"memory_limit": limit}) as connection:
        assert most_pairs(connection) == expected


@pytest.mark.parametrize(("n", "is_choosing"), [(99, False), (100, True)])
def test_too_few_customers_choose_no_size_of_trees(
    teaching_runner: Runner, n: int, is_choosing: bool
) -> None:
    bought = np.arange(n)
    lists = HeldLists({}, np.zeros(n, bool), bought, bought)
    training = [teaching_runner._pairs[5]]
    held = two_stages.HeldWindow(lists, [])
    assert teaching_runner._is_choosing_leaves(training, held) is is_choosing
    teaching_runner._leaves = (ranker.N_LEAVES[1], [4])
    assert not teaching_runner._is_choosing_leaves(training, held)
