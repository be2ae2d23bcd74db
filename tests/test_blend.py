from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations, permutations, product
from operator import ne

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.blend import (
    MIN_CUSTOMERS,
    OFFSET,
    HeldLists,
    Weights,
    best_or_usual,
    blend,
    is_beyond_noise,
    learn_weights,
    mean_precision,
)
from models_py.frames import IntArray
from models_py.metrics import map_at_k
from models_py.ranking import EMPTY, LIST_LENGTH

N_ARTICLES = 30


def fused_one_by_one(lists: Mapping[str, IntArray], counts: Mapping[str, int]) -> list[list[int]]:
    """The lists by exact sums."""
    fused = []
    for row in range(len(next(iter(lists.values())))):
        sums: dict[int, Fraction] = {}
        for part, count in counts.items():
            for place, article in enumerate(lists[part][row].tolist()):
                if article >= 0 and count:
                    sums[article] = sums.get(article, Fraction(0)) + Fraction(count, OFFSET + place)
        best = sorted(sums, key=lambda article: (-sums[article], article))[:LIST_LENGTH]
        fused.append(best + [EMPTY] * (LIST_LENGTH - len(best)))
    return fused


@st.composite
def lists_of_parts(draw: st.DrawFn, n_parts: int, max_width: int = 7) -> dict[str, IntArray]:
    n = draw(st.integers(0, 3))
    lists = {}
    for part in "abcd"[:n_parts]:
        width = draw(st.integers(1, max_width))
        # A negative number is an empty slot; few articles, so that parts agree.
        article = st.integers(-5, 15)
        rows = st.lists(article, min_size=width, max_size=width, unique=True)
        drawn = [draw(rows) for _ in range(n)]
        lists[part] = np.array(drawn, np.int64).reshape(n, width)
    return lists


@settings(deadline=None)
@given(
    lists=lists_of_parts(4),
    counts=st.lists(st.integers(0, 6), min_size=4, max_size=4).filter(any),
)
def test_a_blend_is_the_sum_over_the_parts_of_weight_by_place(
    lists: dict[str, IntArray], counts: list[int]
) -> None:
    of_part = dict(zip(lists, counts, strict=True))
    found = blend(lists, {part: count / sum(counts) for part, count in of_part.items()})
    assert found.dtype == np.int64
    assert found.shape == (len(lists["a"]), LIST_LENGTH)
    assert found.tolist() == fused_one_by_one(lists, of_part)


@settings(deadline=None)
@given(lists=lists_of_parts(1, max_width=15), weight=st.sampled_from([1.0, 1 / 3, 1e-3]))
def test_one_part_alone_gives_its_own_list(lists: dict[str, IntArray], weight: float) -> None:
    found = blend(lists, {"a": weight, "has no weight and no list": 0.0})
    for row, given_row in zip(found.tolist(), lists["a"].tolist(), strict=True):
        expected = [article for article in given_row if article >= 0][:LIST_LENGTH]
        assert row == expected + [EMPTY] * (LIST_LENGTH - len(expected))


def test_an_article_that_two_parts_list_beats_one_that_stands_first_in_one() -> None:
    lists = {"a": np.array([[1, 2, 3]]), "b": np.array([[4, 5, 3]])}
    assert blend(lists, {"a": 0.5, "b": 0.5})[0, :5].tolist() == [3, 1, 4, 2, 5]
    # Of a part that counts little, less.
    assert blend(lists, {"a": 0.9, "b": 0.1})[0, :5].tolist() == [1, 3, 2, 4, 5]


def test_equal_sums_go_by_article_key_in_whatever_order_they_were_added_up() -> None:
    # 7 and 8 stand in the same three places, each time in those of another part.
    pairs = [
        (one, other)
        for places in combinations(range(12), 3)
        for one, other in product(permutations(places), repeat=2)
        if all(map(ne, one, other))
    ]
    lists = {part: np.full((len(pairs), 12), EMPTY) for part in "abc"}
    for row, (one, other) in enumerate(pairs):
        for part, its_place, other_place in zip("abc", one, other, strict=True):
            lists[part][row, its_place], lists[part][row, other_place] = 7, 8
    found = blend(lists, dict.fromkeys("abc", 1 / 3))[:, :2]
    assert found.tolist() == [[7, 8]] * len(pairs)


