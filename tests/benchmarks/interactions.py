"""The history of a window as a matrix of customers by articles, which is what libraries take."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from models_py.ranking import EMPTY, LIST_LENGTH
from tests.benchmarks.inputs import IntArray, Window, rows_of

# Days after which a purchase counts for a 2.7th, in the values that decay.
DECAY_DAYS = {"decayed_30": 30.0, "decayed_90": 90.0}


@dataclass(frozen=True)
class Interactions:
    """Who bought what.

    Attributes
    ----------
    pairs
        One row per customer and article: row, column, weight.
    matrix
        (n_customers, n_articles) float32, of the same.
    customer_keys, article_keys
        What rows and columns stand for, ascending.
    row, place
        Which rows are customers of the window, and their place in window.customer_keys.
    """

    pairs: pd.DataFrame
    matrix: sparse.csr_matrix
    customer_keys: IntArray
    article_keys: IntArray
    row: IntArray
    place: IntArray


# A peer asks for the same few over and over; more would be a burden where there are many purchases.
@lru_cache(maxsize=4)
def interactions(
    window: Window, days: int, value: str, n_articles: int | None = None
) -> Interactions:
    """What was bought in the last so many days; of the most bought articles only, if told.

    Raises
    ------
    ValueError
        If nothing was bought, or none of it by a customer of the window.
    """
    recent = window.purchases[window.purchases["days_before"] <= days]
    if n_articles is not None:
        sold = recent.groupby("article_key")["n_bought"].sum()
        most = sold.sort_values(ascending=False, kind="stable").index[:n_articles]
        recent = recent[recent["article_key"].isin(most)]
    if recent.empty:
        raise ValueError("nothing was bought in the history")
    amount = recent["n_bought"].to_numpy(np.float64)
    if value in DECAY_DAYS:
        amount *= np.exp(-recent["days_before"].to_numpy(np.float64) / DECAY_DAYS[value])
    summed = (
        recent.assign(weight=amount)
        .groupby(["customer_key", "article_key"], as_index=False)["weight"]
        .sum()
    )
    customer_keys, row = np.unique(summed["customer_key"], return_inverse=True)
    article_keys, column = np.unique(summed["article_key"], return_inverse=True)
    weight = summed["weight"].to_numpy()
    if value == "bought":
        weight = np.ones(len(weight))
    elif value == "log":
        weight = np.log1p(weight)
    weight = weight.astype(np.float32)
    place, is_scored = rows_of(window.customer_keys, customer_keys)
    if not is_scored.any():
        raise ValueError("no customer of the window has a history")
    return Interactions(
        pairs=pd.DataFrame({"row": row, "column": column, "weight": weight}),
        matrix=sparse.csr_matrix(
            (weight, (row, column)), shape=(len(customer_keys), len(article_keys))
        ),
        customer_keys=customer_keys,
        article_keys=article_keys,
        row=np.flatnonzero(is_scored),
        place=place[is_scored],
    )


def lists_of_columns(
    window: Window,
    known: Interactions,
    columns: npt.NDArray[np.integer],
    is_found: npt.NDArray[np.bool_],
) -> IntArray:
    """Lists of article keys of all customers of a window, from columns for those with a history.

    `columns` and `is_found` have shape (len(known.row), at most 12).
    """
    lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    found = np.where(is_found, known.article_keys[np.where(is_found, columns, 0)], EMPTY)
    lists[known.place, : found.shape[1]] = found
    return lists
