"""Rankers and blend of one window: fitted, chosen on earlier windows, and scored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models_py import blend, machine_code, ranker, repeats, systems
from models_py.blend import HeldLists, Weights
from models_py.frames import Frames, IntArray, Pairs, ScoreArray
from models_py.ranker import N_LEAVES, N_TREES, Ranker
from models_py.ranking import EMPTY, LIST_LENGTH, fill_lists, top_pairs

RANKER = "ranker"
REPEATS = "repeats"
OWN_HISTORY = "own_history"
BLEND = "blend"
NAMES = [OWN_HISTORY, RANKER, BLEND]

# Who gets weights of their own, what their blend is made of (of equals the earlier is chosen), and
# the part that serves them where no weights could be learned and nothing else is known.
KNOWN = "with history"
NEW = "new"
PARTS = {
    KNOWN: [RANKER, systems.HYBRID, OWN_HISTORY, systems.POPULAR_AGE_BAND, systems.BASELINE],
    # The twins have nothing to say of them.
    NEW: [RANKER, systems.POPULAR_AGE_BAND, systems.BASELINE, systems.POPULAR_PER_BASKET],
}
FALLBACK = {KNOWN: OWN_HISTORY, NEW: systems.POPULAR_AGE_BAND}

# Standard errors by which another size of trees must lead: one window chooses for all later ones.
LEAVES_ERRORS = 2.0
# With more customers to learn from, trees of the usual size are not compared with others.
MANY_CUSTOMERS = 10_000
# Articles of the ranker's list that the blend looks at.
DEPTH = 24
# Customers of a window on which the next ones choose.
MAX_HELD_CUSTOMERS = 10_000


class Variant(NamedTuple):
    """A way to order candidates: place in n_trees, and whether repeats correct the order."""

    trees: int
    is_corrected: bool


VARIANTS = [Variant(i, corrected) for corrected in (False, True) for i in range(len(N_TREES))]
# Taken unless another one is better by more than the noise.
DEFAULT_VARIANT = VARIANTS.index(Variant(ranker.DEFAULT_VARIANT, True))


@dataclass(frozen=True)
class Fitted:
    """The models that order candidates.

    Attributes
    ----------
    ranker
        Of all candidates.
    repeats
        Of what a customer bought before; None where too few bought something again.
    """

    ranker: Ranker
    repeats: Ranker | None = None

    def models(self, variant: int) -> dict[str, Ranker]:
        """By name, those that a variant asks for."""
        if self.repeats is None or not VARIANTS[variant].is_corrected:
            return {RANKER: self.ranker}
        return {RANKER: self.ranker, REPEATS: self.repeats}

    def texts(self, variant: int) -> dict[str, str]:
        """By name, what a variant asks for as LightGBM's text: no more trees than it uses."""
        trees = VARIANTS[variant].trees
        return {
            name: model.booster.model_to_string(num_iteration=model.n_trees[trees])
            for name, model in self.models(variant).items()
        }

    def compiled(self, variant: int, sample: Pairs) -> "Fitted":
        """The same, with what a variant asks for as machine code; see `machine_code.compiled`."""
        trees = VARIANTS[variant].trees
        models = {
            name: machine_code.compiled(model, trees, sample)
            for name, model in self.models(variant).items()
        }
        return Fitted(models[RANKER], models.get(REPEATS))

    def used_features(self, variant: int) -> list[str]:
        """The features that a variant's scores depend on."""
        models = self.models(variant).values()
        used = {
            name for one in models for name in ranker.used_features(one, VARIANTS[variant].trees)
        }
        return sorted(used | {repeats.OWN} if len(models) > 1 else used)


