"""ISO-2022-JP as mail programs on Windows write it: with the characters of NEC and IBM (① ㈱ ﾊ 髙), as browsers do.

Python's codecs for it know JIS X 0208 and its successors only, and call these characters errors.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ESCAPE = re.compile(rb"\x1b(\$[B@]|\([BJI])")
_KANJI, _KATAKANA = (b"$B", b"$@"), b"(I"
_HIGH_BIT = bytes(octet | 0x80 for octet in range(256))
_CHUNK_BYTES = 64 * 1024
_REPLACEMENT = "\ufffd"


def decode_windows_japanese(octets: bytes) -> str | None:
    """Decode ISO-2022-JP by the characters of code page 932, replacement characters for what is none.

    None where it changes to a set of characters that Windows does not know. Linear.
    """
    text: list[str] = []
    start = 0
    while start < len(octets):
        end = octets.find(b"\n", start + _CHUNK_BYTES) + 1 or len(octets)
        lines = _decode_lines(octets[start:end])
        if lines is None:
            return None
        text.append(lines)
        start = end
    return "".join(text)


def _decode_lines(octets: bytes) -> str | None:
    pieces = _ESCAPE.split(octets)
    if any(b"\x1b" in piece for piece in pieces[::2]):
        return None
    text = [pieces[0].decode("ascii", "replace")]
    text += [_decode_run(escape, run) for escape, run in zip(pieces[1::2], pieces[2::2], strict=True)]
    return "".join(text)


def _decode_run(escape: bytes, run: bytes) -> str:
    """Decode what follows an escape sequence; each line begins in ASCII anew (RFC 1468)."""
    if escape not in (*_KANJI, _KATAKANA):
        return run.decode("ascii", "replace")
    line, newline, rest = run.partition(b"\n")
    content = line.removesuffix(b"\r")
    shown = _katakana(content) if escape == _KATAKANA else _kanji(content)
    return shown + (line[len(content) :] + newline + rest).decode("ascii", "replace")


def _katakana(octets: bytes) -> str:
    return octets.translate(_HIGH_BIT).decode("cp932", "replace")


def _kanji(octets: bytes) -> str:
    """Decode pairs of octets: each is one character of UTF-16 for the moment, no surrogate among the valid ones."""
    pairs = octets.decode("utf-16-be", "replace")
    return pairs.translate(_characters())


class _Characters(dict[int, str]):
    """Pairs of JIS X 0208 to characters; anything else is an error."""

    def __missing__(self, pair: int) -> str:
        return _REPLACEMENT


@lru_cache(maxsize=1)
def _characters() -> _Characters:
    graphic = range(0x21, 0x7F)
    places = [(row, cell) for row in graphic for cell in graphic]
    shown = [_shifted(row, cell).decode("cp932", "replace") for row, cell in places]
    return _Characters(
        {row << 8 | cell: text for (row, cell), text in zip(places, shown, strict=True) if len(text) == 1}
    )


def _shifted(row: int, cell: int) -> bytes:
    """Give the Shift_JIS octets of a place in JIS X 0208 (JIS X 0208:1997, annex 1)."""
    lead = ((row + 1) >> 1) + (0x70 if row < 0x5F else 0xB0)
    if row % 2 == 0:
        return bytes((lead, cell + 0x7E))
    return bytes((lead, cell + (0x1F if cell < 0x60 else 0x20)))
