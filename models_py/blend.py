"""The blend: lists of several systems made into one, each with a weight learned on past windows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_py.frames import IntArray, ScoreArray
from models_py.metrics import average_precision
from models_py.ranking import top_pairs

# A place in a list counts for 1 / (OFFSET + place): the larger, the more agreement counts against
# the first places.
OFFSET = 10
# Most parts, with repetition, that are added up.
MAX_ROUNDS = 6
# Fewer customers than this, over the held windows, say nothing.
MIN_CUSTOMERS = 100

Weights = dict[str, float]


@dataclass(frozen=True)
class HeldLists:
    """One past window: lists that were made without its label, and the label to judge them by.

    Attributes
    ----------
    lists
        By part, (n_customers, any) int64 article keys, best first; negative is an empty slot.
    is_new
        (n_customers,) bool: no history in this window.
    row, article
        (n_bought,) the label: which row bought which article, distinct pairs.
    """

    lists: Mapping[str, IntArray]
    is_new: npt.NDArray[np.bool_]
    row: IntArray
    article: IntArray

    def of(self, kept: npt.NDArray[np.bool_]) -> "HeldLists":
        """The same window with those of its customers where `kept` is true."""
        place = np.full(len(kept), -1, np.int64)
        place[kept] = np.arange(int(kept.sum()))
        bought = place[self.row] >= 0
        return HeldLists(
            {part: lists[kept] for part, lists in self.lists.items()},
            self.is_new[kept],
            place[self.row[bought]],
            self.article[bought],
        )


class _Votes:
    """What each part says of each article that any of them lists: ready to be added up."""

    def __init__(self, lists: Mapping[str, IntArray]) -> None:
        self.n_rows = len(next(iter(lists.values())))
        keys, votes, part_of = [], [], []
        for part, (_, articles) in enumerate(lists.items()):
            row, place = np.nonzero(articles >= 0)
            keys.append(row << 32 | articles[row, place])
            votes.append(1.0 / (OFFSET + place))
            part_of.append(np.full(len(row), part))
        pairs, at = np.unique(np.concatenate(keys), return_inverse=True)
        self.row, self.article = pairs >> 32, pairs & 0xFFFFFFFF
        self.votes = np.zeros((len(pairs), len(lists)))
        self.votes[at, np.concatenate(part_of)] = np.concatenate(votes)

    def lists(self, weights: Sequence[float]) -> IntArray:
        total = np.zeros(len(self.row))
        for part, weight in enumerate(weights):
            if weight:
                total += weight * self.votes[:, part]
        # Rounded from float64, so that equal sums are equal in whatever order they were added up.
        scores = total.astype(np.float32)
        named = scores > 0
        return top_pairs(self.row[named], self.article[named], scores[named], self.n_rows)


def blend(lists: Mapping[str, IntArray], weights: Weights) -> IntArray:
    """Make one list out of several: reciprocal rank fusion, with weights.

    Each article gets the sum, over the parts that list it, of weight / (OFFSET + place), where
    place counts from 0 (Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet
    and individual rank learning methods", SIGIR 2009). Equal sums go by article key.

    Parameters
    ----------
    lists
        By part, (n_customers, any) int64 article keys, best first; negative is an empty slot.
    weights
        By part, not negative. Parts without weight need no lists.

    Returns
    -------
    int64 array
        (n_customers, 12); EMPTY (-1) where the parts list fewer.
    """
    used = {part: weight for part, weight in weights.items() if weight}
    return _Votes({part: lists[part] for part in used}).lists(list(used.values()))


def mean_precision(lists: Sequence[IntArray], held: Sequence[HeldLists]) -> ScoreArray:
    """Average precision of each customer, so weighted that windows count the same.

    Returns
    -------
    float64 array
        (customers who bought something in any of the windows,); its sum is the mean MAP@12.
    """
    found = []
    for of_window, window in zip(lists, held, strict=True):
        ap = average_precision(of_window, window.row, window.article)
        judged = ap[~np.isnan(ap)]
        found.append(judged / (len(judged) * len(held)))
    return np.concatenate(found)


def is_enough(held: Iterable[HeldLists]) -> bool:
    """Whether so many customers bought something that past windows can be chosen by."""
    return sum(len(np.unique(window.row)) for window in held) >= MIN_CUSTOMERS


def is_beyond_noise(gain: ScoreArray, n_errors: float = 1.0) -> bool:
    """Whether a difference of `mean_precision` is more than so many standard errors of its sum."""
    return bool(gain.sum() > n_errors * gain.std() * np.sqrt(len(gain)))


def best_or_usual(precisions: Sequence[ScoreArray], usual: int, n_errors: float = 1.0) -> int:
    """The place of the highest MAP@12, if it leads the usual one by more than the noise.

    Parameters
    ----------
    precisions
        `mean_precision` of each choice, of the same customers. Of equals the earlier is chosen.
    usual
        The place of what is taken otherwise.
    n_errors
        Standard errors of the lead that count as noise.
    """
    # Rounded, so that equals are equal however they were added up.
    best = int(np.argmax([round(float(ap.sum()), 12) for ap in precisions]))
    return best if is_beyond_noise(precisions[best] - precisions[usual], n_errors) else usual


def learn_weights(held: Sequence[HeldLists], parts: Sequence[str], usual: str) -> Weights | None:
    """Choose parts one by one, with repetition, as long as the MAP@12 rises by more than noise.

    Ensemble selection (Caruana et al., "Ensemble selection from libraries of models", ICML 2004):
    the best part first, then in each round the part whose addition brings most, while its gain is
    above one standard error of itself (over customers). A weight is the share of the rounds that
    chose the part. The best part takes the place of the usual one by the same rule: where a few
    windows can't tell them apart, the usual one stays. So what is chosen is never worse on these
    windows than the best part by more than the noise.

    Parameters
    ----------
    held
        Past windows, each with lists of all these parts.
    parts
        Which take part. Of equals the earlier is chosen.
    usual
        The one of them that is taken first unless another leads it by more than the noise.

    Returns
    -------
    dict or None
        By part, a weight; they add up to 1. None when fewer than MIN_CUSTOMERS customers
        bought something.
    """
    # Only who bought something says anything.
    held = [window for window in held if len(window.row)]
    if not is_enough(held):
        return None
    votes = [_Votes({part: window.lists[part] for part in parts}) for window in held]

    def precision(counts: IntArray) -> ScoreArray:
        return mean_precision([vote.lists(counts.tolist()) for vote in votes], held)

    counts = np.zeros(len(parts), np.int64)
    best: ScoreArray | None = None
    for _ in range(MAX_ROUNDS):
        tried = [precision(counts + one) for one in np.eye(len(parts), dtype=np.int64)]
        if best is None:
            chosen = best_or_usual(tried, parts.index(usual))
        else:
            # Another round, or none.
            chosen = best_or_usual([*tried, best], len(parts))
            if chosen == len(parts):
                break
        best = tried[chosen]
        counts[chosen] += 1
    return {part: float(count / counts.sum()) for part, count in zip(parts, counts, strict=True)}
