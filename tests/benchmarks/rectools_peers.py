"""Peers from the library RecTools: EASE, ALS with features, popular in category."""

from contextlib import redirect_stderr
from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import EASEModel, ImplicitALSWrapperModel, PopularInCategoryModel

from models_py.ranking import EMPTY, LIST_LENGTH
from tests.benchmarks.inputs import ALL_DAYS, IntArray, Window
from tests.benchmarks.interactions import Interactions, interactions
from tests.benchmarks.trials import Peer, grid

SEED = 0
ITERATIONS = 15
# Any date will do: the models look at differences only.
CUTOFF = pd.Timestamp("2020-01-01")
# Each value is one more dense factor of every article.
MAX_FEATURE_VALUES = 60


def ease(window: Window, regularization: float, days: int, value: str, n_articles: int) -> IntArray:
    """Embarrassingly shallow autoencoder (Steck, 2019), on the most sold articles.

    It inverts a dense matrix of articles by articles, so not all of them fit in memory.
    """
    known = interactions(window, days, value, n_articles)
    dataset = Dataset.construct(_pairs(known))
    return _lists(EASEModel(regularization=regularization), window, known, dataset)


def als_features(
    window: Window,
    features: str,
    together: bool,
    factors: int,
    regularization: float,
    days: int,
    value: str,
    n_articles: int | None,
) -> IntArray:
    """ALS whose factors hold an attribute of the article and the age band of the customer too.

    Raises
    ------
    ValueError
        If the articles have no such attribute, or it has too many values.
    """
    known = interactions(window, days, value, n_articles)
    articles = window.articles[window.articles["article_key"].isin(known.article_keys)]
    customers = window.customers[window.customers["customer_key"].isin(known.customer_keys)]
    article_features = _features(articles, "article_key", features)
    n_values = article_features["value"].nunique()
    if n_values > MAX_FEATURE_VALUES:
        raise ValueError(f"{features} has {n_values} values, more than {MAX_FEATURE_VALUES}")
    dataset = Dataset.construct(
        _pairs(known),
        user_features_df=_features(customers, "customer_key", "age_band"),
        cat_user_features=["age_band"],
        item_features_df=article_features,
        cat_item_features=[features],
    )
    model = AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        iterations=ITERATIONS,
        random_state=SEED,
    )
    wrapped = ImplicitALSWrapperModel(model, fit_features_together=together)
    return _lists(wrapped, window, known, dataset)


def popular_in_category(
    window: Window, category: str, n_categories: int | None, ratio: str, days: int
) -> IntArray:
    """Best sellers of the most popular categories in turn; the same for all."""
    recent = window.purchases[window.purchases["days_before"] <= days]
    if recent.empty:
        raise ValueError(f"nothing was bought in the last {days} days")
    articles = window.articles[window.articles["article_key"].isin(recent["article_key"])]
    dataset = Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: recent["customer_key"],
                Columns.Item: recent["article_key"],
                Columns.Weight: recent["n_bought"],
                Columns.Datetime: CUTOFF - pd.to_timedelta(recent["days_before"], unit="D"),
            }
        ),
        item_features_df=_features(articles, "article_key", category),
        cat_item_features=[category],
    )
    model = PopularInCategoryModel(
        category_feature=category,
        n_categories=n_categories,
        ratio_strategy=ratio,
        popularity="n_interactions",
        period=timedelta(days=days),
    ).fit(dataset)
    anyone = recent["customer_key"].to_numpy()[:1]
    found = model.recommend(anyone, dataset, k=LIST_LENGTH, filter_viewed=False)
    best = found.sort_values(Columns.Rank)[Columns.Item].to_numpy(np.int64)
    lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    lists[:, : len(best)] = best
    return lists


def _pairs(known: Interactions) -> pd.DataFrame:
    return pd.DataFrame(
        {
            Columns.User: known.customer_keys[known.pairs["row"]],
            Columns.Item: known.article_keys[known.pairs["column"]],
            Columns.Weight: known.pairs["weight"],
            Columns.Datetime: CUTOFF,
        }
    )


def _features(table: pd.DataFrame, key: str, feature: str) -> pd.DataFrame:
    """One attribute of a table in the long form of RecTools."""
    if feature not in table:
        raise ValueError(f"there is no attribute {feature}")
    return pd.DataFrame(
        {"id": table[key], "feature": feature, "value": table[feature].fillna("unknown")}
    )


def _lists(model: Any, window: Window, known: Interactions, dataset: Dataset) -> IntArray:
    # Among them a progress bar that can't be turned off.
    with redirect_stderr(StringIO()):
        model.fit(dataset)
    found = model.recommend(
        window.customer_keys[known.place],
        dataset,
        k=LIST_LENGTH,
        filter_viewed=window.leaves_out_bought,
    )
    found = found[np.isfinite(found[Columns.Score])]
    if found.empty:
        raise ValueError("the model has no finite score for anyone")
    lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    row = np.searchsorted(window.customer_keys, found[Columns.User].to_numpy(np.int64))
    lists[row, found[Columns.Rank].to_numpy(np.int64) - 1] = found[Columns.Item]
    return lists


PEERS = [
    Peer(
        "rectools_ease",
        "library",
        ease,
        [
            *grid(regularization=[50.0, 200.0, 500.0], days=[90], value=["log"], n_articles=[3000]),
            *grid(regularization=[500.0], days=[ALL_DAYS], value=["log"], n_articles=[3000]),
            *grid(
                regularization=[50.0, 500.0],
                days=[30, 90],
                value=["bought", "decayed_30"],
                n_articles=[1000],
            ),
        ],
    ),
    Peer(
        "rectools_als_features",
        "library",
        als_features,
        [
            *grid(
                features=["index_group"],
                together=[False, True],
                factors=[64],
                regularization=[3.0, 10.0],
                days=[90],
                value=["decayed_30"],
                n_articles=[10_000],
            ),
            *grid(
                features=["index_group"],
                together=[True],
                factors=[128],
                regularization=[3.0],
                days=[90],
                value=["decayed_30"],
                n_articles=[10_000],
            ),
        ],
    ),
    Peer(
        "rectools_popular_in_category",
        "library",
        popular_in_category,
        grid(
            category=["index_group", "department"],
            n_categories=[2, 5, None],
            ratio=["proportional", "equal"],
            days=[7, 14],
        ),
    ),
]
