from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from models_py import columns, tastes
from models_py.frames import Frames
from models_py.least_squares import PENALTIES
from models_py.ranking import top_articles
from tests.builders import (
    INTEGERS,
    NEVER,
    NULLABLE_INTEGERS,
    WITHIN,
    make_classes,
    make_customers,
    make_frames,
    make_world,
    part_of,
    with_labels,
    world_classes,
)

CLASSES = make_classes([71, 72])
N = 80
KEYS = list(range(1, N + 1))
# Of every second customer.
ODD = np.arange(1, N + 1) % 2 == 1


def window(labels: list[tuple[int, int]], keys: list[int] = KEYS, **of: Any) -> Frames:
    return make_frames(make_customers(keys, **of), labels=labels)


def planted(**of: Any) -> Frames:
    """Odd customers buy 71, even ones 72."""
    return window([(key, 72 - key % 2) for key in KEYS], **of)


def first_choice(fitted: tastes.TastesModel, frames: Frames, variant: int = 0) -> list[int]:
    scores = tastes.score(fitted, frames, variant)
    assert scores.shape == (len(frames.customers), len(CLASSES.article_keys))
    assert scores.dtype == np.float32
    return top_articles(scores, CLASSES.article_keys, 1).ravel().tolist()


@pytest.mark.parametrize(
    ("column", "of_odd", "of_even"),
    [
        ("favourite_colour", "Red", "Blue"),
        ("second_favourite_colour", "Red", None),
        ("age_band", "up to 19", "60 and over"),
        ("recency", WITHIN, "longer ago"),
        ("is_fn", True, False),
        ("club_member_status", "ACTIVE", "LEFT CLUB"),
        ("n_bought", 40, 2),
        ("days_since_last_bought", 3, 700),
        ("mean_days_between", 14.0, None),
        ("mean_price", 0.01, 0.08),
        ("online_share", 0.0, None),
    ],
)
def test_what_goes_together_is_found(column: str, of_odd: Any, of_even: Any) -> None:
    values = [of_odd if is_odd else of_even for is_odd in ODD]
    fitted = tastes.fit([planted(**{column: values})], CLASSES)
    assert fitted is not None
    assert len(fitted.variants) == len(PENALTIES)
    new = window([], [1, 2, 3], **{column: [of_even, of_odd, of_even]})
    for variant in range(len(PENALTIES)):
        assert first_choice(fitted, new, variant) == [72, 71, 72]
    # The larger the penalty, the closer to the level of each class.
    sizes = [np.ptp(tastes.score(fitted, new, variant)) for variant in range(len(PENALTIES))]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[-1]


@pytest.mark.parametrize(
    ("labels", "of"),
    [
        pytest.param([], {}, id="no label"),
        pytest.param([(1, 99)], {}, id="no class bought"),
        pytest.param([(N + 1, 71)], {}, id="label of somebody else"),
        pytest.param([(1, 71)], {"is_training": False}, id="nobody is training"),
        pytest.param([(1, 71)], {"recency": NEVER}, id="everybody is new"),
        pytest.param([(1, 71)], {"is_training": ~ODD}, id="only others are training"),
    ],
)
def test_nothing_to_learn(labels: list[tuple[int, int]], of: dict[str, Any]) -> None:
    assert tastes.fit([window(labels, **of)], CLASSES) is None


