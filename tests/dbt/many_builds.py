"""dbt, loaded and parsed once for many runs: a run costs what it does, not seven seconds more.

Started by ``ManyBuilds`` as a process of its own: the folder that dbt reads and writes is set by
its environment.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from models_py import run_lock
from tests.dbt import runs


class ManyBuilds:
    """Runs dbt commands, one after the other, in one process beside this one.

    A run writes no manifest of its own, nor its results.
    """

    def __init__(self, folder: Path, project: Path = runs.ROOT / "dbt_project") -> None:
        # The project is parsed with a folder of outputs, and no data, of its own.
        env = runs.environment(folder / "none", folder, project)
        self._manifest = folder / "target" / "manifest.json"
        self._is_parsed = False
        self._errors = (folder / "errors.txt").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.dbt.many_builds"],
            cwd=runs.ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def dbt(
        self, data: Path, out: Path, *arguments: str, variables: str = "{}"
    ) -> subprocess.CompletedProcess[str]:
        """As ``runs.dbt``: what it printed, and the status that it would have ended with."""
        out.mkdir(parents=True, exist_ok=True)
        assert self._process.stdin
        command = [*arguments, "--vars", variables]
        self._process.stdin.write(
            json.dumps({"data": str(data), "out": str(out), "command": command}) + "\n"
        )
        self._process.stdin.flush()
        self._wait_until_parsed()
        status, printed = self._answer()
        return subprocess.CompletedProcess(command, status, printed, "")

    def manifest(self) -> Any:
        """What dbt knows of the project."""
        self._wait_until_parsed()
        return json.loads(self._manifest.read_text())

    def _wait_until_parsed(self) -> None:
        if not self._is_parsed:
            self._answer()
            self._is_parsed = True

    def _answer(self) -> Any:
        assert self._process.stdout
        answer = self._process.stdout.readline()
        self._errors.seek(0)
        assert answer, self._errors.read()[-3000:]
        return json.loads(answer)

    def run_and_train(self, data: Path, out: Path, *command: str, variables: str = "{}") -> str:
        """``dbt run``, or another command, then training; returns what training printed."""
        built = self.dbt(data, out, *(command or ("run",)), variables=variables)
        assert built.returncode == 0, built.stdout[-4000:]
        trained = runs.train(data, out)
        assert trained.returncode == 0, trained.stdout[-4000:] + trained.stderr[-4000:]
        return trained.stdout

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._errors.close()


def main() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    connections: Any = DuckDBConnectionManager
    answers, sys.stdout = sys.stdout, io.StringIO()
    manifest: Any = dbtRunner().invoke(["parse"]).result
    os.environ["DBT_WRITE_JSON"] = "false"
    print(json.dumps("parsed"), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["HM_DATA_DIR"], os.environ["HM_OUT_DIR"] = request["data"], request["out"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # A run leaves traces in the manifest.
            done = dbtRunner(manifest=manifest.deepcopy()).invoke(request["command"])
        # Which keeps the file open, also for those who would only read it.
        if connections._ENV:
            connections._ENV.close()
            connections._ENV = None
        # As when the command ends.
        run_lock.release(Path(request["out"]))
        # dbt's own statuses: 2 where it gave up, 1 where a model or a test failed.
        status = 0 if done.success else 2 if done.exception else 1
        answers.write(json.dumps([status, printed.getvalue()]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
