"""Peers from the library implicit: neighbours of articles, and two matrix factorisations."""

from functools import partial
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

from models_py.ranking import LIST_LENGTH
from tests.benchmarks.inputs import ALL_DAYS, IntArray, Window
from tests.benchmarks.interactions import Interactions, interactions, lists_of_columns
from tests.benchmarks.trials import Peer, grid

SEED = 0
ITERATIONS = 15
NEIGHBOURS = {
    "tfidf": TFIDFRecommender,
    "cosine": CosineRecommender,
    "bm25": BM25Recommender,
}


def item_knn(
    window: Window, weighting: str, k: int, days: int, value: str, n_articles: int | None
) -> IntArray:
    """Articles that those who bought the customer's articles bought too."""
    known = interactions(window, days, value, n_articles)
    model = NEIGHBOURS[weighting](K=k)
    model.fit(known.matrix, show_progress=False)
    return _lists(model, window, known, least_score=0.0)


def als(
    window: Window,
    factors: int,
    regularization: float,
    alpha: float,
    days: int,
    value: str,
    n_articles: int | None,
) -> IntArray:
    """Alternating least squares (Hu, Koren and Volinsky, 2008)."""
    known = interactions(window, days, value, n_articles)
    model = AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        alpha=alpha,
        iterations=ITERATIONS,
        random_state=SEED,
    )
    model.fit(known.matrix, show_progress=False)
    return _lists(model, window, known)


def bpr(
    window: Window,
    factors: int,
    learning_rate: float,
    regularization: float,
    iterations: int,
    days: int,
    n_articles: int | None,
) -> IntArray:
    """Bayesian personalised ranking (Rendle et al., 2009)."""
    known = interactions(window, days, "bought", n_articles)
    # Two threads would step on each other's updates, and no two runs be the same.
    model = BayesianPersonalizedRanking(
        factors=factors,
        learning_rate=learning_rate,
        regularization=regularization,
        iterations=iterations,
        random_state=SEED,
        num_threads=1,
    )
    model.fit(known.matrix, show_progress=False)
    return _lists(model, window, known)


def _lists(
    model: Any, window: Window, known: Interactions, least_score: float = -np.inf
) -> IntArray:
    """Lists of twelve for all; scores must be above the least, and finite, to count."""
    columns, scores = model.recommend(
        known.row,
        known.matrix[known.row],
        N=min(LIST_LENGTH, len(known.article_keys)),
        filter_already_liked_items=window.leaves_out_bought,
    )
    # A row that is short is filled up with column -1.
    is_found = np.isfinite(scores) & (scores > least_score) & (columns >= 0)
    if not is_found.any():
        raise ValueError("the model has no finite score for anyone")
    return lists_of_columns(window, known, columns, is_found)


# With k = 1 an article's one neighbour is itself, which is the customer's own history under another
# name; with k = 2 there is one other.
PEERS = [
    *(
        Peer(
            f"implicit_{weighting}",
            "library",
            partial(item_knn, weighting=weighting),
            [
                *grid(k=[2, 5, 20, 100], days=[90], value=["log", "decayed_30"], n_articles=[5000]),
                *grid(k=[2, 5, 20, 100], days=[ALL_DAYS], value=["decayed_90"], n_articles=[5000]),
                *grid(k=[20], days=[ALL_DAYS], value=["bought"], n_articles=[None]),
            ],
        )
        for weighting in NEIGHBOURS
    ),
    Peer(
        "implicit_als",
        "library",
        als,
        [
            *grid(
                factors=[64, 128],
                regularization=[3.0, 10.0],
                alpha=[1.0],
                days=[90],
                value=["decayed_30"],
                n_articles=[10_000],
            ),
            *grid(
                factors=[256, 512],
                regularization=[3.0],
                alpha=[1.0],
                days=[90],
                value=["decayed_30"],
                n_articles=[10_000],
            ),
            *grid(
                factors=[64],
                regularization=[0.1, 10.0],
                alpha=[1.0, 10.0],
                days=[90],
                value=["log"],
                n_articles=[10_000],
            ),
            *grid(
                factors=[64],
                regularization=[0.01],
                alpha=[1.0],
                days=[ALL_DAYS],
                value=["bought"],
                n_articles=[None],
            ),
        ],
    ),
    Peer(
        "implicit_bpr",
        "library",
        bpr,
        [
            *grid(
                factors=[64],
                learning_rate=[0.003, 0.01],
                regularization=[0.01, 0.1],
                iterations=[50],
                days=[90],
                n_articles=[2000],
            ),
            *grid(
                factors=[64],
                learning_rate=[0.01],
                regularization=[0.01],
                iterations=[50],
                days=[30],
                n_articles=[None],
            ),
        ],
    ),
]
