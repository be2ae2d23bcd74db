import errno
import os
import stat
from pathlib import Path

import pytest

from models_py import replacing


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("umask", "wanted"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_a_new_file_has_what_the_umask_leaves(tmp_path: Path, umask: int, wanted: int) -> None:
    before = os.umask(umask)
    try:
        path = replacing.begin(tmp_path / "hm.duckdb")
    finally:
        os.umask(before)
    assert mode(path) == wanted


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o444])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, kept: int) -> None:
    target = tmp_path / "hm.duckdb"
    target.write_text("old")
    target.chmod(kept)
    path = replacing.begin(target)
    assert mode(path) == 0o600
    path.write_text("new")
    replacing.put(target)
    assert target.read_text() == "new"
    assert mode(target) == kept
    assert os.listdir(tmp_path) == ["hm.duckdb"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_replaced_file_keeps_its_owner_and_its_group(tmp_path: Path) -> None:
    """Who reads it by its group would be locked out by the next run."""
    target = tmp_path / "hm.duckdb"
    target.write_text("old")
    os.chown(target, 12345, 23456)
    target.chmod(0o640)
    replacing.begin(target).write_text("new")
    replacing.put(target)
    found = target.stat()
    assert (found.st_uid, found.st_gid, mode(target)) == (12345, 23456, 0o640)


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP])
def test_another_group_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "chown")

    target = tmp_path / "hm.duckdb"
    target.write_text("old")
    target.chmod(0o664)
    path = replacing.begin(target)
    monkeypatch.setattr(os, "chown", refuse)
    replacing.keep_permissions(path, target)
    assert mode(path) == 0o664
    # As of another group: this user's own can't be counted on to be one of several.
    status = os.stat_result([*target.stat()[:5], target.stat().st_gid + 1, *target.stat()[6:]])
    monkeypatch.setattr(
        Path, "stat", lambda self, known=Path.stat, **_: status if self == target else known(self)
    )
    replacing.keep_permissions(path, target)
    assert mode(path) == 0o604


def test_nothing_is_replaced_where_one_of_the_new_files_lacks(tmp_path: Path) -> None:
    targets = [tmp_path / "one", tmp_path / "two"]
    for target in targets:
        target.write_text("old")
    replacing.begin(targets[0]).write_text("new")
    with pytest.raises(FileNotFoundError):
        replacing.put(*targets)
    assert [target.read_text() for target in targets] == ["old", "old"]


def test_what_can_not_be_replaced_after_another_was_is_said(tmp_path: Path) -> None:
    targets = [tmp_path / "one", tmp_path / "two"]
    targets[0].write_text("old")
    targets[1].mkdir()
    for target in targets:
        replacing.begin(target).write_text("new")
    with pytest.raises(replacing.PartlyReplacedError) as problem:
        replacing.put(*targets)
    assert str(problem.value) == (
        f"{targets[0]} is of this run, but {targets[1]} can't be replaced (Is a directory); "
        "see to that, and run again."
    )
    assert targets[0].read_text() == "new"


def test_where_the_first_can_not_be_replaced_nothing_is(tmp_path: Path) -> None:
    targets = [tmp_path / "one", tmp_path / "two"]
    targets[0].mkdir()
    targets[1].write_text("old")
    for target in targets:
        replacing.begin(target).write_text("new")
    with pytest.raises(IsADirectoryError):
        replacing.put(*targets)
    assert targets[1].read_text() == "old"


def test_behind_a_symbolic_link_the_file_is_replaced(tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "hm.duckdb", tmp_path / "elsewhere" / "large.duckdb"
    elsewhere.parent.mkdir()
    elsewhere.write_text("old")
    target.symlink_to(elsewhere)
    # Beside the file itself, so that it is on the same disk.
    assert replacing.begin(target).parent == elsewhere.parent
    replacing.unfinished(target).write_text("new")
    replacing.put(target)
    assert target.is_symlink()
    assert elsewhere.read_text() == "new"
    assert os.listdir(elsewhere.parent) == ["large.duckdb"]


@pytest.mark.parametrize("leads_to", ["/dev/null", "hm.duckdb"])
def test_a_link_to_no_file_is_replaced_itself(tmp_path: Path, leads_to: str) -> None:
    """A device would be gone for all, and a link to itself leads nowhere."""
    target = tmp_path / "hm.duckdb"
    target.symlink_to(leads_to)
    replacing.begin(target).write_text("new")
    replacing.put(target)
    assert target.read_text() == "new"
    assert not target.is_symlink()
    assert Path("/dev/null").is_char_device()


def test_what_a_killed_run_began_is_begun_anew(tmp_path: Path) -> None:
    target = tmp_path / "hm.duckdb"
    replacing.begin(target).write_text("half")
    assert replacing.begin(target).read_text() == ""
