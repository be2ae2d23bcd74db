"""What a peer may see of a window, read from the DuckDB file that dbt built."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]

# More days than any history has.
ALL_DAYS = 100_000


class InputError(Exception):
    """An input can't be used; the message says why and what to do, in one sentence."""


@dataclass(frozen=True, eq=False)
class Window:
    """A past window: the history before its cutoff, and what was bought after it.

    Attributes
    ----------
    window_id
        Which window.
    customer_keys
        (n,) ascending: whom the window scores, and what each row of a list of twelve stands for.
    label_row, label_article
        What they bought in the days after the cutoff: row in customer_keys, and article.
    purchases
        The history of all customers, one row per customer, article and day: customer_key,
        article_key, days_before (the cutoff; 1 is the day before it), n_bought (pieces).
    best_sellers
        Article keys of last week's best sellers, the best first.
    articles
        stg_articles: article_key and the attributes.
    customers
        stg_customers: customer_key and the attributes.
    leaves_out_bought
        Whether the libraries are told to leave out what the customer has bought.
    """

    window_id: int
    customer_keys: IntArray
    label_row: IntArray
    label_article: IntArray
    purchases: pd.DataFrame
    best_sellers: IntArray
    articles: pd.DataFrame
    customers: pd.DataFrame
    leaves_out_bought: bool = False


def connect(database: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for reading.

    Raises
    ------
    InputError
        If it is not there, or can't be opened.
    """
    if not database.is_file():
        raise InputError(f"{database} is not there; run dbt build and python -m models_py.train.")
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.Error as problem:
        raise InputError(
            f"{database} can't be opened ({str(problem).splitlines()[0]}); "
            "wait for whoever writes it, or build it again."
        ) from problem


def read_windows(
    connection: duckdb.DuckDBPyConnection, leaves_out_bought: bool = False
) -> Iterator[Window]:
    """The backtest windows in the order of window_id, one in memory at a time.

    Raises
    ------
    InputError
        If a table is missing, or no past window can be scored.
    """
    try:
        ids = connection.execute(
            """
            select window_id from windows
            where is_backtest and window_id in (select window_id from window_labels)
            order by window_id
            """
        ).fetchall()
        attributes = read_attributes(connection)
    except duckdb.Error as problem:
        raise InputError(
            f"this is not a finished build ({str(problem).splitlines()[0]}); run dbt build."
        ) from problem
    if not ids:
        raise InputError("no past window can be scored: nothing was bought in one, or none is.")
    for (window_id,) in ids:
        window = read_window(connection, int(window_id), *attributes)
        yield replace(window, leaves_out_bought=leaves_out_bought)


def read_attributes(connection: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All of stg_articles and of stg_customers, in the order of their keys."""
    return (
        connection.execute("select * from stg_articles order by article_key").df(),
        connection.execute("select * from stg_customers order by customer_key").df(),
    )


def read_window(
    connection: duckdb.DuckDBPyConnection,
    window_id: int,
    articles: pd.DataFrame,
    customers: pd.DataFrame,
) -> Window:
    """One window; of 0, which has no label, everyone with an empty one."""
    purchases = connection.execute(
        """
        select
            purchases.customer_key,
            purchases.article_key,
            windows.cutoff_on - purchases.sold_on as days_before,
            cast(sum(purchases.quantity) as integer) as n_bought
        from windows
        inner join stg_transactions as purchases
            on purchases.sold_on >= windows.history_from and purchases.sold_on < windows.cutoff_on
        where windows.window_id = ?
        group by all
        order by all
        """,
        [window_id],
    ).df()
    customer_keys = _column(
        connection,
        "select customer_key from window_customers where window_id = ? order by customer_key",
        window_id,
    )
    labels = connection.execute(
        """
        select customer_key, article_key from window_labels
        where window_id = ?
        order by customer_key, article_key
        """,
        [window_id],
    ).fetchnumpy()
    label_row, is_scored = rows_of(customer_keys, np.asarray(labels["customer_key"], np.int64))
    return Window(
        window_id=window_id,
        customer_keys=customer_keys,
        label_row=label_row[is_scored],
        label_article=np.asarray(labels["article_key"], np.int64)[is_scored],
        purchases=purchases.astype(np.int64),
        best_sellers=_column(
            connection,
            "select article_key from cand_popular_overall where window_id = ? order by source_rank",
            window_id,
        ),
        articles=articles,
        customers=customers,
    )


def rows_of(known: IntArray, keys: IntArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Place of each key in the ascending `known`, and whether it is there at all."""
    if not len(known):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return place.astype(np.int64), known[place] == keys


def _column(connection: duckdb.DuckDBPyConnection, query: str, window_id: int) -> IntArray:
    found = connection.execute(query, [window_id]).fetchnumpy()
    return np.asarray(next(iter(found.values())), np.int64)
