"""Which phase a run is in, how far it is, and how long is left."""

import sys
import time
from types import TracebackType
from typing import NoReturn

from tqdm import tqdm


class Progress:
    """A bar on a terminal; in a log, a line for each phase when it ends.

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
        if self._bar is not None:
            self._bar.close()

    def _end_phase(self) -> None:
        if not self._phase:
            return
        if self._bar is not None:
            self._bar.update(1)
        else:
            seconds = time.monotonic() - self._since
            print(
                f"[{self._n_started}/{self._n_phases}] {self._phase}: {seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
        self._phase = ""
