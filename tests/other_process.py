"""Another process that has a DuckDB file open for writing, as DuckDB's command line has it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"


@contextmanager
def open_for_writing(path: Path) -> Iterator[None]:
    """Keep the file open in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as analyst:
        assert analyst.stdout is not None
        assert analyst.stdout.readline()
        try:
            yield
        finally:
            analyst.communicate("\n")