@dataclass(frozen=True)
class Choices:
    """What earlier windows chose for a window.

    Attributes
    ----------
    n_leaves
        Size of the trees.
    variant
        Place in VARIANTS: how many trees are used, and whether repeats correct the order.
    chosen_on
        The windows on which variant was chosen; none where it is the default.
    weights
        By kind of customer (KNOWN, NEW), the weight of each part of the blend.
    weights_chosen_on
        By kind of customer, the windows on which weights were chosen.
    """

    n_leaves: int = N_LEAVES[0]
    variant: int = DEFAULT_VARIANT
    chosen_on: Sequence[int] = ()
    weights: Mapping[str, Weights] = field(
        default_factory=lambda: {kind: {part: 1.0} for kind, part in FALLBACK.items()}
    )
    weights_chosen_on: Mapping[str, Sequence[int]] = field(
        default_factory=lambda: dict.fromkeys(FALLBACK, ())
    )


@dataclass(frozen=True)
class HeldWindow:
    """A past window, as later ones see it.

    Attributes
    ----------
    lists
        The lists of each part but the ranker, and the label.
    ranked
        The ranker's list for each variant; empty where there was no ranker.
    """

    lists: HeldLists
    ranked: Sequence[IntArray]

    def with_variant(self, variant: int) -> HeldLists:
        """The lists of all parts, with those of one variant of the ranker."""
        if not self.ranked:
            return self.lists
        return HeldLists(
            {**self.lists.lists, RANKER: self.ranked[variant]},
            self.lists.is_new,
            self.lists.row,
            self.lists.article,
        )


def fit(training: Sequence[Pairs], n_leaves: int = N_LEAVES[0]) -> Fitted | None:
    """Fit what orders candidates; see `ranker.fit` and `repeats.fit`."""
    fitted = ranker.fit(training, n_leaves)
    return None if fitted is None else Fitted(fitted, repeats.fit(training, n_leaves))


def is_enough_for_usual_trees(training: Sequence[Pairs]) -> bool:
    """Whether more than MANY_CUSTOMERS, in all windows, teach the order."""
    return sum(len(np.unique(pairs.customer_keys)) for pairs in training) > MANY_CUSTOMERS


def choose_leaves(
    fitted: Fitted,
    training: Sequence[Pairs],
    frames: Frames,
    pairs: Sequence[Pairs],
    held: HeldWindow,
) -> tuple[int, Fitted]:
    """The size of trees with the highest MAP@12 on a window, and what orders candidates with it.

    The ranker alone decides, with the usual number of trees. N_LEAVES[0] stays unless another size
    leads it by more than LEAVES_ERRORS standard errors.

    Parameters
    ----------
    fitted
        What `fit` made of `training`, with trees of N_LEAVES[0].
    training
        Rows of abt_ranker of the windows before it.
    frames, pairs
        The window's customers and their candidates, in pieces.
    held
        The lists of these customers, those of `fitted` among them.
    """
    variant = VARIANTS.index(Variant(ranker.DEFAULT_VARIANT, False))
    rankers = {N_LEAVES[0]: fitted.ranker}
    precisions = []
    for n_leaves in N_LEAVES:
        lists = held.ranked[variant]
        if n_leaves not in rankers:
            other = ranker.fit(training, n_leaves)
            assert other is not None, "there was a ranker with trees of another size"
            (lists,) = order_candidates(Fitted(other), frames, pairs, [variant])
            rankers[n_leaves] = other
        precisions.append(blend.mean_precision([lists[:, :LIST_LENGTH]], [held.lists]))
    best = N_LEAVES[blend.best_or_usual(precisions, 0, LEAVES_ERRORS)]
    if best == N_LEAVES[0]:
        return best, fitted
    return best, Fitted(rankers[best], repeats.fit(training, best))


def new_customers(frames: Frames, for_everyone: Mapping[str, IntArray]) -> HeldLists:
    """The lists of best sellers of a past window's customers without history, and their label."""
    new = frames.take(frames.is_new)
    return HeldLists(systems.best_sellers(new, for_everyone), new.is_new, *new.label_pairs())


