"""A user's mistake: one sentence of what and where, exit status 2, and nothing is lost.

Four tables: MISTAKES, files that stop the run; TOO_MANY, those with too many refused rows; ROWS,
rows that are refused, or kept, one by one; FORMS, other ways to write a good file. Most cases run
in one process of dbt (``ManyBuilds``), which does what the command does; a few run the command.
"""

import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models_py.submission import read_submission
from tests.dbt import runs
from tests.dbt.many_builds import ManyBuilds

ARTICLES = """
    select
        '0' || lpad((100000000 + i)::varchar, 9, '0') as article_id,
        (100000 + i // 2)::varchar as product_code,
        'Name ' || i as prod_name,
        'Upper body' as product_group_name,
        'Trousers' as product_type_name,
        'Solid' as graphical_appearance_name,
        'Black' as colour_group_name,
        'Black' as perceived_colour_master_name,
        'Basics' as department_name,
        'Ladieswear' as index_group_name,
        'Womens' as section_name,
        'Jersey' as garment_group_name
    from range(20) as r(i)
"""
CUSTOMERS = """
    select
        'customer' || i as customer_id, '1.0' as FN, null as Active,
        'ACTIVE' as club_member_status, 'NONE' as fashion_news_frequency,
        (20 + i)::varchar as age, 'p' || i as postal_code
    from range(10) as r(i)
"""
PURCHASES = """
    select
        ('2020-01-01'::date + (i % 28)::int)::varchar as t_dat,
        'customer' || (i % 10) as customer_id,
        '0' || lpad((100000000 + (i * 7) % 20)::varchar, 9, '0') as article_id,
        '0.05' as price,
        '2' as sales_channel_id
    from range(280) as r(i)
"""


def make(folder: Path) -> Path:
    return runs.write_inputs(
        folder,
        {"articles": ARTICLES, "customers": CUSTOMERS, "transactions_train": PURCHASES},
    )


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / f"{name}.csv"
        path.write_text(change(path.read_text()))

    return apply


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / f"{name}.csv").unlink()


def every(column: int, value: str) -> Callable[[str], str]:
    """Give one column of every row, but the header, the same value."""

    def change(text: str) -> str:
        lines = [line.split(",") for line in text.splitlines()]
        for line in lines[1:]:
            line[column] = value
        return "\n".join(",".join(line) for line in lines) + "\n"

    return change


