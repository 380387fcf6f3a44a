"""The identity of a message's content, algorithm v1: FROZEN. Stored rows hold its results; a change moves identities.

Anything better is a v2 under another name beside it. For that reason nothing is shared with the parser but the answers
of `OctetWork`, which judge nothing.

v1 is SHA-256 over `inboxsync-fingerprint-1` NUL and a sequence of items: one octet tag, length as eight octets big
endian, octets. Tags: `I` Message-ID, `D` Date, `F` From, `S` Subject (first occurrence, line ends removed, outer blanks
stripped, left out when missing), then `B` for each leaf part in order:

* base64: the decoded octets; digits after padding, or what else is there, as they stand;
* quoted-printable: CRLF made LF, trailing line ends stripped, then decoded;
* all others, uuencode too: CRLF made LF, trailing line ends stripped.

A leaf is a part that is no multipart, or a multipart without a boundary line of its own, or beyond 50 levels or
1,000 parts. message/rfc822 is a leaf. Without a blank line the body begins after the last header field. Preamble and
epilogue count for nothing, nor do transport headers: they differ between copies of one message.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator

from inboxsync.mail.octet_work import OctetWork

_NESTING_MAX = 50
_PARTS_MAX = 1000
_SMALL_BYTES = 64 * 1024  # of a header whose fields are listed at once: twice as fast, many times the memory
_BEGINNING = b"inboxsync-fingerprint-1\0"
_JOINED_BYTES = 2048  # of an item that is not worth two calls
IDENTITY = ("message-id", "date", "from", "subject")
_TAGS = (b"I", b"D", b"F", b"S")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_IDENTITY = tuple(name.encode() for name in IDENTITY)
_WANTED = frozenset({*_IDENTITY, b"content-type", b"content-transfer-encoding"})
_LENGTHS = frozenset(len(name) for name in _WANTED)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*+\n")
_BOUNDARY = re.compile(rb"[;\s]boundary\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;\"]++))", re.IGNORECASE)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_DIGITS = bytes(set(range(256)) - set(_ALPHABET))
_BLANKS = b" \t\r\n"


def fingerprint(octets: bytes, work: OctetWork | None = None) -> str:
    """Compute the v1 fingerprint of a message, 64 hexadecimal digits. Total; linear in the size for each level.

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
    """The items of v1 as they are hashed, in their order."""

    __slots__ = ("_digest",)

    def __init__(self, identity: Iterable[bytes | None]) -> None:
        """Begin with the values of the `IDENTITY` fields, None for one that does not occur."""
        values = zip(_TAGS, identity, strict=True)
        begun = [tag + len(value).to_bytes(8, "big") + value for tag, value in values if value is not None]
        self._digest = hashlib.sha256(_BEGINNING + b"".join(begun))

    def add_leaf(self, work: OctetWork, encoding: bytes, start: int, end: int) -> None:
        """Add the content of a leaf part; `encoding` is its transfer encoding in lower case."""
        content = _decoded(work, encoding, start, end)
        head = b"B" + len(content).to_bytes(8, "big")
        if len(content) <= _JOINED_BYTES:
            self._digest.update(head + content)
        else:
            self._digest.update(head)
            self._digest.update(content)

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
    body = blank.end() if blank else start
    for match in _FIELD.finditer(octets[start : blank.start() if blank else end]):
        body = body if blank else start + match.end()
        _add(fields, match[1], match[2])
    return fields, body


def _add(fields: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    key = name.lower()
    if key in _WANTED and key not in fields:
        fields[key] = value.translate(None, b"\r\n").strip(b" \t")


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
    while position > 0:
        newline = octets.find(b"\n", position, end)
        line_end = newline + 1 if newline >= 0 else end
        rest = octets[position + len(delimiter) : line_end][:100].strip(_BLANKS)
        if rest in (b"", b"--"):
            yield position, line_end, rest == b"--"
        position = work.find(line, line_end - 1, end) + 1


def _decoded(work: OctetWork, encoding: bytes, start: int, end: int) -> bytes:
    end -= end > start and work.octets[end - 1] == 0x0D
    if encoding == b"base64":
        decoded = work.clean_base64(start, end)
        return decoded if decoded is not None else _base64_of_junk(work.octets[start:end])
    if encoding == b"quoted-printable":
        return work.quoted_printable(start, end)
    return work.with_line_feeds(start, end).rstrip(b"\r\n")


def _base64_of_junk(content: bytes) -> bytes:
    head, _, rest = content.partition(b"=")
    digits = head.translate(None, _NOT_DIGITS)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    decoded = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    return decoded + rest.translate(None, _BLANKS).lstrip(b"=")
