from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models_py.metrics import average_precision, map_at_k


@dataclass
class Case:
    """Lists as Python objects, so that the oracle shares nothing with the code under test."""

    lists: list[list[int]]
    relevant: list[set[int]]
    k: int

    def arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        pairs = [(i, a) for i, wanted in enumerate(self.relevant) for a in wanted]
        return (
            np.array(self.lists, dtype=np.int64),
            np.array([i for i, _ in pairs], dtype=np.int64),
            np.array([a for _, a in pairs], dtype=np.int64),
        )

    def score(self) -> npt.NDArray[np.float64]:
        return average_precision(*self.arrays(), k=self.k)


def oracle(shown: list[int], relevant: set[int], k: int) -> float:
    """The definition, word for word."""
    if not relevant:
        return float("nan")
    total = 0.0
    for rank in range(1, min(k, len(shown)) + 1):
        here = shown[rank - 1]
        if here in relevant and here not in shown[: rank - 1]:
            hits = len(set(shown[:rank]) & relevant)
            total += hits / rank
    return total / min(len(relevant), k)


@st.composite
def cases(draw: st.DrawFn, k: int | None = None, distinct: bool = False) -> Case:
    """Few articles, so that hits, repeats and empty slots are all common."""
    n = draw(st.integers(1, 6))
    width = draw(st.integers(1, 15))
    # Distinct lists have no empty slots; 20 articles leave some outside each list.
    key = st.integers(0 if distinct else -2, 19 if distinct else 8)
    shown = st.lists(key, min_size=width, max_size=width, unique=distinct)
    lists = draw(st.lists(shown, min_size=n, max_size=n))
    # Keys beyond those in the lists too: a customer may buy what nobody was shown.
    relevant = draw(st.lists(st.sets(st.integers(0, 21), max_size=15), min_size=n, max_size=n))
    return Case(lists, relevant, k if k is not None else draw(st.integers(1, 14)))


@given(cases())
def test_equals_the_definition(case: Case) -> None:
    expected = [
        oracle(shown, wanted, case.k)
        for shown, wanted in zip(case.lists, case.relevant, strict=True)
    ]
    np.testing.assert_allclose(case.score(), expected, rtol=1e-12)


@given(cases())
def test_lies_between_0_and_1(case: Case) -> None:
    score = case.score()
    bought = np.array([bool(wanted) for wanted in case.relevant])
    assert np.array_equal(np.isnan(score), ~bought)
    assert ((score[bought] >= 0) & (score[bought] <= 1)).all()


@given(st.lists(st.sets(st.integers(0, 500), min_size=1, max_size=30), min_size=1), st.data())
def test_a_perfect_list_scores_1(relevant: list[set[int]], data: st.DataObject) -> None:
    lists = []
    for wanted in relevant:
        best = data.draw(st.permutations(sorted(wanted)))[:12]
        lists.append(best + [1000] * (12 - len(best)))
    assert (Case(lists, relevant, 12).score() == 1).all()


@given(cases(k=12), st.integers(0, 5), st.data())
def test_what_follows_the_twelfth_changes_nothing(
    case: Case, n_more: int, data: st.DataObject
) -> None:
    twelve = [(shown + [-1] * 12)[:12] for shown in case.lists]
    tails = st.lists(st.integers(-1, 21), min_size=n_more, max_size=n_more)
    longer = [shown + data.draw(tails) for shown in twelve]
    short, long = (Case(lists, case.relevant, 12).score() for lists in (twelve, longer))
    np.testing.assert_array_equal(short, long)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_customers_and_pairs_changes_nothing(case: Case, random: object) -> None:
    order = list(range(len(case.lists)))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = Case([case.lists[i] for i in order], [case.relevant[i] for i in order], case.k)
    np.testing.assert_array_equal(moved.score(), case.score()[order])
    recommended, row, article = case.arrays()
    backwards = average_precision(recommended, row[::-1], article[::-1], k=case.k)
    np.testing.assert_array_equal(backwards, case.score())


