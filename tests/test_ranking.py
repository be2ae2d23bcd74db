import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models_py.frames import IntArray, ScoreArray
from models_py.ranking import (
    EMPTY,
    LIST_LENGTH,
    merge_lists,
    replace_rows,
    top_articles,
    top_pairs,
)

# Few values, so that there are many ties; and any other float32 that is finite.
few_values = st.sampled_from([-1.5, -1e-45, -0.0, 0.0, 1e-45, 0.25, 3e38, -3e38])
any_value = st.floats(width=32, allow_nan=False, allow_infinity=False)
scores_of_any_shape = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=18),
    elements=few_values | any_value,
)


def sorted_one_by_one(scores: ScoreArray, article_keys: IntArray, k: int) -> list[list[int]]:
    lists = []
    for row in scores.tolist():
        places = sorted(range(len(row)), key=lambda place: (-row[place], place))[:k]
        lists.append([int(article_keys[place]) for place in places] + [EMPTY] * (k - len(places)))
    return lists


@settings(deadline=None)
@given(scores=scores_of_any_shape, k=st.integers(1, 20), seed=st.integers(0, 100))
@example(scores=np.array([[-0.0, 0.0, -0.0]], np.float32), k=2, seed=0)
@example(scores=np.array([[-1, -2, -1, -3]], np.float32), k=3, seed=1)
def test_top_articles_are_sorted_by_score_and_then_by_column(
    scores: ScoreArray, k: int, seed: int
) -> None:
    article_keys = np.random.default_rng(seed).permutation(100)[: scores.shape[1]]
    found = top_articles(scores, article_keys, k)
    assert found.shape == (len(scores), k)
    assert found.dtype == np.int64
    assert found.tolist() == sorted_one_by_one(scores, article_keys, k)


def test_top_articles_of_many_columns_with_many_ties() -> None:
    rng = np.random.default_rng(0)
    scores = (rng.integers(-3, 4, (50, 400)) / 2).astype(np.float32)
    article_keys = rng.permutation(1000)[:400]
    expected = sorted_one_by_one(scores, article_keys, LIST_LENGTH)
    assert top_articles(scores, article_keys).tolist() == expected


def test_top_articles_takes_a_part_of_an_array_and_changes_nothing_in_it() -> None:
    whole = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    scores = whole.T[::2]
    before = whole.copy()
    article_keys = np.arange(40)
    expected = sorted_one_by_one(scores, article_keys, 12)
    assert top_articles(scores, article_keys).tolist() == expected
    assert np.array_equal(whole, before)


# (row, article, score), each pair of row and article once.
pairs_of_four_rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), few_values | any_value),
    max_size=40,
    unique_by=lambda pair: pair[:2],
)


def as_arrays(pairs: list[tuple[int, int, float]]) -> tuple[IntArray, IntArray, ScoreArray]:
    rows, articles, scores = zip(*pairs, strict=True) if pairs else ((), (), ())
    return np.array(rows, np.int64), np.array(articles, np.int64), np.array(scores, np.float32)


@settings(deadline=None)
@given(pairs=pairs_of_four_rows, n_more=st.integers(0, 2), k=st.integers(1, 15))
@example(pairs=[(0, 9, 0.0), (0, 4, -0.0), (0, 7, 0.0)], n_more=0, k=2)
@example(pairs=[(3, 1, 1.0)], n_more=1, k=1)
# Two numbers that are one as float32.
@example(pairs=[(0, 0, 1e-45), (0, 1, 1.401298464324817e-45)], n_more=0, k=1)
def test_top_pairs_are_sorted_by_score_and_then_by_article_key(
    pairs: list[tuple[int, int, float]], n_more: int, k: int
) -> None:
    found = top_pairs(*as_arrays(pairs), 4 + n_more, k)
    assert found.dtype == np.int64
    assert found.shape == (4 + n_more, k)
    for row, articles in enumerate(found.tolist()):
        own = sorted(
            (-float(np.float32(score)), article)
            for of_row, article, score in pairs
            if of_row == row
        )
        expected = [article for _, article in own][:k]
        assert articles == expected + [EMPTY] * (k - len(expected))


def test_top_pairs_of_no_rows_are_no_lists() -> None:
    assert top_pairs(*as_arrays([]), 0).shape == (0, LIST_LENGTH)


def filled_one_by_one(lists: IntArray, filler: IntArray, k: int) -> list[list[int]]:
    filled = []
    for row in lists.tolist():
        kept = [article for article in row if article >= 0]
        more = [article for article in dict.fromkeys(filler.tolist()) if article not in kept]
        filled.append((kept + more)[:k])
    return filled


@st.composite
def lists_with_holes(draw: st.DrawFn, max_width: int) -> IntArray:
    n, width = draw(st.integers(0, 4)), draw(st.integers(0, max_width))
    rows = [
        draw(st.lists(st.integers(0, 30), min_size=width, max_size=width, unique=True))
        for _ in range(n)
    ]
    lists = np.array(rows, np.int64).reshape(n, width)
    holes = draw(arrays(np.bool_, (n, width)))
    return np.where(holes, EMPTY, lists)


@settings(deadline=None)
@given(data=st.data(), k=st.integers(1, 15))
def test_merged_lists_keep_what_was_given_and_fill_up(data: st.DataObject, k: int) -> None:
    lists = data.draw(lists_with_holes(max_width=k))
    filler = np.array(data.draw(st.lists(st.integers(0, 40), min_size=k, max_size=20, unique=True)))
    before = lists.copy()
    merged = merge_lists(lists, filler, k)
    assert merged.shape == (len(lists), k)
    assert merged.tolist() == filled_one_by_one(lists, filler, k)
    assert all(len(set(row)) == k and min(row) >= 0 for row in merged.tolist())
    assert np.array_equal(lists, before)


def test_an_article_that_is_twice_in_the_filler_is_once_in_a_list() -> None:
    filler = np.array([7, 7, 8, 9, 8, 10])
    assert merge_lists(np.array([[8, EMPTY, EMPTY]]), filler, k=3).tolist() == [[8, 7, 9]]


def test_an_article_that_stands_behind_a_hole_comes_before_the_filler() -> None:
    # Wider than k: what is beyond the k-th column still is better than what fills up.
    lists = np.array([[EMPTY, 5, 6, 4]])
    assert merge_lists(lists, np.array([1, 2, 3]), k=2).tolist() == [[5, 6]]


@pytest.mark.parametrize("k", [3, LIST_LENGTH, LIST_LENGTH + 3])
def test_a_filler_that_is_too_short_is_refused(k: int) -> None:
    lists = np.full((1, k), EMPTY)
    with pytest.raises(ValueError, match=f"A list of {k} articles .* there are {k - 1}"):
        merge_lists(lists, np.arange(k - 1), k)
    assert merge_lists(lists, np.arange(k), k).tolist() == [list(range(k))]


def test_a_filler_that_repeats_itself_is_refused_by_its_distinct_articles() -> None:
    with pytest.raises(ValueError, match="there are 2"):
        merge_lists(np.full((1, 3), EMPTY), np.array([4, 4, 5, 5, 4]), k=3)


@given(where=arrays(np.bool_, st.integers(0, 6)))
def test_rows_are_replaced_where_told_and_nowhere_else(where: np.ndarray) -> None:
    lists = np.arange(len(where) * 3).reshape(-1, 3)
    other = -1 - lists
    replaced = replace_rows(lists, where, other)
    assert replaced.shape == lists.shape
    for row, is_other in enumerate(where):
        assert replaced[row].tolist() == (other if is_other else lists)[row].tolist()
