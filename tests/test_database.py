"""How DuckDB is opened: its part of HM_MEMORY_LIMIT, and what is said where a file can't be."""

from pathlib import Path

import duckdb
import pytest

from models_py import database
from models_py.dbt_plugin import BUILD_SHARE, Plugin
from models_py.warehouse import TRAINING_SHARE, build_file, open_build_file


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    return str(connection.execute("select current_setting(?)", [name]).fetchall()[0][0])


def test_duckdb_gets_a_share_of_the_limit() -> None:
    with database.connect(settings={"memory_limit": "1GB"}) as connection:
        database.limit_memory(connection, 0.25)
        assert database.memory_limit(connection) == pytest.approx(0.25e9, rel=0.01)


def test_dbt_leaves_some_of_it() -> None:
    with database.connect(settings={"memory_limit": "1GB"}) as connection:
        Plugin("models_py.dbt_plugin", {}).configure_connection(connection)
        assert database.memory_limit(connection) == pytest.approx(BUILD_SHARE * 1e9, rel=0.01)


def test_dbt_keeps_the_blocks_that_it_had() -> None:
    with database.connect(settings={"memory_limit": "1GB"}) as connection:
        Plugin("models_py.dbt_plugin", {}).configure_connection(connection)
        kept, limit = (setting(connection, n) for n in ("block_allocator_memory", "memory_limit"))
        assert kept == limit


def test_it_keeps_none_where_the_machine_has_less_memory_than_the_limit() -> None:
    with database.connect(settings={"memory_limit": "1000TB"}) as connection:
        database.keep_blocks(connection)
        assert setting(connection, "block_allocator_memory") == "0 bytes"


def test_a_damaged_file_is_told_from_one_in_use(tmp_path: Path) -> None:
    path = tmp_path / "hm_build.duckdb"
    with database.connect(path) as connection:
        connection.execute("create table numbers as select range as n from range(100000)")
    content = bytearray(path.read_bytes())
    content[4104:4120] = bytes(16)
    path.write_bytes(content)
    with pytest.raises(duckdb.Error) as problem:
        database.connect(path)
    said = database.refusal(path, problem.value)
    assert "Corrupt database file" in said
    assert said.endswith("delete it and run dbt build again.")


def test_training_leaves_some_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connect(build_file(tmp_path)) as connection:
        connection.execute("create schema raw; create table raw.unfinished (node varchar)")
        connection.execute("create table settings (var_name varchar, setting varchar)")
    monkeypatch.setenv("HM_MEMORY_LIMIT", "1GB")
    with open_build_file(tmp_path, "training") as connection:
        assert database.memory_limit(connection) == pytest.approx(TRAINING_SHARE * 1e9, rel=0.01)


@pytest.mark.parametrize("threads", ["two", "0", "-1", "2.0", "", "1025", "9" * 20])
def test_a_number_of_threads_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    monkeypatch.setenv("HM_THREADS", threads)
    with pytest.raises(database.SettingError) as problem:
        database.bounds()
    assert str(problem.value) == (
        f"HM_THREADS is {threads!r}; set it to a whole number from 1 to 1024."
    )


@pytest.mark.parametrize("limit", ["6 apples", "much", "", "-1GB", "0GB", "1MB", "31MiB"])
def test_a_memory_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("HM_MEMORY_LIMIT", limit)
    with pytest.raises(database.SettingError) as problem:
        database.bounds()
    assert str(problem.value) == (
        f"HM_MEMORY_LIMIT is {limit!r}; set it to a size such as 6GB, of at least 32MiB."
    )


@pytest.mark.parametrize(
    ("limit", "n_bytes"), [("32MiB", 2**25), ("9000TB", 9e15), ("9e6TB", 9e18)]
)
def test_a_memory_limit_may_be_of_any_size(
    monkeypatch: pytest.MonkeyPatch, limit: str, n_bytes: float
) -> None:
    monkeypatch.setenv("HM_MEMORY_LIMIT", limit)
    with database.connect(settings=database.bounds()) as connection:
        assert database.memory_limit(connection) == pytest.approx(n_bytes, rel=0.1)


def test_what_is_set_is_what_duckdb_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_MEMORY_LIMIT", "1GiB")
    monkeypatch.setenv("HM_THREADS", "3")
    with database.connect(settings=database.bounds()) as connection:
        assert database.memory_limit(connection) == 2**30
        found = connection.execute("select current_setting('threads')").fetchall()
    assert found == [(3,)]