def recode(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / f"{name}.csv"
        path.write_bytes(change(path.read_bytes()))

    return apply


def compressed(
    name: str, change: Callable[[bytes], bytes], ending: str = "gz"
) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / f"{name}.csv"
        content = path.read_bytes()
        path.unlink()
        whole = gzip.compress(content) if ending == "gz" else bytes(pa.compress(content, "zstd"))
        path.with_suffix(f".csv.{ending}").write_bytes(change(whole))

    return apply


def renamed(name: str, ending: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / f"{name}.csv").rename(folder / f"{name}.{ending}")

    return apply


def in_parquet(select: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "transactions_train.csv"
        with duckdb.connect() as connection:
            connection.read_csv(str(path), all_varchar=True).create_view("purchases")
            connection.sql(select).write_parquet(str(path.with_suffix(".parquet")))
        path.unlink()

    return apply


def folder_of(name: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / f"{name}.csv"
        rows = path.read_bytes()
        path.unlink()
        path.mkdir()
        (path / "part-0.csv").write_bytes(rows)

    return apply


def twice(folder: Path) -> None:
    text = (folder / "articles.csv").read_bytes()
    (folder / "articles.csv.gz").write_bytes(gzip.compress(text))


@dataclass(frozen=True)
class Mistake:
    name: str
    spoil: Callable[[Path], None]
    sentence: str
    variables: str = "{}"


def nothing(folder: Path) -> None:
    pass


ATTRIBUTE = (
    "{{taste_attributes: {{colour_group: colour_group_name, department: department_name, "
    "graphical_appearance: graphical_appearance_name, product_type: product_type_name, "
    "index_group: index_group_name, '{}': prod_name}}}}"
)
MISTAKES = [
    Mistake("no file", remove("customers"), r"there is no customers .*put it there"),
    Mistake("two files", twice, r"articles\.csv and .*articles\.csv\.gz are both there; keep one"),
    Mistake("empty", edit("articles", lambda t: ""), r"articles\.csv: the file is empty"),
    Mistake(
        "header alone",
        edit("transactions_train", lambda t: t.splitlines()[0] + "\n"),
        r"transactions_train\.csv: there is a header but no row",
    ),
    Mistake(
        "no column",
        edit("transactions_train", lambda t: t.replace("price", "cost", 1)),
        r"transactions_train\.csv: column price is missing \(found: .*cost.*\); add it",
    ),
    Mistake(
        "two columns less",
        edit("articles", lambda t: t.replace("index_group_name", "x").replace("product_code", "y")),
        r"articles\.csv: columns product_code, index_group_name are missing",
    ),
    Mistake(
        "days are text",
        edit("transactions_train", every(0, "22/09/2020")),
        r"column t_dat holds \"22/09/2020\" where a day in the form yyyy-mm-dd is needed",
    ),
    Mistake(
        "prices are text",
        edit("transactions_train", every(3, "cheap")),
        r"column price holds \"cheap\" where a number is needed",
    ),
    Mistake(
        "decimal commas",
        edit("transactions_train", every(3, '"3,23"')),
        r"column price holds \"3,23\" where a number is needed \(with a point, not a comma\)",
    ),
    Mistake(
        "ages are text",
        edit("customers", every(5, "young")),
        r"customers\.csv: column age holds \"young\" where a number of years is needed",
    ),
    Mistake("a folder", folder_of("articles"), r"articles\.csv is a folder; put one file"),
    Mistake(
        "semicolons",
        edit("transactions_train", lambda t: t.replace(",", ";")),
        r"transactions_train\.csv: the columns are separated by semicolons; write",
    ),
    Mistake(
        "tabs",
        edit("customers", lambda t: t.replace(",", "\t")),
        r"customers\.csv: .*separated by tabs; write",
    ),
    Mistake(
        "bars",
        edit("articles", lambda t: t.replace(",", "|")),
        r"articles\.csv: .*separated by bars; write",
    ),
    Mistake(
        "no header",
        edit("customers", lambda t: t.split("\n", 1)[1]),
        r"customers\.csv: columns customer_id, .* are missing \(found: customer0",
    ),
    Mistake(
        "empty first line",
        edit("articles", lambda t: "\n" + t),
        r"articles\.csv: the first line is empty",
    ),
    Mistake(
        "header of another case with a name twice",
        edit("transactions_train", lambda t: t.replace("price", "price,PRICE", 1)),
        r"column price is there more than once; keep one",
    ),
    Mistake(
        "quote in header",
        edit("articles", lambda t: t.replace("prod_name", '"prod_name', 1)),
        r"articles\.csv: the first line, .* is not a header",
    ),
    Mistake(
        "UTF-16",
        recode("articles", lambda b: b.decode().encode("utf-16")),
        r"articles\.csv: the first line.*UTF-8",
    ),
    Mistake(
        "a zip file",
        recode("articles", lambda b: b"PK\3\4\0\0" + bytes(range(256))),
        r"articles\.csv: the first line.*UTF-8",
    ),
    Mistake(
        "gzip cut off",
        compressed("transactions_train", lambda b: b[: len(b) // 2]),
        r"transactions_train\.csv\.gz: the compressed file is cut off or damaged .*compress",
    ),
    Mistake(
        "gzip without its end",
        compressed("transactions_train", lambda b: b[:-3]),
        r"transactions_train\.csv\.gz: .*cut off or damaged",
    ),
    Mistake(
        "gzip with another letter in it",
        compressed("transactions_train", lambda b: b[:-8] + bytes([b[-8] ^ 1]) + b[-7:]),
        r"transactions_train\.csv\.gz: .*cut off or damaged",
    ),
    Mistake(
        "gzip in name alone",
        compressed("customers", gzip.decompress),
        r"customers\.csv\.gz: this is no whole gzip file; write",
    ),
    Mistake(
        "zstd cut off",
        compressed("transactions_train", lambda b: b[: len(b) // 2], "zst"),
        r"transactions_train\.csv\.zst: the compressed file is cut off or damaged .*compress",
    ),
    Mistake(
        "zstd in name alone",
        renamed("customers", "csv.zst"),
        r"customers\.csv\.zst: this is no whole zstd file",
    ),
    Mistake(
        "instants instead of days",
        in_parquet("select * replace (cast(t_dat as timestamptz) as t_dat) from purchases"),
        r"transactions_train\.parquet: column t_dat has a time zone, .*; write it as a date",
    ),
    Mistake(
        "parquet in name alone",
        renamed("articles", "parquet"),
        r"articles\.parquet: this is no whole parquet file",
    ),
    Mistake(
        "prices with decimal commas",
        edit("transactions_train", every(3, '"0,05"')),
        r"column price holds \"0,05\" where a number",
    ),
    Mistake(
        "prices with decimal commas and no quotes",
        edit("transactions_train", lambda t: t.replace("0.05", "0,05")),
        r"none of its 280 rows can be read: too many columns \(280 rows, such as line 2, .*mend",
    ),
    Mistake(
        "not a word in UTF-8",
        recode("customers", lambda b: b.replace(b"\ncustomer", b"\nc\xfcstomer")),
        r"customers\.csv: none of its 10 rows can be read: not UTF-8 \(10 rows, .*xFC",
    ),
    Mistake(
        "channels are words",
        edit("transactions_train", every(4, "shop")),
        r"column sales_channel_id holds \"shop\" where 1 \(shop\) or 2",
    ),
    Mistake(
        "earliest day",
        nothing,
        r"earliest_day is \"1.1.1990\"; set it to a day",
        "{earliest_day: 1.1.1990}",
    ),
    Mistake("as_of early", nothing, r"as_of is 2019-12-31.*set it to", "{as_of: 2019-12-31}"),
    Mistake("as_of late", nothing, r"as_of is 2020-03-01.*set it to one of", "{as_of: 2020-03-01}"),
    Mistake("as_of no day", nothing, r"as_of is .*yyyy-mm-dd", "{as_of: '2020-13-01'}"),
    Mistake(
        "grain",
        nothing,
        r"purchase_grain is \"shelf\"; set it to one or a list of colour_group",
        "{purchase_grain: shelf}",
    ),
    Mistake("var", nothing, r"'horizon' is not a var of this project; known are", "{horizon: 7}"),
    Mistake("horizon", nothing, r"horizon_days is 0; set it to a whole", "{horizon_days: 0}"),
    Mistake(
        "span",
        nothing,
        r"best_seller_days is 5; set it to one of popularity_days",
        "{best_seller_days: 5}",
    ),
    Mistake(
        "spans",
        nothing,
        r"popularity_days is \[7\]; set it to a list .* with 1, 3, 7 and 28",
        "{popularity_days: [7]}",
    ),
    Mistake(
        "spans, one twice",
        nothing,
        r"popularity_days is \[1, 3, 7, 28, 28\]; set it to a list of different whole numbers",
        "{popularity_days: [1, 3, 7, 28, 28]}",
    ),
    Mistake(
        "decay, one twice",
        nothing,
        r"decay_days is \[14, 126, 126\]; set it to a list of different whole numbers",
        "{decay_days: [14, 126, 126]}",
    ),
    Mistake(
        "price beyond all",
        nothing,
        r"max_price is 1000000000000; set it to a whole number .* and at most 1000000000",
        "{max_price: 1000000000000}",
    ),
    *[
        Mistake(
            f"attribute {name}",
            nothing,
            rf"set it to other names than '{name}': small letters",
            ATTRIBUTE.format(name),
        )
        for name in ("product", "prod_name", "garment-group", "order")
    ],
    Mistake(
        "sources",
        nothing,
        r"candidate_sources is .*; set it to a mapping with at least",
        "{candidate_sources: {own_decayed: {for: customer, most: 12}}}",
    ),
]


COMMANDS = {"no file", "as_of no day"}


def query(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_build_says_what_is_wrong_and_changes_nothing(
    mistake: Mistake, builds: ManyBuilds, tmp_path: Path
) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    mistake.spoil(data)
    out.mkdir()
    published = {out / "hm.duckdb": b"the last good file", out / "submission.csv": b"and list"}
    for path, content in published.items():
        path.write_bytes(content)
    dbt = runs.dbt if mistake.name in COMMANDS else builds.dbt
    done = dbt(data, out, "build", variables=mistake.variables)
    assert done.returncode == 2, done.stdout[-2000:]
    assert re.search(mistake.sentence, " ".join(done.stdout.split())), done.stdout[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
    assert all(path.read_bytes() == content for path, content in published.items())


def test_a_data_folder_whose_name_is_a_pattern(builds: ManyBuilds, tmp_path: Path) -> None:
    done = builds.dbt(make(tmp_path / "week[1]"), tmp_path / "out", "build")
    assert done.returncode == 2
    assert "week[1]' has a *, a ? or a [ in its name" in done.stdout


def test_a_data_folder_that_is_not_there(builds: ManyBuilds, tmp_path: Path) -> None:
    done = builds.dbt(tmp_path / "nowhere", tmp_path / "out", "build")
    assert done.returncode == 2
    assert "nowhere' is not there or is empty" in done.stdout


@pytest.mark.parametrize("in_the_way", [False, True])
def test_the_folder_of_results_is_made_or_it_is_said_why_not(
    in_the_way: bool, tmp_path: Path
) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "new" / "out"
    if in_the_way:
        (tmp_path / "new").write_bytes(b"a file")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "run", "--select", "windows_planned"],
        cwd=runs.ROOT, env={**runs.environment(data, tmp_path / "side"), "HM_OUT_DIR": str(out)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout
    assert (out / "hm_build.duckdb").exists() != in_the_way
    if in_the_way:
        assert done.returncode == 2
        assert f"{out}, which HM_OUT_DIR ({out}) needs, can't be made" in done.stdout


@pytest.mark.parametrize(
    "deed", ["copy (from '{0}') to '{0}' (header)", "copy (select 1) to '{0}'"]
)
def test_a_file_that_changes_during_the_build_ends_it(deed: str, tmp_path: Path) -> None:
    """Else some tables would be of the old file and some of the new one."""
    data, out = make(tmp_path / "data"), tmp_path / "out"
    project = runs.copy_of_project(tmp_path)
    settings = project / "dbt_project.yml"
    text = settings.read_text()
    # In the place of another program, after the files were looked through.
    last_hook = '  - "{{ begin_build() }}"\n'
    assert last_hook in text
    hook = deed.format(data / "customers.csv")
    settings.write_text(text.replace(last_hook, f'{last_hook}  - "{hook}"\n'))
    arguments = ("run", "--select", "stg_customers")
    done = runs.dbt(data, out, *arguments, project=project)
    assert done.returncode == 2
    assert f"{data / 'customers.csv'}: changed, or taken away, while dbt ran" in done.stdout
    assert "is not a finished build" in runs.train(data, out).stderr


def test_too_many_refused_rows_end_the_build_and_the_old_result_stays(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"

    def spoil(text: str) -> str:
        lines = text.splitlines()
        return "\n".join(lines[:1] + [f"x{line}" if i % 10 == 5 else line for i, line in
                                      enumerate(lines[1:])]) + "\n"  # fmt: skip

    edit("transactions_train", spoil)(data)
    out.mkdir()
    (out / "hm.duckdb").write_bytes(b"the last good file")
    done = builds.dbt(data, out, "build")
    assert done.returncode == 2
    words = " ".join(done.stdout.split())
    assert (
        "transactions_train.csv: 28 of 280 rows are refused, more than max_rejected_share" in words
    )
    assert "t_dat is not a day (28 rows, such as line 7, " in words
    assert (out / "hm.duckdb").read_bytes() == b"the last good file"
    trained = runs.train(data, out)
    assert trained.returncode == 2
    assert trained.stderr.count("\n") == 1
    assert (out / "hm.duckdb").read_bytes() == b"the last good file"


@dataclass(frozen=True)
class TooMany:
    name: str
    spoil: Callable[[Path], None]
    sentence: str


TOO_MANY = [
    TooMany(
        "articles without their zero",
        edit("articles", lambda t: t.replace("\n0", "\n")),
        r"train\.csv: 280 of 280 .*: article_id with other leading zeros than in articles \(280",
    ),
    TooMany(
        "articles in Latin-1",
        recode("articles", lambda b: b.replace(b"Name 1", b"N\xe4me 1")),
        r"articles\.csv: 11 of 20 .*: not UTF-8 \(11 rows, such as line 3, .*N..xE4me 1",
    ),
    TooMany(
        "prices are NaN",
        edit("transactions_train", every(3, "NaN")),
        r"price is not a number \(280 rows",
    ),
    TooMany(
        "other customers",
        edit("customers", lambda t: t.replace("customer", "c").replace("c_id", "customer_id")),
        r"unknown customer_id \(280 rows",
    ),
    TooMany(
        "a day before 1990",
        edit("transactions_train", lambda t: t.replace("2020-01-02", "1989-12-31")),
        r"t_dat is before 1990-01-01 \(10 rows",
    ),
    TooMany(
        "repeated rows",
        edit(
            "customers",
            lambda t: t + t.splitlines()[2] + "\n" + t.splitlines()[2] + "\ncustomer1,,,,,,\n",
        ),
        r"repeated row \(2 rows.*repeated customer_id with other content \(1 row,",
    ),
]


def test_a_refused_row_that_is_printed_holds_no_control_character(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    """A terminal would take it for a command."""
    data, out = make(tmp_path / "data"), tmp_path / "out"
    edit("transactions_train", every(3, "\x1b]0;title\x07"))(data)
    done = builds.dbt(data, out, "run", "--select", "+rejected_rows")
    assert done.returncode == 2
    assert "u001b]0;title" in done.stdout
    assert "\x1b]0;" not in done.stdout


@pytest.mark.parametrize("case", TOO_MANY, ids=lambda c: c.name)
def test_too_many_refused_rows_name_the_commonest_reasons(
    case: TooMany, builds: ManyBuilds, tmp_path: Path
) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    case.spoil(data)
    done = builds.dbt(data, out, "run", "--select", "+rejected_rows")
    assert done.returncode == 2
    assert re.search(case.sentence, " ".join(done.stdout.split())), done.stdout[-2000:]
    assert "Traceback" not in done.stdout


@dataclass(frozen=True)
class Row:
    """A row, as it stands in the file, and why it is refused; None where it is staged."""

    name: str
    text: bytes
    reason: str | None


def bought(
    day: str = "2020-01-05",
    customer: str = "customer1",
    article: str = "0100000001",
    price: str = "0.1",
    channel: str = "1",
) -> bytes:
    return ",".join([day, customer, article, price, channel]).encode()


ODD_IDS = {
    "quotes": '"a ""quoted"" id"',
    "SQL": "x'); drop table stg_customers; --",
    "comma": '"one, two"',
    "emoji": "\N{SHOPPING TROLLEY}\N{PARTY POPPER}",
    "10,000 letters": "y" * 10_000,
    "formula": "=1+1",
    "HTML": "<script>alert(1)</script>",
    "braces": "{{ var('as_of') }} %s {0}",
}
NO_NUMBER = "price is not a number"
NO_DAY = "t_dat is not a day"
QUOTES = "quotes that are not closed or not doubled"
HEADER = b"t_dat,customer_id,article_id,price,sales_channel_id"
ZEROS = "article_id with other leading zeros than in articles"
LONG = b'2020-01-05,customer1,"' + b"z" * 2_100_000 + b'",0.1,1'

PURCHASE_ROWS = [
    Row("day with slashes, the day first", bought(day="22/09/2020"), NO_DAY),
    Row("day with a time", bought(day="2020-01-05 10:11:12"), None),
    Row("day with a T and a time", bought(day="2020-01-05T10:11:12"), None),
    Row("thirteenth month", bought(day="2020-13-01"), NO_DAY),
    Row("thirtieth of February", bought(day="2020-02-30"), NO_DAY),
    Row("no day", bought(day=""), NO_DAY),
    Row("day in words", bought(day="yesterday"), NO_DAY),
    Row("day without strokes", bought(day="20200105"), NO_DAY),
    Row("infinite day", bought(day="infinity"), NO_DAY),
    Row("day of five figures", bought(day="99999-01-01"), NO_DAY),
    Row("1989", bought(day="1989-12-31"), "t_dat is before 1990-01-01"),
    Row("epoch", bought(day="epoch"), "t_dat is before 1990-01-01"),
    Row("2099", bought(day="2099-01-01"), "t_dat is long after all others"),
    Row("a year too late", bought(day="2021-01-28"), "t_dat is long after all others"),
    Row("decimal comma in quotes", bought(price='"0,05"'), NO_NUMBER),
    Row("decimal comma", bought(price="0,05"), "too many columns"),
    Row("NaN", bought(price="NaN"), NO_NUMBER),
    Row("infinity", bought(price="inf"), NO_NUMBER),
    Row("minus infinity", bought(price="-Infinity"), NO_NUMBER),
    Row("too large for a number", bought(price="1e400"), NO_NUMBER),
    Row("no price", bought(price=""), NO_NUMBER),
    Row("price in words", bought(price="cheap"), NO_NUMBER),
    Row("hexadecimal price", bought(price="0x10"), NO_NUMBER),
    Row("price with a currency", bought(price="\N{EURO SIGN}0.05"), NO_NUMBER),
    Row("negative price", bought(price="-0.01"), "price is negative"),
    Row("absurd price", bought(price="2e9"), "price is above 1000000000"),
    Row("nothing to pay", bought(price="0"), None),
    Row("channel in words", bought(channel="shop"), "sales_channel_id is not a number"),
    Row("no channel", bought(channel=""), None),
    Row("channel 3", bought(channel="3"), None),
    Row("too few columns", b"2020-01-05,customer1", "too few columns"),
    Row("too many columns", bought() + b",9", "too many columns"),
    Row("commas alone", b",,,,", "empty customer_id"),
    Row("spaces alone", b"   ", "too few columns"),
    Row("semicolons", bought().replace(b",", b";"), "too few columns"),
    Row("tabs", bought().replace(b",", b"\t"), "too few columns"),
    Row("quote that is never closed", bought(customer='"customer1'), QUOTES),
    Row("the row after it", bought(), None),
    Row("text after a quote", bought(customer='"customer1"x'), QUOTES),
    Row("quote inside a text", bought(customer='cust"omer1'), QUOTES),
    Row("in quotes, all of it", b'"2020-01-05","customer1","0100000001","0.1","1"', None),
    Row("not UTF-8", bought(customer="?").replace(b"?", b"Ren\xe9"), "not UTF-8"),
    Row("half a letter", bought(customer="?").replace(b"?", b"\xf0\x9f"), "not UTF-8"),
    Row("NUL in an id", bought(customer="customer1\0"), "unknown customer_id"),
    Row("no customer", bought(customer=""), "empty customer_id"),
    Row("no article", bought(article=""), "empty article_id"),
    Row("blank article", bought(article="  "), "empty article_id"),
    Row("unknown customer", bought(customer="nobody"), "unknown customer_id"),
    Row("unknown article", bought(article="0999999999"), "unknown article_id"),
    Row("article without its zero", bought(article="100000001"), ZEROS),
    Row("space before an id", bought(customer=" customer1"), "unknown customer_id"),
    Row("id in other case", bought(customer="CUSTOMER1"), "unknown customer_id"),
    Row("line feed in an id", bought(customer='"custo\nmer1"'), "unknown customer_id"),
    Row("the header again", HEADER, "unknown customer_id"),
    Row("line over 2 MB", LONG, "longer than 2 MB"),
    Row("the same row again", bought(), None),
    *[Row(f"customer id of {what}", bought(customer=text), None) for what, text in ODD_IDS.items()],
]  # fmt: skip


def article(identifier: str, name: str = "Name") -> bytes:
    columns = [identifier, "1", name, *["Upper body", "Trousers", "Solid", "Black", "Black"]]
    return ",".join([*columns, "Basics", "Ladieswear", "Womens", "Jersey"]).encode()


ARTICLE_ROWS = [
    Row("no id", article(""), "empty article_id"),
    Row("white space in an id", article("01 02"), "article_id with white space"),
    Row("no-break space in an id", article("01\u00a002"), "article_id with white space"),
    Row("wide space in an id", article("01\u300002"), "article_id with white space"),
    Row("next line in an id", article("01\x8502"), "article_id with white space"),
    Row("vertical tab in an id", article("01\x0b02"), "article_id with white space"),
    Row("the same row again", article("0200000001"), None),
    Row("and again", article("0200000001"), "repeated row"),
    Row("other content", article("0200000001", "Other"), "repeated article_id with other content"),
    Row("too few columns", article("0200000002")[:-7], "too few columns"),
    Row("too many columns", article("0200000003", "a,b"), "too many columns"),
    Row("quote that is never closed", article("0200000004", '"Name'), QUOTES),
    Row("inches", article("0200000005", '12" wide'), QUOTES),
    Row("not UTF-8", article("0200000006", "?").replace(b"?", b"\xe9"), "not UTF-8"),
    Row("line feed in a name", article("0200000007", '"two\nlines"'), None),
    Row("a row inside a name", article("0200000008", f'"x\n{article("1").decode()}\ny"'), None),
    Row("three lines, one empty", article("0200000009", '"a\n\n""b"""'), None),
    Row("quote, comma, line feed, quote", article("0200000010", '"\n"'), None),
    Row("formula in a name", article("0200000011", "=cmd|' /C calc'!A0"), None),
    Row("lost zero", article("100000005"), None),
    *[Row(f"id of {what}", article(i), None) for what, i in ODD_IDS.items() if " " not in i],
]  # fmt: skip


def customer(identifier: str, age: str = "30", fn: str = "", active: str = "1.0") -> bytes:
    return ",".join([identifier, fn, active, "ACTIVE", "NONE", age, "p"]).encode()


CUSTOMER_ROWS = [
    Row("no id", customer(""), "empty customer_id"),
    Row("blank id", customer("  "), "empty customer_id"),
    Row("age in words", customer("c1", "abc"), "age is not a number"),
    Row("no number", customer("c2", "nan"), None),
    Row("nothing, in words", customer("c3", "N/A", "NULL", "None"), None),
    Row("infinite age", customer("c4", "inf"), "age is not a number"),
    Row("negative age", customer("c5", "-1"), "age is below 0 or above 150"),
    Row("age of 1e300", customer("c6", "1e300"), "age is below 0 or above 150"),
    Row("half a year", customer("c7", "24.5"), None),
    Row("FN in words", customer("c8", fn="yes"), "FN is not a number"),
    Row("Active in words", customer("c9", active="no"), "Active is not a number"),
    Row("repeated row", b"customer1,1.0,,ACTIVE,NONE,21,p1", "repeated row"),
    Row("other content", customer("customer1"), "repeated customer_id with other content"),
    Row("too few columns", b"c10,,,", "too few columns"),
    Row("too many columns", customer("c11") + b",", "too many columns"),
    Row("not UTF-8", customer("c?").replace(b"?", b"\xff"), "not UTF-8"),
    *[Row(f"id of {what}", customer(text), None) for what, text in ODD_IDS.items()],
]  # fmt: skip

ROWS = {
    "articles": ARTICLE_ROWS,
    "customers": CUSTOMER_ROWS,
    "transactions_train": PURCHASE_ROWS,
}
ROW_CASES = [
    pytest.param(file, i, id=f"{file}: {row.name}")
    for file, rows in ROWS.items()
    for i, row in enumerate(rows)
]


@dataclass(frozen=True)
class BadRows:
    data: Path
    out: Path
    first_lines: dict[tuple[str, int], int]
    n_good: dict[str, int]
    refused: dict[tuple[str, int], tuple[str, str]]


@pytest.fixture(scope="module")
def bad_rows(builds: ManyBuilds, tmp_path_factory: pytest.TempPathFactory) -> BadRows:
    """One build of files that hold all of ROWS, each between two good ones."""
    folder = tmp_path_factory.mktemp("bad_rows")
    data, out = make(folder / "data"), folder / "out"
    lines, n_good = {}, {}
    for file, rows in ROWS.items():
        path = data / f"{file}.csv"
        header, *good = path.read_bytes().splitlines()
        n_good[file] = len(good)
        content, n_lines = [header], 1
        for i, row in enumerate(rows):
            lines[file, i] = n_lines + 1
            # Good rows between them, as long as there are some.
            new = [row.text, *good[:1]]
            good = good[1:]
            content += new
            n_lines += sum(text.count(b"\n") + 1 for text in new)
        path.write_bytes(b"\n".join(content + good) + b"\n")
    # Without the mark of good rows, two lines with an open quote could make a row together.
    done = builds.dbt(data, out, "build", variables="{max_rejected_share: 0.8}")
    assert done.returncode == 0, done.stdout[-4000:]
    rows_of = query(
        out, "select file_name, line_number, rejected_because, row_text from rejected_rows"
    )
    return BadRows(data, out, lines, n_good, {(f, n): (why, text) for f, n, why, text in rows_of})


@pytest.mark.parametrize(("file", "i"), ROW_CASES)
def test_a_row_is_refused_with_its_line_reason_and_text_or_staged(
    bad_rows: BadRows, file: str, i: int
) -> None:
    row = ROWS[file][i]
    refused = bad_rows.refused.get((file, bad_rows.first_lines[file, i]))
    if row.reason is None:
        assert refused is None
    else:
        assert refused is not None
        assert refused[0] == row.reason
        if row.reason == "not UTF-8":
            wanted = re.sub(rb"[\x80-\xff]", lambda m: b"\\x%02X" % ord(m[0]), row.text).decode()
        else:
            wanted = row.text.decode()
        assert refused[1] == (wanted[:10_000] if row.text is LONG else wanted)


def test_no_other_row_is_refused_and_the_counts_add_up(bad_rows: BadRows) -> None:
    counts = {
        file: (n_rows, n_staged, n_refused, n_later)
        for file, n_rows, n_staged, n_refused, n_later in query(bad_rows.out, "from input_counts")
    }
    for file, rows in ROWS.items():
        n_bad = sum(row.reason is not None for row in rows)
        n_rows = bad_rows.n_good[file] + len(rows)
        assert counts[file] == (n_rows, n_rows - n_bad, n_bad, 0)


def test_odd_ids_come_out_as_they_went_in(bad_rows: BadRows) -> None:
    trained = runs.train(bad_rows.data, bad_rows.out)
    assert trained.returncode == 0, trained.stderr
    wanted = {text.strip('"').replace('""', '"') for text in ODD_IDS.values()}
    listed = set(read_submission(bad_rows.out / "submission.csv")["customer_id"])
    assert wanted <= listed
    staged = {row[0] for row in query(bad_rows.out, "select customer_id from stg_customers")}
    assert listed == staged
    names = query(
        bad_rows.out, "select prod_name from stg_articles where article_id like '02000000%'"
    )
    assert ("two\nlines",) in names
    assert ('a\n\n"b"',) in names


def quoted(text: str) -> str:
    return re.sub(r"[^,\n]+", r'"\g<0>"', text)


def reordered(text: str) -> str:
    lines = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join(line[::-1]) for line in lines) + "\n"


def with_more(text: str) -> str:
    header, *lines = text.splitlines()
    return "\n".join([f"x,{header},X,\N{SNOWMAN}", *[f'1,{line},"2,2",' for line in lines]])


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "BOM": lambda b: b"\xef\xbb\xbf" + b,
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "CR": lambda b: b.replace(b"\n", b"\r"),
    "BOM and CRLF": lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n"),
    "CRLF from the middle on": lambda b: b[:400] + b[400:].replace(b"\n", b"\r\n"),
    "no last line feed": lambda b: b.rstrip(b"\n"),
    "empty lines": lambda b: b.replace(b"\n", b"\n\n") + b"\n\n",
    "all in quotes": lambda b: quoted(b.decode()).encode(),
    "header in upper case": lambda b: b.split(b"\n", 1)[0].upper() + b"\n" + b.split(b"\n", 1)[1],
    "spaces in the header": lambda b: b.replace(b",", b" , ", 3),
    "columns the other way round": lambda b: reordered(b.decode()).encode(),
    "more columns": lambda b: with_more(b.decode()).encode(),
}


@pytest.fixture(scope="module")
def plain(builds: ManyBuilds, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("plain")
    return staged(builds, make(folder / "data"), folder / "out")


def staged(builds: ManyBuilds, data: Path, out: Path) -> list[Any]:
    done = builds.dbt(data, out, "run", "--select", "+input_counts")
    assert done.returncode == 0, done.stdout[-3000:]
    tables = ("stg_articles", "stg_customers", "stg_transactions", "rejected_rows", "input_counts")
    # Which line a row has may differ: there may be empty ones.
    return [
        query(out, f"select columns(lambda c: c <> 'line_number') from {table} order by all")
        for table in tables
    ]


@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_the_files_is_staged_the_same(
    builds: ManyBuilds, plain: list[Any], tmp_path: Path, form: str
) -> None:
    data = make(tmp_path / "data")
    for file in runs.FILES:
        recode(file, FORMS[form])(data)
    assert staged(builds, data, tmp_path / "out") == plain


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_lines_are_counted_by_the_files_own_ends(
    builds: ManyBuilds, tmp_path: Path, end: bytes
) -> None:
    data = make(tmp_path / "data")
    path = data / "transactions_train.csv"
    lines = path.read_bytes().splitlines()
    lines[10:10] = [b"", bought(price="x"), b"", bought(customer='"a'), b"b\xe9", b"c"]
    path.write_bytes(end.join(lines))
    rejected, counts = staged_with(builds, data, tmp_path / "out", "{max_rejected_share: 0.1}")
    assert [(row[1], row[2]) for row in rejected] == [
        (12, NO_NUMBER),
        (14, QUOTES),
        (15, "not UTF-8"),
        (16, "too few columns"),
    ]
    assert counts[2][1:] == (284, 280, 4, 0)


def staged_with(builds: ManyBuilds, data: Path, out: Path, variables: str) -> list[Any]:
    done = builds.dbt(data, out, "run", "--select", "+input_counts", variables=variables)
    assert done.returncode == 0, done.stdout[-3000:]
    return [query(out, f"from {table} order by all") for table in ("rejected_rows", "input_counts")]


def test_rows_of_parquet_have_their_number_as_line(builds: ManyBuilds, tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    for file in runs.FILES:
        path = data / f"{file}.csv"
        rows = duckdb.read_csv(str(path), all_varchar=True)
        if file == "transactions_train":
            rows = rows.project("* replace (if(t_dat > '2020-01-27', 'x', t_dat) as t_dat)")
        rows.write_parquet(str(path.with_suffix(".parquet")))
        path.unlink()
    rejected, counts = staged_with(builds, data, tmp_path / "out", "{max_rejected_share: 0.1}")
    assert [row[1] for row in rejected] == list(range(28, 281, 28))
    assert rejected[0][2:] == (NO_DAY, "x,customer7,0100000009,0.05,2")
    assert counts[2][1:] == (280, 270, 10, 0)


def test_purchases_after_as_of_are_not_known_yet_and_not_refused(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    data = make(tmp_path / "data")
    edit("transactions_train", lambda t: t + bought(day="2099-01-01").decode() + "\n")(data)
    rejected, counts = staged_with(builds, data, tmp_path / "out", "{as_of: 2020-01-14}")
    assert rejected == []
    assert counts[2][1:] == (281, 140, 0, 141)


def test_a_stray_day_is_not_the_last_day(builds: ManyBuilds, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    edit("transactions_train", lambda t: t + bought(day="2099-01-01").decode() + "\n")(data)
    done = builds.dbt(data, out, "run", "--select", "+windows_planned")
    assert done.returncode == 0, done.stdout[-3000:]
    assert query(out, "select max(cutoff_on)::varchar from windows_planned") == [("2020-01-29",)]
    # Sales that go on after a long pause are no slip of the pen.
    edit("transactions_train", lambda t: t.replace("2020-01-2", "2020-08-2"))(data)
    done = builds.dbt(data, out, "run", "--select", "+windows_planned")
    assert query(out, "select max(cutoff_on)::varchar from windows_planned") == [("2020-08-29",)]


def test_a_stray_day_is_not_the_first_day(builds: ManyBuilds, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    edit("transactions_train", lambda t: t + bought(day="2002-01-20").decode() + "\n")(data)
    rejected, counts = staged_with(builds, data, out, "{}")
    assert [row[1:3] for row in rejected] == [(282, "t_dat is long before all others")]
    assert counts[2][1:] == (281, 280, 1, 0)
    done = builds.dbt(data, out, "run", "--select", "+windows_planned")
    assert done.returncode == 0, done.stdout[-3000:]
    assert query(out, "select min(history_from)::varchar from windows_planned") == [("2020-01-01",)]


def test_a_changed_file_is_looked_through_again(builds: ManyBuilds, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    _, counts = staged_with(builds, data, out, "{}")
    assert counts[2][1:] == (280, 280, 0, 0)
    edit("transactions_train", lambda t: t + "x\n")(data)
    rejected, counts = staged_with(builds, data, out, "{}")
    assert [row[1:] for row in rejected] == [(282, "too few columns", "x")]
    assert counts[2][1:] == (281, 280, 1, 0)


LITTLE = {
    "10^6 rows of one customer": {
        "transactions_train": f"""
            {PURCHASES}
            union all
            select ('2020-01-01'::date + (i % 28)::int)::varchar, 'customer3',
                   '0' || lpad((100000000 + i % 20)::varchar, 9, '0'), '0.05', '1'
            from range(1000000) as r(i)
        """
    },
    "one article": {
        "articles": f"select * from ({ARTICLES}) limit 1",
        "transactions_train": f"select * replace ('0100000000' as article_id) from ({PURCHASES})",
    },
    "one customer": {
        "customers": f"select * from ({CUSTOMERS}) limit 1",
        "transactions_train": f"select * replace ('customer0' as customer_id) from ({PURCHASES})",
    },
    "one day": {
        "transactions_train": f"select * replace ('2020-01-05' as t_dat) from ({PURCHASES})",
    },
    "all customers new": {
        "transactions_train": f"select * from ({PURCHASES}) where t_dat = '2020-01-28' limit 1",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", LITTLE)
def test_lopsided_data_build_and_train(builds: ManyBuilds, tmp_path: Path, case: str) -> None:
    tables = {"articles": ARTICLES, "customers": CUSTOMERS, "transactions_train": PURCHASES}
    data = runs.write_inputs(tmp_path / "data", {**tables, **LITTLE[case]})
    out = tmp_path / "out"
    done = builds.dbt(data, out, "run")
    assert done.returncode == 0, done.stdout[-3000:]
    assert query(out, "select count(*) from input_counts where n_rows <> n_staged") == [(0,)]
    assert query(out, "select count(*) > 0 from candidates") == [(True,)]
    trained = runs.train(data, out)
    if case == "one article":
        assert trained.returncode == 2
        assert "articles has 1 usable rows, and a recommendation is a list of" in trained.stderr
        return
    assert trained.returncode == 0, trained.stderr
    submission = read_submission(out / "submission.csv")
    customers = query(out, "select customer_id from stg_customers")
    assert set(submission["customer_id"]) == {row[0] for row in customers}
    assert all(len(set(line.split())) == 12 for line in submission["prediction"])


BOM = b"\xef\xbb\xbf"
PIECES = st.one_of(
    st.sampled_from([b'"', b'""', b",", b";", b" ", b"\n", b"\r", b"\r\n", b"\0", b"\xff", BOM]),
    st.binary(min_size=1, max_size=8),
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(runs.FILES),
        st.floats(0, 1),
        st.integers(0, 40),
        PIECES,
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=EDITS)
@example(edits=[("transactions_train", 0.5, 0, b'"'), ("transactions_train", 0.6, 0, b'"')])
@example(edits=[("articles", 0.3, 200, b"\r"), ("articles", 0.9, 0, b'"\xff\n"')])
@example(edits=[("customers", 0.4, 3, b'"\n\n"'), ("customers", 0.41, 0, b"\n")])
def test_whatever_stands_in_the_files_no_row_is_lost(
    builds: ManyBuilds,
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[str, float, int, bytes]],
) -> None:
    folder = tmp_path_factory.mktemp("random")
    data, out = make(folder / "data"), folder / "out"
    for file, place, n_cut, piece in edits:
        path = data / f"{file}.csv"
        content = path.read_bytes()
        at = int(place * len(content))
        path.write_bytes(content[:at] + piece + content[at + n_cut :])
    done = builds.dbt(
        data, out, "build", "--select", "+input_counts", "rows_reconcile", "leading_zeros_survive",
        "--exclude-resource-type", "unit_test", variables="{max_rejected_share: 1}",
    )  # fmt: skip
    assert "Traceback" not in done.stdout
    if done.returncode != 0:
        # One of our sentences, and no error of the database's.
        assert done.returncode == 2, done.stdout[-3000:]
        assert "macro stop" in done.stdout, done.stdout[-3000:]
        return
    for file, n_rows, n_staged, n_refused, _ in query(out, "from input_counts"):
        content = (data / f"{file}.csv").read_bytes()
        n_lines = sum(line != b"" for line in re.split(rb"[\r\n]", content)) - 1
        assert n_rows == n_staged + n_refused
        # Lines that quotes join are one row.
        assert n_rows == n_lines or b'"' in content


def test_training_without_a_build(tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    done = runs.train(data, tmp_path / "out")
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*hm_build\.duckdb is not there; run dbt build.*\n", done.stderr)
