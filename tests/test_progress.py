import errno
import os
import re
import sys
import termios

import pytest

from models_py.progress import Progress


def test_in_a_log_a_phase_is_a_line_on_stderr_once_it_is_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress(3) as progress:
        progress.start("reading")
        assert capsys.readouterr() == ("", "")
        progress.start("window 2: fitting")
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(r"\[1/3\] reading: \d+\.\d s\n", err)
        progress.start("publishing")
        assert re.fullmatch(r"\[2/3\] window 2: fitting: \d+\.\d s\n", capsys.readouterr().err)
    assert re.fullmatch(r"\[3/3\] publishing: \d+\.\d s\n", capsys.readouterr().err)


def test_a_phase_that_failed_is_not_reported_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), Progress(2) as progress:
        progress.start("reading")
        progress.start("fitting")
        raise KeyError
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("[1/2] reading: ")


def test_without_a_phase_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(0):
        pass
    assert capsys.readouterr() == ("", "")


def _all_of(terminal: int) -> str:
    """What was written to a terminal whose other end is closed: a read may give a part of it."""
    shown = b""
    while True:
        try:
            part = os.read(terminal, 100_000)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that there is no more
                raise
            part = b""
        if not part:
            return shown.decode()
        shown += part


def test_on_a_terminal_there_is_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress(2) as progress:
            progress.start("reading")
            progress.start("fitting")
    shown = _all_of(ours)
    os.close(ours)
    assert "reading" in shown
    assert shown.rstrip().splitlines()[-1].startswith("fitting: 100%")
    # Drawn over and over in its line: the terminal is not filled with lines.
    assert shown.count("\n") == 1
    assert "[1/2]" not in shown
