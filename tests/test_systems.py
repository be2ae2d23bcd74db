from dataclasses import replace

import numpy as np
import pytest

from models_py import popularity, systems
from models_py.frames import Classes, Frames
from models_py.hybrid import Held
from models_py.least_squares import PENALTIES
from models_py.metrics import map_at_k
from models_py.ranking import LIST_LENGTH, top_articles
from models_py.systems import (
    BASELINE,
    DEFAULT_VARIANT,
    HYBRID,
    POPULAR,
    POPULAR_AGE_BAND,
    POPULAR_PER_BASKET,
    TASTES,
    FittedWindow,
)
from tests.builders import (
    FOR_EVERYONE,
    GRAINS,
    OVERALL,
    make_classes,
    make_customers,
    make_frames,
    make_world,
    part_of,
    with_labels,
    world_classes,
)

NAMES = systems.system_names(GRAINS)
TWINS = [f"purchases_{grain}" for grain in GRAINS] + [TASTES]


def fit(training: list[Frames], held: dict[int, Held] | None = None) -> FittedWindow:
    return systems.fit_window(training, world_classes(), GRAINS, held or {})


def held_windows(*window_ids: int) -> dict[int, Held]:
    """Each of these windows, scored by what its next older window taught."""
    return {
        window_id: systems.hold_out(fit([make_world(window_id + 1)]), make_world(window_id), GRAINS)
        for window_id in window_ids
    }


@pytest.fixture(scope="module")
def fitted() -> FittedWindow:
    """Window 1, with the penalties and weights that did best in windows 2 and 3."""
    return fit([make_world(2), make_world(3)], held_windows(2, 3))


