from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks.rare_orders import main, make

make_all = partial(
    make, grain="article_id", customers=2, share=1.0, articles=1.0, repeats=1.0, draw=0
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two households over four weeks, every day one of three articles, two of one product type."""
    folder = tmp_path / "data"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.sql(
            """
            from (values ('01', 'MILK'), ('02', 'MILK'), ('03', 'SOAP'))
                as articles(article_id, product_type_name)
            """
        ).write_parquet(str(folder / "articles.parquet"))
        connection.sql(
            "from (values ('7', 30), ('8', 40)) as customers(customer_id, age)"
        ).write_parquet(str(folder / "customers.parquet"))
        # 2020-01-06 is a Monday. '02' is sold more often than '01'.
        connection.sql(
            """
            select
                date '2020-01-06' + cast(day as integer) as t_dat,
                cast(household as varchar) as customer_id,
                ['02', '01', '03', '02'][1 + (day + household) % 4] as article_id,
                1.5 as price,
                1 as sales_channel_id
            from range(28) as days(day), range(7, 9) as households(household)
            """
        ).write_parquet(str(folder / "transactions_train.parquet"))
    return folder


def rows(folder: Path, columns: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        sold = connection.read_parquet(str(folder / "transactions_train.parquet"))
        return sold.project(columns).distinct().order(columns).fetchall()


def test_a_week_is_one_order_of_one_customer(shop: Path, tmp_path: Path) -> None:
    said = make_all(shop, tmp_path, grain="product_type_name")
    assert said.startswith("56 transactions_train, 2 articles, ")
    orders = rows(tmp_path, "t_dat, customer_id")
    households = [(day, str(customer).split("-")[0]) for day, customer in orders]
    mondays = [date(2020, 1, day) for day in (6, 13, 20, 27)]
    assert sorted(households) == [(day, household) for day in mondays for household in "78"]
    # A product type goes by its best seller.
    assert rows(tmp_path, "article_id") == [("02",), ("03",)]


def test_part_of_the_weeks_is_kept_and_another_draw_keeps_others(
    shop: Path, tmp_path: Path
) -> None:
    kept = []
    for draw in range(8):
        make_all(shop, tmp_path, share=0.5, draw=draw)
        kept.append(rows(tmp_path, "t_dat, customer_id"))
        with duckdb.connect() as connection:
            names = connection.read_parquet(str(tmp_path / "customers.parquet"))
            assert {name for name, _ in names.fetchall()} == {name for _, name in kept[-1]}
    # Of 8 weeks: half of 64 in the mean, give or take four standard deviations.
    assert 16 <= sum(len(orders) for orders in kept) <= 48
    assert len({tuple(orders) for orders in kept}) > 1


def test_part_of_the_articles_and_of_the_repeats_is_kept(shop: Path, tmp_path: Path) -> None:
    columns = "customer_id, article_id, t_dat"
    make_all(shop, tmp_path, customers=1)
    everything = rows(tmp_path, columns)
    make_all(shop, tmp_path, customers=1, repeats=0)
    firsts = rows(tmp_path, columns)
    # All is sold in the first week: 6 articles of 2 customers, four weeks each.
    assert (len(everything), len(firsts)) == (24, 6)
    assert {day for _, _, day in firsts} == {date(2020, 1, 6)}
    assert set(firsts) < set(everything)
    for draw in range(8):
        make_all(shop, tmp_path, customers=1, articles=0.5, draw=draw)
        some = rows(tmp_path, columns)
        bought = {(customer, article) for customer, article, _ in some}
        # An article of a customer is kept with all of its days, or not at all.
        assert [row for row in everything if row[:2] in bought] == some
        if len(some) < 24:
            return
    pytest.fail("no draw left an article out")


def test_a_folder_without_files_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "nothing"), "--out", str(tmp_path / "out")]) == 3
    assert "nothing/transactions_train.parquet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("customers", "0"),
        ("share", "0"),
        ("share", "1.5"),
        ("articles", "-1"),
        ("repeats", "2"),
        ("repeats", "-0.1"),
        ("out", "{data}"),
    ],
)
def test_wrong_use_is_named_and_the_data_stays(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    before = {path.name: path.read_bytes() for path in shop.iterdir()}
    arguments = ["--data", str(shop), "--out", str(tmp_path / "out")]
    assert main([*arguments, f"--{option}", value.format(data=shop)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --{option} is ")
    assert {path.name: path.read_bytes() for path in shop.iterdir()} == before
    assert not (tmp_path / "out").exists()
