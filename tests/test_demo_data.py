"""The demo data has the form of the real files and keeps to their published figures."""

from __future__ import annotations

import fcntl
import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from models_py import demo_catalogue, demo_data, demo_report
from models_py.demo_targets import TARGETS, Figure, Target

COLUMNS = {
    "articles": [
        "article_id", "product_code", "prod_name", "product_type_no", "product_type_name",
        "product_group_name", "graphical_appearance_no", "graphical_appearance_name",
        "colour_group_code", "colour_group_name", "perceived_colour_value_id",
        "perceived_colour_value_name", "perceived_colour_master_id",
        "perceived_colour_master_name", "department_no", "department_name", "index_code",
        "index_name", "index_group_no", "index_group_name", "section_no", "section_name",
        "garment_group_no", "garment_group_name", "detail_desc",
    ],
    "customers": [
        "customer_id", "FN", "Active", "club_member_status", "fashion_news_frequency", "age",
        "postal_code",
    ],
    "transactions_train": ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"],
    "sample_submission": ["customer_id", "prediction"],
}  # fmt: skip

N_CUSTOMERS = 20_000
SMALL = 400
SEED = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold one generated data set for the whole module."""
    path = tmp_path_factory.mktemp("demo")
    demo_data.generate(path, N_CUSTOMERS, seed=SEED, memory_limit="3GB", threads=3)
    return path


@pytest.fixture(scope="module")
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Connect to the four files as views, every column as text."""
    with duckdb.connect() as connection:
        for table in COLUMNS:
            connection.execute(
                f"create view {table} as select * from read_csv("
                f"'{folder / table}.csv', header = true, all_varchar = true, quote = '\"')"
            )
        yield connection


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict[str, Figure]:
    """Measure the data set once."""
    return {figure.name: figure for figure in demo_report.report(folder)}


def one(con: duckdb.DuckDBPyConnection, query: str) -> float:
    """Fetch the only value of a query."""
    return con.execute(query).fetchall()[0][0]  # type: ignore[no-any-return]


