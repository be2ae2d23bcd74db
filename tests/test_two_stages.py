from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from models_py import ranker, repeats, systems, two_stages
from models_py.blend import MIN_CUSTOMERS, HeldLists, Weights
from models_py.frames import Frames, IntArray, Pairs
from models_py.metrics import average_precision, map_at_k
from models_py.ranker import N_LEAVES
from models_py.ranking import EMPTY, LIST_LENGTH
from models_py.systems import BASELINE, HYBRID, POPULAR_AGE_BAND, POPULAR_PER_BASKET
from models_py.two_stages import (
    BLEND,
    DEFAULT_VARIANT,
    DEPTH,
    FALLBACK,
    KNOWN,
    NAMES,
    NEW,
    OWN_HISTORY,
    PARTS,
    RANKER,
    VARIANTS,
    Choices,
    Fitted,
    HeldWindow,
    Variant,
)
from tests.builders import (
    FOR_EVERYONE,
    GRAINS,
    OVERALL,
    make_customers,
    make_frames,
    make_pairs,
    make_world,
    part_of,
    with_labels,
    world_classes,
)

SEED_PARTS = [HYBRID, POPULAR_AGE_BAND, BASELINE, POPULAR_PER_BASKET]
CORRECTED = len(VARIANTS) - 1
NAMES_OF_PARTS = [RANKER, OWN_HISTORY, *SEED_PARTS]
ALL_PARTS = {part: 1 / len(NAMES_OF_PARTS) for part in NAMES_OF_PARTS}


def world(window_id: int) -> Frames:
    """A window in which there are enough customers of both kinds to learn weights from."""
    return make_world(window_id, share_new=0.5)


def candidates(frames: Frames) -> Pairs:
    """Candidates that a feature tells the bought from; every seventh customer has none."""
    rng = np.random.default_rng(frames.window_id)
    n, n_articles = len(frames.customers), len(OVERALL)
    is_bought = np.zeros((n, n_articles + 1), bool)
    is_bought[frames.label_pairs()] = True
    row, article = np.nonzero(rng.random(is_bought.shape) < 0.9)
    kept = (article > 0) & (row % 7 != 0)
    row, article = row[kept], article[kept]
    bought = is_bought[row, article]
    told = bought + rng.normal(0, 0.4, len(row))
    own = np.where(rng.random(len(row)) < 0.5, 1, np.nan)
    features = np.stack([told, rng.random(len(row)), own], axis=1)
    names = ["told", "noise", repeats.OWN]
    return make_pairs(frames.customer_keys[row], article, features, names, bought)


def own_lists(frames: Frames) -> IntArray:
    """What each customer bought in history."""
    lists = np.full((len(frames.customers), LIST_LENGTH), EMPTY)
    bought = frames.purchases["article"]
    rows, _ = frames.rows_of(bought["customer_key"].to_numpy(np.int64))
    for row in np.unique(rows):
        own = bought["feature_key"].to_numpy()[rows == row] + 1
        own = own[own <= OVERALL.max()]
        lists[row, : len(own)] = own
    return lists


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    found = two_stages.fit([candidates(world(2)), candidates(world(3))], N_LEAVES[-1])
    assert found is not None
    assert found.repeats is not None
    return found


@pytest.fixture(scope="module")
def seed_fitted() -> systems.FittedWindow:
    return systems.fit_window([world(2)], world_classes(), GRAINS, {})


@pytest.fixture(scope="module")
def held(fitted: Fitted, seed_fitted: systems.FittedWindow) -> HeldWindow:
    return hold_out(fitted, seed_fitted, world(4))


def hold_out(
    fitted: Fitted | None, seed_fitted: systems.FittedWindow, frames: Frames
) -> HeldWindow:
    pairs = [candidates(frames)] if fitted else None
    return two_stages.hold_out(fitted, seed_fitted, frames, pairs, own_lists(frames), FOR_EVERYONE)


def recommend(
    fitted: Fitted | None,
    choices: Choices,
    frames: Frames,
    seed_fitted: systems.FittedWindow,
    names: list[str] = NAMES,
) -> dict[str, IntArray]:
    return two_stages.recommend(
        fitted,
        choices,
        frames,
        [candidates_of(frames)] if fitted else None,
        own_lists(frames),
        systems.recommend(seed_fitted, frames, FOR_EVERYONE, SEED_PARTS),
        names,
    )


