"""The files that a state of a store names: looked through, and put into another directory.

Files are named by their content and never altered in place, so a second name for the same octets (a hard link) is as
good as a copy, and costs nothing where both lie on one file system.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import StoreCorrupt
from inboxsync.model.copying import FileCheck
from inboxsync.store.blobs import Blobs, Packed
from inboxsync.store.errors import translated
from inboxsync.store.publishing import half_name, size_of
from inboxsync.system.files import make_private_dir, sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from inboxsync.store.snapshots import Snapshot

_RAW = "SELECT path, sha256, size_bytes, encoding FROM inboxsync_raw WHERE path IS NOT NULL ORDER BY path"
_ATTACHMENTS = (
    "SELECT DISTINCT path, sha256, size_bytes FROM inboxsync_attachments WHERE file_pruned_at IS NULL ORDER BY path"
)
_MISSING, _DAMAGED = "missing", "damaged"


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file relative to the data directory, and the hash of what is in it; `encoding` is None for an attachment.

    `size_bytes` is the size of the content: on disk octets of mail may be compressed.
    """

    path: str
    sha256: str
    size_bytes: int
    encoding: str | None = None

    def fault(self, data_dir: Path) -> str | None:
        """Read it; answers what is wrong with it, None where its content is what its hash says. Raises StoreError."""
        file = data_dir / self.path
        with translated(str(data_dir)):
            if not file.exists():
                return _MISSING
            if self.encoding is None:
                with file.open("rb") as opened:
                    is_same = hashlib.file_digest(opened, "sha256").hexdigest() == self.sha256
                return None if is_same else _DAMAGED
        try:
            Blobs(data_dir).read(self.sha256, Packed(self.encoding, self.size_bytes, path=self.path))
        except StoreCorrupt:
            return _DAMAGED
        return None


def references(snapshot: Snapshot) -> Iterator[FileReference]:
    """Stream the files that a state of a store names."""
    for row in snapshot.stream(_RAW):
        yield FileReference(*row)
    for row in snapshot.stream(_ATTACHMENTS):
        yield FileReference(*row)


def check_files(snapshot: Snapshot, data_dir: Path, advance: Callable[[int], object]) -> FileCheck:
    """Read every file that a state of a store names and compare it with its hash. Raises StoreError."""
    found = FileCheck()
    for one in references(snapshot):
        found = _counted(found, one, one.fault(data_dir), data_dir)
        advance(1)
    return found


def place_files(
    snapshot: Snapshot, data_dir: Path, target_dir: Path, *, links: bool, advance: Callable[[int], object]
) -> FileCheck:
    """Put every file that a state of a store names into another directory, under the same name; durable.

    What is there whole already stays. A file that is missing is told, and not put. Raises StoreError.
    """
    found, touched = FileCheck(), set[Path]()
    for one in references(snapshot):
        with translated(str(target_dir)):
            is_new = _place(data_dir / one.path, target_dir / one.path, links=links)
        fault = _MISSING if is_new is None else None
        found = replace(_counted(found, one, fault, data_dir), copied=found.copied + bool(is_new))
        touched |= {target_dir / one.path} if is_new else set()
        advance(1)
    with translated(str(target_dir)):
        for directory in sorted({file.parent for file in touched}):
            sync_directory(directory)
    return found


def _counted(found: FileCheck, one: FileReference, fault: str | None, data_dir: Path) -> FileCheck:
    if fault is None:
        size = size_of(str(data_dir / one.path)) or 0
        return replace(found, files=found.files + 1, size_bytes=found.size_bytes + size)
    if one.encoding is None:
        return replace(found, to_be_remade=found.to_be_remade + 1)
    if fault == _MISSING:
        return replace(found, missing_raw=(*found.missing_raw, one.path))
    return replace(found, damaged_raw=(*found.damaged_raw, one.path))


def _place(file: Path, target: Path, *, links: bool) -> bool | None:
    """Whether the file had to be put there; None where there is none to put."""
    size = size_of(str(file))
    if size is None:
        return None
    if size_of(str(target)) == size:
        return False
    make_private_dir(target.parent)
    half = target.parent / half_name()
    try:
        if not (links and _linked(file, half)):
            _copy(file, half)
        os.replace(half, target)
    finally:
        half.unlink(missing_ok=True)
    return True


def _linked(file: Path, half: Path) -> bool:
    """Give a file a second name; not across file systems, nor where these know no links."""
    try:
        os.link(file, half)
    except OSError:
        return False
    return True


def _copy(file: Path, half: Path) -> None:
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as written, file.open("rb") as opened:
        shutil.copyfileobj(opened, written, 1024 * 1024)
        written.flush()
        os.fsync(written.fileno())
