"""Mean average precision at k, the metric that the recommendations are judged by."""

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.float64]


def average_precision(
    recommended: IntArray, row: IntArray, article: IntArray, k: int = 12
) -> FloatArray:
    """Average precision at k of each customer's list.

    AP@k = sum over ranks i <= k that hold a relevant article of (hits up to i) / i,
    divided by min(number of relevant articles, k). Source: the evaluation page of the Kaggle
    competition "H&M Personalized Fashion Recommendations". Libraries differ in the divisor.

    Parameters
    ----------
    recommended : int array, shape (n, width >= 1)
        Article keys, best first. A negative key is an empty slot. The rank is the column: an
        empty slot, or an article that stood further up already, is a miss that takes its rank.
    row, article : int arrays, shape (m,)
        The relevant pairs in any order, each once: the customer's row in `recommended`
        (0 .. n-1) and the article key (>= 0).
    k : int
        Length of the list that counts. Columns past it are not looked at.

    Returns
    -------
    float64 array, shape (n,)
        In the order of `recommended`: a value in [0, 1], or NaN for a customer without a
        relevant article, who takes no part in the average.

    Raises
    ------
    ValueError
        A shape, dtype or range other than the above, or a pair that is given twice: counting it
        as two purchases or as one would both hide a mistake upstream.
    """
    customer, bought = _checked(recommended, row, article, k)
    n = len(recommended)
    n_relevant = np.bincount(customer, minlength=n)
    precision = np.full(n, np.nan)
    if len(customer) == 0:
        return precision

    # One sorted number a pair makes the look-up a binary search.
    span = int(bought.max()) + 1
    if span > np.iinfo(np.int64).max // n:
        raise ValueError(f"article keys up to {span - 1} are too large for {n} customers")
    pair = np.sort(customer * span + bought)
    twice = np.flatnonzero(pair[1:] == pair[:-1])
    if len(twice):
        i, key = divmod(int(pair[twice[0]]), span)
        raise ValueError(f"relevant pair given twice: row {i}, article {key}")

    judged = np.flatnonzero(n_relevant)
    n_hits = np.zeros(len(judged), dtype=np.int64)
    total = np.zeros(len(judged))
    is_found = np.zeros(len(pair), dtype=np.bool_)
    # A rank at a time, so that memory stays at a few vectors however long the lists are.
    for rank in range(1, min(k, recommended.shape[1]) + 1):
        shown = recommended[judged, rank - 1].astype(np.int64)
        # Past the span, the number of the pair would be that of another customer.
        can_hit = (shown >= 0) & (shown < span)
        wanted = np.where(can_hit, judged * span + shown, -1)
        place = np.minimum(np.searchsorted(pair, wanted), len(pair) - 1)
        hit = np.flatnonzero((pair[place] == wanted) & ~is_found[place])
        is_found[place[hit]] = True
        n_hits[hit] += 1
        total[hit] += n_hits[hit] / rank
    precision[judged] = total / np.minimum(n_relevant[judged], k)
    return precision


def map_at_k(recommended: IntArray, row: IntArray, article: IntArray, k: int = 12) -> float:
    """Mean of `average_precision` over the customers with a relevant article.

    Parameters and errors are those of `average_precision`. NaN if no customer has one.
    """
    precision = average_precision(recommended, row, article, k)
    judged = precision[~np.isnan(precision)]
    return float(judged.mean()) if len(judged) else float("nan")


def _checked(
    recommended: IntArray, row: IntArray, article: IntArray, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The relevant pairs as int64: products of narrower keys would overflow."""
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k}")
    if recommended.ndim != 2 or recommended.shape[1] < 1:
        raise ValueError(f"recommended must have shape (n, width >= 1), got {recommended.shape}")
    if row.ndim != 1 or row.shape != article.shape:
        raise ValueError(
            f"row and article must be vectors of one length, got {row.shape} and {article.shape}"
        )
    for name, array in (("recommended", recommended), ("row", row), ("article", article)):
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{name} must hold integers, got {array.dtype}")
    n = len(recommended)
    if len(row) and (row.min() < 0 or row.max() >= n):
        raise ValueError(f"row must be in 0 .. {n - 1}, got {row.min()} .. {row.max()}")
    if len(article) and article.min() < 0:
        raise ValueError(f"a relevant article key must be 0 or more, got {article.min()}")
    return row.astype(np.int64), article.astype(np.int64)