@given(cases(distinct=True), st.data())
def test_adding_a_hit_never_lowers(case: Case, data: st.DataObject) -> None:
    shown, wanted = case.lists[0], case.relevant[0]
    absent = sorted(wanted - set(shown))
    misses = [i for i, article in enumerate(shown) if article not in wanted]
    assume(absent and misses)
    place = data.draw(st.sampled_from(misses))
    better = shown.copy()
    better[place] = data.draw(st.sampled_from(absent))
    before = case.score()[0]
    after = Case([better, *case.lists[1:]], case.relevant, case.k).score()[0]
    assert after > before if place < case.k else after == before


@given(cases(distinct=True), st.data())
def test_moving_a_hit_up_never_lowers(case: Case, data: st.DataObject) -> None:
    shown, wanted = case.lists[0], case.relevant[0]
    movable = [i for i, article in enumerate(shown) if i > 0 and article in wanted]
    assume(movable)
    place = data.draw(st.sampled_from(movable))
    better = shown.copy()
    better.insert(data.draw(st.integers(0, place - 1)), better.pop(place))
    after = Case([better, *case.lists[1:]], case.relevant, case.k).score()[0]
    assert after >= case.score()[0]


def test_an_empty_list_scores_0() -> None:
    assert Case([[-1] * 12, [-7] * 12], [{3}, {0, 1}], 12).score().tolist() == [0, 0]


def test_the_divisor_is_capped_at_k() -> None:
    # 20 bought, the twelve shown are all among them: 1, and not 12 / 20.
    assert Case([list(range(12))], [set(range(20))], 12).score()[0] == 1
    # 2 bought, hits at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert Case([[5, 0, 6]], [{5, 6}], 12).score()[0] == pytest.approx(5 / 6)


def test_the_mean_leaves_out_who_bought_nothing() -> None:
    case = Case([[1, 2], [1, 2], [1, 2]], [{1}, set(), {2}], 12)
    assert map_at_k(*case.arrays()) == pytest.approx((1 + 0.5) / 2)


@pytest.mark.filterwarnings("error")
def test_nobody_bought() -> None:
    nobody = np.empty(0, dtype=np.int64)
    assert np.isnan(map_at_k(np.array([[1, 2]]), nobody, nobody))
    assert average_precision(np.empty((0, 12), dtype=np.int64), nobody, nobody).shape == (0,)


def test_narrow_integers_do_not_overflow() -> None:
    # 100,000 customers x 30,000 articles is past what int32 holds.
    n = 100_000
    recommended = np.full((n, 2), 29_999, dtype=np.int32)
    row = np.arange(n, dtype=np.int32)
    bought = np.full(n, 29_999, dtype=np.int16)
    assert (average_precision(recommended, row, bought) == 1).all()


@pytest.mark.parametrize(
    ("recommended", "row", "article", "k", "message"),
    [
        ([[1]], [0, 0], [4, 4], 12, "given twice: row 0, article 4"),
        ([[1]], [1], [4], 12, r"row must be in 0 \.\. 0, got 1"),
        ([[1]], [-1], [4], 12, "row must be in"),
        ([[1]], [0], [-4], 12, "article key must be 0 or more, got -4"),
        ([[1]], [0], [4], 0, "k must be 1 or more, got 0"),
        ([1], [0], [4], 12, r"shape \(n, width >= 1\), got \(1,\)"),
        ([[1]], [0, 0], [4], 12, "vectors of one length"),
        ([[1.0]], [0], [4], 12, "recommended must hold integers, got float64"),
        ([[1]] * 4, [0], [2**62], 12, "too large for 4 customers"),
    ],
)
def test_names_what_is_wrong(
    recommended: object, row: object, article: object, k: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        average_precision(np.array(recommended), np.array(row), np.array(article), k)
