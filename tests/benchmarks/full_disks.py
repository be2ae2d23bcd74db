"""A disk without room ends a run with a sentence and changes nothing that is published.

Not in the suite but for its last case (tests/dbt/test_crashes.py): make kill-test runs it.
"""

from pathlib import Path

from tests.dbt.full_disk import MEGABYTE, run_in, small_disk
from tests.dbt.killing import TRAIN, Victim, dbt_run


def test_no_room(tmp_path: Path) -> None:
    victim = Victim(tmp_path)
    with small_disk(victim.out):
        victim.reset()
        for n_bytes in (0, 2 * MEGABYTE, 6 * MEGABYTE, 16 * MEGABYTE):
            assert "No space left" in run_in(victim, dbt_run(), n_bytes), n_bytes
        victim.run(dbt_run())
        for n_bytes in (0, MEGABYTE, 2 * MEGABYTE, 8 * MEGABYTE):
            printed = run_in(victim, TRAIN, n_bytes)
            assert "No space left" in printed
            assert "free some space there" in printed
            victim.reset()
        printed = run_in(victim, TRAIN, 3 * MEGABYTE, HM_MEMORY_LIMIT="60MB")
        assert "published nothing: Out of Memory" in printed
        assert printed.count("error:") == 1
        for command in (dbt_run(), TRAIN):
            victim.run(command)
        victim.check_recovered()
