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
@given(data=st.data(), known=keys, labels=st.sets(st.tuples(st.integers(1, 40), st.just(7))))
def test_those_that_are_taken_are_as_they_were_and_the_others_are_gone(
    data: st.DataObject, known: list[int], labels: set[tuple[int, int]]
) -> None:
    is_new = data.draw(st.lists(st.booleans(), min_size=len(known), max_size=len(known)))
    kept = data.draw(st.lists(st.booleans(), min_size=len(known), max_size=len(known)))
    customers = make_customers(known, recency=[NEVER if new else WITHIN for new in is_new])
    frames = make_frames(customers, labels=labels, window_id=3)
    some = frames.take(np.array(kept, bool))
    expected = [key for key, is_kept in zip(known, kept, strict=True) if is_kept]
    assert some.window_id == 3
    assert some.customer_keys.tolist() == expected
    assert some.customers.index.tolist() == list(range(len(expected)))
    assert some.is_new.tolist() == frames.is_new[np.array(kept, bool)].tolist()
    rows, articles = some.label_pairs()
    assert set(articles.tolist()) <= {7}
    assert sorted(expected[row] for row in rows) == sorted(
        key for key, _ in labels if key in expected
    )
    assert frames.customer_keys.tolist() == known


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
