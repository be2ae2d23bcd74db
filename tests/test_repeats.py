import numpy as np
import pytest

from models_py import ranker, repeats
from models_py.frames import Pairs, ScoreArray
from models_py.ranker import MIN_CUSTOMERS
from tests.builders import make_pairs

NAN = np.nan
N_OWN = 12


def made_up(seed: int, n: int = 2 * MIN_CUSTOMERS, share_again: float = 1.0) -> Pairs:
    """Customers who bought twelve articles before, and as many others that are candidates too.

    Half of the customers buy article 0 alone, the other half all from 1 to 10: each is bought as
    often as the others. Those from `share_again` on buy what they did not buy before.
    """
    rng = np.random.default_rng(seed)
    article = np.tile(np.arange(2 * N_OWN), n)
    customer = np.repeat(np.arange(n), 2 * N_OWN)
    is_own = article < N_OWN
    alone = customer % 2 == 0
    is_bought = np.where(alone, article == 0, (article >= 1) & (article <= 10))
    is_bought = np.where(customer < share_again * n, is_bought, article == N_OWN)
    features = np.stack(
        [article, rng.random(len(article)), np.where(is_own, rng.integers(1, 5, len(article)), NAN)]
    )
    names = ["article", "noise", repeats.OWN]
    return make_pairs(customer, article, features.T, names, is_bought)


@pytest.fixture(scope="module")
def fitted() -> ranker.Ranker:
    found = repeats.fit([made_up(1), made_up(2)])
    assert found is not None
    return found


def mean_by_article(scores: ScoreArray, pairs: Pairs) -> list[float]:
    return [float(scores[pairs.article_keys == article].mean()) for article in range(N_OWN)]


def test_what_is_bought_alone_comes_before_what_is_bought_with_others(
    fitted: ranker.Ranker,
) -> None:
    unseen = made_up(3)
    alone, *together, never = mean_by_article(repeats.score(fitted, unseen, [1])[0], unseen)
    assert alone > max(together) + 0.5
    assert min(together) > never + 0.5


def test_only_what_was_bought_before_has_a_score(fitted: ranker.Ranker) -> None:
    unseen = made_up(3, n=20)
    is_own = unseen.article_keys < N_OWN
    for n_trees, scores in zip(
        fitted.n_trees, repeats.score(fitted, unseen, [0, 1, 2]), strict=True
    ):
        expected = fitted.booster.predict(unseen.features, num_iteration=n_trees, raw_score=True)
        assert scores.dtype == np.float32
        assert np.isnan(scores[~is_own]).all()
        np.testing.assert_allclose(
            scores[is_own], np.asarray(expected)[is_own], rtol=1e-5, atol=1e-6
        )


def test_who_bought_nothing_again_teaches_nothing(fitted: ranker.Ranker) -> None:
    n = 2 * MIN_CUSTOMERS
    assert repeats.fit([made_up(1, n, share_again=0.5)]) is not None
    assert repeats.fit([made_up(1, n - 2, share_again=0.5)]) is None
    more = repeats.fit([made_up(1), made_up(2), made_up(3, share_again=0)])
    assert more is not None
    assert more.booster.model_to_string() == fitted.booster.model_to_string()


@pytest.mark.parametrize("training", [[], [0], [MIN_CUSTOMERS - 1]])
def test_too_few_customers_teach_nothing(training: list[int]) -> None:
    assert repeats.fit([made_up(1, n) for n in training]) is None


def test_without_the_feature_of_own_purchases_there_is_nothing_to_learn() -> None:
    pairs = made_up(1)
    names = ["article", "noise", "something else"]
    renamed = make_pairs(pairs.customer_keys, pairs.article_keys, pairs.features, names)
    assert not repeats.own(renamed).any()
    assert repeats.fit([renamed]) is None


def test_what_was_bought_before_keeps_its_places_and_gets_the_mean_order() -> None:
    row = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3])
    scores = np.array([5, 1, 2, 3, 7, 9, 4, 1, 3], np.float32)
    # The second customer has one own purchase, the third one too, the fourth two that are equal.
    theirs = np.array([NAN, 40, 20, 0, NAN, 1, 1, 6, 6], np.float32)
    found = repeats.correct(row, scores, theirs, 4)
    assert found.dtype == np.float32
    # 1, 2 and 3, whose mean is 2; the others brought to 3, 2 and 1.
    np.testing.assert_allclose(found, [5, 2, 2, 2, 7, 9, 4, 1, 3], atol=1e-4)
    theirs = np.array([NAN, 0, 50, 40, NAN, NAN, NAN, NAN, NAN], np.float32)
    found = repeats.correct(row, scores, theirs, 4)
    deviations = (np.array([0, 50, 40]) - 30) / np.std([0, 50, 40]) * np.std([1, 2, 3])
    np.testing.assert_allclose(found[1:4], (scores[1:4] + 2 + deviations) / 2, atol=1e-4)
    assert np.array_equal(np.delete(found, [1, 2, 3]), np.delete(scores, [1, 2, 3]))


def test_the_order_of_the_pairs_changes_no_score() -> None:
    rng = np.random.default_rng(0)
    row = rng.integers(0, 50, 5_000)
    scores, theirs = rng.normal(0, 3, (2, 5_000)).astype(np.float32)
    theirs[rng.random(5_000) < 0.4] = NAN
    whole = repeats.correct(row, scores, theirs, 50)
    moments = repeats._moments(row, scores, 50)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(5_000)
        # Before they are rounded to float32.
        assert np.array_equal(repeats._moments(row[order], scores[order], 50), moments)
        again = repeats.correct(row[order], scores[order], theirs[order], 50)
        assert np.array_equal(again, whole[order])
