import csv
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models_py import export
from models_py.submission import check_submission, read_submission
from models_py.warehouse import WarehouseError
from tests.builders import make_customers, make_frames

IDS = ["007", "0a", "b7", "7"]
ENDINGS = [".csv", ".csv.gz", ".csv.zst", ".parquet"]


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a file in the format that its name says."""
    with duckdb.connect() as connection:
        rows = connection.from_df(table)
        if path.suffix == ".parquet":
            rows.write_parquet(str(path))
        else:
            # The compression follows from the name.
            rows.write_csv(str(path), header=True)
    return path


def of_customers(ids: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(ids), "prediction": "0706016001 0706016002"})


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_sample_comes_before_the_customers(tmp_path: Path, ending: str) -> None:
    for name in ("articles.csv", "transactions_train.parquet", "customers.csv"):
        (tmp_path / name).touch()
    assert export.customers_file(tmp_path) == tmp_path / "customers.csv"
    sample = tmp_path / f"sample_submission{ending}"
    sample.touch()
    assert export.customers_file(tmp_path) == sample


@pytest.mark.parametrize("ending", ENDINGS)
def test_customers_of_any_format_will_do(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"customers{ending}").touch()
    (tmp_path / "sample_submission.txt").touch()
    (tmp_path / "sample_submission.csv").mkdir()
    assert export.customers_file(tmp_path) == tmp_path / f"customers{ending}"


def test_where_neither_is_there_the_error_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError) as problem:
        export.customers_file(tmp_path / "nowhere")
    sentence = str(problem.value)
    for named in [str(tmp_path / "nowhere"), "sample_submission", "customers", *ENDINGS]:
        assert named in sentence
    assert "HM_DATA_DIR" in sentence
    assert len(sentence.splitlines()) == 1
    assert sentence.endswith(".")


@pytest.mark.parametrize("ending", ENDINGS)
def test_customers_come_in_the_order_of_the_file_each_once(tmp_path: Path, ending: str) -> None:
    path = write_table(tmp_path / f"sample_submission{ending}", of_customers([*IDS, "0a", "007"]))
    assert export.customers_in_order(path) == IDS


@pytest.mark.parametrize("ending", ENDINGS)
def test_customers_without_an_id_are_left_out(tmp_path: Path, ending: str) -> None:
    # As the tables do: stg_customers has none of them.
    table = of_customers(["007", None, "0a", " ", "b7", "", "7"])
    assert export.customers_in_order(write_table(tmp_path / f"customers{ending}", table)) == IDS


def test_numbers_of_a_parquet_file_become_text(tmp_path: Path) -> None:
    path = write_table(tmp_path / "customers.parquet", of_customers([12, 3, 12, 4]))
    assert export.customers_in_order(path) == ["12", "3", "4"]


def test_words_that_elsewhere_stand_for_nothing_are_ids(tmp_path: Path) -> None:
    words = ["NULL", "nan", "NA", "None", "true", "1e5", "2020-01-01"]
    path = write_table(tmp_path / "customers.csv", of_customers(words))
    assert export.customers_in_order(path) == words


@settings(deadline=None, max_examples=60)
@given(
    ids=st.lists(
        st.text(st.sampled_from("0a \"',;#\\|\té-"), min_size=1, max_size=4).filter(str.strip),
        min_size=1,
        max_size=6,
    )
)
@example(ids=["'a'", "'b'"])
@example(ids=["#1", "#2"])
@example(ids=['say "hi"', "a,b", "it's"])
def test_an_id_is_the_text_of_the_file_whatever_it_is(ids: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [("customer_id", "FN"), *((customer, "1.0") for customer in ids)]
            )
        assert export.customers_in_order(path) == list(dict.fromkeys(ids))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_without_the_column_is_refused(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame({"customer": ["007"], "age": ["31"]})
    path = write_table(tmp_path / f"customers{ending}", table)
    with pytest.raises(WarehouseError) as problem:
        export.customers_in_order(path)
    sentence = str(problem.value)
    for named in [str(path), "customer_id", "customer, age"]:
        assert named in sentence
    assert len(sentence.splitlines()) == 1


def test_the_name_of_the_column_may_be_in_capitals(tmp_path: Path) -> None:
    # As for the tables, which are built from such a file without a word.
    path = write_table(tmp_path / "customers.csv", pd.DataFrame({"CUSTOMER_ID": IDS, "FN": "1"}))
    assert export.customers_in_order(path) == IDS


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_a_file_that_can_not_be_read_is_the_fault_of_the_user(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sample_submission{ending}"
    path.write_bytes(b"customer_id,prediction\n\xff\xfe0,1\n")
    with pytest.raises(WarehouseError, match=f"sample_submission{ending}"):
        export.customers_in_order(path)


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zst"])
def test_a_file_that_is_cut_off_is_not_taken_for_a_shorter_one(tmp_path: Path, ending: str) -> None:
    path = write_table(
        tmp_path / f"sample_submission{ending}", of_customers([secrets.token_hex(32)] * 9_000)
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WarehouseError, match=f"sample_submission{ending}: .* is cut off"):
        export.customers_in_order(path)


ARTICLES = [f"0{number:09d}" for number in range(701, 731)]
BEST_SELLERS = list(range(30, 14, -1))
# By customer_key: the articles 1 to 12, 2 to 13, and so on.
CUSTOMERS = ["007", "0a", "7", "b7"]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables that the export reads; rows stand in no particular order."""
    with duckdb.connect() as connection:
        connection.execute("create schema predictions")
        connection.execute(
            """
            create table stg_articles as
            select key as article_key, '0' || lpad((700 + key)::varchar, 9, '0') as article_id
            from range(30, 0, -1) as keys (key);

            create table stg_customers (customer_key int, customer_id text, line_number bigint);
            insert into stg_customers values (3, '7', 5), (1, '007', 2), (4, 'b7', 9), (2, '0a', 3);

            -- In window 1, another one: the other way round.
            create table cand_popular_overall as
            select window_id, if(window_id = 0, 31 - rank, 14 + rank) as article_key,
                   rank as source_rank
            from range(2) as windows (window_id), range(16, 0, -1) as ranks (rank);

            create table predictions.recommendations as
            select window_id::int as window_id, key::int as customer_key,
                   rank::int as recommendation_rank,
                   if(window_id = 0, key + rank - 1, 31 - rank)::int as article_key,
                   'hybrid' as system
            from range(2) as windows (window_id),
                 range(12, 0, -1) as ranks (rank),
                 range(1, 5) as customers (key)
            """
        )
        yield connection


