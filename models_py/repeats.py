"""The model of repeat purchases: it corrects the ranker's order of what a customer bought before.

Of n articles that a customer buys, the average precision at 12 counts each for 1 / min(n, 12): one
that is bought alone is worth more than one of a large basket. The ranker learns whether an article
is bought, this model learns what it adds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models_py import ranker
from models_py.frames import IntArray, Pairs, ScoreArray
from models_py.ranker import MIN_CUSTOMERS, N_LEAVES, PARAMETERS, Ranker

# The feature that only what the customer bought before has.
OWN = "own_n_times"
# Scores are added up in whole numbers of this size, so that sums do not depend on the order.
GRAIN = 1e-4

DIFFERENCES: dict[str, Any] = {"objective": "cross_entropy", "min_data_in_leaf": 100}


def own(pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Which pairs are of an article that the customer bought before: (n_pairs,) bool."""
    if OWN not in pairs.names:
        return np.zeros(len(pairs.customer_keys), bool)
    return ~np.isnan(pairs.features[:, pairs.names.index(OWN)])


def fit(training: Sequence[Pairs], n_leaves: int = N_LEAVES[0]) -> Ranker | None:
    """Learn from past windows what an article that was bought before adds when bought again.

    Parameters
    ----------
    training
        Rows of abt_ranker, a Pairs a window. Customers who bought nothing again are left out.
    n_leaves
        Most leaves of a tree.

    Returns
    -------
    Ranker or None
        For `ranker.score` and the like. None when there are fewer than MIN_CUSTOMERS customers to
        learn from.
    """
    kept = [_bought_again(pairs) for pairs in training]
    kept = [pairs for pairs in kept if len(pairs.customer_keys)]
    n_customers = sum(len(np.unique(pairs.customer_keys)) for pairs in kept)
    if n_customers < MIN_CUSTOMERS:
        return None
    label = np.concatenate([pairs.bought_share for pairs in kept])
    parameters = {**PARAMETERS, **DIFFERENCES, "num_leaves": n_leaves}
    return ranker.boost(parameters, kept, label, n_customers)


def score(fitted: Ranker, pairs: Pairs, variants: Sequence[int]) -> list[ScoreArray]:
    """As `ranker.score`; NaN for what the customer never bought."""
    is_own = own(pairs)
    found = []
    for of_own in ranker.score(fitted, pairs.take(is_own), variants):
        scores = np.full(len(is_own), np.nan, np.float32)
        scores[is_own] = of_own
        found.append(scores)
    return found


def correct(
    row: IntArray, scores: ScoreArray, repeat_scores: ScoreArray, n_rows: int
) -> ScoreArray:
    """The ranker's scores, where an article was bought before averaged with those of this model.

    Before that, this model's scores are brought to the mean and the standard deviation that the
    ranker's have over the same articles of the customer: so the places of what was bought before
    among all candidates stay the ranker's.

    Parameters
    ----------
    row
        (n_pairs,) int64: which customer, from 0; in any order.
    scores, repeat_scores
        (n_pairs,) float32 of `ranker.score` and of `score`.
    n_rows
        How many customers.

    Returns
    -------
    float32 array
        (n_pairs,).
    """
    is_own = ~np.isnan(repeat_scores)
    of_own, theirs, ours = row[is_own], scores[is_own], repeat_scores[is_own]
    mean, deviation = _moments(of_own, theirs, n_rows)
    our_mean, our_deviation = _moments(of_own, ours, n_rows)
    differ = our_deviation > 0
    scale = np.divide(deviation, our_deviation, out=np.zeros(n_rows), where=differ)
    brought = mean[of_own] + (ours - our_mean[of_own]) * scale[of_own]
    found = scores.copy()
    found[is_own] = np.where(differ[of_own], (theirs + brought) / 2, theirs)
    return found


def _moments(
    row: IntArray, scores: ScoreArray, n_rows: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and standard deviation of each row's scores, the same in whatever order they come."""
    whole = np.rint(scores / np.float64(GRAIN))
    n = np.maximum(np.bincount(row, minlength=n_rows), 1)
    mean = np.bincount(row, whole, n_rows) / n
    variance = np.bincount(row, whole**2, n_rows) / n - mean**2
    return mean * GRAIN, np.sqrt(np.maximum(variance, 0)) * GRAIN


def _bought_again(pairs: Pairs) -> Pairs:
    """What was bought before, of the customers who bought some of it again."""
    is_own = own(pairs)
    customers = np.unique(pairs.customer_keys[is_own & pairs.is_bought])
    return pairs.take(is_own & np.isin(pairs.customer_keys, customers))