def candidates_of(frames: Frames) -> Pairs:
    """Those of the whole window, in no order, whoever of its customers is asked for."""
    whole = candidates(world(frames.window_id))
    order = np.random.default_rng(0).permutation(len(whole.customer_keys))
    return whole.take(order)


def everyone(weights: Weights) -> Choices:
    return Choices(variant=CORRECTED, weights={KNOWN: weights, NEW: weights})


def filled(lists: IntArray, filler: IntArray) -> IntArray:
    expected = []
    for own, more in zip(lists.tolist(), filler.tolist(), strict=True):
        own = [article for article in own[:LIST_LENGTH] if article >= 0]
        expected.append(list(dict.fromkeys(own + more))[:LIST_LENGTH])
    return np.array(expected, np.int64).reshape(-1, LIST_LENGTH)


def test_without_held_windows_the_known_get_their_history_and_the_new_their_age_band() -> None:
    for has_ranker in (False, True):
        choices = two_stages.choose({}, has_ranker, N_LEAVES[1])
        assert choices == Choices(N_LEAVES[1], DEFAULT_VARIANT, [])
        assert choices.weights == {KNOWN: {OWN_HISTORY: 1.0}, NEW: {POPULAR_AGE_BAND: 1.0}}
        assert choices.weights_chosen_on == {KNOWN: (), NEW: ()}
    assert Choices().weights == choices.weights
    assert list(FALLBACK) == [KNOWN, NEW]


def test_without_held_windows_the_blend_is_the_fallback(
    fitted: Fitted, seed_fitted: systems.FittedWindow
) -> None:
    frames = world(1)
    blended = recommend(fitted, Choices(), frames, seed_fitted, [BLEND])[BLEND]
    by_band = systems.recommend(seed_fitted, frames, FOR_EVERYONE, SEED_PARTS)[POPULAR_AGE_BAND]
    assert np.array_equal(blended[frames.is_new], by_band[frames.is_new])
    own = filled(own_lists(frames), by_band)
    assert np.array_equal(blended[~frames.is_new], own[~frames.is_new])


def test_a_window_is_held_with_the_lists_of_every_part(
    fitted: Fitted, seed_fitted: systems.FittedWindow, held: HeldWindow
) -> None:
    frames = world(4)
    assert sorted(held.lists.lists) == sorted(set(NAMES_OF_PARTS) - {RANKER})
    assert [lists.shape for lists in held.ranked] == [(240, DEPTH)] * len(VARIANTS)
    assert list(zip(*map(np.ndarray.tolist, frames.label_pairs()), strict=True)) == list(
        zip(held.lists.row.tolist(), held.lists.article.tolist(), strict=True)
    )
    assert np.array_equal(held.lists.is_new, frames.is_new)
    for variant, lists in enumerate(held.ranked):
        one = held.with_variant(variant)
        assert sorted(one.lists) == sorted(NAMES_OF_PARTS)
        assert np.array_equal(one.lists[RANKER], lists)
    alone = hold_out(None, seed_fitted, frames)
    assert alone.ranked == []
    assert alone.with_variant(2) is alone.lists


def test_what_is_held_says_which_part_is_best(held: HeldWindow) -> None:
    choices = two_stages.choose({4: held}, has_ranker=True, n_leaves=N_LEAVES[0])
    assert choices.chosen_on == [4]
    for kind in FALLBACK:
        assert list(choices.weights[kind]) == PARTS[kind]
        assert max(choices.weights[kind], key=choices.weights[kind].__getitem__) == RANKER


def test_best_sellers_per_basket_are_for_customers_without_history_alone(
    held: HeldWindow,
) -> None:
    best = np.full((len(held.lists.is_new), LIST_LENGTH), EMPTY)
    for row in np.unique(held.lists.row):
        bought = held.lists.article[held.lists.row == row]
        best[row, : len(bought)] = bought
    lists = replace(held.lists, lists={**held.lists.lists, POPULAR_PER_BASKET: best})
    choices = two_stages.choose({4: replace(held, lists=lists)}, True, N_LEAVES[0])
    assert choices.weights[NEW][POPULAR_PER_BASKET] == 1
    assert POPULAR_PER_BASKET not in choices.weights[KNOWN]