def test_a_place_that_counts_three_times_as_little_with_three_times_the_weight_is_equal() -> None:
    late = {"a": np.array([[EMPTY] * 20 + [7]]), "b": np.array([[8]])}
    assert blend(late, {"a": 0.75, "b": 0.25})[0, :2].tolist() == [7, 8]


def test_the_keys_may_be_as_large_as_the_warehouse_makes_them() -> None:
    largest = 2**31 - 1
    lists = {"a": np.array([[largest, 0], [0, largest]]), "b": np.array([[1], [EMPTY]])}
    found = blend(lists, {"a": 0.8, "b": 0.2})[:, :3].tolist()
    assert found == [[largest, 0, 1], [0, largest, EMPTY]]


def made_up(seed: int, n: int = MIN_CUSTOMERS, n_parts: int = 3) -> HeldLists:
    """Customers with articles they bought, and parts that each place some of them well."""
    rng = np.random.default_rng(seed)
    bought = rng.random((n, N_ARTICLES)) < 0.1
    bought[np.arange(n), rng.integers(0, N_ARTICLES, n)] = True
    lists = {}
    for part in "abcd"[:n_parts]:
        scores = rng.random((n, N_ARTICLES)) + rng.random() * bought
        lists[part] = np.argsort(-scores, axis=1)[:, : int(rng.integers(6, 25))]
        lists[part][rng.random(lists[part].shape) < 0.1] = EMPTY
    return HeldLists(lists, rng.random(n) < 0.5, *np.nonzero(bought))


def mean_map(held: list[HeldLists], weights: Weights) -> float:
    found = [map_at_k(blend(one.lists, weights), one.row, one.article) for one in held]
    return float(np.mean(found))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), n_parts=st.integers(1, 4), n_held=st.integers(1, 2))
def test_learnt_weights_are_never_worse_on_the_held_windows_than_the_usual_part(
    seed: int, n_parts: int, n_held: int
) -> None:
    # Windows of different size: each counts the same.
    held = [made_up(seed + i, MIN_CUSTOMERS + 40 * i, n_parts) for i in range(n_held)]
    parts = list(held[0].lists)
    alone = {part: mean_map(held, {part: 1.0}) for part in parts}
    for usual in parts:
        weights = learn_weights(held, parts, usual)
        assert weights is not None
        assert list(weights) == parts
        assert sum(weights.values()) == pytest.approx(1)
        assert mean_map(held, weights) >= alone[usual] - 1e-12
    # Where the best part is the usual one, than any.
    best = max(parts, key=alone.__getitem__)
    weights = learn_weights(held, parts, best)
    assert weights is not None
    assert mean_map(held, weights) >= alone[best] - 1e-12


def test_the_usual_part_stays_unless_another_is_better_by_more_than_the_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models_py.blend.MAX_ROUNDS", 1)
    whole, seen = perfect(made_up(0)), set()
    for n_better in range(1, 8):
        # "better" is better for some customers, and worse for the others by as much or less.
        held = made_up(0)
        usual = whole.copy()
        usual[:n_better] = EMPTY
        better = whole.copy()
        better[-3:] = EMPTY
        held = with_lists(held, {"better": better, "usual": usual})
        ap = {part: mean_precision([lists], [held]) for part, lists in held.lists.items()}
        leads = is_beyond_noise(ap["better"] - ap["usual"])
        seen.add((bool(ap["better"].sum() > ap["usual"].sum()), leads))
        expected = {"better": float(leads), "usual": float(not leads)}
        assert learn_weights([held], ["better", "usual"], "usual") == expected
    assert seen == {(False, False), (True, False), (True, True)}


def with_lists(held: HeldLists, lists: Mapping[str, IntArray]) -> HeldLists:
    return HeldLists(lists, held.is_new, held.row, held.article)


def perfect(held: HeldLists) -> IntArray:
    lists = np.full((len(held.is_new), N_ARTICLES), EMPTY)
    for row in range(len(lists)):
        own = held.article[held.row == row]
        lists[row, : len(own)] = own
    return lists


def test_a_part_that_is_clearly_best_gets_all_the_weight() -> None:
    held = made_up(0)
    held = with_lists(held, {**held.lists, "best": perfect(held)})
    expected = {"a": 0.0, "best": 1.0, "b": 0.0, "c": 0.0}
    assert learn_weights([held], list(expected), "a") == expected


