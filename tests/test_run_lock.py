import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from models_py import run_lock
from tests.dbt.runs import ROOT

HOLD = """
import sys
from pathlib import Path
from models_py import run_lock
run_lock.hold(Path(sys.argv[1]), "dbt")
print("held", flush=True)
sys.stdin.read()
"""
OPEN = """
import sys
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
print("open", flush=True)
sys.stdin.read()
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that has said that it is ready, and stays until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_a_folder_that_another_process_holds_is_refused_until_it_ends(tmp_path: Path) -> None:
    other = started(HOLD, str(tmp_path))
    with pytest.raises(run_lock.InUseError, match=rf"in use by dbt \(process {other.pid}\); wait"):
        run_lock.hold(tmp_path, "training")
    # However it ends.
    other.kill()
    other.communicate()
    run_lock.hold(tmp_path, "training")
    run_lock.hold(tmp_path, "training")
    run_lock.release(tmp_path)
    third = started(HOLD, str(tmp_path))
    third.communicate("")


def test_folders_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    other = started(HOLD, str(tmp_path / "one"))
    run_lock.hold(tmp_path / "two", "training")
    run_lock.release(tmp_path / "two")
    other.communicate("")


@pytest.mark.parametrize("is_read_only", [True, False])
def test_a_database_that_another_process_has_open_is_refused(
    tmp_path: Path, is_read_only: bool
) -> None:
    path = tmp_path / "hm_build.duckdb"
    run_lock.check_not_open(path)
    duckdb.connect(str(path)).close()
    run_lock.check_not_open(path)
    other = started(OPEN, str(path), str(is_read_only))
    with pytest.raises(run_lock.InUseError, match="open in another program; close it"):
        run_lock.check_not_open(path)
    other.communicate("")
    run_lock.check_not_open(path)
