"""From scores to lists of twelve."""

import numpy as np
import numpy.typing as npt

from models_py.frames import IntArray, ScoreArray

LIST_LENGTH = 12
EMPTY = -1


def top_articles(scores: ScoreArray, article_keys: IntArray, k: int = LIST_LENGTH) -> IntArray:
    """The k articles of highest score for each row, best first.

    Equal scores keep the order of article_keys, so the lists do not depend on how the sort works.

    Parameters
    ----------
    scores
        (n, n_articles) float32, finite.
    article_keys
        (n_articles,) the article of each column.
    k
        Length of the lists.

    Returns
    -------
    int64 array
        (n, k); EMPTY (-1) fills up where there are fewer than k articles.
    """
    n, n_articles = scores.shape
    # One whole number a score that orders as the score does and, among equals, by column.
    columns = n_articles - 1 - np.arange(n_articles, dtype=np.int64)
    unique = (_as_whole_numbers(scores) << 32) | columns
    taken = min(k, n_articles)
    if taken < n_articles:
        best = np.argpartition(-unique, taken - 1, axis=1)[:, :taken]
    else:
        best = np.tile(np.arange(n_articles), (n, 1))
    order = np.argsort(-np.take_along_axis(unique, best, axis=1), axis=1)
    lists = np.full((n, k), EMPTY, dtype=np.int64)
    lists[:, :taken] = article_keys[np.take_along_axis(best, order, axis=1)]
    return lists


def top_pairs(
    rows: IntArray, articles: IntArray, scores: ScoreArray, n_rows: int, k: int = LIST_LENGTH
) -> IntArray:
    """The k articles of highest score of each row, where each row has articles of its own.

    Parameters
    ----------
    rows, articles, scores
        (n_pairs,) a row from 0 to n_rows - 1, an article key and a finite score. Of equal scores
        in a row the lower article key comes first.
    n_rows, k
        Shape of the lists.

    Returns
    -------
    int64 array
        (n_rows, k); EMPTY (-1) fills up where a row has fewer than k articles.
    """
    # One whole number a pair that orders by row and falling score: sorting it is several times
    # faster than np.lexsort. Only those that tie are sorted by article as well.
    keys = (rows.astype(np.int64) << 32) + (2**31 - 1 - _as_whole_numbers(scores))
    order = np.argsort(keys)
    is_equal = np.diff(keys[order]) == 0
    tied = np.flatnonzero(np.append(is_equal, False) | np.append(False, is_equal))
    pairs = order[tied]
    order[tied] = pairs[np.lexsort((articles[pairs], keys[pairs]))]
    rows, articles = rows[order], articles[order]
    starts = np.searchsorted(rows, np.arange(n_rows))
    place = np.arange(len(rows)) - starts[rows]
    lists = np.full((n_rows, k), EMPTY, dtype=np.int64)
    kept = place < k
    lists[rows[kept], place[kept]] = articles[kept]
    return lists


def _as_whole_numbers(scores: ScoreArray) -> IntArray:
    """Whole numbers of 32 bits, as int64, that order as the scores do; the two zeros are one."""
    # Bits of a float32 order as whole numbers once those of negative numbers are turned over.
    bits = (np.ascontiguousarray(scores, np.float32) + np.float32(0)).view(np.int32)
    return (bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))).astype(np.int64)


def merge_lists(lists: IntArray, filler: IntArray, k: int = LIST_LENGTH) -> IntArray:
    """Fill each list up to k distinct articles from one list of fillers.

    Parameters
    ----------
    lists
        (n, any) article keys, best first; negative is an empty slot; no article twice in a row.
    filler
        (m,) article keys, best first, at least k of them distinct.
    k
        Length of the lists that are returned.

    Returns
    -------
    int64 array
        (n, k) distinct article keys in each row.

    Raises
    ------
    ValueError
        If the filler has fewer than k distinct articles.
    """
    filler = np.array(list(dict.fromkeys(filler[filler >= 0].tolist())), dtype=np.int64)
    if len(filler) < k:
        raise ValueError(
            f"A list of {k} articles can't be filled up: there are {len(filler)} distinct ones."
        )
    # A list of up to k has as many of the filler's articles at most.
    return fill_lists(
        lists, np.broadcast_to(filler[: 2 * k], (len(lists), len(filler[: 2 * k]))), k
    )


def fill_lists(lists: IntArray, fillers: IntArray, k: int = LIST_LENGTH) -> IntArray:
    """Fill each list up to k distinct articles from a filler of its own.

    Parameters
    ----------
    lists
        (n, any) article keys, best first; negative is an empty slot; no article twice in a row.
    fillers
        (n, m) article keys, best first; negative is an empty slot.
    k
        Length of the lists that are returned.

    Returns
    -------
    int64 array
        (n, k) distinct article keys in each row; EMPTY (-1) where list and filler have fewer.
    """
    filled = np.full((len(lists), k), EMPTY, dtype=np.int64)
    width = min(k, lists.shape[1])
    filled[:, :width] = lists[:, :width]
    short = np.flatnonzero((filled < 0).any(axis=1))
    both = np.concatenate([lists[short], fillers[short]], axis=1)
    rows = np.repeat(np.arange(len(both)), both.shape[1])
    places = np.tile(np.arange(both.shape[1]), len(both))
    articles = both.ravel()
    # The first place of each article of a row.
    order = np.lexsort((places, articles, rows))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(rows[order]) != 0) | (np.diff(articles[order]) != 0)
    kept = order[is_first & (articles[order] >= 0)]
    filled[short] = top_pairs(
        rows[kept], articles[kept], -places[kept].astype(np.float32), len(both), k
    )
    return filled


def replace_rows(lists: IntArray, where: npt.NDArray[np.bool_], other: IntArray) -> IntArray:
    """The rows of `other` where told, those of `lists` elsewhere."""
    return np.where(where[:, None], other, lists)