def test_the_variant_that_did_best_on_the_held_windows_is_chosen(
    held: HeldWindow,
) -> None:
    for best in range(len(VARIANTS)):
        worse = np.roll(held.ranked[0], 5, axis=1)
        ranked = [held.ranked[0] if i == best else worse for i in range(len(VARIANTS))]
        window = replace(held, ranked=ranked)
        assert two_stages.choose({4: window}, True, N_LEAVES[0]).variant == best
    alike = replace(held, ranked=[held.ranked[0]] * len(VARIANTS))
    assert two_stages.choose({4: alike}, True, N_LEAVES[0]).variant == DEFAULT_VARIANT


def test_a_lead_within_the_noise_does_not_count(held: HeldWindow) -> None:
    good = held.ranked[0]
    judged = np.unique(held.lists.row)
    worse, other = good.copy(), good.copy()
    worse[judged[:12]] = np.roll(good[judged[:12]], 8, axis=1)
    other[judged[12:23]] = np.roll(good[judged[12:23]], 8, axis=1)
    label = held.lists.row, held.lists.article
    assert map_at_k(other[:, :LIST_LENGTH], *label) > map_at_k(worse[:, :LIST_LENGTH], *label)
    ranked = [other] * len(VARIANTS)
    ranked[DEFAULT_VARIANT] = worse
    chosen = two_stages.choose({4: replace(held, ranked=ranked)}, True, N_LEAVES[0])
    assert chosen.variant == DEFAULT_VARIANT


def test_held_windows_without_a_ranker_are_left_out_where_others_have_one(
    held: HeldWindow, seed_fitted: systems.FittedWindow
) -> None:
    without = hold_out(None, seed_fitted, world(5))
    chosen = two_stages.choose({4: held, 5: without}, True, N_LEAVES[0])
    assert chosen == two_stages.choose({4: held}, True, N_LEAVES[0])


def test_the_ranker_has_no_weight_where_it_was_never_held_or_is_not_there(
    held: HeldWindow, seed_fitted: systems.FittedWindow
) -> None:
    without = hold_out(None, seed_fitted, world(5))
    never_held = two_stages.choose({5: without}, True, N_LEAVES[0])
    not_there = two_stages.choose({5: without, 4: held}, False, N_LEAVES[0])
    for choices in (never_held, not_there):
        assert choices.chosen_on == []
        assert choices.variant == DEFAULT_VARIANT
        for kind in FALLBACK:
            assert list(choices.weights[kind]) == [part for part in PARTS[kind] if part != RANKER]


def test_held_windows_without_a_label_do_not_count(held: HeldWindow) -> None:
    no_label = replace(held.lists, row=held.lists.row[:0], article=held.lists.article[:0])
    windows = {4: held, 5: replace(held, lists=no_label)}
    assert two_stages.choose(windows, True, 7) == two_stages.choose({4: held}, True, 7)
    nothing = two_stages.choose({5: windows[5]}, True, 7)
    assert nothing == two_stages.choose({}, True, 7)


@pytest.mark.parametrize("variant", range(len(VARIANTS)))
def test_the_texts_of_the_models_hold_the_trees_that_the_variant_uses(
    fitted: Fitted, variant: int
) -> None:
    texts = fitted.texts(variant)
    models = fitted.models(variant)
    assert texts.keys() == models.keys()
    sample = candidates(world(3))
    for name, model in models.items():
        booster = lgb.Booster(model_str=texts[name])
        n_trees = model.n_trees[VARIANTS[variant].trees]
        assert booster.num_trees() == n_trees
        assert booster.feature_name() == model.names
        assert np.array_equal(
            booster.predict(sample.features, raw_score=True),
            model.booster.predict(sample.features, num_iteration=n_trees, raw_score=True),
        )


