from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models_py import purchases
from models_py.frames import Frames
from models_py.least_squares import PENALTIES
from models_py.ranking import top_articles
from tests.builders import (
    NEVER,
    WITHIN,
    Purchase,
    make_classes,
    make_customers,
    make_frames,
    make_world,
    part_of,
    with_labels,
    with_purchases,
    world_classes,
)

GRAIN = "department"
CLASSES = make_classes([71, 72])
SOME: list[Purchase] = [(1, 5, 1.0), (2, 6, 1.0)]
ANY_LABEL = [(1, 71), (2, 72)]


def window(
    rows: list[Purchase],
    labels: list[tuple[int, int]],
    keys: tuple[int, ...] = (1, 2, 3),
    **of: Any,
) -> Frames:
    return make_frames(make_customers(keys, **of), {GRAIN: rows}, labels)


def planted(n: int = 60) -> Frames:
    """Buyers of 5 buy 71, buyers of 6 buy 72, all of them bought 7."""
    rows, labels = [], []
    for key in range(1, n + 1):
        rows += [(key, 5 + key % 2, 1.0), (key, 7, 1.5)]
        labels.append((key, 71 + key % 2))
    return window(rows, labels, tuple(range(1, n + 1)))


def test_what_goes_together_is_found() -> None:
    fitted = purchases.fit([planted()], CLASSES, GRAIN)
    assert fitted is not None
    assert fitted.grain == GRAIN
    assert fitted.feature_keys.tolist() == [5, 6, 7]
    assert len(fitted.variants) == len(PENALTIES)
    new = window([(1, 5, 1.0), (2, 6, 2.0), (3, 5, 3.0), (3, 6, 0.5)], [])
    for variant in range(len(PENALTIES)):
        scores = purchases.score(fitted, new, variant)
        assert scores.shape == (3, 2)
        assert scores.dtype == np.float32
        assert top_articles(scores, CLASSES.article_keys, 1).ravel().tolist() == [71, 72, 71]
    # The larger the penalty, the closer to the level of each class.
    sizes = [np.ptp(purchases.score(fitted, new, variant)) for variant in range(len(PENALTIES))]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[-1]


def test_what_goes_together_is_found_among_noise_in_a_later_window() -> None:
    fitted = purchases.fit([make_world(3), make_world(2)], world_classes(), "department")
    assert fitted is not None
    later = make_world(1, share_new=0)
    best = top_articles(purchases.score(fitted, later, 1), world_classes().article_keys, 1)
    bought = set(later.labels.itertuples(index=False, name=None))
    hits = [(key, best[row, 0]) in bought for row, key in enumerate(later.customer_keys.tolist())]
    # Who knows the group reaches 3 of 8; who does not, a quarter of that.
    assert np.mean(hits) > 0.25


@pytest.mark.parametrize(
    ("rows", "labels", "of"),
    [
        pytest.param(SOME, [], {}, id="no label"),
        pytest.param(SOME, [(1, 99), (2, 98)], {}, id="no class bought"),
        pytest.param(SOME, [(8, 71)], {}, id="label of somebody else"),
        pytest.param(SOME, ANY_LABEL, {"is_training": False}, id="nobody is training"),
        pytest.param(SOME, [(3, 71)], {}, id="buyer of a class bought nothing at this grain"),
        pytest.param([], ANY_LABEL, {}, id="nothing bought at this grain"),
        pytest.param([], ANY_LABEL, {"recency": NEVER}, id="everybody is new"),
    ],
)
def test_nothing_to_learn(
    rows: list[Purchase], labels: list[tuple[int, int]], of: dict[str, Any]
) -> None:
    assert purchases.fit([window(rows, labels, **of)], CLASSES, GRAIN) is None


@pytest.mark.parametrize("recency", [WITHIN, NEVER])
@pytest.mark.parametrize(
    "features", [(5, 6), (8, 9)], ids=["features of all", "features of theirs"]
)
def test_customers_who_are_not_training_have_no_influence(
    features: tuple[int, int], recency: str
) -> None:
    learners = planted(40)
    n = len(learners.customers)
    others = range(n + 1, 2 * n + 1)
    # They do the contrary of the rest; who is new bought nothing.
    rows = [(key, features[key % 2], 1.0) for key in others if recency != NEVER]
    joined = window(
        learners.purchases[GRAIN].to_records(index=False).tolist() + rows,
        learners.labels.to_records(index=False).tolist() + [(key, 72 - key % 2) for key in others],
        tuple(range(1, 2 * n + 1)),
        is_training=[True] * n + [recency == NEVER] * n,
        recency=[WITHIN] * n + [recency] * n,
    )
    alone = purchases.fit([learners], CLASSES, GRAIN)
    together = purchases.fit([joined], CLASSES, GRAIN)
    assert alone is not None and together is not None
    for variant in range(len(PENALTIES)):
        expected = purchases.score(alone, learners, variant)
        assert_allclose(purchases.score(together, learners, variant), expected, atol=1e-5)


