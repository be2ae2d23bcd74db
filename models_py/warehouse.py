"""The DuckDB file: what training reads from it, writes into it, and how it is published."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from models_py import columns, database, leftovers, run_lock
from models_py.frames import Classes, Frames, IntArray
from models_py.ranking import EMPTY, LIST_LENGTH, merge_lists

FILE_NAME = "hm.duckdb"
BUILD_FILE_NAME = "hm_build.duckdb"
# DuckDB's part of HM_MEMORY_LIMIT: the rest holds what the models are fitted to.
TRAINING_SHARE = 1 / 4
PREDICTIONS = [
    "recommendations",
    "backtest_lists",
    "customer_scores",
    "evaluation",
    "choices",
    "ranker_features",
    "drift",
    "runs",
]


class WarehouseError(Exception):
    """The DuckDB file can't be used; the message says why and what to do, in one sentence."""


def build_file(out_dir: Path) -> Path:
    """The file that dbt builds and training adds to."""
    return out_dir / BUILD_FILE_NAME


def published_file(out_dir: Path) -> Path:
    """The file that people read: always the whole result of the last run that ended well."""
    return out_dir / FILE_NAME


def open_build_file(out_dir: Path, command: str) -> duckdb.DuckDBPyConnection:
    """Open the file that dbt built, for reading and for writing predictions.

    From here on the process holds the folder: no other run can build or publish in it.

    Threads are bounded by HM_THREADS (default 2), memory by HM_MEMORY_LIMIT (default 6GB): a
    quarter of it is DuckDB's, the rest is left to what is read.

    Parameters
    ----------
    out_dir
        Folder of the file.
    command
        What opens it, for whom is refused meanwhile.

    Raises
    ------
    WarehouseError
        If the file is not there, is no DuckDB file, or the last run of dbt did not end well.
    run_lock.InUseError
        If another run is under way in the folder, or another process has the file open.
    """
    path = build_file(out_dir)
    if not path.is_file():
        raise WarehouseError(
            f"{path} is not there; run dbt build first, with the same HM_OUT_DIR ({out_dir})."
        )
    run_lock.hold(out_dir, command)
    run_lock.check_not_open(path)
    leftovers.clear_build(path)
    settings: dict[str, str | bool | int | float | list[str]] = {
        **database.bounds(),
        "preserve_insertion_order": False,
        "temp_directory": str(leftovers.spill_folder(path)),
        # A candidate's features are joined in the order that is written: it is chosen for the time
        # and the memory that it takes, and DuckDB would choose another (docs/decisions/0013).
        "disabled_optimizers": "join_order",
    }
    try:
        connection = database.connect(path, settings=settings)
    except duckdb.Error as problem:
        raise WarehouseError(database.refusal(path, problem)) from problem
    try:
        database.limit_memory(connection, TRAINING_SHARE)
        missing = _missing_of_build(connection)
    except duckdb.Error as problem:
        missing = str(problem).splitlines()[0]
    if missing:
        connection.close()
        raise WarehouseError(
            f"{path} is not a finished build ({missing}); run dbt build again and mend what it "
            "reports."
        )
    return connection


