"""Whoever reads never waits and sees one whole run; a second run is refused and harms nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from models_py.publishing import sha256
from tests.dbt import habits, runs
from tests.dbt.conftest import Run

# An analyst who queries in a loop, with one connection that stays open or with a new one for each
# query, until stdin is closed; then prints what each query saw. A query looks into tables that dbt
# makes first and last, and into those that training fills.
READER = """
import json, sys, threading
import duckdb

path, does_stay, seen = sys.argv[1], sys.argv[2] == "staying", []
QUERY = '''
    select run.run_id,
        run.cutoff_on = (select max(cutoff_on) from windows)
        and run.n_customers = (select count(*) from stg_customers)
        and 12 * run.n_customers = (
            select count(*) from recommended_articles where cutoff_on = run.cutoff_on
        )
        and (select sum(n_staged) from input_files where first_day is not null)
            = (select sum(quantity) from stg_transactions)
        and (select count(distinct window_id) from predictions.backtest_lists)
            = run.n_backtest_windows
    from predictions.runs as run where is_published order by started_at desc limit 1
'''
is_over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
connection = None
while True:
    is_last = is_over.is_set()
    connection = connection or duckdb.connect(path, read_only=True, config={"threads": 1})
    seen.append(connection.execute(QUERY).fetchone())
    if len(seen) == 1:
        print("reading", flush=True)
    if not does_stay:
        connection.close()
        connection = None
    if is_last:
        break
    is_over.wait(0.25)
print(json.dumps(seen))
"""


def start(command: list[str], data: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=runs.ROOT,
        env=runs.environment(data, out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def halted(process: subprocess.Popen[str], out: Path) -> Iterator[None]:
    """Wait until a run holds the folder, and stop it there for a while."""
    until = time.monotonic() + 120
    while f"(process {process.pid})" not in read(out / ".hm.lock"):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def ended(process: subprocess.Popen[str]) -> str:
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed[-3000:]
    return printed


def test_readers_go_on_and_second_runs_are_refused(habitual: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    # The build file is lost: the list of runs comes from the published one.
    for name in ("hm.duckdb", "submission.csv", "ranker.txt"):
        shutil.copyfile(habitual.out / name, out / name)
    data = habits.make(tmp_path / "data", n_weeks=9, price="0.5")
    variables = f"{{{habits.SMALL}}}"
    dbt = [str(Path(sys.executable).parent / "dbt"), "run", "--vars", variables]
    train = [sys.executable, "-m", "models_py.train"]

    readers = {
        kind: subprocess.Popen(
            [sys.executable, "-c", READER, str(out / "hm.duckdb"), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in ("staying", "new")
    }
    for reader in readers.values():
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"

    as_it_was = [(out / name).open("rb") for name in ("hm.duckdb", "submission.csv")]
    before = [file.read() for file in as_it_was]

    refused = []
    for command, name in ((dbt, "dbt"), (train, "training")):
        first = start(command, data, out)
        with halted(first, out):
            # Training finds no build file to speak of while the first dbt has only begun.
            for second in [dbt, train] if (out / "hm_build.duckdb").exists() else [dbt]:
                done = start(second, data, out)
                printed, _ = done.communicate(timeout=120)
                assert done.returncode == 2, printed
                assert f"is in use by {name} (process {first.pid}); wait" in " ".join(
                    printed.split()
                )
                assert "Traceback" not in printed
                refused.append((name, second[-1]))
        printed = ended(first)
    assert len(refused) >= 3

    seen: dict[str, list[tuple[str, bool]]] = {}
    for kind, reader in readers.items():
        seen[kind] = json.loads(reader.communicate("", timeout=60)[0])
        assert reader.returncode == 0
    assert all(is_whole for of_one in seen.values() for _, is_whole in of_one)
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        listed = connection.execute(
            "select run_id, submission_sha256 from predictions.runs order by started_at"
        ).fetchall()
        warnings = connection.execute(
            "select measure from predictions.drift where is_warning"
        ).fetchall()
    (old, _), (new, submission) = listed
    assert sha256(out / "submission.csv") == submission
    assert {run_id for run_id, _ in seen["staying"]} == {old}
    of_new = [run_id for run_id, _ in seen["new"]]
    assert of_new[0] == old
    assert of_new.index(new) == of_new.count(old) > 20
    assert of_new[-1] == new

    # Whoever holds an old file goes on reading all of it, however little of it was in memory.
    for file, content in zip(as_it_was, before, strict=True):
        file.seek(0)
        assert file.read() == content
        file.close()

    # Ten times the price, and a week more of the same.
    assert warnings == [("mean_price_last_week",)]
    words = " ".join(printed.split())
    assert "mean_price_last_week 0.0500 0.5000 +900.0% warning: more than" in words
    assert "not worse than the last published run on the same windows" in printed