def labels_of(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    rows, _ = frames.rows_of(frames.labels["customer_key"].to_numpy(np.int64))
    return rows, frames.labels["article_key"].to_numpy(np.int64)


def test_there_is_a_twin_a_grain_and_the_hybrid_stands_last() -> None:
    assert [BASELINE, POPULAR_PER_BASKET, POPULAR_AGE_BAND, *TWINS, HYBRID] == NAMES
    assert list(systems.twins(GRAINS)) == TWINS
    without = [BASELINE, POPULAR_PER_BASKET, POPULAR_AGE_BAND, TASTES, HYBRID]
    assert systems.system_names([]) == without


@pytest.mark.parametrize("held", [{}, held_windows(2)], ids=["nothing held", "a window held"])
def test_without_training_windows_the_hybrid_is_the_best_sellers_of_the_age_band(
    held: dict[int, Held],
) -> None:
    fitted = fit([], held)
    assert fitted.models == {}
    assert fitted.variants == {}
    assert fitted.weights is None
    assert_everyone_gets_the_heuristic(fitted, [HYBRID, *TWINS])


def test_without_held_windows_penalties_are_the_default_and_there_are_no_weights() -> None:
    fitted = fit([make_world(2)])
    assert list(fitted.models) == TWINS
    assert fitted.variants == dict.fromkeys(TWINS, DEFAULT_VARIANT)
    assert fitted.weights is None
    assert fitted.chosen_on == []
    assert_everyone_gets_the_heuristic(fitted, [HYBRID])
    lists = systems.recommend(fitted, make_world(1), FOR_EVERYONE, NAMES)
    assert not np.array_equal(lists[TASTES], lists[HYBRID])


def test_without_classes_nothing_is_learnt() -> None:
    fitted = systems.fit_window([make_world(2)], make_classes([]), GRAINS, {})
    assert fitted.models == {}
    assert_everyone_gets_the_heuristic(fitted, [HYBRID, *TWINS])


def test_a_twin_that_has_nothing_to_learn_from_is_not_there() -> None:
    frames = make_world(2)
    bought_nothing = replace(
        frames, purchases={**frames.purchases, "article": frames.purchases["article"].iloc[:0]}
    )
    fitted = fit([bought_nothing])
    assert list(fitted.models) == ["purchases_department", TASTES]
    assert_everyone_gets_the_heuristic(fitted, ["purchases_article"])


def assert_everyone_gets_the_heuristic(fitted: FittedWindow, names: list[str]) -> None:
    frames = make_world(1)
    expected = popularity.best_sellers_of_age_band(frames, OVERALL)
    lists = systems.recommend(fitted, frames, FOR_EVERYONE, names)
    assert list(lists) == names
    for name in names:
        assert np.array_equal(lists[name], expected), name


def test_weights_are_chosen_on_the_held_windows(fitted: FittedWindow) -> None:
    assert fitted.chosen_on == [2, 3]
    assert fitted.weights is not None
    assert list(fitted.weights) == [POPULAR, *TWINS]
    assert sum(fitted.weights.values()) == 1
    # Everyone of a group buys the same: what is common to all does not say everything.
    assert fitted.weights[POPULAR] < 1
    assert list(fitted.variants) == TWINS


def test_held_windows_without_a_label_or_without_one_of_the_twins_do_not_count() -> None:
    held = held_windows(2, 3, 4)
    no_label = replace(held[3], row=held[3].row[:0], article=held[3].article[:0])
    few = {name: part for name, part in held[4].scores.items() if name != TASTES}
    chosen = fit([make_world(2)], {2: held[2], 3: no_label, 4: replace(held[4], scores=few)})
    alone = fit([make_world(2)], {2: held[2]})
    assert chosen.chosen_on == alone.chosen_on == [2]
    assert (chosen.weights, chosen.variants) == (alone.weights, alone.variants)
    assert fit([make_world(2)], {3: no_label}).weights is None


def test_the_hybrid_recommends_better_than_what_it_is_made_of_does_without_it(
    fitted: FittedWindow,
) -> None:
    frames = make_world(1)
    lists = systems.recommend(fitted, frames, FOR_EVERYONE, NAMES)
    scored = {name: map_at_k(lists[name], *labels_of(frames)) for name in NAMES}
    # What is planted in the purchases and in the favourite colour is worth half as much again.
    for name in [*TWINS, HYBRID]:
        assert scored[name] > 1.5 * scored[BASELINE], name


@pytest.mark.parametrize("n_classes", [1, 5, 16])
def test_every_list_has_twelve_distinct_articles_that_are_known(n_classes: int) -> None:
    classes = Classes(
        world_classes().article_keys[:n_classes], world_classes().buyer_share[:n_classes]
    )
    training = systems.fit_window([make_world(3)], classes, GRAINS, {})
    held = {2: systems.hold_out(training, make_world(2), GRAINS)}
    fitted = systems.fit_window([make_world(2)], classes, GRAINS, held)
    lists = systems.recommend(fitted, make_world(1), FOR_EVERYONE, NAMES)
    assert list(lists) == NAMES
    for name, of_all in lists.items():
        assert of_all.shape == (240, LIST_LENGTH), name
        assert of_all.dtype == np.int64
        assert np.isin(of_all, OVERALL).all()
        assert (np.diff(np.sort(of_all, axis=1), axis=1) > 0).all(), name


def test_customers_without_history_get_the_heuristic(fitted: FittedWindow) -> None:
    frames = make_world(1)
    assert 0 < frames.is_new.sum() < len(frames.is_new)
    lists = systems.recommend(fitted, frames, FOR_EVERYONE, NAMES)
    heuristic = popularity.best_sellers_of_age_band(frames, OVERALL)
    for name in [POPULAR_AGE_BAND, *TWINS, HYBRID]:
        assert np.array_equal(lists[name][frames.is_new], heuristic[frames.is_new]), name
    for name in [*TWINS, HYBRID]:
        assert not np.array_equal(lists[name][~frames.is_new], heuristic[~frames.is_new]), name
    assert np.array_equal(lists[POPULAR_AGE_BAND], heuristic)
    for name in (BASELINE, POPULAR_PER_BASKET):
        assert np.array_equal(lists[name], np.tile(FOR_EVERYONE[name][:LIST_LENGTH], (240, 1)))


def test_sharding_changes_nothing(fitted: FittedWindow) -> None:
    frames = make_world(1)
    whole = systems.recommend(fitted, frames, FOR_EVERYONE, NAMES)
    middle = frames.customer_keys[100]
    is_first = frames.customer_keys <= middle
    parts = [
        systems.recommend(fitted, part_of(frames, is_kept), FOR_EVERYONE, NAMES)
        for is_kept in (is_first, ~is_first)
    ]
    for name in NAMES:
        assert np.array_equal(whole[name], np.concatenate([part[name] for part in parts])), name


def test_a_system_recommends_the_same_alone_as_among_the_others(fitted: FittedWindow) -> None:
    frames = make_world(1)
    together = systems.recommend(fitted, frames, FOR_EVERYONE, NAMES)
    for name in NAMES:
        alone = systems.recommend(fitted, frames, FOR_EVERYONE, [name])
        assert list(alone) == [name]
        assert np.array_equal(alone[name], together[name]), name


def test_the_label_of_the_window_that_is_scored_is_not_read(fitted: FittedWindow) -> None:
    frames = make_world(1)
    lists = systems.recommend(fitted, frames, FOR_EVERYONE, NAMES)
    others = with_labels(frames, [(int(key), 17) for key in frames.customer_keys])
    for name, of_all in systems.recommend(fitted, others, FOR_EVERYONE, NAMES).items():
        assert np.array_equal(of_all, lists[name]), name
    scores = systems.hold_out(fitted, frames, GRAINS).scores
    for name, variants in systems.hold_out(fitted, others, GRAINS).scores.items():
        assert np.array_equal(variants, scores[name]), name


def test_what_is_held_out_speaks_of_customers_with_history(fitted: FittedWindow) -> None:
    frames = make_world(1)
    held = systems.hold_out(fitted, frames, GRAINS)
    known = frames.customer_keys[~frames.is_new]
    assert list(held.scores) == [*TWINS, POPULAR]
    for name in TWINS:
        twin = systems.twins(GRAINS)[name]
        for variant, scores in enumerate(held.scores[name]):
            expected = twin.score(fitted.models[name], frames, variant)[~frames.is_new]
            assert np.array_equal(scores, expected), (name, variant)
        assert len(held.scores[name]) == len(PENALTIES)
    (popular,) = held.scores[POPULAR]
    assert popular.tolist() == [world_classes().buyer_share.astype(np.float32).tolist()] * len(
        known
    )
    # The label is whole, of articles too that are not among the classes.
    pairs = list(zip(known[held.row].tolist(), held.article.tolist(), strict=True))
    bought = frames.labels.itertuples(index=False, name=None)
    assert sorted(pairs) == sorted(pair for pair in bought if pair[0] in set(known.tolist()))
    assert not np.isin(held.article, held.article_keys).all()


def test_who_bought_none_of_the_classes_counts_without_being_scored(fitted: FittedWindow) -> None:
    frames = make_world(1)
    known = frames.customer_keys[~frames.is_new].tolist()
    elsewhere = known[::3]
    labels = [
        (int(key), 10**6 if key in elsewhere else int(article))
        for key, article in frames.labels.itertuples(index=False, name=None)
    ]
    frames = with_labels(frames, sorted(set(labels)))
    held = systems.hold_out(fitted, frames, GRAINS)
    assert len(held.scores[TASTES][0]) == len(known) - len(elsewhere)
    assert held.n_others == len(elsewhere)
    # The same MAP as that of the lists of everyone with history.
    everyone = frames.take(~frames.is_new)
    for name in TWINS:
        scores = systems.twins(GRAINS)[name].score(fitted.models[name], everyone, 0)
        lists = top_articles(scores, fitted.classes.article_keys)
        expected = map_at_k(lists, *everyone.label_pairs())
        assert held.map_at_12(held.scores[name][0]) == pytest.approx(expected, rel=1e-12)
        assert expected > 0


@pytest.mark.parametrize("most", [1, 7, 100, 10_000])
def test_of_many_customers_an_evenly_spaced_choice_is_held_out(
    fitted: FittedWindow, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    frames = make_world(1)
    whole = systems.hold_out(fitted, frames, GRAINS)
    n_known = len(whole.scores[TASTES][0])
    monkeypatch.setattr(systems, "MAX_TUNING_CUSTOMERS", most)
    some = systems.hold_out(fitted, frames, GRAINS)
    assert {len(part) for parts in some.scores.values() for part in parts} == {min(most, n_known)}
    # Who of the whole is there: told by the labels and the scores together.
    every = [
        (key, whole.article[whole.row == row].tolist())
        for row, key in enumerate(whole.scores[TASTES][0].tolist())
    ]
    kept = [
        (key, some.article[some.row == row].tolist())
        for row, key in enumerate(some.scores[TASTES][0].tolist())
    ]
    places = iter(every)
    assert all(one in places for one in kept)
    if most > 1:
        assert kept[0] == every[0]
        assert kept[-1] == every[-1]


def test_a_week_in_which_the_shop_was_closed_can_be_trained_on_held_out_and_scored(
    fitted: FittedWindow,
) -> None:
    closed = make_frames(make_customers([]), dict.fromkeys(GRAINS, ()))
    lists = systems.recommend(fitted, closed, FOR_EVERYONE, NAMES)
    assert {of_all.shape for of_all in lists.values()} == {(0, LIST_LENGTH)}
    assert len(systems.hold_out(fitted, closed, GRAINS).row) == 0
    trained = fit([make_world(2), closed, make_world(3)], held_windows(2, 3))
    assert (trained.weights, trained.variants) == (fitted.weights, fitted.variants)
