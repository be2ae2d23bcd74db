import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from models_py import leftovers, publishing, warehouse
from models_py.replacing import unfinished
from tests.other_process import open_for_writing


def spilled(database: Path) -> Path:
    folder = leftovers.spill_folder(database)
    folder.mkdir()
    (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("some")
    return folder


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_a_build_file_without_headers_makes_room_for_a_new_one(tmp_path: Path, size: int) -> None:
    database = tmp_path / "hm_build.duckdb"
    duckdb.connect(str(database)).close()
    database.write_bytes(database.read_bytes()[:size])
    with pytest.raises(duckdb.IOException):
        duckdb.connect(str(database))
    leftovers.clear_build(database)
    duckdb.connect(str(database)).close()


def test_an_empty_database_is_kept_and_its_spilled_files_go(tmp_path: Path) -> None:
    database = tmp_path / "hm_build.duckdb"
    duckdb.connect(str(database)).close()
    assert database.stat().st_size == leftovers.SMALLEST_DATABASE
    folder = spilled(database)
    leftovers.clear_build(database)
    assert database.exists()
    assert not folder.exists()


def test_of_a_file_in_use_nothing_is_cleared(tmp_path: Path) -> None:
    database = tmp_path / "hm_build.duckdb"
    with open_for_writing(database):
        folder = spilled(database)
        leftovers.clear_build(database)
        assert folder.exists()
    leftovers.clear_build(database)
    assert not folder.exists()


def test_a_log_of_a_killed_run_is_not_replayed_into_what_is_published(tmp_path: Path) -> None:
    """Left alone, DuckDB reads it into the next file of that name without a word."""
    with duckdb.connect(str(warehouse.build_file(tmp_path))) as connection:
        connection.execute("create table built as select 1 as one")
        connection.execute("create schema raw; create table raw.build as select 'a' as build_id")
    published = warehouse.published_file(tmp_path)
    code = """
import duckdb, os, signal, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("checkpoint")
connection.execute("create table of_the_killed_run as select 1 as one")
os.kill(os.getpid(), signal.SIGKILL)
"""
    for path in (published, unfinished(published)):
        subprocess.run([sys.executable, "-c", code, str(path)], check=False)
        assert path.with_name(f"{path.name}.wal").exists()
    publishing.publish(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"hm_build.duckdb", "hm.duckdb"}
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
    assert tables == [("build",), ("built",)]


def test_unfinished_files_go_when_a_run_begins_and_when_it_fails(tmp_path: Path) -> None:
    targets = [tmp_path / "hm.duckdb", tmp_path / "submission.csv"]
    others = [tmp_path / name for name in (".mine.new", ".submission.csv.swp", "submission.csv")]
    begun = [
        tmp_path / ".hm.duckdb.new",
        tmp_path / ".hm.duckdb.new.wal",
        tmp_path / ".submission.csv.new",
        tmp_path / "..submission.csv.new.0123456789abcdef.tmp",
    ]
    for path in [*others, *begun]:
        path.touch()
    with pytest.raises(KeyboardInterrupt), leftovers.none_of(*targets):
        assert set(tmp_path.iterdir()) == set(others)
        for path in begun:
            path.touch()
        raise KeyboardInterrupt
    assert set(tmp_path.iterdir()) == set(others)