def choose_best_sellers(past: Mapping[int, HeldLists]) -> tuple[str, Sequence[int]]:
    """The list of best sellers that serves new customers best, and the windows that say so.

    No model is needed for these lists, so that all windows before the one that will be scored can
    be looked at: where few are new, two windows say nothing.

    Parameters
    ----------
    past
        What `new_customers` returned, by window_id.

    Returns
    -------
    str, sequence of int
        Their age band's, unless another list leads it by more than the noise. No windows where
        too few new customers bought something (`blend.is_enough`).
    """
    past = {w: one for w, one in past.items() if len(one.row)}
    usual = FALLBACK[NEW]
    if not blend.is_enough(past.values()):
        return usual, ()
    names = list(next(iter(past.values())).lists)
    precisions = [
        blend.mean_precision([one.lists[name] for one in past.values()], list(past.values()))
        for name in names
    ]
    return names[blend.best_or_usual(precisions, names.index(usual))], sorted(past)


def choose(
    held: Mapping[int, HeldWindow],
    has_ranker: bool,
    n_leaves: int,
    best_sellers: tuple[str, Sequence[int]] = (FALLBACK[NEW], ()),
) -> Choices:
    """Choose the number of trees, whether repeats correct their order, and the blend's weights.

    Parameters
    ----------
    held
        Windows before the one that will be scored, by window_id. Where some of them have a ranker
        and others do not, those without are left out.
    has_ranker
        Whether the window that will be scored has one.
    n_leaves
        What was chosen before.
    best_sellers
        What `choose_best_sellers` returned: what new customers get unless the held windows say
        otherwise.
    """
    held = {w: window for w, window in held.items() if len(window.lists.row)}
    ranked = {w: window for w, window in held.items() if window.ranked} if has_ranker else {}
    variant, chosen_on = DEFAULT_VARIANT, []
    lists = [window.lists for window in ranked.values()]
    if blend.is_enough(lists):
        chosen_on = sorted(ranked)
        variant = blend.best_or_usual(
            [
                blend.mean_precision(
                    [window.ranked[i][:, :LIST_LENGTH] for window in ranked.values()], lists
                )
                for i in range(len(VARIANTS))
            ],
            DEFAULT_VARIANT,
        )
    used = ranked or held
    of_parts = [window.with_variant(variant) for window in used.values()]
    weights: dict[str, Weights] = {}
    weights_chosen_on: dict[str, Sequence[int]] = {}
    for kind, (usual, usual_chosen_on) in {KNOWN: (FALLBACK[KNOWN], ()), NEW: best_sellers}.items():
        learned = blend.learn_weights(
            [one.of(one.is_new if kind == NEW else ~one.is_new) for one in of_parts],
            [part for part in PARTS[kind] if ranked or part != RANKER],
            usual,
        )
        weights[kind] = learned or {usual: 1.0}
        weights_chosen_on[kind] = sorted(used) if learned else usual_chosen_on
    return Choices(n_leaves, variant, chosen_on, weights, weights_chosen_on)


def hold_out(
    fitted: Fitted | None,
    seed_fitted: systems.FittedWindow,
    frames: Frames,
    pairs: Iterable[Pairs] | None,
    own: IntArray,
    for_everyone: Mapping[str, IntArray],
) -> HeldWindow:
    """Score a past window for choosing on it later.

    Parameters
    ----------
    fitted, seed_fitted
        What orders candidates and the seed's systems, fitted for this window.
    frames, pairs, own
        The window's customers, their candidates in pieces and the lists of what they bought.
    for_everyone
        The lists of best sellers; see `systems.recommend`.
    """
    parts = {part for of_kind in PARTS.values() for part in of_kind}
    seed_parts = [name for name in systems.system_names(list(frames.purchases)) if name in parts]
    lists = systems.recommend(seed_fitted, frames, for_everyone, seed_parts)
    ranked = (
        []
        if fitted is None or pairs is None
        else order_candidates(fitted, frames, pairs, range(len(VARIANTS)))
    )
    return HeldWindow(
        HeldLists({**lists, OWN_HISTORY: own}, frames.is_new, *frames.label_pairs()), ranked
    )


