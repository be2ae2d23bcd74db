"""A small disk for the results of a run, to be filled: a tmpfs, which only root can mount."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dbt import runs
from tests.dbt.killing import Victim

MEGABYTE = 2**20
SIZE = 400 * MEGABYTE
BALLAST = ".ballast"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a tmpfs on a folder while the test runs; skips the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled is mounted, which needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def room_for(folder: Path, n_bytes: int) -> Iterator[None]:
    """Leave so many bytes free on the small disk."""
    path = folder / BALLAST
    free = os.statvfs(folder)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - n_bytes)
    try:
        yield
    finally:
        path.unlink()


def run_in(victim: Victim, command: Sequence[str], n_bytes: int, **more: str) -> str:
    """Run with so little room, which must fail and change nothing; returns what it printed."""
    side = victim.out.parent / "side"
    env = runs.environment(victim.data, victim.out) | {
        "DBT_TARGET_PATH": str(side / "target"),
        "DBT_LOG_PATH": str(side / "logs"),
    }
    with room_for(victim.out, n_bytes):
        done = subprocess.run(
            command,
            cwd=runs.ROOT,
            env={**env, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    printed = done.stdout + done.stderr
    assert done.returncode != 0, printed[-3000:]
    assert "Traceback" not in printed, printed[-3000:]
    assert not any(victim.check_published())
    return printed
