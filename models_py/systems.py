"""Every system of the evaluation for one window: fitted, chosen on earlier windows, and scored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from models_py import hybrid, popularity, purchases, tastes
from models_py.frames import Classes, Frames, IntArray, ScoreArray
from models_py.hybrid import Held
from models_py.least_squares import PENALTIES
from models_py.ranking import merge_lists, replace_rows, top_articles

BASELINE = "baseline"
POPULAR_PER_BASKET = "popular_per_basket"
# Best sellers that are the same for everyone, and the table of each.
FOR_EVERYONE = {
    BASELINE: "cand_popular_overall",
    POPULAR_PER_BASKET: "cand_popular_per_basket",
}
POPULAR_AGE_BAND = "popular_age_band"
TASTES = "tastes"
HYBRID = "hybrid"
# The part of the hybrid that every customer shares.
POPULAR = "popular"

# Training windows, the latest ones, that the twins learn from: bounds their time.
MAX_TWIN_WINDOWS = 6
# Earlier windows on which penalties and weights are chosen (more where few bought in them), and
# customers looked at in each.
N_TUNING_WINDOWS = 2
MAX_TUNING_CUSTOMERS = 10_000
# The penalty where there is no earlier window to choose on.
DEFAULT_VARIANT = PENALTIES.index(3.0)


@dataclass(frozen=True)
class Twin:
    """A twin model: fit(windows, classes) and score(fitted, frames, variant)."""

    fit: Callable[[Sequence[Frames], Classes], Any]
    score: Callable[[Any, Frames, int], ScoreArray]


@dataclass(frozen=True)
class FittedWindow:
    """What is needed to score a window.

    Attributes
    ----------
    classes
        The articles among which the twins choose.
    models
        By twin, its fitted model; a twin that had nothing to learn from is not there.
    variants
        By twin, the penalty chosen on earlier windows.
    weights
        Of the hybrid's parts, chosen on earlier windows; None when there was no such window, or
        no twin: then the hybrid is the best sellers of the age band.
    chosen_on
        The windows on which that was chosen.
    """

    classes: Classes
    models: dict[str, Any]
    variants: dict[str, int]
    weights: dict[str, float] | None
    chosen_on: list[int]


def twins(grains: Sequence[str]) -> dict[str, Twin]:
    """The twin models by the names that they have in the evaluation."""
    found = {
        f"purchases_{grain}": Twin(partial(purchases.fit, grain=grain), purchases.score)
        for grain in grains
    }
    return {**found, TASTES: Twin(tastes.fit, tastes.score)}


def system_names(grains: Sequence[str]) -> list[str]:
    """Names of all systems in the order of the evaluation."""
    return [*FOR_EVERYONE, POPULAR_AGE_BAND, *twins(grains), HYBRID]


def fit_window(
    training: Sequence[Frames],
    classes: Classes,
    grains: Sequence[str],
    held: dict[int, Held],
) -> FittedWindow:
    """Fit each twin on the training windows and choose penalties and weights on the held ones.

    Parameters
    ----------
    training
        The windows before the one that will be scored, the latest first; may be empty. The twins
        look at MAX_TWIN_WINDOWS of them.
    classes
        The articles to choose among.
    grains
        The grains of the purchases twins.
    held
        Windows before the one that will be scored, each scored by models that saw only windows
        before it.
    """
    models = {}
    if training and len(classes.article_keys):
        for system, twin in twins(grains).items():
            fitted = twin.fit(training[:MAX_TWIN_WINDOWS], classes)
            if fitted is not None:
                models[system] = fitted
    judged = {
        w: h for w, h in held.items() if set(models) <= set(h.scores) and len(h.row) + h.n_others
    }
    if not judged:
        return FittedWindow(classes, models, dict.fromkeys(models, DEFAULT_VARIANT), None, [])
    variants = {system: hybrid.best_variant(list(judged.values()), system) for system in models}
    weights = (
        hybrid.learn_weights(list(judged.values()), {POPULAR: 0, **variants}) if models else None
    )
    return FittedWindow(classes, models, variants, weights, list(judged))


def hold_out(fitted: FittedWindow, frames: Frames, grains: Sequence[str]) -> Held:
    """Score a past window with each penalty, for choosing among them later.

    Customers without history are left out, since no twin speaks of them; of many customers, an
    evenly spaced choice is kept.
    """
    known = np.flatnonzero(~frames.is_new)
    if len(known) > MAX_TUNING_CUSTOMERS:
        known = known[np.linspace(0, len(known) - 1, MAX_TUNING_CUSTOMERS).astype(np.int64)]
    rows, articles = frames.label_pairs()
    is_judged = np.zeros(len(frames.customers), bool)
    is_judged[np.intersect1d(known, rows)] = True
    # Only who bought one of the classes can be served by them.
    is_kept = np.zeros(len(frames.customers), bool)
    is_kept[rows[np.isin(articles, fitted.classes.article_keys)]] = True
    is_kept &= is_judged
    kept = frames.take(is_kept)
    all_twins = twins(grains)
    scores = {
        system: [all_twins[system].score(model, kept, i) for i in range(len(PENALTIES))]
        for system, model in fitted.models.items()
    }
    scores[POPULAR] = [_popular_scores(fitted.classes, len(kept.customers))]
    row, article = kept.label_pairs()
    return Held(
        scores=scores,
        article_keys=fitted.classes.article_keys,
        row=row,
        article=article,
        n_others=int(is_judged.sum() - is_kept.sum()),
    )


def recommend(
    fitted: FittedWindow,
    frames: Frames,
    for_everyone: Mapping[str, IntArray],
    systems: Sequence[str],
) -> dict[str, IntArray]:
    """The list of twelve of each system for each customer.

    Parameters
    ----------
    fitted
        What `fit_window` returned for this window.
    frames
        The window's customers.
    for_everyone
        By system of FOR_EVERYONE, (>= 12,) article keys, best first. The baseline's fill up what
        is short.
    systems
        Which systems are wanted.

    Returns
    -------
    dict of int64 arrays
        (n_customers, 12) article keys, best first. Customers without history get the best
        sellers of their age band from the twins and the hybrid, and so does everyone where a
        system had nothing to learn from.
    """
    overall = for_everyone[BASELINE]
    lists_of_best_sellers = best_sellers(frames, for_everyone)
    heuristic = lists_of_best_sellers[POPULAR_AGE_BAND]
    scores: dict[str, ScoreArray] = {}
    parts = [system for system, weight in (fitted.weights or {}).items() if weight]
    for system, twin in twins(list(frames.purchases)).items():
        if system in fitted.models and (
            system in systems or (HYBRID in systems and system in parts)
        ):
            scores[system] = twin.score(fitted.models[system], frames, fitted.variants[system])
    if HYBRID in systems and fitted.weights:
        scores[POPULAR] = _popular_scores(fitted.classes, len(frames.customers))
        used = {system: fitted.weights[system] for system in parts}
        scores[HYBRID] = hybrid.combine({s: scores[s] for s in parts}, used)
    lists = {}
    for system in systems:
        if system in scores:
            ranked = top_articles(scores[system], fitted.classes.article_keys)
            lists[system] = replace_rows(merge_lists(ranked, overall), frames.is_new, heuristic)
        else:
            lists[system] = lists_of_best_sellers.get(system, heuristic)
    return lists


def best_sellers(frames: Frames, for_everyone: Mapping[str, IntArray]) -> dict[str, IntArray]:
    """The lists of best sellers, by system; parameters and lists are those of `recommend`."""
    return {
        POPULAR_AGE_BAND: popularity.best_sellers_of_age_band(frames, for_everyone[BASELINE]),
        **{
            system: popularity.best_sellers(frames, articles)
            for system, articles in for_everyone.items()
        },
    }


def _popular_scores(classes: Classes, n_customers: int) -> ScoreArray:
    return np.tile(classes.buyer_share.astype(np.float32), (n_customers, 1))