def test_too_few_customers_choose_no_variant(held: HeldWindow) -> None:
    """One who is better served by another variant leads without any noise."""
    worse = np.roll(held.ranked[0], 5, axis=1)
    ranked = [held.ranked[0], *[worse] * (len(VARIANTS) - 1)]
    judged = np.unique(held.lists.row)
    for n, variant, chosen_on in (
        (1, DEFAULT_VARIANT, []),
        (MIN_CUSTOMERS - 1, DEFAULT_VARIANT, []),
        (MIN_CUSTOMERS, 0, [4]),
    ):
        kept = np.zeros(len(held.lists.is_new), bool)
        kept[judged[:n]] = True
        few = HeldWindow(held.lists.of(kept), [lists[kept] for lists in ranked])
        choices = two_stages.choose({4: few}, True, N_LEAVES[0])
        assert (choices.variant, choices.chosen_on) == (variant, chosen_on)


def test_a_kind_of_customer_of_which_there_are_few_gets_its_fallback(held: HeldWindow) -> None:
    new = np.flatnonzero(held.lists.is_new)
    kept = ~held.lists.is_new
    kept[new[: MIN_CUSTOMERS - 1]] = True
    few = held.lists.of(kept)
    window = HeldWindow(few, [lists[kept] for lists in held.ranked])
    choices = two_stages.choose({4: window}, True, N_LEAVES[0])
    assert choices.weights[NEW] == {POPULAR_AGE_BAND: 1.0}
    assert choices.weights[KNOWN][RANKER] > 0
    assert choices.weights_chosen_on == {KNOWN: [4], NEW: ()}
    others = two_stages.choose({4: window}, True, N_LEAVES[0], (POPULAR_PER_BASKET, [5, 6]))
    assert others.weights == {**choices.weights, NEW: {POPULAR_PER_BASKET: 1.0}}
    assert others.weights_chosen_on == {KNOWN: [4], NEW: [5, 6]}


def of_new_customers(n: int, best: str) -> HeldLists:
    """New customers who bought what one list of best sellers has, and the others lack."""
    lists = {
        part: np.tile(OVERALL[:LIST_LENGTH] + (0 if part == best else 100), (n, 1))
        for part in (POPULAR_AGE_BAND, BASELINE, POPULAR_PER_BASKET)
    }
    return HeldLists(lists, np.ones(n, bool), np.arange(n), np.full(n, OVERALL[0]))


def test_new_customers_get_the_best_sellers_that_past_windows_speak_for() -> None:
    half = MIN_CUSTOMERS // 2
    for best in (BASELINE, POPULAR_PER_BASKET):
        past = {8: of_new_customers(half, best), 7: of_new_customers(half, best)}
        assert two_stages.choose_best_sellers(past) == (best, [7, 8])
        few = {7: past[7], 8: of_new_customers(half - 1, best)}
        assert two_stages.choose_best_sellers(few) == (POPULAR_AGE_BAND, ())
    nobody = replace(past[7], row=past[7].row[:0], article=past[7].article[:0])
    assert two_stages.choose_best_sellers({**past, 6: nobody}) == (best, [7, 8])
    assert two_stages.choose_best_sellers({}) == (POPULAR_AGE_BAND, ())


def test_best_sellers_that_lead_within_the_noise_do_not_count() -> None:
    age_band = of_new_customers(MIN_CUSTOMERS, POPULAR_AGE_BAND)
    lead = of_new_customers(1, BASELINE)
    past = {7: age_band, 8: of_new_customers(MIN_CUSTOMERS, BASELINE), 9: lead}
    assert two_stages.choose_best_sellers({7: age_band, 8: past[8]})[0] == POPULAR_AGE_BAND
    assert two_stages.choose_best_sellers(past)[0] == POPULAR_AGE_BAND


def test_what_is_asked_of_new_customers_is_their_lists_of_best_sellers() -> None:
    frames = world(4)
    found = two_stages.new_customers(frames, FOR_EVERYONE)
    new = frames.take(frames.is_new)
    assert 0 < len(new.customers) < len(frames.customers)
    assert list(found.lists) == [POPULAR_AGE_BAND, BASELINE, POPULAR_PER_BASKET]
    for lists in found.lists.values():
        assert lists.shape == (len(new.customers), LIST_LENGTH)
    keys = new.customer_keys[found.row]
    labels = frames.labels[frames.labels["customer_key"].isin(new.customer_keys)]
    assert sorted(zip(keys.tolist(), found.article.tolist(), strict=True)) == sorted(
        zip(labels["customer_key"].tolist(), labels["article_key"].tolist(), strict=True)
    )


