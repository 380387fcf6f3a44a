"""Locks on files, which end with the process that holds them."""

from __future__ import annotations

import os
import sys
import time

from inboxsync.system.files import make_private_dir

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


def file_lock(path: Path, *, timeout_s: float) -> AbstractContextManager[None]:
    """Hold an exclusive lock on a file; the system drops it when the process dies. TimeoutError when others keep it.

    A file system that cannot lock raises its OSError at once instead of looking like a busy one.
    """
    from contextlib import contextmanager

    return contextmanager(_hold)(path, timeout_s)


def _hold(path: Path, timeout_s: float) -> Iterator[None]:
    make_private_dir(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock_until(descriptor, time.monotonic() + timeout_s, path)
        yield
    finally:
        os.close(descriptor)


def _lock_until(descriptor: int, deadline: float, path: Path) -> None:
    while not _try_lock(descriptor):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"another process holds {path}")
        time.sleep(0.05)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # flock says EWOULDBLOCK, msvcrt EACCES
        return False
    return True
