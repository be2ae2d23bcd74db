"""A user's mistake: one sentence of what and where, exit status 2, and nothing is lost."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dbt import runs

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
        r"articles\.csv: column product_code, index_group_name is missing",
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
        "ages are text",
        edit("customers", every(5, "young")),
        r"customers\.csv: column age holds \"young\" where a number of years is needed",
    ),
    Mistake("as_of early", nothing, r"as_of is 2019-12-31.*set it to", "{as_of: 2019-12-31}"),
    Mistake("as_of late", nothing, r"as_of is 2020-03-01.*set it to one of", "{as_of: 2020-03-01}"),
    Mistake("as_of no day", nothing, r"as_of is .*yyyy-mm-dd", "{as_of: '2020-13-01'}"),
    Mistake(
        "grain", nothing, r"purchase_grain is \"shelf\"; set it to one or a list of colour_group",
        "{purchase_grain: shelf}",
    ),
    Mistake("var", nothing, r"'horizon' is not a var of this project; known are", "{horizon: 7}"),
    Mistake("horizon", nothing, r"horizon_days is 0; set it to a whole", "{horizon_days: 0}"),
    Mistake(
        "span", nothing, r"best_seller_days is 5; set it to one of popularity_days",
        "{best_seller_days: 5}",
    ),
    Mistake(
        "spans", nothing, r"popularity_days is \[7\]; set it to a list .* with 1, 3, 7 and 28",
        "{popularity_days: [7]}",
    ),
    Mistake(
        "sources", nothing, r"candidate_sources is .*; set it to a mapping with at least",
        "{candidate_sources: {own_decayed: {for: customer, most: 12}}}",
    ),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_build_says_what_is_wrong_and_changes_nothing(mistake: Mistake, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    mistake.spoil(data)
    out.mkdir()
    published = {out / "hm.duckdb": b"the last good file", out / "submission.csv": b"and list"}
    for path, content in published.items():
        path.write_bytes(content)
    done = runs.dbt(data, out, "build", variables=mistake.variables)
    assert done.returncode == 2, done.stdout[-2000:]
    assert re.search(mistake.sentence, " ".join(done.stdout.split())), done.stdout[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
    assert all(path.read_bytes() == content for path, content in published.items())


def test_a_data_folder_that_is_not_there(tmp_path: Path) -> None:
    done = runs.dbt(tmp_path / "nowhere", tmp_path / "out", "build")
    assert done.returncode == 2
    assert "nowhere' is not there or is empty" in done.stdout


def test_too_many_refused_rows_end_the_build_and_the_old_result_stays(tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"

    def spoil(text: str) -> str:
        lines = text.splitlines()
        return "\n".join(lines[:1] + [f"x{line}" if i % 10 == 5 else line for i, line in
                                      enumerate(lines[1:])]) + "\n"  # fmt: skip

    edit("transactions_train", spoil)(data)
    out.mkdir()
    (out / "hm.duckdb").write_bytes(b"the last good file")
    done = runs.dbt(data, out, "build")
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert "transactions_train: 28 of 280 rows are refused" in words
    assert "t_dat is not a day (28 rows" in words
    assert (out / "hm.duckdb").read_bytes() == b"the last good file"
    trained = runs.train(data, out)
    assert trained.returncode == 2
    assert trained.stderr.count("\n") == 1
    assert (out / "hm.duckdb").read_bytes() == b"the last good file"


def test_few_refused_rows_are_kept_with_their_reason(tmp_path: Path) -> None:
    import duckdb

    data, out = make(tmp_path / "data"), tmp_path / "out"
    extra = (
        "2020-01-05,nobody,0100000001,0.1,1\n"
        "2020-01-05,customer1,0999999999,0.1,1\n"
        "2020-01-05,customer1,0100000001,-1,1\n"
        "2020-01-05,customer1,,0.1,1\n"
    )
    edit("transactions_train", lambda text: text + extra)(data)
    edit("customers", lambda text: text + "customer1,1.0,,ACTIVE,NONE,33,p\n")(data)
    done = runs.dbt(data, out, "build", variables="{max_rejected_share: 0.1}")
    assert done.returncode == 0, done.stdout[-2000:]
    with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select file_name, rejected_because, row_text from rejected_rows order by all"
        ).fetchall()
    assert [row[:2] for row in rows] == [
        ("customers", "repeated customer_id"),
        ("transactions_train", "empty article_id"),
        ("transactions_train", "price is negative"),
        ("transactions_train", "unknown article_id"),
        ("transactions_train", "unknown customer_id"),
    ]
    assert rows[4][2] == "2020-01-05,nobody,0100000001,0.1,1"


def test_training_without_a_build(tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    done = runs.train(data, tmp_path / "out")
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*hm_build\.duckdb is not there; run dbt build.*\n", done.stderr)
