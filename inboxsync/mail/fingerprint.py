"""The identity of a message's content, algorithm v2: FROZEN. Stored rows hold its results; a change moves identities.

Anything better is a v3 under another name beside it. For that reason nothing is shared with the parser but the answers
of `OctetWork`, which judge nothing. v1, which hashed the content of large leaves itself, was never released.

v2 is SHA-256 over `inboxsync-fingerprint-2` NUL and a sequence of items: one octet tag, length as eight octets big
endian, octets. Tags: `I` Message-ID, `D` Date, `F` From, `S` Subject (first occurrence, line ends removed, outer blanks
stripped, left out when missing), then one for each leaf part in order: `B` with its content, or where that is longer
than 4,096 octets `H` with the length of the content and the 32 octets of its SHA-256, so that a large attachment is
hashed once for all purposes. The content is:

* base64: the decoded octets; digits after padding, or what else is there, as they stand;
* quoted-printable: CRLF made LF, trailing line ends stripped, then decoded;
* all others, uuencode too: CRLF made LF, trailing line ends stripped.

A leaf is a part that is no multipart, or a multipart without a boundary line of its own, or beyond 50 levels or
1,000 parts. message/rfc822 is a leaf. Without a blank line the body begins after the last header field. Preamble and
epilogue count for nothing, nor do transport headers: they differ between copies of one message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from inboxsync.mail.octet_work import OctetWork, base64_digits, end_without, line_feeds_in_chunks, without

_NESTING_MAX = 50
_PARTS_MAX = 1000
_OTHERS_MAX = 100  # lines that only begin as a boundary line does
_SMALL_BYTES = 64 * 1024  # of a header whose fields are listed at once: twice as fast, many times the memory
_BEGINNING = b"inboxsync-fingerprint-2\0"
_STREAMED_BYTES = 256 * 1024
_WHOLE_BYTES = 4096  # of a leaf that counts by its content, not by the hash of it
IDENTITY = ("message-id", "date", "from", "subject")
_TAGS = (b"I", b"D", b"F", b"S")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_WANTED_FIELD = re.compile(
    rb"^(message-id|date|from|subject|content-type|content-transfer-encoding)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.MULTILINE | re.IGNORECASE,
)
_IDENTITY = tuple(name.encode() for name in IDENTITY)
_WANTED = frozenset({*_IDENTITY, b"content-type", b"content-transfer-encoding"})
_LENGTHS = frozenset(len(name) for name in _WANTED)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_LEADING_BLANKS = re.compile(rb"[ \t\r\n]*+")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*+\n")
_BOUNDARY = re.compile(rb"[;\s]boundary\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;\"]++))", re.IGNORECASE)
_BLANKS = b" \t\r\n"


def fingerprint(octets: bytes, work: OctetWork | None = None) -> str:
    """Compute the v2 fingerprint of a message, 64 hexadecimal digits. Total; linear in the size for each level.

    `work` is what was done on these octets before, and keeps what is done on them now.
    """
    if b"\n" not in octets:
        octets, work = octets.replace(b"\r", b"\n"), None
    work = work or OctetWork(octets)
    envelope = _ENVELOPE_LINE.match(octets)
    start = envelope.end() if envelope else 0
    fields, body = _header(octets, start, len(octets))
    items = Items([fields.get(name) for name in _IDENTITY])
    for encoding, leaf_start, leaf_end in _leaves(work, fields, body):
        items.add_leaf(work, encoding, leaf_start, leaf_end)
    return items.hexdigest()


class Items:
    """The items of v2 as they are hashed, in their order."""

    __slots__ = ("_digest",)

    def __init__(self, identity: Iterable[bytes | None]) -> None:
        """Begin with the values of the `IDENTITY` fields, None for one that does not occur."""
        begun, size_bytes = [_BEGINNING], 0
        for tag, value in zip(_TAGS, identity, strict=True):
            if value is not None:
                length = len(value)
                begun += (tag, length.to_bytes(8, "big"), value)
                size_bytes += length
        if size_bytes <= _SMALL_BYTES:
            self._digest = hashlib.sha256(b"".join(begun))
            return
        self._digest = hashlib.sha256()
        for piece in begun:
            self._digest.update(piece)

    def add_leaf(self, work: OctetWork, encoding: bytes, start: int, end: int) -> None:
        """Add the content of a leaf part; `encoding` is its transfer encoding in lower case."""
        end -= end > start and work.octets[end - 1] == 0x0D
        if end - start > _STREAMED_BYTES and encoding not in (b"base64", b"quoted-printable"):
            self._add_streamed(work.octets, start, end)
            return
        content = _decoded(work, encoding, start, end)
        length = len(content).to_bytes(8, "big")
        if len(content) <= _WHOLE_BYTES:
            self._digest.update(b"B" + length + content)
        else:
            known = work.base64_sha256(start, end) if encoding == b"base64" else None
            self._digest.update(b"H" + length + (known or hashlib.sha256(content).digest()))

    def _add_streamed(self, octets: bytes, start: int, end: int) -> None:
        """Add a large leaf whose content is its lines, without holding it a second time."""
        digest, size_bytes = hashlib.sha256(), 0
        for piece in line_feeds_in_chunks(octets, start, end_without(octets, start, end, b"\r\n")):
            digest.update(piece)
            size_bytes += len(piece)
        if size_bytes > _WHOLE_BYTES:
            self._digest.update(b"H" + size_bytes.to_bytes(8, "big") + digest.digest())
        else:
            content = octets[start:end].replace(b"\r\n", b"\n").rstrip(b"\r\n")
            self._digest.update(b"B" + size_bytes.to_bytes(8, "big") + content)

    def hexdigest(self) -> str:
        """Give the fingerprint of what was added."""
        return self._digest.hexdigest()


def _header(octets: bytes, start: int, end: int) -> tuple[dict[bytes, bytes], int]:
    """Give the first value of each field that matters, and where the body starts."""
    if octets[start : start + 1] == b"\n" or octets[start : start + 2] == b"\r\n":
        return {}, min(octets.index(b"\n", start) + 1, end)
    blank = _BLANK_LINE.search(octets, start, end)
    fields: dict[bytes, bytes] = {}
    if blank and blank.start() - start <= _SMALL_BYTES:
        for name, value in _FIELD.findall(octets[start : blank.start()]):
            if len(name) in _LENGTHS:  # three of four names are ruled out so
                _add(fields, name, value)
        return fields, blank.end()
    for match in _WANTED_FIELD.finditer(octets, start, blank.start() if blank else end):
        key = match[1].lower()
        if key not in fields:
            fields[key] = _long_value(octets, *match.span(2))
    return fields, blank.end() if blank else _end_of_fields(octets, start, end)


def _end_of_fields(octets: bytes, start: int, end: int) -> int:
    """Give where the last field of a header without a blank line ends, `start` where it has none."""
    after = end
    while after > start:
        line = octets.rfind(b"\n", start, max(start, after - _SMALL_BYTES)) + 1 or start
        last = None
        for last in _FIELD.finditer(octets, line, after):  # noqa: B007  the last of them is what is wanted
            pass
        if last is not None:
            whole = _FIELD.match(octets, last.start(), end)
            return whole.end() if whole else last.end()
        after = line
    return start


def _add(fields: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    key = name.lower()
    if key in _WANTED and key not in fields:
        fields[key] = value.translate(None, b"\r\n").strip(b" \t")


def _long_value(octets: bytes, start: int, end: int) -> bytes:
    """Do what `_add` does to a value, of any length, with at most two copies of it."""
    end = end_without(octets, start, end, _BLANKS)
    blanks = _LEADING_BLANKS.match(octets, start, end)
    start = blanks.end() if blanks else start
    is_one_line = octets.find(b"\n", start, end) < 0 and octets.find(b"\r", start, end) < 0
    return octets[start:end] if is_one_line else without(octets, start, end, b"\r\n")


def _leaves(work: OctetWork, fields: dict[bytes, bytes], body: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the tree depth first, without recursion, and give the transfer encoding and the span of each leaf."""
    octets = work.octets
    waiting = [(fields, body, len(octets), 0)]
    count = 1
    while waiting:
        fields, start, end, depth = waiting.pop()
        spans = _split(work, fields, start, end, _PARTS_MAX - count) if depth < _NESTING_MAX else []
        count += len(spans)
        if not spans:
            yield fields.get(b"content-transfer-encoding", b"").lower(), start, end
        for child_start, child_end in reversed(spans):
            child, child_body = _header(octets, child_start, child_end)
            waiting.append((child, min(child_body, child_end), child_end, depth + 1))


