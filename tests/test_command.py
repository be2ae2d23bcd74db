"""How commands end: what they say, and with which status."""

import subprocess
import sys

import duckdb
import pytest

from models_py import command, database
from models_py.warehouse import WarehouseError

PRINTS_MUCH = """
from models_py import command

def much():
    for number in range(100_000):
        print(number)

raise SystemExit(command.exit_status(lambda: command.{how}, "training failed"))
"""


def fail(problem: Exception) -> None:
    raise problem


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (WarehouseError("no build; make one."), 2, "error: no build; make one."),
        (database.SettingError("no number."), 2, "error: no number."),
        (command.NotPublishedError("worse."), 3, "error: worse."),
        (OSError("no disk"), 3, "error: training failed: no disk."),
        (duckdb.Error("no table\nline 1"), 3, "error: training failed: no table."),
    ],
)
def test_a_failure_is_one_sentence_and_a_status(
    capsys: pytest.CaptureFixture[str], problem: Exception, status: int, said: str
) -> None:
    assert command.exit_status(lambda: fail(problem), "training failed") == status
    assert capsys.readouterr().err == said + "\n"


@pytest.mark.parametrize(
    "problem", [WarehouseError("no file"), OSError("no file"), duckdb.Error("no file\nline 1")]
)
def test_what_fails_once_a_run_is_published_is_a_warning(
    capsys: pytest.CaptureFixture[str], problem: Exception
) -> None:
    run = lambda: command.once_published(lambda: fail(problem), "can't be printed")  # noqa: E731
    assert command.exit_status(run, "training failed") == 0
    warning = "warning: the run is published, but can't be printed (no file).\n"
    assert capsys.readouterr().err == warning


@pytest.mark.parametrize("how", ["while_read(much)", "once_published(much, 'is not printed')"])
@pytest.mark.parametrize("options", [[], ["-u"]])
def test_a_reader_who_has_had_enough_is_no_failure(how: str, options: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *options, "-c", PRINTS_MUCH.format(how=how)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
