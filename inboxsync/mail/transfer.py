"""Content-Transfer-Encoding undone (RFC 2045 §6), lenient: what is broken costs some octets, never the part."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

import pybase64

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_ALPHABET))
_NOT_BASE64_OR_PAD = bytes(set(_NOT_BASE64) - {0x3D})
_WHITE_SPACE = b" \t\r\n\x0b\x0c"
_SOFT_BREAK_WITH_BLANKS = re.compile(rb"=[ \t]++\n")
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]++\n")
_UU_BEGIN = re.compile(rb"^begin[ \t][^\n]*\n", re.MULTILINE)

_NAMES = {
    "": "identity", "7bit": "identity", "8bit": "identity", "7-bit": "identity", "8-bit": "identity",
    "7bits": "identity", "8bits": "identity", "binary": "binary",
    "base64": "base64", "base-64": "base64",
    "quoted-printable": "quoted-printable", "quotedprintable": "quoted-printable",
    "x-uuencode": "uuencode", "uuencode": "uuencode", "x-uue": "uuencode", "uue": "uuencode",
}  # fmt: skip


def encoding_of(value: str, parsing: Parsing) -> str:
    """Name the encoding a header value means: identity, binary, base64, quoted-printable or uuencode."""
    name = _NAMES.get(value)
    if name is None:
        parsing.defects.add("transfer_encoding_unknown")
    return name or "identity"


def decode_transfer(octets: bytes, start: int, end: int, encoding: str, parsing: Parsing) -> bytes:
    """Decode `octets[start:end]`. Line ends become LF, except in base64 and in real binary, which stay as they are."""
    if encoding == "base64":
        return decode_base64(octets, start, end, parsing)
    content = octets[start:end]
    if encoding == "binary" or b"\0" in content:
        return content
    content = content.replace(b"\r\n", b"\n")
    if encoding == "quoted-printable":
        return _decode_quoted_printable(content)
    return _decode_uuencode(content, parsing) if encoding == "uuencode" else content


def decode_base64(octets: bytes, start: int, end: int, parsing: Parsing) -> bytes:
    """Decode base64; junk characters are skipped, a lost tail costs its last group, pieces may follow padding."""
    decoded = _decode_clean_base64(octets, start, end)
    return decoded if decoded is not None else _repair_base64(octets[start:end], parsing)


def _decode_clean_base64(octets: bytes, start: int, end: int) -> bytes | None:
    """Decode base64 that holds nothing but digits, even line ends and padding at its end; None for any other.

    The length of the result tells: a lenient decoder skips what is no digit without a word. Counting the line ends is
    all that has to be read besides, which matters on 50 MB; pybase64 decodes ten times as fast as binascii.
    """
    padding_at = octets.find(b"=", start, end)
    padding = octets[padding_at : min(end, padding_at + 8)].count(b"=") if padding_at >= 0 else 0
    line_ends = octets.count(b"\n", start, end)
    first = octets.find(b"\n", start, end)
    if first > start and octets[first - 1] == 0x0D:
        line_ends *= 2
    digits = end - start - line_ends - padding
    try:
        decoded = pybase64.b64decode(memoryview(octets)[start:end], validate=False)
    except binascii.Error:
        return None
    is_clean = (digits + padding) % 4 == 0 and padding <= 2 and len(decoded) == digits * 3 // 4
    return decoded if is_clean else None


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
    if b" \n" in content or b"\t\n" in content:
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
