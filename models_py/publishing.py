"""The published files: what the last run left there, and how the next one takes their place."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from models_py import database, leftovers, replacing
from models_py.warehouse import (
    FILE_NAME,
    WarehouseError,
    build_file,
    published_file,
    read_build_id,
)

SCORES = ["window_id", "customer_key", "ap"]
LATEST_RUN = (
    "select {columns} from {catalog}predictions.runs where is_published order by started_at desc"
)


@dataclass(frozen=True)
class Published:
    """What the last published file says that matters to the next run.

    Attributes
    ----------
    runs
        Its list of runs, in no order.
    build_id
        The run of dbt that made its tables; None where it does not say.
    run_id, cutoff_on
        Which run is published, and the first day that it predicted; None where there is none.
    profile
        measure and measured_value of its input_profile.
    days
        sold_on and n_rows of its purchase_days.
    scores
        The average precision of its exported lists, on windows and customers that this build has
        too: window_id and customer_key of this build, ap.
    """

    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    build_id: str | None = None
    run_id: str | None = None
    cutoff_on: object = None
    profile: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"measure": [], "measured_value": []})
    )
    days: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {"sold_on": pd.Series(dtype="datetime64[us]"), "n_rows": pd.Series(dtype="int64")}
        )
    )
    scores: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SCORES))


def read_published(connection: duckdb.DuckDBPyConnection, out_dir: Path) -> Published:
    """Read what the last published file says; nothing where there is none, or none of a run.

    Keys can be others in each build, so windows are matched by their days and customers by their
    id. A file that can't be read, or is of a version without what is needed, counts as none.

    Parameters
    ----------
    connection
        The build, outside of a transaction.
    out_dir
        Folder of the published file.
    """
    if not published_file(out_dir).is_file():
        return Published()
    try:
        with _attached(connection, out_dir):
            return _read(connection)
    except duckdb.Error as problem:
        print(
            f"{published_file(out_dir)} can't be compared with "
            f"({str(problem).splitlines()[0]}): this run counts as the first."
        )
        return Published()


@contextlib.contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, out_dir: Path) -> Iterator[None]:
    """The published file as the database `published`, read-only.

    Somebody may have it open for writing, as DuckDB's command line does: then a copy is read.
    """
    path, copy = published_file(out_dir), out_dir / f".{FILE_NAME}.last"
    attach = "attach '{}' as published (read_only)"
    try:
        try:
            connection.execute(attach.format(_quoted(path)))
        except duckdb.IOException as problem:
            if not database.is_for_a_lock(str(problem)):
                raise
            copy.unlink(missing_ok=True)
            # What nobody else may read, nobody else may read in the copy.
            replacing.create(copy, path)
            shutil.copyfile(path, copy)
            connection.execute(attach.format(_quoted(copy)))
        try:
            yield
        finally:
            connection.execute("detach published")
    finally:
        copy.unlink(missing_ok=True)


def _read(connection: duckdb.DuckDBPyConnection) -> Published:
    says_build = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'published' and schema_name = 'raw' "
        "and table_name = 'build'"
    ).fetchone()
    build_id = read_build_id(connection, "published.") if says_build else None
    latest = connection.execute(
        LATEST_RUN.format(columns="run_id, cutoff_on, system", catalog="published.")
    ).fetchone()
    if latest is None:
        return Published(build_id=build_id)
    run_id, cutoff_on, system = latest
    scores = connection.execute(
        """
        select windows.window_id, customers.customer_key, scores.average_precision as ap
        from published.predictions.customer_scores as scores
        join published.main.windows as their_windows using (window_id)
        join main.windows as windows
            on windows.cutoff_on = their_windows.cutoff_on
            and windows.label_until = their_windows.label_until
        join published.main.stg_customers as their_customers
            on scores.customer_key = their_customers.customer_key
        join main.stg_customers as customers
            on their_customers.customer_id = customers.customer_id
        where scores.system = ? and windows.is_backtest
        """,
        [system],
    ).df()
    return Published(
        connection.execute("select * from published.predictions.runs").df(),
        build_id,
        run_id,
        cutoff_on,
        connection.execute("select measure, measured_value from published.main.input_profile").df(),
        connection.execute("select sold_on, n_rows from published.main.purchase_days").df(),
        scores,
    )


def carry_over(connection: duckdb.DuckDBPyConnection, runs: pd.DataFrame) -> None:
    """Bring the list of runs up to date with that of the published file, which has the last word.

    Parameters
    ----------
    connection
        The build.
    runs
        `Published.runs`.
    """
    if runs.empty:
        return
    connection.register("their_runs", runs)
    connection.execute(
        "delete from predictions.runs where started_at in (select started_at from their_runs)"
    )
    known = connection.execute("select * from predictions.runs limit 0").description or []
    columns = ", ".join(name for name, *_ in known if name in runs.columns)
    connection.execute(
        f"insert into predictions.runs by name select {columns} from their_runs order by started_at"
    )
    connection.unregister("their_runs")


def is_published_run(connection: duckdb.DuckDBPyConnection, published: Published) -> bool:
    """Whether the build holds the tables and the predictions of the published file."""
    build_id = read_build_id(connection)
    latest = connection.execute(
        "select run_id from predictions.runs where build_id = ? order by started_at desc limit 1",
        [build_id],
    ).fetchone()
    run_id = None if latest is None else latest[0]
    return (published.build_id, published.run_id) == (build_id, run_id)


def publish(out_dir: Path, run_id: str | None = None, *others: Path) -> None:
    """Put a copy of the build file in the place of the published one, in one step.

    A reader that has the old file open keeps reading it; the next to open sees the new one. What
    the schema raw has of the input files stays behind: it is of use only beside these.

    Everything is whole and on the disk before the first file takes its place. hm.duckdb goes
    first: from then on the run is published, and its row in predictions.runs has the SHA-256 of
    the others, which a run that is killed in between leaves as they were.

    Parameters
    ----------
    out_dir
        Folder of both files, which this process holds (run_lock).
    run_id
        The run, in predictions.runs, that is published; None where it stays the same one.
    others
        Files to be replaced after it, whose new ones are written (see `replacing.begin`).

    Raises
    ------
    WarehouseError
        If what is on the disk is not what was written. Nothing is changed then.
    """
    target, build = published_file(out_dir), build_file(out_dir)
    log = build.with_name(f"{build.name}.wal")
    if log.exists():
        # DuckDB could not bring its log into the file, and does not say so when it closes it.
        raise WarehouseError(
            f"{log} could not be written into the file beside it (is the disk full?); run "
            "python -m models_py.train again."
        )
    unfinished = replacing.begin(target)
    # A log that a killed run left would be taken for that of the new file.
    leftovers.clear_log(unfinished)
    shutil.copyfile(build, unfinished)
    with database.connect(unfinished) as connection:
        build_id = read_build_id(connection)
        connection.execute("drop schema raw cascade")
        connection.execute("create schema raw")
        connection.execute("create table raw.build (build_id varchar)")
        connection.execute("insert into raw.build values (?)", [build_id])
        if run_id is not None:
            connection.execute(
                "update predictions.runs set is_published = true where run_id = ?", [run_id]
            )
        connection.execute("checkpoint")
    leftovers.clear_log(target)
    replacing.put(target, *others)


def stray_file(connection: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    """A sentence where submission.csv is not there or is of another run; None where all is well.

    Parameters
    ----------
    connection
        The published file.
    path
        submission.csv.
    """
    latest = connection.execute(
        LATEST_RUN.format(columns="submission_sha256", catalog="")
    ).fetchone()
    if latest is None or (path.is_file() and sha256(path) == latest[0]):
        return None
    return (
        f"{path} is not the one of the run in {path.parent / FILE_NAME}, whose SHA-256 is in "
        "predictions.runs; run python -m models_py.train again."
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