def _split(work: OctetWork, fields: dict[bytes, bytes], start: int, end: int, room: int) -> list[tuple[int, int]]:
    """Give the spans of the children; none where it is no multipart or has more of them than there is room."""
    boundary = boundary_of(fields.get(b"content-type", b""))
    if not boundary:
        return []
    spans: list[tuple[int, int]] = []
    opened = -1
    for line_start, line_end, is_close in _boundary_lines(work, b"--" + boundary, start, end):
        if opened >= 0:
            spans.append((opened, max(opened, line_start - 1)))
        opened = -1 if is_close else line_end
        if is_close or len(spans) > room:
            break
    if opened >= 0:
        spans.append((opened, end))
    return spans if len(spans) <= room else []


def boundary_of(content_type: bytes) -> bytes:
    """Give the boundary that an unfolded Content-Type names, b"" where it is no multipart or names none."""
    match = _BOUNDARY.search(content_type) if content_type[:10].lower() == b"multipart/" else None
    return (match[1] or match[2] or b"").rstrip(_BLANKS) if match else b""


def _boundary_lines(work: OctetWork, delimiter: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    octets, line = work.octets, b"\n" + delimiter
    position = start if octets.startswith(delimiter, start, end) else work.find(line, start, end) + 1
    others = 0
    while position > 0:
        newline = octets.find(b"\n", position, end)
        line_end = newline + 1 if newline >= 0 else end
        rest = octets[position + len(delimiter) : line_end][:100].strip(_BLANKS)
        if rest in (b"", b"--"):
            yield position, line_end, rest == b"--"
        else:
            others += 1
        find = work.find if others < _OTHERS_MAX else work.find_line
        position = find(line, line_end - 1, end) + 1


def _decoded(work: OctetWork, encoding: bytes, start: int, end: int) -> bytes:
    if encoding == b"base64":
        decoded = work.clean_base64(start, end)
        return decoded if decoded is not None else _base64_of_junk(work.octets, start, end)
    if encoding == b"quoted-printable":
        return work.quoted_printable(start, end)
    return work.with_line_feeds(start, end).rstrip(b"\r\n")


def _base64_of_junk(octets: bytes, start: int, end: int) -> bytes:
    padding_at = octets.find(b"=", start, end)
    head_end = padding_at if padding_at >= 0 else end
    decoded, _ = base64_digits(octets, start, head_end)
    return decoded + without(octets, head_end, end, _BLANKS).lstrip(b"=")
