"""Private files and directories: made, checked, read and published whole, durable where that is asked for."""

from __future__ import annotations

import errno
import os
import stat
import sys

from inboxsync.system import IS_WINDOWS

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from pathlib import Path


def make_private_dir(path: Path) -> None:
    """Make a directory, and those of its parents that are missing, that only this user may enter (0700).

    On Windows the rights are those of the profile. What exists is left as it is. Raises OSError.
    """
    for missing in [p for p in (*reversed(path.parents), path) if not p.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)  # mkdir(parents=True) would give the parents the mode of the umask
    path.mkdir(mode=0o700, exist_ok=True)  # FileExistsError where a file stands in its place


def privacy_fault(path: Path) -> str | None:
    """Say why a secret file must not be trusted (a link, somebody else's, readable by others), or None if it may.

    On Windows the rights come from the profile directory and only links are refused. Raises OSError.
    """
    return _fault_of(path.lstat(), granted=False)


def _fault_of(status: os.stat_result, *, granted: bool) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    return None if sys.platform == "win32" else _rights_fault(status, granted=granted)


def _rights_fault(status: os.stat_result, *, granted: bool) -> str | None:
    """`granted`: placed by the service manager, which leaves the file to root and lets the service read it by an ACL.

    The mask of that ACL shows as the group's bits: systemd 254 and later give 0440, root (systemd/systemd#29096).
    """
    if sys.platform == "win32":
        return None
    owners = (os.geteuid(), 0) if granted else (os.geteuid(),)
    if status.st_uid not in owners:
        return "it belongs to another user"
    if status.st_mode & (0o037 if granted else 0o077):
        return f"others may read it (mode {status.st_mode & 0o777:04o}; `chmod 600` it)"
    return None


def read_private(path: Path, *, max_bytes: int, granted: bool = False) -> bytes:
    """Read a secret file after checking the very file that was opened, so that nobody swaps it in between.

    `granted` is for $CREDENTIALS_DIRECTORY, whose files may be root's. Raises FileNotFoundError, PermissionError with
    the words of `privacy_fault` as its `strerror`, or another OSError; EFBIG where it is longer than `max_bytes`.
    """
    _refuse(_fault_of(path.lstat(), granted=granted), path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        _refuse(_fault_of(os.fstat(descriptor), granted=granted), path)
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {max_bytes} bytes", str(path))
    return content


def _refuse(fault: str | None, path: Path) -> None:
    if fault:
        raise PermissionError(errno.EPERM, fault, str(path))


def sync_directory(path: Path) -> None:
    """Make a rename in this directory durable; Windows has no such call and needs none. Raises OSError.

    File systems that cannot sync a directory say EINVAL or ENOTSUP and are taken at their word.
    """
    if IS_WINDOWS:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def publish(path: Path, content: bytes, *, durable: bool = True, replace: bool = True) -> None:
    """Put a file in its place whole or not at all: temporary file beside it, fsync if durable, rename.

    The file is private (0600). `replace=False` keeps an existing file, also one that another process publishes at the
    same moment: the first wins. A failure (disk full included) leaves no temporary file behind. Raises OSError.
    """
    import tempfile

    if not replace and os.path.lexists(path):
        return
    make_private_dir(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        _write(descriptor, content, durable=durable)
        _rename(temporary, path, replace=replace)
    except BaseException:
        _unlink_if_there(temporary)
        raise
    if durable:
        sync_directory(path.parent)


def _write(descriptor: int, content: bytes, *, durable: bool) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _rename(temporary: str, path: Path, *, replace: bool) -> None:
    if replace or not _link(temporary, path):
        os.replace(temporary, path)
    else:
        _unlink_if_there(temporary)


def _link(temporary: str, path: Path) -> bool:
    """Give the file its name unless that is taken; False where the file system knows no links (FAT, some shares)."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return True
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise
        return False
    return True


def _unlink_if_there(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
