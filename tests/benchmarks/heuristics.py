"""Peers that need no library: best sellers, and what each customer bought before."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from models_py.ranking import EMPTY, LIST_LENGTH
from tests.benchmarks.inputs import ALL_DAYS, IntArray, Window, rows_of
from tests.benchmarks.trials import Peer, grid

FloatArray = npt.NDArray[np.float64]

# Days after which a purchase counts for a 2.7th: exp(-days / scale). None: 1 / (1 + days).
SCALES = [7, 14, 30, 60, 90, 120, 180, None]
# What counts: pieces, or days on which the customer bought the article.
COUNTED = ["pieces", "days"]


def popular(window: Window, days: int, counted: str) -> IntArray:
    """The best sellers of the last so many days, by pieces or by buyers; the same for all."""
    recent = window.purchases[window.purchases["days_before"] <= days]
    by_article = recent.groupby("article_key")
    sold = (
        by_article["n_bought"].sum()
        if counted == "pieces"
        else by_article["customer_key"].nunique()
    )
    # A stable sort keeps the order of article_key among equals.
    best = sold.sort_values(ascending=False, kind="stable").index.to_numpy(np.int64)[:LIST_LENGTH]
    lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    lists[:, : len(best)] = best
    return lists


def own_recency(window: Window, days: int) -> IntArray:
    """What the customer bought last; of one day, what they bought most of before."""

    def latest(own: pd.DataFrame) -> FloatArray:
        return -own["days_before"].to_numpy(np.float64)

    return _own_history(window, days, latest, "max")


def own_count(window: Window, days: int, counted: str) -> IntArray:
    """What the customer bought most, by pieces or by days with it."""
    return _own_history(window, days, lambda own: _amount(own, counted))


def own_decayed(window: Window, days: int, scale: float | None, counted: str) -> IntArray:
    """What the customer bought most, an older purchase counting for less."""

    def decayed(own: pd.DataFrame) -> FloatArray:
        age = own["days_before"].to_numpy(np.float64)
        weight = 1 / (1 + age) if scale is None else np.exp(-age / scale)
        return weight * _amount(own, counted)

    return _own_history(window, days, decayed)


def _amount(own: pd.DataFrame, counted: str) -> FloatArray:
    return own["n_bought"].to_numpy(np.float64) if counted == "pieces" else np.ones(len(own))


def _own_history(
    window: Window, days: int, value: Callable[[pd.DataFrame], FloatArray], how: str = "sum"
) -> IntArray:
    """Rank each customer's own articles of the last so many days by a value of their purchases.

    How the values of one article's purchases are put together is a name that pandas knows. Equals
    are ordered by the day of the last purchase, then pieces, then article_key.
    """
    row, is_scored = rows_of(
        window.customer_keys, window.purchases["customer_key"].to_numpy(np.int64)
    )
    own = window.purchases.assign(row=row)[is_scored]
    own = own[own["days_before"] <= days]
    articles = (
        own.assign(value=value(own))
        .groupby(["row", "article_key"])
        .agg(
            value=("value", how),
            days_before=("days_before", "min"),
            n_bought=("n_bought", "sum"),
        )
        .reset_index()
    )
    articles = articles.sort_values(
        ["row", "value", "days_before", "n_bought", "article_key"],
        ascending=[True, False, True, False, True],
    )
    place = articles.groupby("row").cumcount()
    articles = articles.assign(place=place)[place < LIST_LENGTH]
    lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    lists[articles["row"], articles["place"]] = articles["article_key"]
    return lists


# Where few articles are bought again, best sellers fill a list better than old purchases do.
PEERS = [
    Peer(
        "popular",
        "heuristic",
        popular,
        grid(days=[1, 3, 7, 14, 28], counted=["pieces", "buyers"]),
    ),
    Peer("own_recency", "heuristic", own_recency, grid(days=[7, 30, 90, ALL_DAYS])),
    Peer(
        "own_count",
        "heuristic",
        own_count,
        grid(days=[14, 30, 60, 90, 180, ALL_DAYS], counted=COUNTED),
    ),
    Peer(
        "own_decayed",
        "heuristic",
        own_decayed,
        grid(days=[30, ALL_DAYS], scale=SCALES, counted=COUNTED),
    ),
]
