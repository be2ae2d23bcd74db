import errno
import os
import re
import sys
import termios

import pytest

from models_py.progress import Progress


def test_in_a_log_a_phase_is_a_line_on_stderr_named_from_its_beginning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that hangs says where."""
    with Progress(3) as progress:
        progress.start("reading")
        assert capsys.readouterr() == ("", "[1/3] reading")
        progress.start("window 2: fitting")
        assert re.fullmatch(r": \d+\.\d s\n\[2/3\] window 2: fitting", capsys.readouterr().err)
        progress.start("publishing")
        assert re.fullmatch(r": \d+\.\d s\n\[3/3\] publishing", capsys.readouterr().err)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r": \d+\.\d s\n", err)


def test_a_phase_that_failed_is_not_reported_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), Progress(2) as progress:
        progress.start("reading")
        progress.start("fitting")
        raise KeyError
    done, failed, rest = capsys.readouterr().err.split("\n")
    assert done.startswith("[1/2] reading: ")
    assert (failed, rest) == ("[2/2] fitting", "")


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
