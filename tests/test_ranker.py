from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models_py import ranker, repeats
from models_py.frames import Pairs, ScoreArray
from models_py.metrics import map_at_k
from models_py.ranker import MIN_CUSTOMERS, N_LEAVES, N_TREES, Ranker
from models_py.ranking import top_pairs
from tests.builders import make_pairs

N_CANDIDATES = 20
VARIANTS = range(len(N_TREES))


def made_up(seed: int, n: int = MIN_CUSTOMERS) -> Pairs:
    """Customers who buy, of their candidates, those where the first feature is high."""
    rng = np.random.default_rng(seed)
    features = rng.random((n * N_CANDIDATES, 3), dtype=np.float32)
    features[rng.random(features.shape) < 0.1] = np.nan
    return make_pairs(
        np.repeat(np.arange(n) * 3 + 7, N_CANDIDATES),
        np.tile(np.arange(N_CANDIDATES), n),
        features,
        ["told", "noise", "more_noise"],
        np.nan_to_num(features[:, 0]) + 0.1 * rng.random(len(features)) > 0.95,
    )


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return fit([made_up(1), made_up(2)])


def fit(training: list[Pairs], n_leaves: int = N_LEAVES[-1]) -> Ranker:
    found = ranker.fit(training, n_leaves)
    assert found is not None
    return found


def map_of(scores: ScoreArray, pairs: Pairs) -> float:
    keys, rows = np.unique(pairs.customer_keys, return_inverse=True)
    lists = top_pairs(rows, pairs.article_keys, scores, len(keys))
    return map_at_k(lists, rows[pairs.is_bought], pairs.article_keys[pairs.is_bought])


def test_an_obvious_order_is_learnt(fitted: Ranker) -> None:
    unseen = made_up(3)
    by_chance = np.random.default_rng(0).random(len(unseen.features), dtype=np.float32)
    for scores in ranker.score(fitted, unseen, VARIANTS):
        assert map_of(scores, unseen) > 0.85
    assert map_of(by_chance, unseen) < 0.4


def test_a_variant_scores_with_that_many_trees(fitted: Ranker) -> None:
    unseen = made_up(3)
    found = ranker.score(fitted, unseen, VARIANTS)
    for n_trees, scores in zip(fitted.n_trees, found, strict=True):
        expected = fitted.booster.predict(unseen.features, num_iteration=n_trees, raw_score=True)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-6)
    assert not np.array_equal(found[0], found[-1])


@pytest.mark.parametrize("variants", [[0], [1], [0, 2]])
def test_a_variant_scores_the_same_alone_as_among_the_others(
    fitted: Ranker, variants: list[int]
) -> None:
    unseen = made_up(3, n=10)
    every = ranker.score(fitted, unseen, VARIANTS)
    for variant, scores in zip(variants, ranker.score(fitted, unseen, variants), strict=True):
        np.testing.assert_allclose(scores, every[variant], rtol=1e-6, atol=1e-6)


def test_a_pair_scores_the_same_whichever_pairs_stand_around_it(fitted: Ranker) -> None:
    unseen = made_up(3)
    order = np.random.default_rng(0).permutation(len(unseen.features))[:501]
    whole, part = (ranker.score(fitted, pairs, [1])[0] for pairs in (unseen, unseen.take(order)))
    assert np.array_equal(whole[order], part)


def test_the_same_pairs_make_the_same_trees_to_the_byte(fitted: Ranker) -> None:
    again = fit([made_up(1), made_up(2)])
    assert again.booster.model_to_string() == fitted.booster.model_to_string()
    other = fit([made_up(1), made_up(4)])
    assert other.booster.model_to_string() != fitted.booster.model_to_string()


def test_windows_without_pairs_do_not_count(fitted: Ranker) -> None:
    again = fit([made_up(1), made_up(2), made_up(3, n=0)])
    assert again.booster.model_to_string() == fitted.booster.model_to_string()


def test_a_customer_of_two_windows_is_two_customers_to_learn_from() -> None:
    half = MIN_CUSTOMERS // 2
    assert ranker.fit([made_up(1, half), made_up(2, half)]) is not None
    assert ranker.fit([made_up(1, half), made_up(2, half - 1)]) is None


