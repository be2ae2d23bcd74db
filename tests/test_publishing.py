import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pytest

from models_py import publishing
from models_py.publishing import carry_over, publish, read_published
from models_py.warehouse import WarehouseError
from tests.other_process import open_for_writing

# Ends before DuckDB brings its log into the file.
INSERT_AND_DIE = """
import os, sys
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("insert into content values ('of a log')")
os._exit(0)
"""


def make(path: Path, content: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            create table content as select '{content}' as what;
            create schema raw;
            create table raw.build as select 'a' as build_id;
            create table raw.files as select '{content}' as what;
            create view raw.lines as from raw.files;
            create schema predictions;
            create table predictions.runs as
            select '{content}' as run_id, now()::timestamp as started_at, false as is_published
            """
        )


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def leave_log(path: Path) -> None:
    make(path, "old")
    subprocess.run([sys.executable, "-c", INSERT_AND_DIE, str(path)], check=True)
    assert path.with_name(f"{path.name}.wal").exists()


def test_a_copy_without_the_views_on_the_input_takes_the_place(tmp_path: Path) -> None:
    make(tmp_path / "hm_build.duckdb", "new")
    (tmp_path / ".list.new").write_text("list")
    publish(tmp_path, "new", tmp_path / "list")
    path = tmp_path / "hm.duckdb"
    assert query(path, "select what from content") == [("new",)]
    assert query(path, "select run_id, is_published from predictions.runs") == [("new", True)]
    assert query(path, "select table_name from duckdb_tables() where schema_name = 'raw'") == [
        ("build",)
    ]
    assert query(path, "from raw.build") == [("a",)]
    # The build goes by what is published, not by what was meant to be.
    assert query(tmp_path / "hm_build.duckdb", "select is_published from predictions.runs") == [
        (False,)
    ]
    assert (tmp_path / "list").read_text() == "list"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hm.duckdb", "hm_build.duckdb", "list"]


@pytest.mark.parametrize("name", ["hm.duckdb", ".hm.duckdb.new"])
def test_a_log_that_somebody_left_does_not_come_into_the_new_file(
    tmp_path: Path, name: str
) -> None:
    """DuckDB takes the log beside a file for that file's, even if it is another's."""
    make(tmp_path / "hm_build.duckdb", "new")
    leave_log(tmp_path / name)
    publish(tmp_path, "new")
    assert query(tmp_path / "hm.duckdb", "from content") == [("new",)]
    assert not list(tmp_path.glob(".hm.duckdb.new*"))


def test_a_build_whose_log_is_not_in_the_file_is_not_published(tmp_path: Path) -> None:
    make(tmp_path / "hm.duckdb", "old")
    before = (tmp_path / "hm.duckdb").read_bytes()
    leave_log(tmp_path / "hm_build.duckdb")
    with pytest.raises(WarehouseError, match="could not be written into the file beside it"):
        publish(tmp_path, "new")
    assert (tmp_path / "hm.duckdb").read_bytes() == before


@pytest.mark.parametrize("what", ["nothing", "no database", "no tables", "another version"])
def test_without_a_run_to_compare_with_a_run_is_the_first(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hm.duckdb"
    if what == "no database":
        path.write_text("this is no database")
    elif what == "no tables":
        duckdb.connect(str(path)).close()
    elif what == "another version":
        make(path, "old")
        with duckdb.connect(str(path)) as connection:
            connection.execute("update predictions.runs set is_published = true")
    with duckdb.connect() as connection:
        found = read_published(connection, tmp_path)
        # Nothing of it stays attached.
        connection.execute("attach ':memory:' as published")
    assert found.run_id is None
    assert found.runs.empty
    assert found.scores.empty
    printed = capsys.readouterr().out
    assert ("this run counts as the first" in printed) is (what != "nothing")


def test_what_nobody_else_may_read_is_private_in_the_copy_that_is_read_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody has the file open for writing."""
    path, modes = tmp_path / "hm.duckdb", []
    make(path, "old")
    path.chmod(0o600)

    def copyfile(source: Path, target: Path) -> None:
        shutil.copyfile(source, target)
        modes.append(stat.S_IMODE(target.stat().st_mode))

    monkeypatch.setattr(publishing, "shutil", SimpleNamespace(copyfile=copyfile))
    with open_for_writing(path), duckdb.connect() as connection:
        read_published(connection, tmp_path)
    assert modes == [0o600]
    assert [path.name for path in tmp_path.iterdir()] == ["hm.duckdb"]


def test_the_list_of_runs_goes_on_and_the_published_one_has_the_last_word() -> None:
    def runs(*rows: tuple[str, str, bool | None]) -> pd.DataFrame:
        table = pd.DataFrame(rows, columns=["run_id", "started_at", "is_published"])
        return table.astype({"started_at": "datetime64[us]"})

    with duckdb.connect() as connection:
        here = runs(("a", "2020-01-01", False), ("c", "2020-01-03", False))
        connection.execute("create schema predictions")
        connection.register("here", here)
        connection.execute("create table predictions.runs as from here")
        carry_over(connection, runs())
        there = runs(("a", "2020-01-01", True), ("b", "2020-01-02", True))
        carry_over(connection, there.assign(column_of_another_version=1))
        assert connection.execute(
            "select run_id, is_published from predictions.runs order by started_at"
        ).fetchall() == [("a", True), ("b", True), ("c", False)]
