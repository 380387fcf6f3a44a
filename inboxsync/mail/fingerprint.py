"""The identity of a message's content, algorithm v1: FROZEN. Stored rows hold its results; a change moves identities.

Anything better is a v2 under another name beside it. For that reason nothing here is shared with the parser.

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
from collections.abc import Iterator

import pybase64

_NESTING_MAX = 50
_PARTS_MAX = 1000
_HEADERS = ((b"I", b"message-id"), (b"D", b"date"), (b"F", b"from"), (b"S", b"subject"))
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_WANTED = frozenset({b"message-id", b"date", b"from", b"subject", b"content-type", b"content-transfer-encoding"})
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*+\n")
_BOUNDARY = re.compile(rb"[;\s]boundary\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;\"]++))", re.IGNORECASE)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_DIGITS = bytes(set(range(256)) - set(_ALPHABET))
_BLANKS = b" \t\r\n"


def fingerprint(octets: bytes) -> str:
    """Compute the v1 fingerprint of a message, 64 hexadecimal digits. Total; linear in the size for each level."""
    if b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    digest = hashlib.sha256(b"inboxsync-fingerprint-1\0")
    envelope = _ENVELOPE_LINE.match(octets)
    start = envelope.end() if envelope else 0
    fields, body = _header(octets, start, len(octets))
    for tag, name in _HEADERS:
        if name in fields:
            _feed(digest, tag, fields[name])
    for leaf in _leaves(octets, fields, body):
        _feed(digest, b"B", leaf)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, tag: bytes, octets: bytes) -> None:
    digest.update(tag + len(octets).to_bytes(8, "big"))
    digest.update(octets)


def _header(octets: bytes, start: int, end: int) -> tuple[dict[bytes, bytes], int]:
    """Give the first value of each field that matters, and where the body starts."""
    if octets[start : start + 1] == b"\n" or octets[start : start + 2] == b"\r\n":
        return {}, min(octets.index(b"\n", start) + 1, end)
    blank = _BLANK_LINE.search(octets, start, end)
    header_end, body = (blank.start(), blank.end()) if blank else (end, start)
    fields: dict[bytes, bytes] = {}
    for match in _FIELD.finditer(octets[start:header_end]):
        name = match[1].lower()
        body = body if blank else start + match.end()
        if name in _WANTED:
            fields.setdefault(name, match[2].replace(b"\r", b"").replace(b"\n", b"").strip(b" \t"))
    return fields, body


def _leaves(octets: bytes, fields: dict[bytes, bytes], body: int) -> Iterator[bytes]:
    """Walk the tree depth first, without recursion, and give the decoded octets of each leaf."""
    waiting = [(fields, body, len(octets), 0)]
    count = 1
    while waiting:
        fields, start, end, depth = waiting.pop()
        spans = _split(octets, fields, start, end, _PARTS_MAX - count) if depth < _NESTING_MAX else []
        count += len(spans)
        if not spans:
            yield _decoded(octets, fields.get(b"content-transfer-encoding", b"").lower(), start, end)
        for child_start, child_end in reversed(spans):
            child, child_body = _header(octets, child_start, child_end)
            waiting.append((child, min(child_body, child_end), child_end, depth + 1))


def _split(octets: bytes, fields: dict[bytes, bytes], start: int, end: int, room: int) -> list[tuple[int, int]]:
    """Give the spans of the children; none where it is no multipart or has more of them than there is room."""
    content_type = fields.get(b"content-type", b"")
    match = _BOUNDARY.search(content_type) if content_type[:10].lower() == b"multipart/" else None
    boundary = (match[1] or match[2] or b"").rstrip(_BLANKS) if match else b""
    if not boundary:
        return []
    spans: list[tuple[int, int]] = []
    opened = -1
    for line_start, line_end, is_close in _boundary_lines(octets, b"--" + boundary, start, end):
        if opened >= 0:
            spans.append((opened, max(opened, line_start - 1)))
        opened = -1 if is_close else line_end
        if is_close or len(spans) > room:
            break
    if opened >= 0:
        spans.append((opened, end))
    return spans if len(spans) <= room else []


def _boundary_lines(octets: bytes, delimiter: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    position = start if octets.startswith(delimiter, start, end) else octets.find(b"\n" + delimiter, start, end) + 1
    while position > 0:
        newline = octets.find(b"\n", position, end)
        line_end = newline + 1 if newline >= 0 else end
        rest = octets[position + len(delimiter) : line_end][:100].strip(_BLANKS)
        if rest in (b"", b"--"):
            yield position, line_end, rest == b"--"
        position = octets.find(b"\n" + delimiter, line_end - 1, end) + 1


def _decoded(octets: bytes, encoding: bytes, start: int, end: int) -> bytes:
    if encoding == b"base64":
        return _base64(octets, start, end)
    content = octets[start:end].replace(b"\r\n", b"\n").rstrip(b"\r\n")
    return binascii.a2b_qp(content) if encoding == b"quoted-printable" else content


def _base64(octets: bytes, start: int, end: int) -> bytes:
    """Decode base64 the same way under every version of every decoder: only what is clean is left to one."""
    padding_at = octets.find(b"=", start, end)
    padding = octets[padding_at : min(end, padding_at + 8)].count(b"=") if padding_at >= 0 else 0
    first_line_end = octets.find(b"\n", start, end)
    is_crlf = first_line_end > start and octets[first_line_end - 1] == 0x0D
    end -= end > start and octets[end - 1] == 0x0D
    digits = end - start - octets.count(b"\n", start, end) * (1 + is_crlf) - padding
    try:
        decoded = pybase64.b64decode(memoryview(octets)[start:end], validate=False)
    except binascii.Error:
        return _base64_of_junk(octets[start:end])
    is_clean = padding <= 2 and (digits + padding) % 4 == 0 and len(decoded) == digits * 3 // 4
    return decoded if is_clean else _base64_of_junk(octets[start:end])


def _base64_of_junk(content: bytes) -> bytes:
    head, _, rest = content.partition(b"=")
    digits = head.translate(None, _NOT_DIGITS)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    decoded = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    return decoded + rest.translate(None, _BLANKS).lstrip(b"=")