def recommended(customer_id: str) -> str:
    """The line of a customer: their own list, or for whom there is none, the best sellers."""
    keys = BEST_SELLERS[:12]
    if customer_id in CUSTOMERS:
        first = CUSTOMERS.index(customer_id)
        keys = list(range(first + 1, first + 13))
    return " ".join(ARTICLES[key - 1] for key in keys)


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(["b7", "007", "7", "0a"], id="all in another order"),
        pytest.param(["7", "007"], id="some"),
        pytest.param(["0a", "stranger", "0007", "b7", "0a"], id="some who are not in customers"),
    ],
)
@pytest.mark.parametrize("block_size", [2, export.BLOCK_SIZE])
def test_each_customer_of_the_sample_gets_their_list_in_its_order(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ids: list[str],
    block_size: int,
) -> None:
    monkeypatch.setattr(export, "BLOCK_SIZE", block_size)
    sample = write_table(tmp_path / "sample_submission.csv", of_customers(ids))
    path = tmp_path / "submission.csv"
    distinct = list(dict.fromkeys(ids))
    n_unknown = len(set(distinct) - set(CUSTOMERS))
    assert export.write(warehouse, sample, path) == export.Written(len(distinct), n_unknown)
    assert check_submission(path, distinct, ARTICLES) == len(distinct)
    predictions = read_submission(path)["prediction"].tolist()
    assert predictions == [recommended(customer_id) for customer_id in distinct]


def test_without_a_sample_the_order_is_that_of_the_staged_customers(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """dbt has read the file, and knows which of its lines are customers."""
    broken = tmp_path / "customers.csv"
    broken.write_text('customer_id\n007\n0a\n"never closed\n7\n')
    path = tmp_path / "submission.csv"
    assert export.write(warehouse, broken, path) == export.Written(4, 0)
    assert read_submission(path)["customer_id"].tolist() == ["007", "0a", "7", "b7"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        # Everybody in it would get the best sellers.
        (
            "customer_id,prediction\nx1,1\nx2,1\nx2,1\n",
            ": none of its 2 customers is in the build;",
        ),
        ("customer_id,prediction\n", " names no customer;"),
        ("customer_id,prediction\n,1\n ,2\n", " names no customer;"),
        ("customer_id;prediction\n0a;1\n", ": column customer_id is missing (found: customer_id;"),
        ("", " is empty;"),
    ],
)
def test_a_sample_that_can_not_be_used_is_refused_before_training(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, content: str, sentence: str
) -> None:
    sample = tmp_path / "sample_submission.csv"
    sample.write_text(content)
    with pytest.raises(WarehouseError) as problem:
        export.check_customers(warehouse, sample)
    assert str(problem.value).startswith(f"{sample}{sentence}")


def test_a_sample_that_names_one_customer_of_the_build_will_do(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sample = tmp_path / "sample_submission.csv"
    sample.write_text("customer_id,prediction\nx1,1\n0a,1\n")
    export.check_customers(warehouse, sample)
    # dbt has read this one, whatever is in it.
    export.check_customers(warehouse, tmp_path / "customers.csv")


def test_a_file_of_customers_that_can_not_be_read_leaves_the_submission_as_it_was(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("of last week")
    wrong = write_table(tmp_path / "sample_submission.csv", pd.DataFrame({"id": IDS}))
    with pytest.raises(WarehouseError, match="customer_id"):
        export.write(warehouse, wrong, path)
    assert path.read_text() == "of last week"


def test_rows_of_recommendations_are_the_lists_written_out(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    frames = make_frames(make_customers([3, 8, 11]), window_id=5)
    both = np.random.default_rng(0).permutation(72).reshape(2, 3, 12)
    lists = {"hybrid": both[0], "baseline": both[1]}
    rows = export.recommendation_rows(5, frames, lists)
    assert len(rows) == 72
    assert rows["window_id"].eq(5).all()
    for system, articles in lists.items():
        wide = rows[rows["system"] == system].pivot(
            index="customer_key", columns="recommendation_rank", values="article_key"
        )
        assert wide.index.tolist() == [3, 8, 11]
        assert list(wide) == list(range(1, 13))
        assert wide.to_numpy().tolist() == articles.tolist()
    # They fit the table as they are.
    warehouse.register("rows", rows)
    warehouse.execute("insert into predictions.recommendations by name from rows")


def test_no_customer_has_no_rows() -> None:
    frames = make_frames(make_customers([]))
    rows = export.recommendation_rows(1, frames, {"hybrid": np.zeros((0, 12), np.int64)})
    assert len(rows) == 0
