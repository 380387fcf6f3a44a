"""Octets in storage form."""

from __future__ import annotations

import base64
import errno
import hashlib
import random
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import DiskFull, StoreCorrupt
from inboxsync.store.blobs import INLINE_LIMIT_BYTES, Blobs, Packed, decode, encode
from inboxsync.store.publishing import publish
from tests.unit.store.content_builders import attachment, mail

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOISE = random.Random(7).randbytes(3 * INLINE_LIMIT_BYTES)
# What a mail with a large attachment looks like: zstd takes a quarter off.
LONG_TEXT = base64.encodebytes(random.Random(8).randbytes(4 * INLINE_LIMIT_BYTES))


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def files(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_octets_come_back_unaltered(octets: bytes) -> None:
    encoding, data = encode(octets)
    assert decode(encoding, data, len(octets)) == octets
    assert decode(encoding, data) == octets
    assert len(data) <= len(octets)


def test_small_octets_go_into_the_database_compressed(tmp_path: Path) -> None:
    octets = b"again and again " * 100
    packed = Blobs(tmp_path).pack(sha256(octets), octets)
    assert (packed.encoding, packed.path, packed.size_bytes) == ("zstd", None, 1600)
    assert packed.data is not None
    assert len(packed.data) < 100
    assert files(tmp_path) == []


def test_large_octets_that_compress_well_still_go_into_the_database(tmp_path: Path) -> None:
    octets = bytes(40 * INLINE_LIMIT_BYTES)
    packed = Blobs(tmp_path).pack(sha256(octets), octets)
    assert packed.path is None
    assert Blobs(tmp_path).read(sha256(octets), packed) == octets


@pytest.mark.parametrize(("octets", "suffix"), [(NOISE, ""), (LONG_TEXT, ".zst")], ids=["identity", "zstd"])
def test_large_octets_become_one_file_named_by_their_content(tmp_path: Path, octets: bytes, suffix: str) -> None:
    name, blobs = sha256(octets), Blobs(tmp_path)
    packed = blobs.pack(name, octets)
    assert packed.path == f"raw/{name[:2]}/{name}{suffix}"
    assert files(tmp_path) == [packed.path]
    assert blobs.read(name, packed) == octets
    assert blobs.pack(name, octets) == packed


def test_a_published_raw_file_is_not_written_again(tmp_path: Path) -> None:
    def broken(path: str, content: bytes, staging: str, *, durable: bool) -> None:
        raise AssertionError("written again")

    first = Blobs(tmp_path).pack(sha256(NOISE), NOISE)
    assert Blobs(tmp_path, broken).pack(sha256(NOISE), NOISE) == first


def test_raw_is_durable_and_attachments_are_not(tmp_path: Path) -> None:
    published: list[tuple[str, bool]] = []

    def watched(path: str, content: bytes, staging: str, *, durable: bool) -> None:
        published.append((Path(path).relative_to(tmp_path).parts[0], durable))
        publish(path, content, staging, durable=durable)

    _, parsed = mail(attachments=(attachment(),), raw_sha256=sha256(NOISE), size_bytes=len(NOISE))
    Blobs(tmp_path, watched).prepare(NOISE, parsed, NOW)
    assert published == [("raw", True), ("attachments", False)]


def test_attachments_lie_under_the_utc_day_of_arrival(tmp_path: Path) -> None:
    octets, parsed = mail(attachments=(attachment(b"one"), attachment(b"", position=1), attachment(b"one", position=2)))
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-1)))
    prepared = Blobs(tmp_path).prepare(octets, parsed, evening)
    assert prepared.attachment_paths[0] == prepared.attachment_paths[2] == f"attachments/2026/03/02/{sha256(b'one')}"
    assert (tmp_path / prepared.attachment_paths[0]).read_bytes() == b"one"
    assert (tmp_path / prepared.attachment_paths[1]).read_bytes() == b""
    assert Blobs(tmp_path).prepare(octets, parsed, evening) == prepared
    assert len(files(tmp_path)) == 2


def test_an_attachment_that_a_power_cut_emptied_is_written_again(tmp_path: Path) -> None:
    octets, parsed = mail(attachments=(attachment(b"content"),))
    file = tmp_path / Blobs(tmp_path).prepare(octets, parsed, NOW).attachment_paths[0]
    file.write_bytes(b"")
    Blobs(tmp_path).prepare(octets, parsed, NOW)
    assert file.read_bytes() == b"content"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    def full(path: str, content: bytes, staging: str, *, durable: bool) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    octets, parsed = mail(attachments=(attachment(),))
    with pytest.raises(DiskFull):
        Blobs(tmp_path, full).prepare(octets, parsed, NOW)
    with pytest.raises(DiskFull):
        Blobs(tmp_path, full).pack(sha256(NOISE), NOISE)
    assert files(tmp_path) == []
    assert Blobs(tmp_path).pack(sha256(NOISE), NOISE).path is not None


@pytest.mark.parametrize("damage", ["missing", "cut", "altered", "other"])
def test_damaged_files_are_told_and_never_handed_out(tmp_path: Path, damage: str) -> None:
    blobs, name = Blobs(tmp_path), sha256(LONG_TEXT)
    packed = blobs.pack(name, LONG_TEXT)
    assert packed.path is not None
    file = tmp_path / packed.path
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-5])
    elif damage == "altered":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    else:
        file.write_bytes(encode(bytes(reversed(LONG_TEXT)))[1])
    with pytest.raises(StoreCorrupt, match=name):
        blobs.read(name, packed)


@pytest.mark.parametrize(
    "packed",
    [
        Packed("zstd", 4, data=b"junk"),
        Packed("zstd", 4, data=encode(bytes(10_000))[1]),
        Packed("zstd", 10_001, data=encode(bytes(10_000))[1]),
        Packed("identity", 4, data=b"abc"),
        Packed("zstd", 4, data=None),
    ],
)
def test_damaged_data_are_told(tmp_path: Path, packed: Packed) -> None:
    with pytest.raises(StoreCorrupt):
        Blobs(tmp_path).read(sha256(b"abcd"), packed)