def _missing_of_build(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What dbt has not done, or not well, in words; None where all is done.

    macros/unfinished.sql keeps the list.
    """
    if not _has_list(connection, "unfinished"):
        return "dbt has built nothing in it"
    n, node = connection.execute("select count(*), min(node) from raw.unfinished").fetchall()[0]
    if n:
        name = node.split(".")[2]
        return f"{n} of its models and tests are still to be made or to pass, such as {name}"
    connection.execute("select 1 from main.settings limit 1")
    return None


def _has_list(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = ?", [name]
    )
    return bool(found.fetchall()[0][0])


def count_untested(connection: duckdb.DuckDBPyConnection) -> int:
    """How many data tests have not passed since the tables that they look at were made.

    None that is known of in a build by an earlier version.
    """
    if not _has_list(connection, "untested"):
        return 0
    return int(connection.execute("select count(*) from raw.untested").fetchall()[0][0])


def read_settings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The dbt vars of the build, by name, as text."""
    rows = connection.execute("select var_name, setting from settings order by var_name").fetchall()
    return {str(name): str(setting) for name, setting in rows}


def number(settings: dict[str, str], name: str) -> float:
    """A var that is a number.

    Raises
    ------
    WarehouseError
        If the build has none of this name.
    """
    if name not in settings:
        raise WarehouseError(
            f"the build is by an earlier version, without the var {name}; run dbt build again."
        )
    return float(json.loads(settings[name]))


def purchase_grains(settings: dict[str, str]) -> list[str]:
    """The var purchase_grain as a list."""
    grains = json.loads(settings["purchase_grain"])
    return [grains] if isinstance(grains, str) else list(grains)


def read_windows(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Rows of `windows` in the order of window_id, and the planned ones that history can't fill.

    Returns
    -------
    DataFrame
        window_id, cutoff_on, n_label_days, n_history_days, is_backtest, is_left_out.

    Raises
    ------
    WarehouseError
        If history fills none of them.
    """
    windows = connection.execute(
        """
        select planned.window_id, planned.cutoff_on,
               planned.label_until - planned.cutoff_on as n_label_days,
               planned.n_history_days, planned.is_backtest,
               windows.window_id is null as is_left_out
        from windows_planned as planned
        left join windows on planned.window_id = windows.window_id
        order by planned.window_id
        """
    ).df()
    if windows["is_left_out"].all():
        raise WarehouseError(
            f"there are {windows['n_history_days'].max()} days of history, fewer than the var "
            "min_history_days asks for; lower it, or use a longer file of purchases."
        )
    return windows


def read_classes(connection: duckdb.DuckDBPyConnection, window_id: int) -> Classes:
    """The popular articles of a window, from its history."""
    rows = connection.execute(
        """
        select article_key, buyer_share from abt_classes
        where window_id = ?
        order by source_rank
        """,
        [window_id],
    ).fetchnumpy()
    return Classes(
        np.asarray(rows["article_key"], np.int64), np.asarray(rows["buyer_share"], np.float64)
    )


def read_best_sellers(connection: duckdb.DuckDBPyConnection, window_id: int) -> IntArray:
    """Article keys of a window's best sellers, the best first; at least twelve, sold or not.

    Raises
    ------
    WarehouseError
        If articles.csv has fewer than twelve articles.
    """
    found = connection.execute(
        "select article_key from cand_popular_overall where window_id = ? order by source_rank",
        [window_id],
    ).fetchnumpy()["article_key"]
    if len(found) < 12:
        raise WarehouseError(
            f"articles has {len(found)} usable rows, and a recommendation is a list of twelve; "
            "add articles."
        )
    return np.asarray(found, np.int64)


def read_for_everyone(
    connection: duckdb.DuckDBPyConnection, window_id: int, tables: Mapping[str, str]
) -> dict[str, IntArray]:
    """Lists of articles that are the same for every customer of a window.

    Parameters
    ----------
    tables
        By name, the table of the list: window_id, source_rank, article_key.

    Returns
    -------
    dict of int64 arrays
        By name, (12,) article keys, best first; the best sellers fill up what is short.

    Raises
    ------
    WarehouseError
        If articles.csv has fewer than twelve articles.
    """
    overall = read_best_sellers(connection, window_id)
    lists = {}
    for name, table in tables.items():
        found = connection.execute(
            f"select article_key from {table} where window_id = ? order by source_rank limit ?",
            [window_id, LIST_LENGTH],
        ).fetchnumpy()["article_key"]
        lists[name] = merge_lists(np.asarray(found, np.int64)[None, :], overall)[0]
    return lists


def count_pairs(connection: duckdb.DuckDBPyConnection, window_id: int) -> int:
    """How many candidates a window's customers have."""
    found = connection.execute("select count(*) from candidates where window_id = ?", [window_id])
    return int(found.fetchall()[0][0])


def customer_shards(
    connection: duckdb.DuckDBPyConnection, window_id: int, most_customers: int, most_pairs: int
) -> list[tuple[int, int]]:
    """Ranges of customer_key, first and last, that split a window's customers into shards.

    Parameters
    ----------
    window_id
        Which window.
    most_customers
        Customers of a shard, at most.
    most_pairs
        Candidates of a shard, if each customer had as many as the mean.
    """
    n_customers = connection.execute(
        "select count(*) from window_customers where window_id = ?", [window_id]
    ).fetchall()[0][0]
    n_pairs = count_pairs(connection, window_id)
    size = min(most_customers, most_pairs * n_customers // max(n_pairs, 1)) or 1
    rows = connection.execute(
        """
        select min(customer_key) as first_key, max(customer_key) as last_key
        from (
            select customer_key, (row_number() over (order by customer_key) - 1) // ? as shard
            from window_customers
            where window_id = ?
        )
        group by shard
        order by shard
        """,
        [size, window_id],
    ).fetchall()
    return [(int(first), int(last)) for first, last in rows]


def read_frames(
    connection: duckdb.DuckDBPyConnection,
    window_id: int,
    grains: list[str],
    keys: tuple[int, int] | None = None,
    customer_columns: str = "*",
) -> Frames:
    """The abt rows of a window's customers, or of those with customer_key from one to another.

    Parameters
    ----------
    window_id
        Which window.
    grains
        The purchase grains of which rows are read.
    keys
        First and last customer_key; None for all.
    customer_columns
        Which columns of abt_customers.
    """
    first, last = keys or (0, 2**31 - 1)
    scope = "window_id = ? and customer_key between ? and ?"

    def select(what: str, *more: object) -> pd.DataFrame:
        return connection.execute(what, [window_id, first, last, *more]).df()

    return Frames(
        window_id=window_id,
        customers=select(
            f"select {customer_columns} from abt_customers where {scope} order by customer_key"
        ),
        purchases={
            grain: select(
                f"""
                select customer_key, feature_key, purchase_weight from abt_purchases
                where {scope} and purchase_grain = ?
                order by customer_key, feature_key
                """,
                grain,
            )
            for grain in grains
        },
        labels=select(
            f"""
            select customer_key, article_key from window_labels where {scope}
            order by customer_key, article_key
            """
        ),
        popular=connection.execute(
            """
            select age_band, article_key, source_rank from cand_popular_age_band
            where window_id = ? order by age_band, source_rank
            """,
            [window_id],
        ).df(),
    )


def read_own_lists(
    connection: duckdb.DuckDBPyConnection, window_id: int, customer_keys: IntArray
) -> IntArray:
    """What each customer bought, the most and latest first: the first places of cand_own_decayed.

    Parameters
    ----------
    customer_keys
        (n,) ascending.

    Returns
    -------
    int64 array
        (n, 12) article keys; EMPTY (-1) where a customer bought fewer articles.
    """
    lists = np.full((len(customer_keys), LIST_LENGTH), EMPTY, np.int64)
    if not len(customer_keys):
        return lists
    found = connection.execute(
        """
        select customer_key, source_rank, article_key from cand_own_decayed
        where window_id = ? and customer_key between ? and ? and source_rank <= ?
        """,
        [window_id, int(customer_keys[0]), int(customer_keys[-1]), LIST_LENGTH],
    ).fetchnumpy()
    keys = np.asarray(found["customer_key"], np.int64)
    rows = np.minimum(np.searchsorted(customer_keys, keys), len(customer_keys) - 1)
    kept = customer_keys[rows] == keys
    places = np.asarray(found["source_rank"], np.int64) - 1
    lists[rows[kept], places[kept]] = np.asarray(found["article_key"], np.int64)[kept]
    return lists


def read_slices(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Which slices of the evaluation each customer of a backtest window belongs to."""
    return connection.execute(
        f"""
        select window_id, customer_key, {", ".join(columns.SLICES)}
        from abt_customers
        where window_id in (select window_id from windows where is_backtest)
        order by window_id, customer_key
        """
    ).df()


def read_article_ids(connection: duckdb.DuckDBPyConnection) -> npt.NDArray[np.object_]:
    """article_id by article_key: element 0 is not used, keys start at 1."""
    ids = connection.execute("select article_id from stg_articles order by article_key").fetchall()
    return np.array([None, *(row[0] for row in ids)], dtype=object)


def read_customer_keys(
    connection: duckdb.DuckDBPyConnection, customer_ids: list[str]
) -> tuple[IntArray, int]:
    """The customer_key of each of these customers, and the highest key that any customer has.

    Returns
    -------
    int64 array, int
        (n_customer_ids,); 0, which is nobody's, of who is not in stg_customers.
    """
    ids = pa.array(customer_ids, pa.string())
    wanted = pa.table({"place": np.arange(len(customer_ids)), "customer_id": ids})
    connection.register("wanted", wanted)
    found = connection.execute(
        """
        select wanted.place, customers.customer_key
        from wanted
        inner join stg_customers as customers on wanted.customer_id = customers.customer_id
        """
    ).fetchnumpy()
    connection.unregister("wanted")
    keys = np.zeros(len(customer_ids), np.int64)
    keys[found["place"]] = found["customer_key"]
    highest = connection.execute("select coalesce(max(customer_key), 0) from stg_customers")
    return keys, int(highest.fetchall()[0][0])


def clear_predictions(
    connection: duckdb.DuckDBPyConnection, scored_again: Sequence[int] | None = None
) -> None:
    """Empty the predictions tables, but for the list of runs.

    Parameters
    ----------
    connection
        The build.
    scored_again
        The windows that a backtest of what is published will score: then what is of window 0 stays,
        and so do the scores of customers in other windows, with which the next run is compared.
    """
    for table in PREDICTIONS:
        if table == "runs":
            continue
        if scored_again is None:
            connection.execute(f"delete from predictions.{table}")
        elif table == "customer_scores":
            connection.execute(
                "delete from predictions.customer_scores where list_contains(?, window_id)",
                [list(scored_again)],
            )
        elif table != "drift":
            connection.execute(
                f"delete from predictions.{table} where window_id is distinct from 0"
            )


def read_build_id(connection: duckdb.DuckDBPyConnection, catalog: str = "") -> str:
    """The run of dbt that made the tables; catalog is empty, or the database's name and a dot."""
    return str(connection.execute(f"select build_id from {catalog}raw.build").fetchall()[0][0])


def read_inputs(connection: duckdb.DuckDBPyConnection) -> str:
    """The rows of input_files, as JSON."""
    return str(
        connection.execute(
            "select to_json(list(input_files order by file_name)) from input_files"
        ).fetchall()[0][0]
    )


def write_predictions(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame
) -> None:
    """Add rows to a table of the schema predictions; columns are matched by name."""
    connection.register("new_rows", rows)
    connection.execute(f"insert into predictions.{table} by name select * from new_rows")
    connection.unregister("new_rows")


def close_build_file(connection: duckdb.DuckDBPyConnection) -> None:
    """Close the file so that all that was written is in it.

    Left to itself DuckDB says nothing where the disk has no room to move its log into the file.
    """
    connection.execute("checkpoint")
    connection.close()
