"""A run that is worse than what is published does not take its place."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models_py import report
from tests.dbt import habits, runs
from tests.dbt.conftest import Run
from tests.dbt.many_builds import ManyBuilds
from tests.other_process import open_for_writing

FILES = ("hm.duckdb", "submission.csv", "ranker.txt")


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def worse(habitual: Run, builds: ManyBuilds, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A folder with a good run and a backtest of it, on which a build that sees less was made."""
    out = tmp_path_factory.mktemp("worse")
    for name in (*FILES, "hm_build.duckdb"):
        shutil.copyfile(habitual.out / name, out / name)
    # It neither takes back what is published nor leaves fewer windows to compare on.
    tested = runs.backtest(out, "--windows", "1", "--n-bootstrap", "10")
    assert tested.returncode == 0, tested.stderr
    built = builds.dbt(habitual.data, out, "run", variables=habits.BLIND)
    assert built.returncode == 0, built.stdout[-3000:]
    return Run(habitual.data, out, "")


def test_a_worse_run_changes_nothing_says_why_and_can_be_published_anyway(
    worse: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(worse.out)

    # While somebody has the published file open for writing, as DuckDB's command line does.
    with open_for_writing(worse.database):
        done = runs.train(worse.data, worse.out)
    assert done.returncode == 3, done.stderr[-2000:]
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("error: this run is worse than the last published run on the same")
    assert "2 windows, 120 customers" in sentence
    assert sentence.endswith("or run python -m models_py.train --publish-anyway.")
    assert "MAP@12, mean over 2 past windows" in done.stdout
    assert contents(worse.out) == before
    assert not [path.name for path in worse.out.iterdir() if ".new" in path.name]
    runs_of = "select is_published, is_gate_overridden from predictions.runs order by started_at"
    assert rows(worse.out / "hm_build.duckdb", runs_of) == [(True, False), (False, False)]

    # A backtest of it is not published either.
    done = runs.backtest(worse.out, "--n-bootstrap", "10")
    assert done.returncode == 0, done.stderr
    assert "is of another build or run and stays as it was" in done.stdout
    assert contents(worse.out) == before

    done = runs.train(worse.data, worse.out, "--publish-anyway")
    assert done.returncode == 0, done.stderr
    assert "MAP@12 -0." in done.stdout
    assert ", and published anyway." in done.stdout
    assert rows(worse.database, runs_of) == [(True, False), (False, False), (True, True)]
    submission = (worse.out / "submission.csv").read_bytes()
    assert submission != before["submission.csv"]
    assert report.main(["--out-dir", str(worse.out)]) == 0
    assert capsys.readouterr().err == ""

    # Now that is what is published, and the same again is not worse than it.
    done = runs.train(worse.data, worse.out)
    assert done.returncode == 0, done.stderr
    assert (worse.out / "submission.csv").read_bytes() == submission


def test_a_run_that_cannot_be_compared_with_the_published_one_says_so(
    habitual: Run, tmp_path: Path
) -> None:
    """As where the data of another shop are put into the same folder."""
    for name in (*FILES, "hm_build.duckdb"):
        shutil.copyfile(habitual.out / name, tmp_path / name)
    with duckdb.connect(str(tmp_path / "hm.duckdb")) as connection:
        connection.execute("update stg_customers set customer_id = customer_id || ' of another'")
    done = runs.train(habitual.data, tmp_path, "--n-bootstrap", "10")
    assert done.returncode == 0, done.stderr
    (gate,) = rows(
        tmp_path / "hm.duckdb",
        "select gate_decision from predictions.runs order by started_at desc limit 1",
    )[0]
    assert gate.startswith("not worse than the baseline (MAP@12 +0.")
    assert gate.endswith("which has no window and customer in common with this one")


def test_a_run_with_warnings_is_not_published_where_that_is_asked_for(
    habitual: Run, tmp_path: Path
) -> None:
    """As of an export that has stopped: the same purchases once more."""
    for name in (*FILES, "hm_build.duckdb"):
        shutil.copyfile(habitual.out / name, tmp_path / name)
    before = contents(tmp_path)
    arguments = ("--n-bootstrap", "10")
    done = runs.train(habitual.data, tmp_path, *arguments, "--stop-on-warnings")
    assert done.returncode == 3, done.stderr[-2000:]
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("error: this run has warnings (")
    assert "the cutoff is no later; are the newest purchases in the file?)" in sentence
    assert sentence.endswith("or run python -m models_py.train without the option.")
    assert contents(tmp_path) == before
    done = runs.train(habitual.data, tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    select = "select is_published, split(warnings, chr(10)) from predictions.runs order by all"
    (stopped, first, second) = rows(tmp_path / "hm.duckdb", select)
    assert (stopped[0], second[0]) == (False, True)
    assert stopped[1] == second[1]
    assert "the cutoff is no later" in second[1][-1]
    assert first[0]
    assert first[1] is None or "the cutoff" not in first[1][-1]


def test_the_list_of_runs_says_what_made_each(habitual: Run) -> None:
    ((inputs, settings, versions, scores, gate),) = rows(
        habitual.database,
        "select inputs::json, settings::json, versions::json, scores::json, gate_decision "
        "from predictions.runs",
    )
    (purchases,) = rows(
        habitual.database,
        f"""
        select r->>'n_staged', r->>'first_day', r->>'last_day' from (
            select unnest('{inputs}'::json[]) as r
        ) where r->>'file_name' = 'transactions_train'
        """,
    )
    assert purchases == (str(2 * 8 * habits.N_CUSTOMERS), "2020-01-01", "2020-02-25")
    assert '"n_backtest_windows": "2"' in settings
    assert f'"duckdb": "{duckdb.__version__}"' in versions
    assert '"system":"blend","window_id":2,"map_at_12":' in scores
    assert gate.startswith("not worse than the baseline (MAP@12 +0.")


def test_the_fingerprint_is_of_the_rows_and_not_of_their_order(
    habitual: Run, builds: ManyBuilds, tmp_path: Path
) -> None:
    """The purchases the other way round, and one customer a year older."""
    data, out = tmp_path / "data", tmp_path / "out"
    shutil.copytree(habitual.data, data)
    purchases, customers = data / "transactions_train.csv", data / "customers.csv"
    lines = purchases.read_text().splitlines()
    purchases.write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n")
    assert customers.read_text().count(",33,p13\n") == 1
    customers.write_text(customers.read_text().replace(",33,p13\n", ",34,p13\n"))
    done = builds.dbt(data, out, "run", "--select", "+input_files")
    assert done.returncode == 0, done.stdout[-2000:]
    select = "select file_name, fingerprint from input_files"
    found = dict(rows(out / "hm_build.duckdb", select))
    as_it_was = dict(rows(habitual.out / "hm_build.duckdb", select))
    is_equal = {name: found[name] == as_it_was[name] for name in found}
    assert is_equal == {"articles": True, "customers": False, "transactions_train": True}


def test_a_build_that_did_not_end_well_is_not_trained_on(
    habitual: Run, builds: ManyBuilds, tmp_path: Path
) -> None:
    """Its tables are of two builds: those before the failure, and those it did not come to."""
    data, out = tmp_path / "data", tmp_path / "out"
    shutil.copytree(habitual.data, data)
    out.mkdir()
    for name in (*FILES, "hm_build.duckdb"):
        shutil.copyfile(habitual.out / name, out / name)
    before = contents(out)
    with (data / "transactions_train.csv").open("a") as file:
        file.writelines(["2020-02-25,customer1,0100000001,-1,1\n"] * 100)
    assert builds.dbt(data, out, "run").returncode == 2
    done = runs.train(data, out)
    assert done.returncode == 2
    assert "of its models and tests are still to be made or to pass, such as" in done.stderr
    assert contents(out) == before
