"""The costly work on the octets of one message, done once: the fingerprint and the parser walk the same spans.

Nothing here judges: a find is `bytes.find`, line ends become LF, base64 is decoded where it is clean. What any of it
returns must never change, since the frozen fingerprint is made from it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterator
from io import BytesIO

import pybase64

_FAR_BYTES = 16 * 1024  # a find over less costs no more than to remember it
_KEPT_BYTES = 256 * 1024  # of text with line feeds, so that a large text is not held twice
_KEPT_MAX = 1000
_DASHES_MAX = 100
_CHUNK_BYTES = 1024 * 1024  # of what is worked on at once, so that large content is not held several times
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_DIGITS = bytes(set(range(256)) - set(_ALPHABET))
# What is longer than this is looked at by those who judge.
_REST_OF_LINE = rb"(?:[ \t\r\x0b\x0c]*+(?:--)?[ \t\r\x0b\x0c]*+(?:\n|\Z)|[ \t\r\x0b\x0c-]{100})"
_CR_ALONE = re.compile(rb"\r[^\n]")


class OctetWork:
    """Octets of one message with the answers that were costly, each by its span; gone with the parse."""

    __slots__ = ("_base64", "_base64_sha256", "_found", "_line_feeds", "_quoted_printable", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._found: dict[tuple[bytes, int, int], int] = {}
        self._line_feeds: dict[tuple[int, int], bytes] = {}
        self._quoted_printable: dict[tuple[int, int], bytes] = {}
        self._base64: dict[tuple[int, int], bytes | None] = {}
        self._base64_sha256: dict[tuple[int, int], bytes] = {}

    def find(self, needle: bytes, start: int, end: int) -> int:
        """Do what `bytes.find` does."""
        if end - start < _FAR_BYTES:
            return self.octets.find(needle, start, end)
        key = (needle, start, end)
        found = self._found.get(key)
        if found is None:
            found = _find_far(self.octets, needle, start, end)
            if (found < 0 or found - start >= _FAR_BYTES) and len(self._found) < _KEPT_MAX:
                self._found[key] = found
        return found

    def find_line(self, line: bytes, start: int, end: int) -> int:
        """Find where `line` stands with nothing on its line behind it but blanks and two dashes; -1 where it does not.

        Slower than `find`, and for those who found it many times with something else behind it.
        """
        found = re.compile(re.escape(line) + _REST_OF_LINE).search(self.octets, start, end)
        return found.start() if found else -1

    def with_line_feeds(self, start: int, end: int) -> bytes:
        """Give a span with CRLF made LF; a CR alone stays."""
        key = (start, end)
        content = self._line_feeds.get(key)
        if content is None:
            if end - start > _KEPT_BYTES:
                return _joined(line_feeds_in_chunks(self.octets, start, end))
            content = line_feeds(self.octets[start:end])
            if len(self._line_feeds) < _KEPT_MAX:
                self._line_feeds[key] = content
        return content

    def quoted_printable(self, start: int, end: int) -> bytes:
        """Decode a span of quoted-printable with CRLF made LF, without the line ends at its end."""
        key = (start, end)
        decoded = self._quoted_printable.get(key)
        if decoded is None:
            if end - start > _KEPT_BYTES:
                lines = lines_in_chunks(self.octets, start, end_without(self.octets, start, end, b"\r\n"))
                return b"".join([binascii.a2b_qp(piece) for piece in lines])
            decoded = binascii.a2b_qp(line_feeds(self.octets[start:end]).rstrip(b"\r\n"))
            if len(self._quoted_printable) < _KEPT_MAX:
                self._quoted_printable[key] = decoded
        return decoded

    def clean_base64(self, start: int, end: int) -> bytes | None:
        """Decode a span of base64 digits, even line ends and padding at its end; None for any other."""
        key = (start, end)
        if key not in self._base64:
            if len(self._base64) >= _KEPT_MAX:
                return _clean_base64(self.octets, start, end)
            self._base64[key] = _clean_base64(self.octets, start, end)
        return self._base64[key]

    def base64_sha256(self, start: int, end: int) -> bytes | None:
        """Give the SHA-256 of what `clean_base64` gives, 32 octets; None where that gives None."""
        key = (start, end)
        digest = self._base64_sha256.get(key)
        if digest is None and (decoded := self.clean_base64(start, end)) is not None:
            digest = self._base64_sha256[key] = hashlib.sha256(decoded).digest()
        return digest


def _find_far(octets: bytes, needle: bytes, start: int, end: int) -> int:
    """Do what `bytes.find` does, along the dashes of a boundary line: one octet is found fifteen times as fast as
    several, and base64 has no dash. Where dashes are many, the ordinary search goes on."""
    position = start
    if needle.startswith(b"\n-"):
        for _ in range(_DASHES_MAX):
            dash = octets.find(b"-", position + 1, end)
            if dash < 0 or octets.startswith(needle, dash - 1, end):
                return dash - 1 if dash >= 0 else -1
            position = dash
    return octets.find(needle, position, end)


def evened(octets: bytes) -> bytes | None:
    """Give a message with LF for CRLF, to be read as that message; None where that would change what is read: a CR
    stands alone, or a NUL, which makes a part binary, whose line ends are its content."""
    content = octets.replace(b"\r", b"")  # an eighth of the time that it takes to look for both
    if content.find(b"\0") >= 0:  # `in` takes a needle of octets for a number first, which costs more than the search
        return None
    # The way back is twice as fast as to look at each CR, and settles it for all mail whose lines end alike.
    is_even = content.replace(b"\n", b"\r\n") == octets or not (_CR_ALONE.search(octets) or octets.endswith(b"\r"))
    return content if is_even else None


def line_feeds(content: bytes) -> bytes:
    """Make CRLF LF: twice as fast as `bytes.replace` where CR stands before LF only, which is nearly always."""
    if content.find(b"\r") < 0:
        return content
    if len(content) > 2 * _CHUNK_BYTES:  # the fast way holds it three times
        return content.replace(b"\r\n", b"\n")
    without = content.replace(b"\r", b"")
    return without if without.replace(b"\n", b"\r\n") == content else content.replace(b"\r\n", b"\n")


def line_feeds_in_chunks(octets: bytes, start: int, end: int) -> Iterator[bytes]:
    """Give a span with CRLF made LF, a part of it at a time."""
    while start < end:
        after = min(start + _CHUNK_BYTES, end)
        if after < end and octets[after - 1] == 0x0D:
            after += 1
        yield line_feeds(octets[start:after])
        start = after


def _joined(pieces: Iterator[bytes]) -> bytes:
    """Join pieces that need not all be there at once: a buffer gives its content without a copy."""
    buffer = BytesIO()
    for piece in pieces:
        buffer.write(piece)
    return buffer.getvalue()


def lines_in_chunks(octets: bytes, start: int, end: int) -> Iterator[bytes]:
    """Give a span with CRLF made LF, some whole lines at a time."""
    while start < end:
        after = octets.find(b"\n", start + _CHUNK_BYTES, end) + 1 or end
        yield line_feeds(octets[start:after])
        start = after


def count_without(octets: bytes, start: int, end: int, unwanted: bytes) -> int:
    """Give how many octets of a span are not among some."""
    return sum(len(piece.translate(None, unwanted)) for piece in _chunks(octets, start, end))


def without(octets: bytes, start: int, end: int, unwanted: bytes) -> bytes:
    """Give a span without some octets."""
    return b"".join([piece.translate(None, unwanted) for piece in _chunks(octets, start, end)])


def _chunks(octets: bytes, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _CHUNK_BYTES):
        yield octets[at : min(at + _CHUNK_BYTES, end)]


def end_without(octets: bytes, start: int, end: int, unwanted: bytes) -> int:
    """Give where a span ends without some octets at its end."""
    while end > start:
        tail = octets[max(start, end - _FAR_BYTES) : end]
        kept = len(tail.rstrip(unwanted))
        end -= len(tail) - kept
        if kept:
            break
    return end


def base64_digits(octets: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Decode the base64 digits of a span, whatever stands between them, and say how many these are.

    A group of one digit at the end is left out, of two or three gives one or two octets.
    """
    decoded, rest, count = bytearray(), b"", 0
    for piece in _chunks(octets, start, end):
        digits = piece.translate(None, _NOT_DIGITS)
        count += len(digits)
        digits = rest + digits
        whole = len(digits) // 4 * 4
        decoded += pybase64.b64decode(digits[:whole], validate=True)
        rest = digits[whole:]
    if len(rest) > 1:
        decoded += binascii.a2b_base64(rest + b"=" * (4 - len(rest)))
    return bytes(decoded), count


