"""Write a made-up data set in the form of the competition's files.

    python -m models_py.demo_data --customers 40000 --out data/demo

The files have the columns, the value names and the oddities of the real ones, and the figures of
the real ones where those are published; `--report` compares the two. The same number of customers
and seed give the same bytes, whatever the number of threads (with one version of DuckDB, whose
hash function the draws come from).
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import duckdb

from models_py import (
    data_files,
    database,
    demo_catalogue,
    demo_customers,
    demo_purchases,
    demo_report,
    demo_shares,
    demo_weeks,
    run_lock,
)
from models_py.run_lock import InUseError

FORMATS = ("csv", "csv.gz", "parquet")
TABLES = ("articles", "customers", "transactions_train", "sample_submission")
MIN_CUSTOMERS = 50
# Folder for what is not yet whole, in the one that is written.
SCRATCH = ".demo-data.tmp"

_SUBMISSION = """
select
    customer_id,
    (select string_agg(article_id, ' ' order by article_id)
        from (select article_id from articles order by article_id limit 12)) as prediction
from customers
order by customer_no
"""


def generate(
    out: Path,
    n_customers: int,
    seed: int = 1,
    file_format: str = "csv",
    memory_limit: str = "6GB",
    threads: int | None = None,
) -> None:
    """Write the four files into the folder `out`, replacing what is there once all are whole.

    Raises ValueError for fewer than 50 customers, an unknown format, an `out` that is a file or
    holds the tables in another format, or a memory limit that DuckDB doesn't understand; InUseError
    while another process writes into `out`.
    """
    check_memory_limit(memory_limit)
    if n_customers < MIN_CUSTOMERS:
        raise ValueError(f"--customers must be {MIN_CUSTOMERS} or more, found {n_customers}.")
    if file_format not in FORMATS:
        raise ValueError(f"--format must be one of {', '.join(FORMATS)}, found {file_format}.")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out must be a folder, and {out} is a file.")
    other = data_files.of_other_ending(out, TABLES, f".{file_format}")
    if other is not None:
        raise ValueError(f"{other} exists: remove it, or name another folder.")
    scratch = out / SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)
    run_lock.hold(scratch, "demo_data")
    try:
        # What a killed run left.
        _clear(scratch)
        con = _connect(scratch, memory_limit, threads)
        try:
            written = _write_files(con, scratch, n_customers, seed, file_format)
        finally:
            con.close()
        for path in written:
            os.replace(path, out / path.name)
    finally:
        _clear(scratch)
        # The lock with it, before somebody else can take it.
        shutil.rmtree(scratch, ignore_errors=True)
        run_lock.release(scratch)


def check_memory_limit(memory_limit: str) -> None:
    """Raise ValueError where DuckDB would not understand it."""
    if database.bytes_of(memory_limit) is None:
        raise ValueError(f"--memory-limit must be a size such as 6GB, found {memory_limit}.")


def _clear(scratch: Path) -> None:
    """Remove what is in the scratch folder but for its lock."""
    for path in scratch.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != run_lock.LOCK_NAME:
            path.unlink(missing_ok=True)


def _connect(
    folder: Path, memory_limit: str, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database file in the scratch folder, so that tables may leave memory."""
    con = database.connect(folder / "work.duckdb", settings={"memory_limit": memory_limit})
    con.execute("set temp_directory = ?", [str(folder / "spill")])
    con.execute("set enable_progress_bar = false")
    if threads is not None:
        con.execute(f"set threads = {int(threads)}")
    return con


def _write_files(
    con: duckdb.DuckDBPyConnection, folder: Path, n_customers: int, seed: int, file_format: str
) -> list[Path]:
    """Build all tables, write the four files into the scratch folder and list them."""
    demo_shares.create_macros(con, seed)
    demo_catalogue.build_catalogue(con, n_customers)
    demo_weeks.build_weeks(con, n_customers)
    demo_customers.build_customers(con, n_customers, seed)
    # the real file has 352,899 postal codes for 1,371,980 customers
    customers = demo_customers.WRITE_CUSTOMERS.format(n_addresses=max(1, n_customers * 353 // 1372))
    queries = {
        "articles": demo_catalogue.articles_file(),
        "customers": customers,
        "sample_submission": _SUBMISSION,
    }
    extension = "parquet" if file_format == "parquet" else "csv"
    files = {table: folder / f"{table}.{extension}" for table in TABLES}
    for table, query in queries.items():
        _copy(con, query, files[table])
    parts = []
    for number in demo_purchases.periods(con, n_customers):
        part = folder / f"part-{number:03d}.{extension}"
        _copy(con, demo_purchases.WRITE_PURCHASES, part, header=number == 0)
        parts.append(part)
    _join_parts(con, parts, files["transactions_train"])
    if file_format == "csv.gz":
        return [_compress(path) for path in files.values()]
    return list(files.values())


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, header: bool = True) -> None:
    """Write the rows of a query to a CSV or parquet file."""
    options = (
        "format parquet, row_group_size 122880"
        if path.suffix == ".parquet"
        else f"format csv, header {str(header).lower()}"
    )
    con.execute(f"copy ({query}) to '{path.as_posix().replace(chr(39), chr(39) * 2)}' ({options})")


def _join_parts(con: duckdb.DuckDBPyConnection, parts: Sequence[Path], path: Path) -> None:
    """Join the parts of a table, which are in order, to one file; the parts are removed."""
    if path.suffix == ".parquet":
        names = ", ".join(f"'{p.as_posix().replace(chr(39), chr(39) * 2)}'" for p in parts)
        _copy(con, f"select * from read_parquet([{names}])", path)
    else:
        with path.open("wb") as whole:
            for part in parts:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole, 1 << 22)
                part.unlink()
    for part in parts:
        part.unlink(missing_ok=True)


def _compress(path: Path) -> Path:
    """Compress a file, without the time and name that would make equal data differ."""
    packed = path.with_name(path.name + ".gz")
    with (
        path.open("rb") as plain,
        packed.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=raw, mtime=0) as pack,
    ):
        shutil.copyfileobj(plain, pack, 1 << 22)
    path.unlink()
    return packed


class _Parser(argparse.ArgumentParser):
    """A parser that states wrong use in one sentence, as the rest of the command does."""

    def error(self, message: str) -> NoReturn:
        """Raise ValueError in place of printing the usage and leaving."""
        raise ValueError(f"Wrong use: {message}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when done, 2 for wrong use, 3 when it failed, 130 interrupted."""
    parser = _Parser(
        prog="python -m models_py.demo_data", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--customers", type=int, default=40_000, help="number of customers")
    parser.add_argument("--out", type=Path, help="folder to write the files into")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other data")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="form of the files")
    parser.add_argument(
        "--memory-limit",
        default="6GB",
        help="memory that DuckDB may use; at full size, 1GB or more",
    )
    parser.add_argument("--report", type=Path, help="compare the files of this folder, write none")
    try:
        options = parser.parse_args(arguments)
        if options.report is not None and options.out is not None:
            raise ValueError("--report reads a folder and --out writes one: give one of the two.")
        folder = options.report or options.out
        if folder is None:
            raise ValueError("--out is missing: name the folder to write the files into.")
        check_memory_limit(options.memory_limit)
        if options.report is None:
            generate(folder, options.customers, options.seed, options.format, options.memory_limit)
        print(demo_report.as_text(demo_report.report(folder, options.memory_limit)))
    except (ValueError, InUseError) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:
        print(f"The demo data failed: {str(error).splitlines()[0]}", file=sys.stderr)
        return 3
    except (KeyboardInterrupt, RuntimeError) as error:
        if not database.is_interruption(error):
            raise
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
