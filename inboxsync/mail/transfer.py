"""Content-Transfer-Encoding undone (RFC 2045 §6), lenient: what is broken costs some octets, never the part."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_ALPHABET))
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
    work = parsing.work_on(octets)
    content = work.with_line_feeds(start, end)
    if encoding == "quoted-printable":
        if content.endswith((b"\n", b"\r", b"=")) or _BLANK_BEFORE_LINE_END.search(content):
            return _decode_quoted_printable(content)
        return work.quoted_printable(start, end)
    return _decode_uuencode(content, parsing) if encoding == "uuencode" else content


def decode_base64(octets: bytes, start: int, end: int, parsing: Parsing) -> bytes:
    """Decode base64; junk characters are skipped, a lost tail costs its last group, pieces may follow padding."""
    decoded = parsing.work_on(octets).clean_base64(start, end - (end > start and octets[end - 1] == 0x0D))
    return decoded if decoded is not None else _repair_base64(octets[start:end], parsing)


def _repair_base64(encoded: bytes, parsing: Parsing) -> bytes:
    encoded = encoded.translate(None, _WHITE_SPACE)
    head, _, rest = encoded.partition(b"=")
    decoded = _decode_digits(head, parsing)
    rest = rest.lstrip(b"=")
    if not rest:
        return decoded
    parsing.defects.add("base64_after_padding")
    if rest.translate(None, _BASE64_ALPHABET + b"="):  # a footer that a list added, not more of the content
        return decoded
    return decoded + b"".join(_decode_digits(piece, parsing) for piece in rest.split(b"=") if piece)


def _decode_digits(encoded: bytes, parsing: Parsing) -> bytes:
    digits = encoded.translate(None, _NOT_BASE64)
    if len(digits) != len(encoded):
        parsing.defects.add("base64_junk")
    if len(digits) % 4 == 1:
        parsing.defects.add("base64_truncated")
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _decode_quoted_printable(content: bytes) -> bytes:
    """Decode quoted-printable whose lines end in LF; blanks at line ends were added on the way (RFC 2045 §6.7 (3))."""
    content = _SOFT_BREAK_WITH_BLANKS.sub(b"=\n", content)
    content = _TRAILING_BLANKS.sub(b"\n", content)
    return binascii.a2b_qp(content)


def _decode_uuencode(content: bytes, parsing: Parsing) -> bytes:
    begin = _UU_BEGIN.search(content)
    if begin is None:
        parsing.defects.add("uuencode_broken")
        return content
    decoded = bytearray()
    for line in content[begin.end() :].split(b"\n"):
        if line.strip() in (b"end", b"", b"`"):
            break
        decoded += _decode_uu_line(line, parsing)
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
