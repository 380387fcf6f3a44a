"""Octets in their storage form: raw messages encoded in the database or as files, attachments as files.

Files are published whole or not at all and named by their content, so a batch that is rolled back leaves nothing wrong
behind. Raw files are made durable before the transaction that refers to them (P1); attachment files are derived and can
be rebuilt, so no fsync is spent on each.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import StoreCorrupt
from inboxsync.model.ingest import Prepared
from inboxsync.store.errors import translated
from inboxsync.store.publishing import Publish, publish, size_of, sweep_staging
from inboxsync.system.files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inboxsync.model.message import Attachment, ParsedMessage

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD = "zstd"
IDENTITY = "identity"
# Below `raw` and `attachments` each: either may be a file system of its own, and a rename cannot leave one.
STAGING = "tmp"
LEVEL = 3
INLINE_LIMIT_BYTES = 256 * 1024
_CHUNK_BYTES = 1024 * 1024
# A compressor keeps the memory of the largest input it met: with one a thread, large ones would add up.
_SMALL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Packed:
    """Octets as `inboxsync_raw` keeps them: either `data`, encoded, or the file `path` under the data directory."""

    encoding: str
    size_bytes: int
    data: bytes | None = field(default=None, repr=False)
    path: str | None = None


class _Compressors(threading.local):
    """One compressor a thread: making one costs as much as compressing a small message."""

    def __init__(self) -> None:
        self.compressor = zstd.ZstdCompressor(level=LEVEL)


_compressors = _Compressors()


def encode(octets: bytes) -> tuple[str, bytes]:
    """Compress octets; answers the encoding and the result, `identity` and the octets themselves if that is no gain."""
    packed = _compress_small(octets) if len(octets) <= _SMALL_BYTES else _compress_large(octets)
    return (ZSTD, packed) if len(packed) < len(octets) else (IDENTITY, octets)


def decode(encoding: str, data: bytes, size_bytes: int | None = None) -> bytes:
    """Give back the octets; StoreCorrupt where they are not exactly `size_bytes` (None: as the data themselves say)."""
    octets = data if encoding == IDENTITY else _decompressed(data, size_bytes)
    if size_bytes is not None and len(octets) != size_bytes:
        raise StoreCorrupt(f"stored octets have {len(octets)} instead of {size_bytes} octets")
    return octets


def _decompressed(data: bytes, size_bytes: int | None) -> bytes:
    try:
        size = zstd.get_frame_info(data).decompressed_size if size_bytes is None else size_bytes
        # Bounded: damaged data must not unfold into more memory than the message ever had.
        return zstd.ZstdDecompressor().decompress(data, (size or 0) + 1)
    except zstd.ZstdError as error:
        raise StoreCorrupt(f"compressed octets cannot be read: {error}") from error


def _compress_small(octets: bytes) -> bytes:
    compressor = _compressors.compressor
    return compressor.compress(octets, compressor.FLUSH_FRAME)


def _compress_large(octets: bytes) -> bytes:
    # In pieces into one growing buffer: beside the octets only the compressed form exists, and that once.
    compressor, view, out = zstd.ZstdCompressor(level=LEVEL), memoryview(octets), io.BytesIO()
    compressor.set_pledged_input_size(len(octets))
    for start in range(0, len(octets), _CHUNK_BYTES):
        out.write(compressor.compress(view[start : start + _CHUNK_BYTES]))
    out.write(compressor.flush())
    return out.getvalue()


class Blobs:
    """The files of a data directory. Every method raises StoreError classes for what the disk did (DiskFull …)."""

    def __init__(self, data_dir: Path, publish: Publish = publish) -> None:
        self._data_dir = data_dir
        self._root = str(data_dir)
        self._publish = publish
        self._swept: set[str] = set()
        self._anchored: set[str] = set()

    def prepare(self, octets: bytes, parsed: ParsedMessage, received_at: datetime) -> Prepared:
        """Encode raw octets and publish what becomes files; doing it again changes nothing.

        Of an attachment whose content was let go of no file is made.
        """
        packed = self.pack(parsed.raw_sha256, octets)
        day = received_at.astimezone(UTC).strftime("%Y/%m/%d")
        paths = tuple(self._publish_attachment(day, attachment) for attachment in parsed.attachments)
        return Prepared(
            parsed=parsed.without_contents(),
            raw_encoding=packed.encoding,
            raw_data=packed.data,
            raw_path=packed.path,
            attachment_paths=paths,
            received_at=received_at,
        )

    def pack(self, sha256: str, octets: bytes) -> Packed:
        """Bring octets into storage form: at most 256 KiB encoded as data, larger ones as a durable file."""
        if len(octets) > INLINE_LIMIT_BYTES and (found := self._published_raw(sha256, len(octets))):
            return found
        encoding, data = encode(octets)
        if len(data) <= INLINE_LIMIT_BYTES:
            return Packed(encoding, len(octets), data=data)
        path = _raw_path(sha256, encoding)
        self._publish_durably(path, data)
        return Packed(encoding, len(octets), path=path)

    def missing(self, prepared: Iterable[Prepared]) -> str | None:
        """The first file of these that is not in the data directory, relative to it; None where all are."""
        paths = (path for one in prepared for path in (one.raw_path, *one.attachment_paths) if path is not None)
        with translated(self._root):
            return next((path for path in paths if size_of(f"{self._root}/{path}") is None), None)

    def read(self, sha256: str, packed: Packed) -> bytes:
        """Give back the octets of this hash; StoreCorrupt where they are missing, damaged or others."""
        try:
            octets = decode(packed.encoding, self._encoded(packed), packed.size_bytes)
        except StoreCorrupt as error:
            raise StoreCorrupt(f"raw octets {sha256}: {error.message}") from error
        if hashlib.sha256(octets).hexdigest() != sha256:
            raise StoreCorrupt(f"raw octets {sha256}: their hash is another one")
        return octets

    def _encoded(self, packed: Packed) -> bytes:
        if packed.path is None:
            return packed.data or b""
        file = self._data_dir / packed.path
        if not file.exists():
            raise StoreCorrupt(f"the file {packed.path} is missing from the data directory")
        with translated(str(file)):
            return file.read_bytes()

    def _published_raw(self, sha256: str, size_bytes: int) -> Packed | None:
        for encoding in (ZSTD, IDENTITY):
            path = _raw_path(sha256, encoding)
            if (self._data_dir / path).exists():
                # Its name may not have reached the disk when a power cut ended the run that published it.
                with translated(self._root):
                    sync_directory((self._data_dir / path).parent)
                    self._anchor(path)
                return Packed(encoding, size_bytes, path=path)
        return None

    def _publish_durably(self, path: str, data: bytes) -> None:
        with translated(self._root):
            self._put(path, data, durable=True)
            self._anchor(path)

    def _anchor(self, path: str) -> None:
        """Make the name of the directory itself durable, once a run: whoever made it may have died before he could."""
        folder = os.path.dirname(path)
        while folder and folder not in self._anchored:
            above = os.path.dirname(folder)
            sync_directory(self._data_dir / above)
            self._anchored.add(folder)
            folder = above

    def _publish_attachment(self, day: str, attachment: Attachment) -> str:
        path = f"attachments/{day}/{attachment.sha256}"
        if len(attachment.content) != attachment.size_bytes:
            return path  # let go of: its file was pruned
        with translated(self._root):
            # Not fsynced: after a power cut the name may stand for an empty file, which the next attempt replaces.
            if size_of(f"{self._root}/{path}") != attachment.size_bytes:
                self._put(path, attachment.content, durable=False)
        return path

    def _put(self, path: str, content: bytes, *, durable: bool) -> None:
        staging = f"{self._root}/{path.partition('/')[0]}/{STAGING}"
        self._publish(f"{self._root}/{path}", content, staging, durable=durable)
        if staging not in self._swept:
            self._swept.add(staging)
            sweep_staging(staging)


def _raw_path(sha256: str, encoding: str) -> str:
    return f"raw/{sha256[:2]}/{sha256}" + (".zst" if encoding == ZSTD else "")
