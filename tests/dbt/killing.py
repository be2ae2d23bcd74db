"""Whole runs that are killed, and what must hold of the published files then.

What was published before is marked, so that it can be told from what the killed run publishes. A
`Victim` is a results folder whose runs are killed; its undisturbed run is the measure.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from models_py import demo_data
from tests.dbt import runs

N_CUSTOMERS = 1200
# As few windows as both models can learn from with so few customers.
VARS = "{n_training_windows: 12, extra_training_windows: 0, n_backtest_windows: 1}"
# The order in which a run replaces them.
PUBLISHED = ("hm.duckdb", "submission.csv", "ranker.txt", "repeats.txt")
# All that may stand in a results folder after a run.
LASTING = {*PUBLISHED, "hm_build.duckdb", ".hm.lock", "target", "logs"}
# Columns of the tables about runs that no two runs share.
OF_ONE_RUN = {"started_at", "seconds", "run_id", "build_id", "earlier_run_id"}

TRAIN = [sys.executable, "-m", "models_py.train", "--n-bootstrap", "10"]
# Training that kills its process group right before its n-th renaming of a file.
KILLED_AT_RENAME = """
import os, signal, sys
n_left = int(sys.argv.pop(1))
def watch(event, _):
    global n_left
    if event == "os.rename":
        n_left -= 1
        if n_left == 0:
            os.killpg(0, signal.SIGKILL)
