from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models_py.frames import ScoreArray
from models_py.hybrid import STEPS, Held, _simplex, best_variant, combine, learn_weights
from models_py.metrics import map_at_k
from models_py.ranking import top_articles

N_ARTICLES = 20
ARTICLES = np.arange(N_ARTICLES) + 100


def held(scores: dict[str, list[ScoreArray]], bought: ScoreArray) -> Held:
    """A past window in which each row bought the columns that are not 0."""
    row, column = np.nonzero(bought)
    return Held(scores, ARTICLES, row, ARTICLES[column])


def made_up(seed: int, n: int = 12) -> tuple[ScoreArray, np.random.Generator]:
    """Which articles each customer bought, at least one each."""
    rng = np.random.default_rng(seed)
    bought = rng.random((n, N_ARTICLES)) < 0.1
    bought[np.arange(n), rng.integers(0, N_ARTICLES, n)] = True
    return np.asarray(bought, np.float32), rng


def noise(rng: np.random.Generator, n: int = 12) -> ScoreArray:
    return rng.random((n, N_ARTICLES), dtype=np.float32)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_weights_tried_are_all_that_add_up_to_one(n: int) -> None:
    tried = _simplex(n)
    assert len(set(tried)) == len(tried) == comb(STEPS + n - 1, n - 1)
    for weights in tried:
        assert len(weights) == n
        assert sum(weights) == 1
        assert all(0 <= weight <= 1 and (weight * STEPS).is_integer() for weight in weights)
    # More to the earlier comes earlier.
    assert tried == sorted(tried, reverse=True)


def test_the_map_of_a_window() -> None:
    bought, rng = made_up(0)
    window = held({}, bought)
    assert window.map_at_12(bought) == 1
    scores = noise(rng)
    expected = map_at_k(top_articles(scores, ARTICLES), window.row, window.article)
    assert window.map_at_12(scores) == expected < 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_part_that_is_clearly_better_gets_the_weight(place: int) -> None:
    windows = []
    for seed in range(3):
        bought, rng = made_up(seed, n=60)
        parts = [noise(rng, 60) for _ in range(3)]
        parts[place] = bought * 2 + parts[place]
        windows.append(
            held({name: [part] for name, part in zip("abc", parts, strict=True)}, bought)
        )
    weights = learn_weights(windows, dict.fromkeys("abc", 0))
    assert list(weights) == ["a", "b", "c"]
    assert sum(weights.values()) == 1
    # Two thirds of it may be noise before the noise turns anything over.
    assert weights["abc"[place]] > 0.25
    combined = combine({name: windows[0].scores[name][0] for name in "abc"}, weights)
    assert windows[0].map_at_12(combined) == 1


def test_a_part_that_is_wrong_gets_nothing() -> None:
    bought, _ = made_up(0)
    window = held({"wrong": [-2 * bought], "right": [bought]}, bought)
    assert learn_weights([window], {"wrong": 0, "right": 0})["right"] > 0.5


def test_on_a_tie_the_earlier_system_gets_it() -> None:
    bought, rng = made_up(1)
    same = noise(rng)
    window = held({name: [same.copy()] for name in "abc"}, bought)
    assert learn_weights([window], dict.fromkeys("bca", 0)) == {"b": 1, "c": 0, "a": 0}
    assert learn_weights([window], dict.fromkeys("cab", 0)) == {"c": 1, "a": 0, "b": 0}


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6), n_parts=st.integers(1, 3), n_windows=st.integers(1, 3))
def test_no_weights_are_better_on_these_windows(seed: int, n_parts: int, n_windows: int) -> None:
    names = "abc"[:n_parts]
    windows = []
    for number in range(n_windows):
        bought, rng = made_up(seed + number)
        scores = {name: [noise(rng), noise(rng) + bought * rng.random()] for name in names}
        windows.append(held(scores, bought))
    variants = {name: (seed + place) % 2 for place, name in enumerate(names)}

    def mean_map(weights: dict[str, float]) -> float:
        maps = []
        for window in windows:
            total = sum(
                np.float32(weights[name]) * window.scores[name][variants[name]] for name in names
            )
            maps.append(window.map_at_12(np.asarray(total, np.float32)))
        return float(np.mean(maps))

    chosen = mean_map(learn_weights(windows, variants))
    for name in names:
        assert chosen >= mean_map({other: float(other == name) for other in names})
    steps = [step / STEPS for step in range(STEPS + 1)]
    every = [w for w in product(steps, repeat=n_parts) if sum(w) == 1]
    assert chosen == max(mean_map(dict(zip(names, w, strict=True))) for w in every)


def test_the_best_variant_has_the_best_mean_over_the_windows() -> None:
    first, rng = made_up(2, n=10)
    second, _ = made_up(3, n=40)
    # Right in the window of few customers and wrong in that of many, or the other way round: a
    # window counts once, whatever the number of its customers.
    half_right = np.where(np.arange(40)[:, None] < 24, second, -second).astype(np.float32)
    windows = [
        held({"x": [-first, first]}, first),
        held({"x": [half_right, -second]}, second),
    ]
    assert best_variant(windows, "x") == 1
    assert best_variant(windows[1:], "x") == 0
    assert best_variant(windows[:1], "x") == 1


def test_of_equal_variants_the_first() -> None:
    bought, rng = made_up(4)
    good, bad = bought + np.float32(0.5) * noise(rng), noise(rng)
    assert best_variant([held({"x": [bad, good, good.copy()]}, bought)], "x") == 1


def test_only_variants_that_each_window_has() -> None:
    bought, rng = made_up(5)
    # The third is the best, but the other window lacks it.
    better = np.float32(0.5) * bought + noise(rng)
    windows = [
        held({"x": [noise(rng), better, bought]}, bought),
        held({"x": [noise(rng), bought]}, bought),
    ]
    assert best_variant(windows, "x") == 1


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), a=st.floats(0, 1, width=32), b=st.floats(0, 1, width=32))
def test_combining_is_linear(seed: int, a: float, b: float) -> None:
    rng = np.random.default_rng(seed)
    scores = {"x": noise(rng), "y": noise(rng)}
    before = {name: part.copy() for name, part in scores.items()}
    combined = combine(scores, {"x": a, "y": b})
    assert combined.dtype == np.float32
    assert_allclose(combined, a * scores["x"] + b * scores["y"], atol=1e-6)
    assert_allclose(
        combined, combine(scores, {"x": a, "y": 0}) + combine(scores, {"y": b}), atol=1e-6
    )
    for name, part in before.items():
        assert np.array_equal(scores[name], part)


def test_the_weight_of_one_gives_back_the_part_itself() -> None:
    # Exactly: so the hybrid that is one part alone has the lists of this part.
    scores = {"x": noise(np.random.default_rng(0)), "y": noise(np.random.default_rng(1))}
    assert np.array_equal(combine(scores, {"x": 0.0, "y": 1.0}), scores["y"])