def _clean_base64(octets: bytes, start: int, end: int) -> bytes | None:
    """Tell clean base64 by the length of the result: a lenient decoder skips what is no digit without a word.

    pybase64 decodes ten times as fast as binascii, and then counting line ends is the larger half of the work. Lines
    of equal length need no count; what stands in their place if they are not counted is skipped like a line end.
    """
    padding_at = octets.find(b"=", start, end)
    padding = octets[padding_at : min(end, padding_at + 8)].count(b"=") if padding_at >= 0 else 0
    first = octets.find(b"\n", start, end)
    width = 2 if first > start and octets[first - 1] == 0x0D else 1
    try:
        decoded = pybase64.b64decode(memoryview(octets)[start:end], validate=False)
    except binascii.Error:
        return None
    if end - start > _FAR_BYTES and first >= 0 and (padding_at < 0 or padding_at + padding + width >= end):
        size, line = end - start, first + 1 - start
        lines = size // line + (size % line > 0 and octets[end - 1] == 0x0A)
        if _fits(decoded, size - lines * width, padding):
            return decoded
    return decoded if _fits(decoded, end - start - octets.count(b"\n", start, end) * width, padding) else None


def _fits(decoded: bytes, characters: int, padding: int) -> bool:
    digits = characters - padding
    return padding <= 2 and characters % 4 == 0 and len(decoded) == digits * 3 // 4
