"""Content-Transfer-Encoding undone (RFC 2045 §6), lenient: what is broken costs some octets, never the part."""

from __future__ import annotations

import binascii
import hashlib
import re
from io import BytesIO
from typing import TYPE_CHECKING

from inboxsync.mail.octet_work import base64_digits, count_without, lines_in_chunks, without

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_PIECES_MAX = 10_000  # of base64 that ends and begins again
_LARGE_BYTES = 1024 * 1024
_WHITE_SPACE = b" \t\r\n\x0b\x0c"
_SOFT_BREAK_WITH_BLANKS = re.compile(rb"=[ \t]++\n")
# Begins with the line end, which is found at once, and not with the blanks, which are everywhere.
_BLANK_BEFORE_LINE_END = re.compile(rb"\n(?<=[ \t]\n)")
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]++\n")
_UU_BEGIN = re.compile(rb"^begin[ \t][^\n]*\n", re.MULTILINE)

_NAMES = {
    "": "identity", "7bit": "identity", "8bit": "identity", "7-bit": "identity", "8-bit": "identity",
    "7bits": "identity", "8bits": "identity", "binary": "binary",
    "base64": "base64", "base-64": "base64",
    "quoted-printable": "quoted-printable", "quotedprintable": "quoted-printable",
    "quoted": "quoted-printable", "x-base64": "base64", "x-quoted-printable": "quoted-printable",
    "x-uuencode": "uuencode", "uuencode": "uuencode", "x-uue": "uuencode", "uue": "uuencode",
}  # fmt: skip


def encoding_of(value: str, parsing: Parsing) -> str:
    """Name the encoding a header value means: identity, binary, base64, quoted-printable or uuencode."""
    name = _NAMES.get(value.strip("\"'"))
    if name is None:
        parsing.defects.add("transfer_encoding_unknown")
    return name or "identity"


def decode_transfer(octets: bytes, start: int, end: int, encoding: str, parsing: Parsing) -> bytes:
    """Decode `octets[start:end]`. Line ends become LF, except in base64 and in real binary, which stay as they are."""
    if encoding == "base64":
        return decode_base64(octets, start, end, parsing)
    if encoding == "binary" or octets.find(b"\0", start, end) >= 0:
        return octets[start:end]
    if encoding == "quoted-printable" and end - start > _LARGE_BYTES:
        return _decode_quoted_printable(octets, start, end)
    work = parsing.work_on(octets)
    content = work.with_line_feeds(start, end)
    if encoding == "quoted-printable":
        if content.endswith((b"\n", b"\r", b"=")) or _BLANK_BEFORE_LINE_END.search(content):
            return _decode_quoted_printable(content, 0, len(content))
        return work.quoted_printable(start, end)
    return _decode_uuencode(content, parsing) if encoding == "uuencode" else content


def decode_base64(octets: bytes, start: int, end: int, parsing: Parsing) -> bytes:
    """Decode base64; junk characters are skipped, a lost tail costs its last group, pieces may follow padding."""
    decoded = parsing.work_on(octets).clean_base64(start, _without_cr(octets, start, end))
    return decoded if decoded is not None else _repair_base64(octets, start, end, parsing)


def content_sha256(content: bytes, octets: bytes, start: int, end: int, encoding: str, parsing: Parsing) -> str:
    """Give the SHA-256 of `content`, which is what `decode_transfer` makes of `octets[start:end]`, in hexadecimal."""
    work = parsing.work_on(octets)
    known = work.base64_sha256(start, _without_cr(octets, start, end)) if encoding == "base64" else None
    return known.hex() if known is not None else hashlib.sha256(content).hexdigest()


def _without_cr(octets: bytes, start: int, end: int) -> int:
    """Leave out the CR of the line end before a boundary (RFC 2046 §5.1.1), where the span has it."""
    return end - (end > start and octets[end - 1] == 0x0D)


def _repair_base64(octets: bytes, start: int, end: int, parsing: Parsing) -> bytes:
    padding_at = octets.find(b"=", start, end)
    head_end = padding_at if padding_at >= 0 else end
    decoded = _decode_digits(octets, start, head_end, parsing)
    rest = without(octets, head_end, end, _WHITE_SPACE).lstrip(b"=")
    if not rest:
        return decoded
    parsing.defects.add("base64_after_padding")
    if rest.translate(None, _BASE64_ALPHABET + b"="):  # a footer that a list added, not more of the content
        return decoded
    pieces = rest.split(b"=", _PIECES_MAX)
    if len(pieces) > _PIECES_MAX:
        parsing.defects.add("base64_pieces_limit")
        pieces.pop()
    return decoded + b"".join([_decode_digits(piece, 0, len(piece), parsing) for piece in pieces if piece])


def _decode_digits(octets: bytes, start: int, end: int, parsing: Parsing) -> bytes:
    decoded, digits = base64_digits(octets, start, end)
    if digits != end - start and digits != count_without(octets, start, end, _WHITE_SPACE):
        parsing.defects.add("base64_junk")
    if digits % 4 == 1:
        parsing.defects.add("base64_truncated")
    return decoded


def _decode_quoted_printable(octets: bytes, start: int, end: int) -> bytes:
    """Decode lines of quoted-printable; blanks at line ends were added on the way (RFC 2045 §6.7 (3)).

    Some lines at a time, since a replacement holds each piece between two places by itself.
    """
    decoded: list[bytes] = []
    for lines in lines_in_chunks(octets, start, end):
        joined = _SOFT_BREAK_WITH_BLANKS.sub(b"=\n", lines)
        decoded.append(binascii.a2b_qp(_TRAILING_BLANKS.sub(b"\n", joined)))
    return b"".join(decoded)


def _decode_uuencode(content: bytes, parsing: Parsing) -> bytes:
    begin = _UU_BEGIN.search(content)
    if begin is None:
        parsing.defects.add("uuencode_broken")
        return content
    decoded = bytearray()
    lines = BytesIO(content)
    lines.seek(begin.end())
    for line in lines:
        if line.strip() in (b"end", b"", b"`"):
            break
        decoded += _decode_uu_line(line.removesuffix(b"\n"), parsing)
    return bytes(decoded)


def _decode_uu_line(line: bytes, parsing: Parsing) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        parsing.defects.add("uuencode_broken")
    # Some encoders write too much at the end of a line: the first character says how much counts.
    count = (((line[0] - 32) & 63) * 4 + 5) // 3
    try:
        return binascii.a2b_uu(line[:count])
    except binascii.Error:
        return b""