def digests(path: Path) -> dict[str, str]:
    """Hash each file of a folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(path.iterdir())}


@pytest.mark.parametrize("table", COLUMNS)
def test_the_header_is_that_of_the_real_file(folder: Path, table: str) -> None:
    with (folder / f"{table}.csv").open(encoding="utf-8") as lines:
        assert next(lines).rstrip("\n").split(",") == COLUMNS[table]


def test_only_the_four_files_are_left(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{t}.csv" for t in COLUMNS)


@pytest.mark.parametrize(
    "target",
    # the others depend on the number of customers
    [target for target in TARGETS if not target.sized],
    ids=lambda target: target.key,
)
def test_a_published_figure_is_kept(figures: dict[str, Figure], target: Target) -> None:
    figure = figures[target.name]
    assert figure.ok, f"{figure.name}: {figure.demo:.4g}, real {figure.real} +-{figure.tolerance}"


def test_sizes_are_those_asked_for(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, "select count(*) from customers") == N_CUSTOMERS
    assert one(con, "select count(*) from sample_submission") == N_CUSTOMERS
    n_articles = demo_catalogue.n_articles_for(N_CUSTOMERS)
    assert one(con, "select count(distinct article_id) from articles") == n_articles
    assert demo_catalogue.n_articles_for(1_371_980) == 105_542


def test_ids_keep_their_form(con: duckdb.DuckDBPyConnection) -> None:
    for table, column, pattern in (
        ("articles", "article_id", "0[0-9]{9}"),
        ("transactions_train", "article_id", "0[0-9]{9}"),
        ("customers", "customer_id", "[0-9a-f]{64}"),
        ("customers", "postal_code", "[0-9a-f]{64}"),
        ("sample_submission", "prediction", "0[0-9]{9}( 0[0-9]{9}){11}"),
    ):
        bad = f"select count(*) from {table} where not regexp_full_match({column}, '{pattern}')"
        assert one(con, bad) == 0, (table, column)
    assert one(
        con, "select count(*) from articles where not starts_with(article_id, product_code)"
    ) == 0  # fmt: skip


def test_every_purchase_is_of_a_known_article_and_customer(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for table, key in (("articles", "article_id"), ("customers", "customer_id")):
        assert one(con, f"select count(*) - count(distinct {key}) from {table}") == 0
        orphans = f"select count(*) from transactions_train anti join {table} using ({key})"
        assert one(con, orphans) == 0


def test_purchases_are_in_order_of_days_from_the_first_to_the_last(folder: Path) -> None:
    last = ""
    with (folder / "transactions_train.csv").open(encoding="utf-8") as lines:
        next(lines)
        first = next(lines)[:10]
        for line in lines:
            assert line[:10] >= last
            last = line[:10]
    assert (first, last) == ("2018-09-20", "2020-09-22")


def test_oddities_of_the_real_files_are_there(con: duckdb.DuckDBPyConnection) -> None:
    def values(column: str) -> set[str | None]:
        found = con.execute(f"select distinct {column} from customers").fetchall()
        return {row[0] for row in found}

    assert values("fashion_news_frequency") == {None, "NONE", "None", "Regularly", "Monthly"}
    assert values("club_member_status") == {None, "ACTIVE", "PRE-CREATE", "LEFT CLUB"}
    assert values("FN") == {None, "1.0"} == values("Active")
    assert 0.003 < one(con, "select avg((age is null)::int) from customers") < 0.02
    assert 0.001 < one(con, "select avg((detail_desc is null)::int) from articles") < 0.01
    assert one(con, "select count(*) from articles where detail_desc like '%\"%,%'") > 0
    assert one(con, "select count(*) from articles where prod_name like '%,%'") > 0
    assert values("age") <= {None, *map(str, range(16, 100))}


def test_articles_are_not_sold_before_their_product_is_launched_late(
    con: duckdb.DuckDBPyConnection,
) -> None:
    # product codes follow launches: the highest tenth of the codes can't sell in the first months
    assert one(con, """
        select count(*) from transactions_train
        where t_dat < '2019-09-20' and article_id >= (
            select quantile_disc(article_id, 0.9) from articles)
    """) == 0  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("product_code", "prod_name"), ("product_code", "product_type_no"),
        ("product_code", "department_no"), ("product_code", "garment_group_no"),
        ("product_type_no", "product_type_name"), ("product_type_name", "product_group_name"),
        ("department_no", "department_name"), ("department_no", "section_no"),
        ("department_no", "garment_group_no"), ("section_no", "section_name"),
        ("section_no", "index_code"), ("index_code", "index_name"),
        ("index_code", "index_group_no"), ("index_group_no", "index_group_name"),
        ("garment_group_no", "garment_group_name"), ("colour_group_code", "colour_group_name"),
        ("colour_group_code", "perceived_colour_master_id"),
        ("perceived_colour_master_id", "perceived_colour_master_name"),
        ("perceived_colour_value_id", "perceived_colour_value_name"),
        ("graphical_appearance_no", "graphical_appearance_name"),
    ],
)  # fmt: skip
def test_a_level_of_the_hierarchy_has_one_parent(
    con: duckdb.DuckDBPyConnection, low: str, high: str
) -> None:
    assert one(con, f"""
        select max(n) from (select count(distinct {high}) as n from articles group by {low})
    """) == 1  # fmt: skip


def test_variants_of_a_product_differ_in_colour_or_pattern(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, """
        select max(n) from (
            select count(*) as n from articles
            group by product_code, colour_group_code, graphical_appearance_no)
    """) == 1  # fmt: skip


def test_a_customer_keeps_to_colours_types_and_sections(con: duckdb.DuckDBPyConnection) -> None:
    """What was bought in 2019 tells what is bought in 2020, beyond what everyone buys."""
    for column, least in (
        ("colour_group_name", 1.08), ("product_type_name", 1.08), ("section_name", 1.25),
    ):  # fmt: skip
        lift = one(con, f"""
            with bought as (
                select distinct t.customer_id, t.article_id, a.{column} as kind,
                    t.t_dat >= '2020-01-01' as is_later
                from transactions_train as t
                join articles as a using (article_id)
            ),
            counts as (
                select customer_id, is_later, kind, count(*) as n from bought
                group by customer_id, is_later, kind
            ),
            shares as (
                select customer_id, is_later, kind,
                    n / sum(n) over (partition by customer_id, is_later) as share
                from counts
            ),
            overall as (
                select sum(n * n) / power(sum(n), 2) as same
                from (select kind, count(*) as n from bought group by kind)
            ),
            in_both as (
                select customer_id from shares
                group by customer_id having count(distinct is_later) = 2
            )
            select sum(e.share * l.share) / (select count(*) from in_both)
                / (select same from overall)
            from shares as e
            join shares as l on e.customer_id = l.customer_id and e.kind = l.kind
            where l.is_later and not e.is_later
        """)  # fmt: skip
        # without tastes, both years would only share what everyone buys: a lift of 1
        assert least < lift < 4, (column, lift)


def test_the_number_of_threads_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    demo_data.generate(tmp_path, N_CUSTOMERS, seed=SEED, memory_limit="3GB", threads=1)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_changes_every_file(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        demo_data.generate(tmp_path / name, SMALL, seed)
    first, again, other = (digests(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert all(first[name] != other[name] for name in first)


@pytest.mark.parametrize("file_format", ["csv.gz", "parquet"])
def test_other_formats_hold_the_same_rows(tmp_path: Path, file_format: str) -> None:
    demo_data.generate(tmp_path / "csv", SMALL)
    demo_data.generate(tmp_path / "other", SMALL, file_format=file_format)
    with duckdb.connect() as con:
        for table in COLUMNS:
            plain, other = (
                [
                    tuple(map(str, row))
                    for row in con.execute(
                        f"select * from {demo_report.source(tmp_path / part, table)}"
                    ).fetchall()
                ]
                for part in ("csv", "other")
            )
            assert plain == other


def test_two_formats_do_not_mix_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "articles.csv").write_text("kept")
    with pytest.raises(ValueError, match="articles.csv exists"):
        demo_data.generate(tmp_path, SMALL, file_format="parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["articles.csv"]


def test_the_smallest_set_is_whole(tmp_path: Path) -> None:
    demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS)
    assert sum(1 for _ in (tmp_path / "customers.csv").open()) == demo_data.MIN_CUSTOMERS + 1
    assert len(demo_report.report(tmp_path)) == len(TARGETS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--customers", "0", "--out", "{new}"],
        ["--customers", "100", "--out", "{file}"],
        ["--customers", "100"],
        ["--customers", "100", "--out", "{new}", "--memory-limit", "much"],
        ["--customers", "100", "--out", "{new}", "--memory-limit=-1GB"],
        ["--customers", "many", "--out", "{new}"],
        ["--report", "{new}"],
        ["--report", "{new}", "--out", "{new}"],
    ],
)
def test_wrong_use_ends_with_2_and_one_sentence(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    places = {"new": str(tmp_path / "new"), "file": str(file)}
    assert demo_data.main([a.format(**places) for a in arguments]) == 2
    message = capsys.readouterr().err.strip()
    assert message.endswith(".") and "\n" not in message and "Traceback" not in message
    assert file.read_text() == "kept"


def test_a_folder_without_a_purchase_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS)
    for name in ("articles", "customers", "transactions_train"):
        path = tmp_path / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    assert demo_data.main(["--report", str(tmp_path)]) == 2
    assert "transactions_train holds no purchase" in capsys.readouterr().err


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    scratch = tmp_path / demo_data.SCRATCH
    (scratch / "spill").mkdir(parents=True)
    (scratch / "work.duckdb").write_bytes(b"not whole")
    demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS)
    assert not scratch.exists()


def test_two_do_not_write_into_a_folder_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = tmp_path / demo_data.SCRATCH
    scratch.mkdir()
    with (scratch / ".hm.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert demo_data.main(["--customers", "60", "--out", str(tmp_path)]) == 2
    assert "is in use by another run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [scratch]


def test_an_interrupt_is_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "models_py.demo_data", "--out", str(tmp_path)]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        # Where tests run in the background, their processes would not hear of it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as run:
        until = time.monotonic() + 60
        while not (tmp_path / demo_data.SCRATCH / "work.duckdb").exists():
            assert run.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, message = run.communicate(timeout=60)
    assert (run.returncode, message) == (130, "Interrupted.\n")
    assert not list(tmp_path.iterdir())


def test_a_report_refuses_a_memory_limit_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS)
    assert demo_data.main(["--report", str(tmp_path), "--memory-limit=-1"]) == 2
    assert "--memory-limit must be a size" in capsys.readouterr().err


def test_a_column_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS)
    path = tmp_path / "customers.csv"
    path.write_text(path.read_text().replace("postal_code", "zip", 1))
    assert demo_data.main(["--report", str(tmp_path)]) == 2
    assert "customers lacks the column postal_code." in capsys.readouterr().err


@pytest.mark.parametrize("table", ["articles", "customers", "transactions_train"])
def test_no_table_is_left_beside_those_of_another_format(tmp_path: Path, table: str) -> None:
    (tmp_path / f"{table}.csv").write_text("kept")
    with pytest.raises(ValueError, match=f"{table}.csv exists: remove it"):
        demo_data.generate(tmp_path, demo_data.MIN_CUSTOMERS, file_format="parquet")


def test_a_failed_run_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "articles.csv").write_text("old")

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(demo_data, "_join_parts", fail)
    assert demo_data.main(["--customers", "60", "--out", str(tmp_path)]) == 3
    assert "no space left" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["articles.csv"]
    assert (tmp_path / "articles.csv").read_text() == "old"


def test_the_command_line_writes_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo_data.main(["--customers", "60", "--out", str(tmp_path), "--seed", "5"]) == 0
    printed = capsys.readouterr().out
    assert demo_data.main(["--report", str(tmp_path)]) == 0
    assert capsys.readouterr().out == printed
    assert "rows per customer and day, mean" in printed


def test_a_data_set_of_other_years_is_reported_too(tmp_path: Path) -> None:
    """Nothing of it lies in the weeks before the demo's last day."""
    data = tmp_path / "data"
    demo_data.generate(data, demo_data.MIN_CUSTOMERS)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace ((t_dat::date - 900)::varchar as t_dat)
                from read_csv('{data}/transactions_train.csv', all_varchar = true)
            ) to '{tmp_path}/earlier.csv' (header)
            """
        )
    (tmp_path / "earlier.csv").replace(data / "transactions_train.csv")
    shares = [figure for figure in demo_report.report(data) if "late sales" in figure.name]
    assert shares
    assert all(figure.demo == 0 for figure in shares)