@pytest.mark.parametrize("recency", [WITHIN, NEVER])
def test_customers_who_are_not_training_have_no_influence(recency: str) -> None:
    colours = ["Red" if is_odd else "Blue" for is_odd in ODD]
    learners = planted(favourite_colour=colours, n_bought=KEYS)
    others = range(N + 1, 2 * N + 1)
    is_new = recency == NEVER
    joined = window(
        learners.labels.to_records(index=False).tolist() + [(key, 71 + key % 2) for key in others],
        [*KEYS, *others],
        favourite_colour=[
            *colours,
            *([None] * N if is_new else colours[: N // 2] + ["Green"] * (N // 2)),
        ],
        n_bought=[*KEYS, *([0] * N if is_new else range(1000, 1000 + N))],
        is_training=[True] * N + [is_new] * N,
        recency=[WITHIN] * N + [recency] * N,
    )
    alone, together = tastes.fit([learners], CLASSES), tastes.fit([joined], CLASSES)
    assert alone is not None and together is not None
    for variant in range(len(PENALTIES)):
        expected = tastes.score(alone, learners, variant)
        assert_allclose(tastes.score(together, learners, variant), expected, atol=1e-6)


def test_categories_that_were_never_seen_and_amounts_that_are_missing_can_be_scored() -> None:
    fitted = tastes.fit([planted(favourite_colour=["Red", "Blue"] * (N // 2))], CLASSES)
    assert fitted is not None
    amounts = [name for name in columns.TASTE_AMOUNTS if name not in INTEGERS]
    strange = window(
        [],
        [1, 2],
        favourite_colour=["Octarine", None],
        second_favourite_colour=None,
        age_band="200 and over",
        club_member_status="NEW LEVEL",
        recency="tomorrow",
        **dict.fromkeys(amounts),
    )
    assert strange.customers[NULLABLE_INTEGERS].isna().all(axis=None)
    scores = tastes.score(fitted, strange, 0)
    assert scores.shape == (2, 2)
    assert np.isfinite(scores).all()


def test_amounts_that_are_missing_everywhere_can_be_learnt_from() -> None:
    amounts = [name for name in columns.TASTE_AMOUNTS if name not in INTEGERS]
    colours = ["Red", "Blue"] * (N // 2)
    fitted = tastes.fit([planted(favourite_colour=colours, **dict.fromkeys(amounts))], CLASSES)
    assert fitted is not None
    # Now they are known.
    assert first_choice(fitted, window([], [1, 2], favourite_colour=["Blue", "Red"])) == [72, 71]


def test_rare_categories_share_one_place_with_those_never_seen() -> None:
    rare = tastes.MIN_CUSTOMERS - 1
    colours = ["Red"] * rare + ["Green"] * rare + ["Blue"] * (N - 2 * rare)
    labels = [
        (key, 71 if colour != "Blue" else 72) for key, colour in zip(KEYS, colours, strict=True)
    ]
    fitted = tastes.fit([window(labels, favourite_colour=colours)], CLASSES)
    assert fitted is not None
    new = window([], [1, 2, 3, 4], favourite_colour=["Red", "Green", "Octarine", "Blue"])
    scores = tastes.score(fitted, new, 0)
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])
    assert first_choice(fitted, new) == [71, 71, 71, 72]


def test_a_category_of_enough_customers_has_a_place_of_its_own() -> None:
    n = tastes.MIN_CUSTOMERS
    colours = ["Red"] * n + ["Green"] * n + ["Blue"] * (N - 2 * n)
    labels = [
        (key, 71 if colour == "Red" else 72) for key, colour in zip(KEYS, colours, strict=True)
    ]
    fitted = tastes.fit([window(labels, favourite_colour=colours)], CLASSES)
    assert fitted is not None
    assert first_choice(fitted, window([], [1, 2], favourite_colour=["Red", "Green"])) == [71, 72]


def test_the_order_of_windows_changes_nothing_but_rounding() -> None:
    first, second, later = make_world(4), make_world(5), make_world(1)
    one = tastes.fit([first, second], world_classes())
    other = tastes.fit([second, first], world_classes())
    assert one is not None and other is not None
    scores = tastes.score(one, later, 1)
    assert_allclose(tastes.score(other, later, 1), scores, atol=1e-5)


def test_one_customer_is_enough() -> None:
    fitted = tastes.fit([window([(4, 72)], [4])], CLASSES)
    assert fitted is not None
    expected = np.tile(CLASSES.buyer_share, (1, 1))
    assert_allclose(tastes.score(fitted, window([], [4]), 0), expected, atol=1e-5)


def test_no_customer_no_score() -> None:
    fitted = tastes.fit([planted()], CLASSES)
    assert fitted is not None
    assert tastes.score(fitted, window([], []), 0).shape == (0, 2)


def test_a_window_without_customers_teaches_nothing() -> None:
    frames = planted(favourite_colour=["Red", "Blue"] * (N // 2))
    alone, together = tastes.fit([frames], CLASSES), tastes.fit([window([], []), frames], CLASSES)
    assert alone is not None and together is not None
    assert_allclose(tastes.score(together, frames, 0), tastes.score(alone, frames, 0), atol=1e-6)


def test_scores_do_not_depend_on_the_label_nor_on_the_other_customers() -> None:
    fitted = tastes.fit([make_world(2)], world_classes())
    assert fitted is not None
    frames = make_world(1)
    scores = tastes.score(fitted, frames, 0)
    assert np.array_equal(tastes.score(fitted, with_labels(frames, []), 0), scores)
    is_kept = np.arange(len(scores)) % 3 == 0
    assert np.array_equal(tastes.score(fitted, part_of(frames, is_kept), 0), scores[is_kept])
    assert len(np.unique(scores, axis=0)) > 10
