"""From the predictions in the DuckDB file to submission.csv."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from models_py import compressed, database
from models_py.data_files import ENDINGS
from models_py.frames import Frames, IntArray
from models_py.ranking import LIST_LENGTH
from models_py.submission import Block, write_submission
from models_py.warehouse import (
    WarehouseError,
    read_article_ids,
    read_best_sellers,
    read_customer_keys,
)

FILE_NAME = "submission.csv"
BLOCK_SIZE = 50_000
ASKED_AND_KNOWN = """
from ({asked})
select
    count(distinct customer_id),
    count(distinct customer_id) filter (customer_id in (select customer_id from stg_customers))
where trim(customer_id) <> ''
"""


def customers_file(data_dir: Path) -> Path:
    """The file that says for whom, and in which order: sample_submission, or else customers.

    Raises
    ------
    WarehouseError
        If neither is in the folder.
    """
    for name in ("sample_submission", "customers"):
        for ending in ENDINGS:
            if (data_dir / f"{name}{ending}").is_file():
                return data_dir / f"{name}{ending}"
    raise WarehouseError(
        f"{data_dir} has neither sample_submission nor customers ({', '.join(ENDINGS)}); "
        "set HM_DATA_DIR to the folder that dbt build read."
    )


def customers_in_order(path: Path) -> list[str]:
    """The customer_id of each row of the file, each once, in the order of the file.

    Raises
    ------
    WarehouseError
        If the file can't be read, is cut off, or has no column customer_id.
    """
    with database.connect() as connection, _read_errors(path):
        found = connection.execute(_ids(connection, path), [str(path)]).fetchall()
    return list(dict.fromkeys(row[0] for row in found if row[0] and row[0].strip()))


def check_customers(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make sure that the submission can be written for the customers of the file.

    Parameters
    ----------
    connection
        The build.
    path
        What `customers_file` returns.

    Raises
    ------
    WarehouseError
        If the file can't be read, is cut off, has no column customer_id, or names nobody whom the
        build has.
    """
    if _is_of_build(path):
        return
    with _read_errors(path):
        asked = _ids(connection, path)
        n_asked, n_known = connection.execute(
            ASKED_AND_KNOWN.format(asked=asked),
            [str(path)],
        ).fetchall()[0]
    if not n_asked:
        raise WarehouseError(
            f"{path} names no customer; add them, or remove the file (then it is those "
            "of customers)."
        )
    if not n_known:
        raise WarehouseError(
            f"{path}: none of its {n_asked:,} customers is in the build; set "
            "HM_DATA_DIR to the folder that dbt build read, or put that folder's file there."
        )


def _is_of_build(path: Path) -> bool:
    """Whether dbt has read the file: rows that it refused, and lines that are none, don't count."""
    return path.name.startswith("customers.")


@contextlib.contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as problem:
        raise WarehouseError(
            f"{path} can't be read ({str(problem).splitlines()[0]}); mend it."
        ) from problem


def _ids(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """A select of the column customer_id, as text, from a file whose path is its parameter.

    Raises
    ------
    WarehouseError
        If the file is empty or cut off, or has no such column.
    """
    if path.stat().st_size == 0:
        raise WarehouseError(f"{path} is empty; mend it, or remove it.")
    if path.suffix in (".gz", ".zst") and compressed.content_bytes(path) < 0:
        raise WarehouseError(
            f"{path}: the compressed file is cut off or damaged; compress the whole file again."
        )
    # Nothing is left to be guessed: an id may begin with a quote or a #.
    rows = (
        "read_parquet(?)"
        if path.suffix == ".parquet"
        else "read_csv(?, header = true, all_varchar = true, "
        "delim = ',', quote = '\"', escape = '\"', comment = '')"
    )
    columns = connection.execute(f"from {rows} limit 0", [str(path)]).description or []
    names = {str(name).lower(): str(name) for name, *_ in columns}
    if "customer_id" not in names:
        raise WarehouseError(
            f"{path}: column customer_id is missing (found: {', '.join(names.values())}); add it."
        )
    id_column = names["customer_id"].replace('"', '""')
    return f'from {rows} select cast("{id_column}" as varchar) as customer_id'


def recommendation_rows(
    window_id: int, frames: Frames, lists: Mapping[str, IntArray]
) -> pd.DataFrame:
    """Rows of predictions.recommendations: by system, twelve for each customer, in order."""
    n, n_lists = len(frames.customers) * LIST_LENGTH, len(lists) * len(frames.customers)
    keys = np.repeat(frames.customer_keys.astype(np.int32), LIST_LENGTH)
    ranks = np.arange(1, LIST_LENGTH + 1, dtype=np.int32)
    return pd.DataFrame(
        {
            "window_id": np.full(n * len(lists), window_id, np.int32),
            "customer_key": np.tile(keys, len(lists)),
            "recommendation_rank": np.tile(ranks, n_lists),
            "article_key": np.concatenate(list(lists.values())).astype(np.int32).ravel(),
            # A few values, at the price of a few: text would be converted row by row.
            "system": pd.Categorical.from_codes(
                np.repeat(np.arange(len(lists), dtype=np.int8), n), pd.Index(list(lists))
            ),
        }
    )


class Written(NamedTuple):
    """What submission.csv holds: rows, and how many of them are of customers that nobody knows."""

    n_rows: int
    n_unknown: int


def write(connection: duckdb.DuckDBPyConnection, customers_path: Path, path: Path) -> Written:
    """Write the recommendations of window 0 as submission.csv.

    A customer of sample_submission who is not in customers gets the best sellers.

    Raises
    ------
    WarehouseError
        If the file of customers can't be read.
    """
    if _is_of_build(customers_path):
        rows = connection.execute("select customer_id from stg_customers order by line_number")
        customer_ids = [row[0] for row in rows.fetchall()]
    else:
        customer_ids = customers_in_order(customers_path)
    keys, highest = read_customer_keys(connection, customer_ids)
    n_unknown = int((keys == 0).sum())
    # Row 0 is nobody's: it holds the best sellers, for whom the file of customers lacks.
    best_sellers = read_best_sellers(connection, 0)[:LIST_LENGTH].astype(np.int32)
    lists = np.tile(best_sellers, (highest + 1, 1))
    # Place by place: all of them at once take 0.4 GiB more at the competition's size.
    for rank in range(1, LIST_LENGTH + 1):
        found = connection.execute(
            """
            select customer_key, article_key from predictions.recommendations
            where window_id = 0 and recommendation_rank = ?
            """,
            [rank],
        ).fetchnumpy()
        lists[found["customer_key"], rank - 1] = found["article_key"]

    def blocks() -> Iterator[Block]:
        for start in range(0, len(customer_ids), BLOCK_SIZE):
            end = start + BLOCK_SIZE
            # Keys start at 1, and places at 0.
            yield customer_ids[start:end], lists[keys[start:end]] - 1

    article_ids = read_article_ids(connection)[1:]
    return Written(write_submission(path, customer_ids, blocks(), article_ids), n_unknown)
