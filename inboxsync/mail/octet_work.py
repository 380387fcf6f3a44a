"""The costly work on the octets of one message, done once: the fingerprint and the parser walk the same spans.

Nothing here judges: a find is `bytes.find`, line ends become LF, base64 is decoded where it is clean. What any of it
returns must never change, since the frozen fingerprint is made from it.
"""

from __future__ import annotations

import binascii
from io import IncrementalNewlineDecoder

import pybase64

_FAR_BYTES = 16 * 1024  # a find over less costs no more than to remember it
_KEPT_BYTES = 256 * 1024  # of text with line feeds, so that a large text is not held twice
_KEPT_MAX = 1000


class OctetWork:
    """Octets of one message with the answers that were costly, each by its span; gone with the parse."""

    __slots__ = ("_base64", "_found", "_line_feeds", "_quoted_printable", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._found: dict[tuple[bytes, int, int], int] = {}
        self._line_feeds: dict[tuple[int, int], bytes] = {}
        self._quoted_printable: dict[tuple[int, int], bytes] = {}
        self._base64: dict[tuple[int, int], bytes | None] = {}

    def find(self, needle: bytes, start: int, end: int) -> int:
        """Do what `bytes.find` does."""
        if end - start < _FAR_BYTES:
            return self.octets.find(needle, start, end)
        key = (needle, start, end)
        found = self._found.get(key)
        if found is None:
            found = self.octets.find(needle, start, end)
            if (found < 0 or found - start >= _FAR_BYTES) and len(self._found) < _KEPT_MAX:
                self._found[key] = found
        return found

    def with_line_feeds(self, start: int, end: int) -> bytes:
        """Give a span with CRLF made LF; a CR alone stays."""
        key = (start, end)
        content = self._line_feeds.get(key)
        if content is None:
            content = line_feeds(self.octets[start:end])
            if end - start <= _KEPT_BYTES and len(self._line_feeds) < _KEPT_MAX:
                self._line_feeds[key] = content
        return content

    def quoted_printable(self, start: int, end: int) -> bytes:
        """Decode a span of quoted-printable with CRLF made LF, without the line ends at its end."""
        key = (start, end)
        decoded = self._quoted_printable.get(key)
        if decoded is None:
            decoded = binascii.a2b_qp(self.with_line_feeds(start, end).rstrip(b"\r\n"))
            if end - start <= _KEPT_BYTES and len(self._quoted_printable) < _KEPT_MAX:
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


def line_feeds(content: bytes) -> bytes:
    """Make CRLF LF: twice as fast as `bytes.replace` where CR stands before LF only, which is nearly always."""
    if b"\r" not in content:
        return content
    if len(content) > _KEPT_BYTES:  # the fast way holds it three times
        return content.replace(b"\r\n", b"\n")
    decoder = IncrementalNewlineDecoder(None, translate=True)
    text = decoder.decode(content.decode("latin-1"), final=True)
    seen = decoder.newlines
    if seen == "\r\n" or (isinstance(seen, tuple) and "\r" not in seen):
        return text.encode("latin-1")
    return content.replace(b"\r\n", b"\n")


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
