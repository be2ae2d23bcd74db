import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NEVER, WITHIN, make_classes, make_customers, make_frames, with_labels

keys = st.lists(st.integers(1, 40), unique=True, max_size=12).map(sorted)


@settings(deadline=None)
@given(known=keys, asked=st.lists(st.integers(0, 45), max_size=20))
def test_rows_of_finds_the_known_and_says_who_is_not(known: list[int], asked: list[int]) -> None:
    frames = make_frames(make_customers(known))
    rows, is_known = frames.rows_of(np.array(asked, np.int64))
    assert rows.shape == is_known.shape == (len(asked),)
    assert is_known.tolist() == [key in known for key in asked]
    assert rows[is_known].tolist() == [known.index(key) for key in asked if key in known]


def test_rows_of_no_customers_is_nobody() -> None:
    frames = make_frames(make_customers([]))
    rows, is_known = frames.rows_of(np.array([3, 1], np.int64))
    assert rows.shape == (2,)
    assert not is_known.any()
    assert frames.is_new.shape == frames.customer_keys.shape == (0,)


def test_who_is_new() -> None:
    frames = make_frames(make_customers([2, 5, 9], recency=[WITHIN, NEVER, "longer ago"]))
    assert frames.is_new.tolist() == [False, True, False]
    assert frames.customer_keys.tolist() == [2, 5, 9]
    assert frames.customer_keys.dtype == np.int64


@settings(deadline=None)
@given(
    known=keys,
    articles=st.lists(st.integers(1, 15), unique=True, max_size=8),
    labels=st.sets(st.tuples(st.integers(1, 40), st.integers(1, 15)), max_size=30),
)
def test_targets_are_the_labels_of_known_customers_and_classes(
    known: list[int], articles: list[int], labels: set[tuple[int, int]]
) -> None:
    frames = make_frames(make_customers(known), labels=labels)
    targets = make_classes(articles).targets(frames)
    expected = [[float((key, article) in labels) for article in articles] for key in known]
    assert targets.shape == (len(known), len(articles))
    assert targets.dtype == np.float32
    assert targets.toarray().tolist() == expected


def test_targets_without_any_label() -> None:
    frames = with_labels(make_frames(make_customers([1, 2])), [])
    assert make_classes([5, 6, 7]).targets(frames).nnz == 0
