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
_UU_BROKEN_MAX = 1000  # lines of which nothing can be made
_LARGE_BYTES = 1024 * 1024
_HEAD_BYTES, _HEAD_MIN_BYTES, _WORD_MAX_BYTES = 1000, 16, 20  # by which text is told from base64
_WHITE_SPACE = b" \t\r\n\x0b\x0c"
# Begins with the line end, which is found at once, and not with the blanks, which are everywhere.
_BLANK_BEFORE_LINE_END = re.compile(rb"\n(?<=[ \t]\n)")
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]++\n")
_UU_LINE = re.compile(rb"[!-M][ -`]++")
_OPEN_ENDS = (b"\n", b"\r", b"=")
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
    if encoding == "quoted-printable":
        decoded = work.quoted_printable(start, end)
        # A blank before a line end is there when it is decoded, too, and then there are fewer line ends to look at.
        if not octets.endswith(_OPEN_ENDS, start, end) and not _BLANK_BEFORE_LINE_END.search(decoded):
            return decoded
        content = work.with_line_feeds(start, end)
        return _decode_quoted_printable(content, 0, len(content))
    content = work.with_line_feeds(start, end)
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
    if _was_never_encoded(octets, start, end):
        parsing.defects.add("base64_not_encoded")
        return decode_transfer(octets, start, end, "identity", parsing)
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


def _was_never_encoded(octets: bytes, start: int, end: int) -> bool:
    """Whether what is labelled base64 begins as text or octets that nobody encoded: its first line is no base64, and
    it has words, or a quarter of it are no digits."""
    head = octets[start : min(end, start + 2 * _HEAD_BYTES)].replace(b"\r", b"")[:_HEAD_BYTES].strip()
    line = head.partition(b"\n")[0].rstrip()
    if len(head) < _HEAD_MIN_BYTES or (len(line) % 4 == 0 and not line.translate(None, _BASE64_ALPHABET + b"=")):
        return False
    words = head.split()
    if len(words) > 1 and all(len(word) % 4 == 0 for word in words[:-1]):  # digits in groups
        return False
    odd = len(head.translate(None, _BASE64_ALPHABET + b"=\t\n"))
    return head.count(b" ") * _WORD_MAX_BYTES > len(head) or odd * 4 > len(head)


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
    pieces = lines_in_chunks(octets, start, end)
    return b"".join([binascii.a2b_qp(_without_trailing_blanks(lines)) for lines in pieces])


def _without_trailing_blanks(lines: bytes) -> bytes:
    shorter = lines
    for blank in (b" \n", b"\t\n", b" \n"):  # takes a third of the time of the expression, where one is all there is
        shorter = shorter.replace(blank, b"\n")
    return _TRAILING_BLANKS.sub(b"\n", shorter) if _BLANK_BEFORE_LINE_END.search(shorter) else shorter


def _decode_uuencode(content: bytes, parsing: Parsing) -> bytes:
    begin = _UU_BEGIN.search(content)
    if begin is None:
        parsing.defects.add("uuencode_broken")
        if not _is_uu_line(content.lstrip().partition(b"\n")[0]):
            return content
    decoded = bytearray()
    lines = BytesIO(content if begin else content.lstrip())
    lines.seek(begin.end() if begin else 0)
    broken = 0
    for line in lines:
        if line.strip() in (b"end", b"", b"`"):
            break
        octets = _decode_uu_line(line.removesuffix(b"\n"), parsing)
        broken += not octets
        if broken > _UU_BROKEN_MAX:
            parsing.defects.add("uuencode_limit")
            break
        decoded += octets
    return bytes(decoded)


def _is_uu_line(line: bytes) -> bool:
    """Whether a line has as many characters as its first one says (blanks at its end may have been lost)."""
    return _UU_LINE.fullmatch(line) is not None and len(line) - 1 == ((line[0] - 32 & 63) + 2) // 3 * 4


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
