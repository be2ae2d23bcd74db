"""Files that are replaced in one step: written beside the old one, then put in its place."""

import contextlib
import os
import stat
from pathlib import Path


class PartlyReplacedError(Exception):
    """One file was replaced and another could not be; the message says which, in one sentence."""


def unfinished(target: Path) -> Path:
    """The name under which a file is written before it takes the place of `target`.

    Where that is a symbolic link to a file, it is beside that file.
    """
    target = real(target)
    return target.with_name(f".{target.name}.new")


def real(target: Path) -> Path:
    """The file that a symbolic link leads to; the link itself, where that is no file (a device)."""
    try:
        path = target.resolve()
        return path if path.is_file() or not path.exists() else target
    except (OSError, RuntimeError):
        # A link that leads to itself.
        return target


def begin(target: Path) -> Path:
    """Make an empty file beside `target`, to be filled and then put in its place.

    Where there is a file to be replaced, nobody else may read the new one until it takes over the
    old one's permissions; else it has those that the umask leaves.

    Returns
    -------
    Path
        The empty file.
    """
    path = unfinished(target)
    path.unlink(missing_ok=True)
    create(path, target)
    return path


def create(path: Path, target: Path) -> None:
    """Make the empty file of `begin` under a name of one's own.

    Raises
    ------
    FileExistsError
        If `path` is there.
    """
    mode = 0o600 if target.exists() else 0o666
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def keep_permissions(path: Path, target: Path) -> None:
    """Give a finished file the permissions of the one that it will replace, if there is one.

    Its owner and its group too, where that is allowed; no other group gets what was that one's.
    """
    if not target.exists():
        return
    known = target.stat()
    mode = stat.S_IMODE(known.st_mode)
    for owner in (known.st_uid, -1):
        # Not everybody may, and not every file system has owners.
        with contextlib.suppress(OSError):
            os.chown(path, owner, known.st_gid)
            break
    if path.stat().st_gid != known.st_gid:
        mode &= ~stat.S_IRWXG
    path.chmod(mode)


def put(*targets: Path) -> None:
    """Put each finished file in the place of its target, once all of them are on disk.

    What can fail for want of space comes before the first replacement: the rest is renaming. Each
    target is whole at any moment, the old file or the new one; between two renames they are of two
    runs. A symbolic link stays one: the file that it leads to is replaced.

    Raises
    ------
    PartlyReplacedError
        If a target can't be replaced after another was, for example because it is a folder.
    """
    for target in targets:
        with unfinished(target).open("rb") as file:
            os.fsync(file.fileno())
        keep_permissions(unfinished(target), target)
    for target in targets:
        try:
            unfinished(target).replace(real(target))
        except OSError as problem:
            if target == targets[0]:
                raise
            raise PartlyReplacedError(
                f"{targets[0]} is of this run, but {target} can't be replaced "
                f"({problem.strerror}); see to that, and run again."
            ) from problem
    for folder in {real(target).parent for target in targets}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
