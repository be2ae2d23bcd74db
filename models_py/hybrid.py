"""The hybrid: a weighted sum of the twins' scores and of popularity."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_py.frames import IntArray, ScoreArray
from models_py.metrics import average_precision
from models_py.ranking import top_articles

# Weights are multiples of 1 / STEPS that add up to 1.
STEPS = 4


@dataclass(frozen=True)
class Held:
    """One past window: scores that were made without its label, and the label to judge them by.

    Attributes
    ----------
    scores
        By system, a (n_customers, n_classes) float32 array for each variant of it.
    article_keys
        (n_classes,) int64, the article of each column.
    row, article
        (n_bought,) the label: which row bought which article, distinct pairs.
    n_others
        How many more customers bought something, but none of the classes: their average precision
        is 0 whatever the scores, so that they need none.
    """

    scores: dict[str, list[ScoreArray]]
    article_keys: IntArray
    row: IntArray
    article: IntArray
    n_others: int = 0

    def map_at_12(self, scores: ScoreArray) -> float:
        """MAP@12 of the lists that these scores give; NaN if nobody bought anything."""
        found = average_precision(top_articles(scores, self.article_keys), self.row, self.article)
        judged = found[~np.isnan(found)]
        n = len(judged) + self.n_others
        return float(judged.sum() / n) if n else float("nan")


def best_variant(held: Sequence[Held], system: str) -> int:
    """The variant of a system with the highest mean MAP@12 over the windows; the first on a tie."""
    n_variants = min(len(window.scores[system]) for window in held)
    means = [
        float(np.mean([window.map_at_12(window.scores[system][i]) for window in held]))
        for i in range(n_variants)
    ]
    return int(np.argmax(means))


def learn_weights(held: Sequence[Held], variants: dict[str, int]) -> dict[str, float]:
    """The weights, among all multiples of 1 / STEPS that add up to 1, with the best mean MAP@12.

    Parameters
    ----------
    held
        Past windows, each scored without its label.
    variants
        By system, which of its variants takes part. The order decides a tie: the weights that
        give more to the earlier systems win.

    Returns
    -------
    dict
        By system, a weight from 0 to 1.
    """
    systems = list(variants)
    best, best_map = dict.fromkeys(systems, 0.0), -1.0
    for weights in _simplex(len(systems)):
        candidate = dict(zip(systems, weights, strict=True))
        mean = float(
            np.mean(
                [
                    window.map_at_12(
                        combine({s: window.scores[s][variants[s]] for s in systems}, candidate)
                    )
                    for window in held
                ]
            )
        )
        if mean > best_map:
            best, best_map = candidate, mean
    return best


def combine(scores: dict[str, ScoreArray], weights: dict[str, float]) -> ScoreArray:
    """The weighted sum of the systems' scores, added up in the order of the weights."""
    total = np.zeros_like(next(iter(scores.values())))
    for system, weight in weights.items():
        if weight:
            total += np.float32(weight) * scores[system]
    return total


def _simplex(n: int) -> list[tuple[float, ...]]:
    """All n-tuples of multiples of 1 / STEPS that add up to 1, the largest first part first."""
    steps = range(STEPS, -1, -1)
    return [
        tuple(step / STEPS for step in parts)
        for parts in itertools.product(steps, repeat=n)
        if sum(parts) == STEPS
    ]
