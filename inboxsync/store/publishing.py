"""Files that appear whole or not at all: written in a staging directory of the same file system, then renamed.

One staging directory beside many target directories, so that what a killed process left half-written lies in one
place, where looking for it costs one listing. Asks nothing beforehand that the next call tells anyway: a file that is
not durable costs four system calls (open, write, close, rename).
"""

from __future__ import annotations

import itertools
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from inboxsync import system
from inboxsync.system.files import make_private_dir, sync_directory

# A file is written in seconds. A process that stood still for longer finds its half gone and writes it anew.
LEFT_OVER_AFTER_S = 3_600.0
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_HALF = re.compile(r"[0-9a-f]{16}-[0-9]+-[0-9]+\.half")
_TOKEN = os.urandom(8).hex()  # tells machines apart that share a data directory; a fork has another pid
_numbers = itertools.count()


class Publish(Protocol):
    """How a file gets to its place: `publish`, or a disk that fails in a test."""

    def __call__(self, path: str, content: bytes, staging: str, *, durable: bool) -> None: ...


def publish(path: str, content: bytes, staging: str, *, durable: bool) -> None:
    """Put a private file (0600) in its place by way of `staging`, replacing what is there; absolute paths.

    `durable`: the content and its name survive a power cut, and so do the names of the directories made for it.
    Missing directories are made (0700). A failure, disk full included, leaves no half behind. Raises OSError.
    """
    try:
        _put(path, content, staging, durable=durable)
    except FileNotFoundError:  # the first file of all, or our half was swept while we stood still
        make_private_dir(Path(staging))
        make_private_dir(Path(path).parent)
        _put(path, content, staging, durable=durable)


def half_name() -> str:
    """Name a file in a staging directory that no other process, thread or machine names."""
    return f"{_TOKEN}-{os.getpid()}-{next(_numbers)}.half"


def _put(path: str, content: bytes, staging: str, *, durable: bool) -> None:
    half = f"{staging}/{half_name()}"
    descriptor = os.open(half, _FLAGS, 0o600)
    try:
        try:
            _write(descriptor, content, durable=durable)
        finally:
            os.close(descriptor)
        try:
            _rename(half, path, len(content))
        except FileNotFoundError:  # the first file of its directory: what is written need not be written again
            make_private_dir(Path(path).parent)
            _rename(half, path, len(content))
    except BaseException:
        with suppress(OSError):
            os.unlink(half)
        raise
    if durable:
        sync_directory(Path(path).parent)


def _write(descriptor: int, content: bytes, *, durable: bool) -> None:
    written = os.write(descriptor, content)
    while written < len(content):  # a nearly full disk takes a part and refuses the next
        written += os.write(descriptor, memoryview(content)[written:])
    if durable:
        os.fsync(descriptor)


def _rename(half: str, path: str, size_bytes: int) -> None:
    try:
        os.replace(half, path)
    except PermissionError:
        # Windows refuses while somebody reads the file; names stand for contents, so a whole one is the same.
        if not system.IS_WINDOWS or size_of(path) != size_bytes:
            raise
        os.unlink(half)


def size_of(path: str) -> int | None:
    """The size of a file in bytes, None where there is none. Raises OSError."""
    try:
        return os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def sweep_staging(staging: str) -> int:
    """Delete the halves that dead processes left, answers how many; of files with other names it keeps off.

    Their age is told by the clock of the file system itself, which may be another machine's. Raises OSError.
    """
    try:
        os.utime(staging)
        oldest_s = os.stat(staging).st_mtime - LEFT_OVER_AFTER_S
    except FileNotFoundError:
        return 0
    return sum(unlinked(path) for path in halves(staging, oldest_s))


def halves(staging: str, oldest_s: float) -> list[str]:
    """Paths of the halves that were last written before `oldest_s`, seconds since 1970. Raises OSError."""
    try:
        found = [entry for entry in os.scandir(staging) if _HALF.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    return [entry.path for entry in found if _written_before(entry, oldest_s)]


def _written_before(entry: os.DirEntry[str], oldest_s: float) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_mtime < oldest_s
    except FileNotFoundError:  # published or swept by another process meanwhile
        return False


def unlinked(path: str) -> bool:
    """Delete a file; False where it is gone already. Raises OSError."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True
