"""A run that is killed changes nothing, or has changed everything; the next one ends well.

Four chosen moments here, and a disk that is too full to publish. `make kill-test` kills at
fifty-three random moments, with a recovery each, and fills the disk in every phase.
"""

import shutil
from pathlib import Path

import pytest

from tests.dbt.full_disk import MEGABYTE, run_in, small_disk
from tests.dbt.killing import TRAIN, Moment, Victim, dbt_run, train_killed_at_rename


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    return Victim(tmp_path_factory.mktemp("victim"))


def test_killed_in_the_build(victim: Victim) -> None:
    victim.reset(with_build=False)
    # As from a run that was killed while it made the build file: DuckDB can't open it.
    (victim.out / "hm_build.duckdb").write_bytes(bytes(4096))
    moment = Moment("build", r"START sql table model main\.merged_candidates ", 0.05)
    assert victim.kill([dbt_run(), TRAIN], moment)
    assert not any(victim.check_published())
    for command in (dbt_run(), TRAIN):
        victim.run(command)
    victim.check_recovered()


@pytest.mark.parametrize(
    ("command", "moment", "n_new"),
    [
        (TRAIN, Moment("fitting", "window 2: fitting: ", 0.1), 0),
        # The first renaming is write_submission's; then come the published files.
        (train_killed_at_rename(2), None, 0),
        (train_killed_at_rename(3), None, 1),
    ],
    ids=["fitting", "publishing", "between two files"],
)
def test_killed_in_training(
    victim: Victim, command: list[str], moment: Moment | None, n_new: int
) -> None:
    victim.reset()
    if not (victim.out / "hm_build.duckdb").exists():
        victim.run(dbt_run())
    assert victim.kill([command], moment)
    assert sum(victim.check_published()) == n_new
    victim.run(TRAIN)
    victim.check_recovered()


def test_no_room_to_publish(victim: Victim, tmp_path: Path) -> None:
    """The build file has room, its copy has not."""
    out = victim.out
    if not (out / "hm_build.duckdb").exists():
        victim.reset()
        victim.run(dbt_run())
    try:
        with small_disk(tmp_path / "small") as victim.out:
            victim.reset()
            shutil.copyfile(out / "hm_build.duckdb", victim.out / "hm_build.duckdb")
            printed = run_in(victim, TRAIN, 4 * MEGABYTE)
            assert "published nothing" in printed
            assert "No space left on device" in printed
            assert "free some space there" in printed
            victim.run(TRAIN)
            victim.check_recovered()
    finally:
        victim.out = out