def needed_parts(choices: Choices) -> set[str]:
    """The parts that have weight for somebody."""
    return {
        part for weights in choices.weights.values() for part, weight in weights.items() if weight
    }


def recommend(
    fitted: Fitted | None,
    choices: Choices,
    frames: Frames,
    pairs: Iterable[Pairs] | None,
    own: IntArray,
    seed_lists: Mapping[str, IntArray],
    names: Sequence[str],
) -> dict[str, IntArray]:
    """The lists of own_history, ranker and blend, each filled up with the age band's best sellers.

    Parameters
    ----------
    fitted
        What orders the window's candidates; without it its system is own_history.
    choices
        What `choose` returned.
    frames, pairs, own
        The customers, their candidates in pieces (unread where the ranker is not wanted) and own
        purchases.
    seed_lists
        By system, (n_customers, 12) lists of the seed's systems; popular_age_band is among them.
    names
        Which systems are wanted.

    Returns
    -------
    dict of int64 arrays
        (n_customers, 12) article keys, best first.
    """
    parts: dict[str, IntArray] = {**seed_lists, OWN_HISTORY: own}
    if fitted is not None and pairs is not None:
        parts[RANKER] = order_candidates(fitted, frames, pairs, [choices.variant])[0]
    elif RANKER in names:
        parts[RANKER] = own
    lists = {name: parts[name] for name in names if name != BLEND}
    if BLEND in names:
        blended = np.full((len(frames.customers), LIST_LENGTH), EMPTY, np.int64)
        for kind, weights in choices.weights.items():
            kept = frames.is_new if kind == NEW else ~frames.is_new
            used = {part: parts[part][kept] for part, weight in weights.items() if weight}
            blended[kept] = blend.blend(used, weights)
        lists[BLEND] = blended
    filler = seed_lists[systems.POPULAR_AGE_BAND]
    return {name: fill_lists(some, filler) for name, some in lists.items()}


def order_candidates(
    fitted: Fitted, frames: Frames, pairs: Iterable[Pairs], variants: Sequence[int]
) -> list[IntArray]:
    """Order the candidates of a window's customers.

    Parameters
    ----------
    fitted
        What `fit` returned.
    frames, pairs
        The customers, and their candidates in pieces; pairs of others are left out.
    variants
        Places in VARIANTS.

    Returns
    -------
    list of int64 arrays
        For each variant, (n_customers, DEPTH) article keys, best first; EMPTY (-1) where a
        customer has fewer candidates.
    """
    wanted = [VARIANTS[variant] for variant in variants]
    trees = sorted({one.trees for one in wanted})
    is_corrected = fitted.repeats is not None and any(one.is_corrected for one in wanted)
    rows, articles = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    scores = {place: [np.zeros(0, np.float32)] for place in trees}
    repeat_scores = {place: [np.zeros(0, np.float32)] for place in trees}
    for piece in pairs:
        places, is_scored = frames.rows_of(piece.customer_keys)
        rows.append(places[is_scored])
        articles.append(piece.article_keys[is_scored])
        for place, found in zip(trees, ranker.score(fitted.ranker, piece, trees), strict=True):
            scores[place].append(found[is_scored])
        if fitted.repeats is not None and is_corrected:
            of_repeats = repeats.score(fitted.repeats, piece, trees)
            for place, found in zip(trees, of_repeats, strict=True):
                repeat_scores[place].append(found[is_scored])
    row, article = np.concatenate(rows), np.concatenate(articles)
    n_customers = len(frames.customers)

    def scores_of(variant: Variant) -> ScoreArray:
        found = np.concatenate(scores[variant.trees])
        if not is_corrected or not variant.is_corrected:
            return found
        return repeats.correct(
            row, found, np.concatenate(repeat_scores[variant.trees]), n_customers
        )

    return [top_pairs(row, article, scores_of(one), n_customers, DEPTH) for one in wanted]
