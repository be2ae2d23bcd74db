"""Which phase a run is in, how far it is, and, on a terminal, how long is left."""

import sys
import time
from types import TracebackType
from typing import NoReturn

from tqdm import tqdm


class Progress:
    """A bar on a terminal; in a log, a line for each phase: its name at once, then its seconds.

    Parameters
    ----------
    n_phases
        How many times `start` will be called.
    """

    def __init__(self, n_phases: int) -> None:
        self._n_phases = n_phases
        self._n_started = 0
        self._phase = ""
        self._since = time.monotonic()
        self._bar: tqdm[NoReturn] | None = None
        if sys.stderr.isatty():
            self._bar = tqdm(
                total=n_phases, bar_format="{l_bar}{bar}| {elapsed} so far, {remaining} left"
            )

    def start(self, phase: str) -> None:
        """End the phase before, and begin this one."""
        self._end_phase()
        self._phase, self._since = phase, time.monotonic()
        self._n_started += 1
        if self._bar is not None:
            self._bar.set_description(phase)
        else:
            self._write(f"[{self._n_started}/{self._n_phases}] {phase}")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._end_phase()
        elif self._phase and self._bar is None:
            # What is printed next begins its own line.
            self._write("\n")
        if self._bar is not None:
            self._bar.close()

    def _end_phase(self) -> None:
        if not self._phase:
            return
        if self._bar is not None:
            self._bar.update(1)
        else:
            self._write(f": {time.monotonic() - self._since:.1f} s\n")
        self._phase = ""

    @staticmethod
    def _write(text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)