@pytest.mark.parametrize("training", [[], [0], [MIN_CUSTOMERS - 1]])
def test_too_few_customers_teach_nothing(training: list[int]) -> None:
    assert ranker.fit([made_up(1, n) for n in training]) is None


def test_a_feature_that_is_missing_everywhere_says_nothing() -> None:
    pairs = made_up(1)
    pairs.features[:, 1] = np.nan
    found = ranker.importance(fit([pairs]), 0)
    n_splits = dict(zip(found["feature_name"], found["n_splits"].tolist(), strict=True))
    assert n_splits["noise"] == 0
    assert n_splits["told"] > 0


@pytest.mark.parametrize("learn", [ranker.fit, repeats.fit])
@pytest.mark.parametrize(("n_missing", "slower"), [(0, 1), (1, 2)])
def test_few_customers_teach_more_trees_which_learn_slower(
    monkeypatch: pytest.MonkeyPatch,
    learn: Callable[[list[Pairs]], Ranker | None],
    n_missing: int,
    slower: int,
) -> None:
    monkeypatch.setattr(ranker, "FEW_CUSTOMERS", 2 * MIN_CUSTOMERS)
    windows = [made_up(1), made_up(2, MIN_CUSTOMERS - n_missing)]
    for pairs in windows:
        # All customers bought all articles before, and the first one again.
        pairs.features[:, 2] = 1
        pairs.bought_share[pairs.article_keys == 0] = 1
    found = learn([replace(pairs, names=["told", "noise", repeats.OWN]) for pairs in windows])
    assert found is not None
    assert found.n_trees == tuple(slower * n for n in N_TREES)
    assert found.booster.num_trees() == max(found.n_trees)
    rate = ranker.PARAMETERS["learning_rate"] / slower
    assert f"[learning_rate: {rate}]" in found.booster.model_to_string()


def test_trees_have_no_more_leaves_than_told() -> None:
    most = []
    for n_leaves in N_LEAVES:
        trees = fit([made_up(1)], n_leaves).booster.dump_model()["tree_info"]
        most.append(max(tree["num_leaves"] for tree in trees))
    large, small = N_LEAVES
    assert most[1] == small < most[0] <= large


@pytest.mark.parametrize("variant", VARIANTS)
def test_importance_names_every_feature_and_its_shares_add_up(fitted: Ranker, variant: int) -> None:
    found = ranker.importance(fitted, variant)
    assert found["feature_name"].tolist() == ["told", "noise", "more_noise"]
    assert found["gain_share"].sum() == pytest.approx(1)
    assert found["gain_share"].iloc[0] > 0.8
    trees = fitted.booster.dump_model(num_iteration=fitted.n_trees[variant])["tree_info"]
    assert found["n_splits"].sum() == sum(tree["num_leaves"] - 1 for tree in trees)


def test_trees_that_split_nothing_share_no_gain_and_score_everything_alike() -> None:
    pairs = made_up(1)
    nothing = fit([replace(pairs, bought_share=np.zeros_like(pairs.bought_share))])
    assert ranker.importance(nothing, 0)["gain_share"].tolist() == [0, 0, 0]
    for scores in ranker.score(nothing, pairs, VARIANTS):
        assert len(scores) == len(pairs.features)
        assert len(np.unique(scores)) == 1


def test_scores_depend_on_the_used_features_alone() -> None:
    some = fit([made_up(1)], N_LEAVES[-1])
    used = ranker.used_features(some, 0)
    assert "told" in used
    unseen = made_up(3)
    without = replace(unseen, features=unseen.features.copy())
    for place, name in enumerate(unseen.names):
        if name not in used:
            without.features[:, place] = np.nan
    assert np.array_equal(ranker.score(some, unseen, [0])[0], ranker.score(some, without, [0])[0])
    pairs = made_up(1)
    pairs.features[:, 1] = np.nan
    assert "noise" not in ranker.used_features(fit([pairs]), 0)


def test_no_pairs_have_no_scores(fitted: Ranker) -> None:
    for scores in ranker.score(fitted, made_up(3, n=0), VARIANTS):
        assert scores.shape == (0,)
        assert scores.dtype == np.float32