def test_the_parts_that_are_needed_are_those_with_weight_for_somebody() -> None:
    weights = {KNOWN: {RANKER: 0.5, HYBRID: 0.5, BASELINE: 0.0}, NEW: {BASELINE: 0.0, HYBRID: 1.0}}
    assert two_stages.needed_parts(Choices(weights=weights)) == {RANKER, HYBRID}
    assert two_stages.needed_parts(Choices()) == {OWN_HISTORY, POPULAR_AGE_BAND}


@pytest.mark.parametrize("part", NAMES_OF_PARTS)
def test_a_blend_of_one_part_is_its_list(
    fitted: Fitted, seed_fitted: systems.FittedWindow, part: str
) -> None:
    frames = world(1)
    lists = recommend(fitted, everyone({part: 1.0}), frames, seed_fitted, [part, BLEND])
    assert list(lists) == [part, BLEND]
    assert np.array_equal(lists[BLEND], lists[part])


def test_the_ranker_lists_the_candidates_and_then_the_best_sellers_of_the_age_band(
    fitted: Fitted, seed_fitted: systems.FittedWindow
) -> None:
    frames = world(1)
    by_band = systems.recommend(seed_fitted, frames, FOR_EVERYONE, SEED_PARTS)[POPULAR_AGE_BAND]
    choices = replace(Choices(), variant=2)
    found = recommend(fitted, choices, frames, seed_fitted, [RANKER])[RANKER]
    pairs = candidates(frames)
    (scores,) = ranker.score(fitted.ranker, pairs, [2])
    expected = np.full_like(found, EMPTY)
    for row, key in enumerate(frames.customer_keys):
        of_row = pairs.customer_keys == key
        order = np.lexsort((pairs.article_keys[of_row], -scores[of_row]))[:LIST_LENGTH]
        expected[row, : len(order)] = pairs.article_keys[of_row][order]
    assert np.array_equal(found, filled(expected, by_band))
    has_none = ~np.isin(frames.customer_keys, pairs.customer_keys)
    assert has_none.any()
    assert np.array_equal(found[has_none], by_band[has_none])
    label = frames.label_pairs()
    assert map_at_k(found, *label) > 1.5 * map_at_k(by_band, *label)


def test_without_a_ranker_its_list_is_what_the_customer_bought(
    seed_fitted: systems.FittedWindow,
) -> None:
    lists = recommend(None, Choices(), world(1), seed_fitted)
    assert np.array_equal(lists[RANKER], lists[OWN_HISTORY])


@pytest.mark.parametrize("weights", [ALL_PARTS, {OWN_HISTORY: 1.0}], ids=["all", "own"])
def test_everyone_gets_twelve_distinct_articles(
    fitted: Fitted, seed_fitted: systems.FittedWindow, weights: Weights
) -> None:
    lists = recommend(fitted, everyone(weights), world(1), seed_fitted)
    assert list(lists) == NAMES
    for name, of_all in lists.items():
        assert of_all.shape == (240, LIST_LENGTH), name
        assert of_all.dtype == np.int64
        assert np.isin(of_all, OVERALL).all(), name
        assert (np.diff(np.sort(of_all, axis=1), axis=1) > 0).all(), name


def test_the_known_and_the_new_are_blended_each_with_weights_of_their_own(
    fitted: Fitted, seed_fitted: systems.FittedWindow
) -> None:
    frames = world(1)
    weights = {KNOWN: {RANKER: 0.5, HYBRID: 0.5}, NEW: {BASELINE: 1.0, RANKER: 0.0}}
    choices = replace(everyone({}), weights=weights)
    found = recommend(fitted, choices, frames, seed_fitted, [BLEND])[BLEND]
    for kind, is_kind in ((KNOWN, ~frames.is_new), (NEW, frames.is_new)):
        alone = recommend(fitted, everyone(weights[kind]), frames, seed_fitted, [BLEND])[BLEND]
        assert np.array_equal(found[is_kind], alone[is_kind])


def test_sharding_changes_nothing(fitted: Fitted, seed_fitted: systems.FittedWindow) -> None:
    frames = world(1)
    is_first = np.arange(240) < 101
    whole = recommend(fitted, everyone(ALL_PARTS), frames, seed_fitted)
    parts = [
        recommend(fitted, everyone(ALL_PARTS), part_of(frames, is_kept), seed_fitted)
        for is_kept in (is_first, ~is_first)
    ]
    for name in NAMES:
        assert np.array_equal(whole[name], np.concatenate([part[name] for part in parts])), name