from models_py import train
sys.addaudithook(watch)
sys.exit(train.main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Moment:
    """When a run is killed.

    Attributes
    ----------
    phase
        What it is doing then, in a word.
    after
        A pattern: the first line that the run prints with it, or empty for its start.
    delay
        Seconds from then on.
    """

    phase: str
    after: str
    delay: float


def dbt_run() -> list[str]:
    """The command that builds every table."""
    return [str(Path(sys.executable).parent / "dbt"), "run", "--vars", VARS]


def train_killed_at_rename(n: int) -> list[str]:
    """Training that is killed before its n-th renaming of a file, counted from 1."""
    return [sys.executable, "-c", KILLED_AT_RENAME, str(n), *TRAIN[3:]]


class Victim:
    """A results folder, and the undisturbed run that its runs must come to.

    Parameters
    ----------
    folder
        Where to make data, the undisturbed run and the results folder; what is there is used.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.undisturbed = folder / "undisturbed"
        self.marked = folder / "marked"
        self.out = folder / "out"
        if not (self.data / "transactions_train.csv").exists():
            size = ["--customers", str(N_CUSTOMERS), "--seed", "5"]
            assert demo_data.main([*size, "--out", str(self.data)]) == 0
        if not (self.undisturbed / PUBLISHED[-1]).exists():
            for command in (dbt_run(), TRAIN):
                self.run(command, self.undisturbed)
            # Like the runs that will be killed, the measure comes after an earlier publication.
            self._mark()
            for name in PUBLISHED:
                shutil.copyfile(self.marked / name, self.undisturbed / name)
            self.run(TRAIN, self.undisturbed)

    def _mark(self) -> None:
        """Files as an earlier run would have published them: whole, and of another content."""
        self.marked.mkdir()
        for name in PUBLISHED:
            shutil.copyfile(self.undisturbed / name, self.marked / name)
        with duckdb.connect(str(self.marked / "hm.duckdb")) as connection:
            connection.execute("create table published_before as select 1 as one")
        lines = (self.marked / "submission.csv").read_text().splitlines()
        text = "\n".join([lines[0], *reversed(lines[1:])])
        (self.marked / "submission.csv").write_text(text + "\n")
        for name in PUBLISHED[2:]:
            with (self.marked / name).open("a") as file:
                file.write("published before\n")

    def reset(self, with_build: bool = True) -> None:
        """Put the marked files in place, and drop the build file if told."""
        self.out.mkdir(exist_ok=True)
        for name in PUBLISHED:
            shutil.copyfile(self.marked / name, self.out / name)
        if not with_build:
            for path in self.out.glob("hm_build.duckdb*"):
                path.unlink()

    def n_models(self) -> int:
        """How many models a build runs, as dbt counts them."""
        found = re.findall(
            r" \d+ of (\d+) START ", (self.undisturbed / "logs" / "dbt.log").read_text()
        )
        return max(map(int, found))

    def run(self, command: Sequence[str], out: Path | None = None) -> None:
        """Run a command to its end, which must be a good one."""
        done = subprocess.run(
            command,
            cwd=runs.ROOT,
            env=runs.environment(self.data, out or self.out),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]

    def kill(self, commands: Sequence[Sequence[str]], moment: Moment | None) -> bool:
        """Run commands one after the other, and kill their process group.

        Parameters
        ----------
        commands
            Each is run when the one before has ended well.
        moment
            When to kill; None where they kill themselves.

        Returns
        -------
        bool
            Whether they were killed: False where they had ended before.
        """
        script = " && ".join(f'"${{@:{1 + sum(map(len, commands[:i]))}:{len(command)}}}"'
                             for i, command in enumerate(commands))  # fmt: skip
        words = [word for command in commands for word in command]
        process = subprocess.Popen(
            ["bash", "-c", script, "killed", *words],
            cwd=runs.ROOT,
            env={**runs.environment(self.data, self.out), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        with process.stdout as lines:
            printed = []
            if moment is not None and not moment.after:
                time.sleep(moment.delay)
                _kill(process.pid)
            for line in lines:
                printed.append(line)
                if moment is not None and moment.after and re.search(moment.after, line):
                    time.sleep(moment.delay)
                    _kill(process.pid)
                    break
        status = process.wait(timeout=300)
        ended = (0, -signal.SIGKILL, 128 + signal.SIGKILL)
        assert status in ended, f"status {status}: {''.join(printed)[-4000:]}"
        return status != 0

    def check_published(self) -> list[bool]:
        """Each published file is whole, the old one or the new one; for each, whether the new."""
        is_new = []
        for name in PUBLISHED:
            now = (self.out / name).read_bytes()
            is_old = now == (self.marked / name).read_bytes()
            is_new.append(not is_old)
            if not is_old and name != "hm.duckdb":
                assert now == (self.undisturbed / name).read_bytes(), f"{name} is not whole"
        wrong = self.differences(marked=not is_new[0])
        assert not wrong, f"hm.duckdb is not whole: {wrong}"
        # Never a later file of the new run beside an earlier one of the old.
        assert is_new == sorted(is_new, reverse=True)
        return is_new

    def check_recovered(self) -> None:
        """After a good run: the results of the undisturbed one, and nothing left lying about."""
        for name in PUBLISHED[1:]:
            assert (self.out / name).read_bytes() == (self.undisturbed / name).read_bytes(), name
        wrong = self.differences(marked=False)
        assert not wrong, f"hm.duckdb is not that of the undisturbed run: {wrong}"
        assert {path.name for path in self.out.iterdir()} <= LASTING

    def differences(self, marked: bool) -> list[str]:
        """Tables of hm.duckdb whose rows are not those of the marked or the undisturbed file.

        Opens the file and reads every table of it whole.
        """
        measure = (self.marked if marked else self.undisturbed) / "hm.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.out / 'hm.duckdb'}' as found (read_only)")
            connection.execute(f"attach '{measure}' as measure (read_only)")
            tables = [
                {
                    f"{schema}.{name}"
                    for schema, name in connection.execute(
                        "select schema_name, table_name from duckdb_tables()"
                        f" where database_name = '{database}'"
                        # Which build it is: no two are the same.
                        " and (schema_name, table_name) <> ('raw', 'build')"
                    ).fetchall()
                }
                for database in ("found", "measure")
            ]
            wrong = sorted(tables[0] ^ tables[1])
            for table in sorted(tables[0] & tables[1]):
                one, other = f"from found.{table}", f"from measure.{table}"
                if table == "predictions.runs":
                    # Each run adds a row.
                    latest = "order by started_at desc limit 1"
                    one, other = (f"{one} {latest}", f"{other} {latest}")
                if table in ("predictions.runs", "predictions.drift"):
                    one, other = (shared(connection, one), shared(connection, other))
                (n,) = connection.execute(
                    f"select (select count(*) from (({one}) except all ({other})))"
                    f" + (select count(*) from (({other}) except all ({one})))"
                ).fetchall()[0]
                if n:
                    wrong.append(table)
        return wrong


def shared(connection: duckdb.DuckDBPyConnection, rows: str) -> str:
    """A select of rows about runs, without what is one run's alone."""
    names = [name for name, *_ in connection.execute(f"from ({rows}) limit 0").description or []]
    own = ", ".join(sorted(OF_ONE_RUN & set(names)))
    return f"select * exclude ({own}) from ({rows})"


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