def test_parts_that_each_know_other_articles_are_blended() -> None:
    held = made_up(0)
    whole, rng = perfect(held), np.random.default_rng(1)
    half = rng.random(whole.shape) < 0.5
    lists = {"a": np.where(half, whole, EMPTY), "b": np.where(half, EMPTY, whole)}
    weights = learn_weights([with_lists(held, lists)], ["a", "b"], "a")
    assert weights is not None
    assert min(weights.values()) > 0


def test_windows_count_the_same_however_many_customers_they_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models_py.blend.MAX_ROUNDS", 1)
    small, large = made_up(0, MIN_CUSTOMERS), made_up(1, 5 * MIN_CUSTOMERS)
    nothing = np.full((5 * MIN_CUSTOMERS, N_ARTICLES), EMPTY)
    # "a" knows all of the small window, "b" a third of the large one, which is more customers.
    third = perfect(large)
    third[np.arange(len(third)) % 3 > 0] = EMPTY
    held = [
        with_lists(small, {"a": perfect(small), "b": nothing[:MIN_CUSTOMERS]}),
        with_lists(large, {"a": nothing, "b": third}),
    ]
    assert learn_weights(held, ["b", "a"], "b") == {"b": 0.0, "a": 1.0}


@pytest.mark.parametrize("parts", [["a", "b", "same"], ["same", "b", "a"]])
def test_of_equal_parts_the_earlier_is_chosen(parts: list[str]) -> None:
    held = made_up(0)
    same = perfect(held)
    held = with_lists(held, {"a": same, "b": held.lists["b"], "same": same})
    assert learn_weights([held], parts, "b") == {part: float(part == parts[0]) for part in parts}


def test_customers_who_bought_nothing_say_nothing() -> None:
    held = made_up(0)
    padded = HeldLists(
        {part: np.concatenate([lists, lists[:50]]) for part, lists in held.lists.items()},
        np.concatenate([held.is_new, held.is_new[:50]]),
        held.row,
        held.article,
    )
    no_label = HeldLists(held.lists, held.is_new, held.row[:0], held.article[:0])
    expected = learn_weights([held], ["a", "b", "c"], "a")
    assert expected is not None
    assert learn_weights([padded], ["a", "b", "c"], "a") == expected
    assert learn_weights([held, no_label], ["a", "b", "c"], "a") == expected
    assert learn_weights([no_label], ["a", "b", "c"], "a") is None


def test_too_few_customers_teach_no_weights() -> None:
    assert learn_weights([], ["a"], "a") is None
    few = made_up(0, MIN_CUSTOMERS - 1)
    assert learn_weights([few], ["a"], "a") is None
    assert learn_weights([few, made_up(1, 1)], ["a"], "a") == {"a": 1.0}


@settings(deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(1, 20))
def test_a_split_of_a_window_keeps_each_customers_lists_and_label(seed: int, n: int) -> None:
    held = made_up(seed, n)

    def customers(some: HeldLists) -> list[tuple[bool, list[list[int]], list[int]]]:
        return [
            (
                bool(some.is_new[row]),
                [lists[row].tolist() for lists in some.lists.values()],
                some.article[some.row == row].tolist(),
            )
            for row in range(len(some.is_new))
        ]

    new, known = held.of(held.is_new), held.of(~held.is_new)
    assert new.is_new.all() and not known.is_new.any()
    assert customers(new) == [one for one in customers(held) if one[0]]
    assert customers(known) == [one for one in customers(held) if not one[0]]
    assert len(new.row) + len(known.row) == len(held.row)


def test_the_usual_choice_stays_unless_another_leads_by_more_than_the_noise() -> None:
    rng = np.random.default_rng(0)
    usual = rng.random(400, dtype=np.float32)
    noise = rng.normal(0, 0.2, 400).astype(np.float32)
    by_chance = usual + noise - noise.mean() + np.float32(1e-4)
    better = usual + np.float32(0.05)
    assert by_chance.sum() > usual.sum()
    assert best_or_usual([usual, by_chance], 0) == 0
    assert best_or_usual([usual, better], 0) == 1
    assert best_or_usual([better, usual], 0) == 0
    assert best_or_usual([usual, better, better.copy()], 0) == 1
    assert best_or_usual([usual.copy(), usual], 1) == 1
    # A lead of one and a half standard errors.
    by_some = by_chance + np.float32(1.5 * noise.std() / np.sqrt(len(noise)))
    assert best_or_usual([usual, by_some], 0) == 1
    assert best_or_usual([usual, by_some], 0, 2.0) == 0
    assert best_or_usual([usual, better], 0, 2.0) == 1