def test_the_features_are_those_of_most_training_customers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purchases, "MAX_FEATURES", 2)
    learners = planted(40)
    n = len(learners.customers)
    rows = [(key, 9, 1.0) for key in range(n + 1, 4 * n)]
    joined = window(
        learners.purchases[GRAIN].to_records(index=False).tolist() + rows,
        learners.labels.to_records(index=False).tolist(),
        tuple(range(1, 4 * n)),
        is_training=[True] * n + [False] * (3 * n - 1),
    )
    fitted = purchases.fit([joined], CLASSES, GRAIN)
    assert fitted is not None
    assert fitted.feature_keys.tolist() == [5, 7]


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_features_are_chosen_by_customers_and_key_in_any_order_of_rows(data: st.DataObject) -> None:
    # Customers of feature 9: three; of 2, 4, 6 and 8: two; of 1: one, who bought much of it.
    rows = [
        (1, 9, 1.0),
        (2, 9, 1.0),
        (3, 9, 1.0),
        (1, 8, 2.0),
        (2, 8, 2.0),
        (1, 2, 1.0),
        (3, 2, 1.0),
    ]
    rows += [(2, 4, 1.0), (3, 4, 1.0), (1, 6, 1.0), (2, 6, 1.0), (3, 1, 9.0)]
    shuffled = data.draw(st.permutations(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(purchases, "MAX_FEATURES", 3)
        fitted = purchases.fit([window(shuffled, ANY_LABEL)], CLASSES, GRAIN)
        expected = purchases.fit([window(rows, ANY_LABEL)], CLASSES, GRAIN)
    assert fitted is not None and expected is not None
    assert fitted.feature_keys.tolist() == [2, 4, 9]
    for one, other in zip(fitted.variants, expected.variants, strict=True):
        assert_allclose(one.weights, other.weights, atol=1e-5)


def test_the_order_of_windows_changes_nothing_but_rounding() -> None:
    first, second = make_world(4), make_world(5)
    one = purchases.fit([first, second], world_classes(), "article")
    other = purchases.fit([second, first], world_classes(), "article")
    assert one is not None and other is not None
    assert one.feature_keys.tolist() == other.feature_keys.tolist()
    assert_allclose(one.variants[1].weights, other.variants[1].weights, atol=1e-5)


@settings(deadline=None, max_examples=50)
@given(
    bought=st.dictionaries(
        st.tuples(st.integers(1, 9), st.integers(1, 9)), st.floats(0.69, 6), max_size=40
    ),
    features=st.sets(st.integers(1, 12), min_size=1).map(sorted),
)
def test_a_row_of_the_design_is_a_direction_or_nothing(
    bought: dict[tuple[int, int], float], features: list[int]
) -> None:
    # Customers 8 and 9 are not of this shard.
    keys = [1, 2, 3, 5, 6, 7]
    frames = window([(*pair, weight) for pair, weight in bought.items()], [], tuple(keys))
    x = purchases.design(frames, GRAIN, np.array(features, np.int64))
    assert x.shape == (len(keys), len(features))
    expected = np.array([[bought.get((key, feature), 0) for feature in features] for key in keys])
    length = np.linalg.norm(expected, axis=1, keepdims=True)
    assert_allclose(x.toarray(), expected / np.where(length > 0, length, 1), atol=1e-6)


def test_customers_of_whom_no_feature_is_known_get_the_level() -> None:
    classes = make_classes([71, 72], [0.25, 0.0625])
    fitted = purchases.fit([planted()], classes, GRAIN)
    assert fitted is not None
    mean_row = purchases.design(planted(), GRAIN, fitted.feature_keys).mean(axis=0)
    scores = purchases.score(fitted, window([(1, 1234, 2.0)], []), 1)
    level = [0.25, 0.0625] - np.asarray(mean_row).ravel() @ fitted.variants[1].weights
    assert_allclose(scores, np.tile(level, (3, 1)), atol=1e-5)


def test_no_customer_no_score() -> None:
    fitted = purchases.fit([planted()], CLASSES, GRAIN)
    assert fitted is not None
    assert purchases.score(fitted, window([], [], ()), 0).shape == (0, 2)


def test_a_window_without_customers_teaches_nothing() -> None:
    # A week in which the shop was closed.
    alone = purchases.fit([planted()], CLASSES, GRAIN)
    together = purchases.fit([window([], [], ()), planted()], CLASSES, GRAIN)
    assert alone is not None and together is not None
    assert_allclose(together.variants[0].weights, alone.variants[0].weights, atol=1e-6)


def test_scores_do_not_depend_on_the_label_nor_on_the_other_customers() -> None:
    fitted = purchases.fit([make_world(2)], world_classes(), "article")
    assert fitted is not None
    frames = make_world(1)
    scores = purchases.score(fitted, frames, 0)
    none_bought = with_labels(frames, [])
    assert np.array_equal(purchases.score(fitted, none_bought, 0), scores)
    is_kept = np.arange(len(scores)) % 3 == 0
    assert np.array_equal(purchases.score(fitted, part_of(frames, is_kept), 0), scores[is_kept])
    # What does count is what they bought.
    assert not np.array_equal(
        purchases.score(fitted, with_purchases(frames, "article", []), 0), scores
    )
