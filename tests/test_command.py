"""How commands end: what they say, and with which status."""

import signal
import subprocess
import sys

import duckdb
import pytest

from models_py import command, database
from models_py.replacing import PartlyReplacedError
from models_py.warehouse import WarehouseError

PRINTS_MUCH = """
import sys
from models_py import command

def much():
    for number in range(100_000):
        print(number)
    print("and an end", file=sys.stderr)

raise SystemExit(command.exit_status({how}, "training failed"))
"""


def fail(problem: BaseException) -> None:
    raise problem


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (WarehouseError("no build; make one."), 2, "error: no build; make one."),
        (database.SettingError("no number."), 2, "error: no number."),
        (command.NotPublishedError("worse."), 3, "error: worse."),
        (OSError("no disk"), 3, "error: training failed: no disk."),
        (duckdb.Error("no table\nline 1"), 3, "error: training failed: no table."),
        (PartlyReplacedError("one of two."), 3, "error: one of two."),
        (KeyboardInterrupt(), 130, "error: interrupted."),
        (RuntimeError("Query interrupted"), 130, "error: interrupted."),
    ],
)
def test_a_failure_is_one_sentence_and_a_status(
    capsys: pytest.CaptureFixture[str], problem: BaseException, status: int, said: str
) -> None:
    assert command.exit_status(lambda: fail(problem), "training failed") == status
    assert capsys.readouterr().err == said + "\n"


WAITS = """
import time
from models_py import command

def wait():
    print("waiting", flush=True)
    time.sleep(60)

raise SystemExit(command.exit_status(wait, "training failed"))
"""


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGTERM, 143, "told to end."), (signal.SIGINT, 130, "interrupted.")],
)
def test_a_signal_ends_it_with_a_sentence(number: int, status: int, said: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        assert process.stderr.read() == f"error: {said}\n"
    assert process.returncode == status


def test_a_fault_of_our_own_is_no_interruption() -> None:
    with pytest.raises(RuntimeError, match="no sense"):
        command.exit_status(lambda: fail(RuntimeError("no sense")), "training failed")


@pytest.mark.parametrize(
    "problem",
    [
        WarehouseError("no file"),
        OSError("no file"),
        duckdb.Error("no file\nline 1"),
        MemoryError("no file"),
        KeyboardInterrupt(),
        RuntimeError("Query interrupted"),
    ],
)
def test_what_fails_once_a_run_is_published_is_a_warning(
    capsys: pytest.CaptureFixture[str], problem: BaseException
) -> None:
    run = lambda: command.once_published(lambda: fail(problem), "can't be printed")  # noqa: E731
    assert command.exit_status(run, "training failed") == 0
    reason = "no file" if "no file" in str(problem) else "interrupted"
    warning = f"warning: the run is published, but can't be printed ({reason}).\n"
    assert capsys.readouterr().err == warning


@pytest.mark.parametrize("how", ["much", "lambda: command.once_published(much, 'is lost')"])
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
        assert process.stderr.read() == b"and an end\n"
    assert process.returncode == 0


def test_a_log_that_nobody_reads_any_more_is_no_failure() -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-c", PRINTS_MUCH.format(how="much")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
    assert process.returncode == 0


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_needs_no_open_streams(closed: str) -> None:
    program = PRINTS_MUCH.format(how="much")
    assert (
        subprocess.run(["sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, program]).returncode
        == 0
    )


def test_results_that_can_not_be_printed_are_a_failure_in_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", PRINTS_MUCH.format(how="much")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert ended.returncode == 3
    assert "error: training failed: [Errno 28] No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_log_that_is_full_changes_no_status() -> None:
    program = "from models_py import command\nfrom pathlib import Path\n" + (
        "raise SystemExit(command.exit_status(lambda: Path('none').unlink(), 'it failed'))"
    )
    with open("/dev/full", "w") as full:
        ended = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=full)
    assert ended.returncode == 3