def test_the_label_of_the_window_that_is_scored_is_not_read(
    fitted: Fitted, seed_fitted: systems.FittedWindow
) -> None:
    frames = world(1)
    others = with_labels(frames, [(int(key), 17) for key in frames.customer_keys])
    lists = recommend(fitted, everyone(ALL_PARTS), frames, seed_fitted)
    for name, of_all in recommend(fitted, everyone(ALL_PARTS), others, seed_fitted).items():
        assert np.array_equal(of_all, lists[name]), name


def test_a_week_in_which_the_shop_was_closed_can_be_scored_and_held(
    fitted: Fitted, seed_fitted: systems.FittedWindow
) -> None:
    closed = make_frames(make_customers([]), dict.fromkeys(GRAINS, ()))
    lists = recommend(fitted, everyone(ALL_PARTS), closed, seed_fitted)
    assert {of_all.shape for of_all in lists.values()} == {(0, LIST_LENGTH)}
    held = hold_out(fitted, seed_fitted, closed)
    assert two_stages.choose({1: held}, True, 7) == two_stages.choose({}, True, 7)


def test_another_size_of_the_trees_has_to_lead_by_more_than_the_noise(
    seed_fitted: systems.FittedWindow,
) -> None:
    frames = world(1)
    training = [candidates(world(2))]
    fitted = two_stages.fit(training)
    assert fitted is not None
    held = hold_out(fitted, seed_fitted, frames)
    pairs = [candidates(frames)]
    usual = two_stages.choose_leaves(fitted, training, frames, pairs, held)
    assert usual == (N_LEAVES[0], fitted)
    # As if trees of the usual size had put the worst candidates first.
    worst = replace(held, ranked=[lists[:, ::-1].copy() for lists in held.ranked])
    n_leaves, other = two_stages.choose_leaves(fitted, training, frames, pairs, worst)
    assert n_leaves == N_LEAVES[1]
    expected = two_stages.fit(training, n_leaves)
    assert expected is not None
    assert other.ranker.booster.model_to_string() == expected.ranker.booster.model_to_string()


@pytest.mark.parametrize(("n_customers", "is_another"), [(3, False), (8, True)])
def test_two_standard_errors_are_asked_of_another_size_of_the_trees(
    seed_fitted: systems.FittedWindow, n_customers: int, is_another: bool
) -> None:
    """A lead by k customers, each by about as much, is one of some sqrt(k) standard errors."""
    frames = world(1)
    training, pairs = [candidates(world(2))], [candidates(frames)]
    fitted, other = two_stages.fit(training), two_stages.fit(training, N_LEAVES[1])
    assert fitted is not None
    assert other is not None
    held = hold_out(fitted, seed_fitted, frames)
    # As if trees of the usual size did as well as the others, but for a few customers.
    lists = hold_out(other, seed_fitted, frames).ranked
    label = frames.label_pairs()
    judged = lists[VARIANTS.index(Variant(ranker.DEFAULT_VARIANT, False))]
    whole, turned = (
        average_precision(of_all[:, :LIST_LENGTH], *label) for of_all in (judged, judged[:, ::-1])
    )
    few = np.flatnonzero(whole - turned > 0.5)[:n_customers]
    assert len(few) == n_customers
    spoiled = [of_all.copy() for of_all in lists]
    for of_all in spoiled:
        of_all[few] = of_all[few, ::-1]
    n_leaves, _ = two_stages.choose_leaves(
        fitted, training, frames, pairs, replace(held, ranked=spoiled)
    )
    assert (n_leaves == N_LEAVES[1]) is is_another


def test_sizes_of_trees_are_not_compared_where_many_customers_teach_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = [candidates(world(2)), candidates(world(3))]
    n = sum(len(set(pairs.customer_keys.tolist())) for pairs in training)
    monkeypatch.setattr(two_stages, "MANY_CUSTOMERS", n)
    assert not two_stages.is_enough_for_usual_trees(training)
    monkeypatch.setattr(two_stages, "MANY_CUSTOMERS", n - 1)
    assert two_stages.is_enough_for_usual_trees(training)
