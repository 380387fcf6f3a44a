"""How two texts are the same: canonical equivalence, and caseless unless asked otherwise (Unicode §3.13, D145)."""

from __future__ import annotations

import unicodedata

import re2

# UAX #15 §13, Stream-Safe Text Format: no more than 30 combining marks in a row, broken up by U+034F.
# CPython sorts such a run by insertion: 64,000 alternating marks cost 2 s, and each doubling four times
# that (measured), so a short hostile mail would stall a sync. 30 is far beyond what any writing system needs.
_MARKS_IN_A_ROW = 30
_HARMLESS_CHARACTERS = 500  # 0.1 ms at the worst, less than looking would cost the many short texts
_GRAPHEME_JOINER = "\u034f"


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


_LONG_RUN = re2.compile(rf"\pM{{{_MARKS_IN_A_ROW + 1}}}", _options())
_RUN = re2.compile(rf"\pM{{{_MARKS_IN_A_ROW}}}", _options())


def to_utf8(text: str) -> bytes:
    """Encode for the pattern engine; a lone surrogate, which has no UTF-8, becomes a question mark."""
    return text.encode("utf-8", "replace")


def normalise(text: str) -> str:
    """Bring a text into NFC, in time linear to its length; what stands in for a lone surrogate is a question mark."""
    if text.isascii():
        return text
    octets = to_utf8(text)
    text = octets.decode()
    if len(text) > _HARMLESS_CHARACTERS and _LONG_RUN.search(octets) is not None:
        text = _RUN.sub(rf"\g<0>{_GRAPHEME_JOINER}", text)
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Bring a text into the form in which caseless equals are equal: NFC, full case folding, NFC again.

    The second NFC is needed because folding can take composed characters apart (U+01F0 becomes j and a caron).
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", normalise(text).casefold())
