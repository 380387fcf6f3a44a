"""Words of a text as search compares them: the same for what is stored and for what is asked, on either database.

Compatibility forms, case and accents do not count (Unicode UAX 15, NFKD); words are runs of letters and digits.
Scripts written without blanks give a word a character: what is asked is looked for as a phrase, so parts are found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A longer one is no word that people search for; cut on both sides alike, so it still finds itself.
WORD_CHARS = 64

# Accents and points: combining diacritics, Hebrew points, Arabic vowel signs, half marks.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Thai, Lao, Tibetan, Burmese, Khmer, kana, Han.
_UNSPACED = (
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"(?![\W_])[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ASCII_WORD = re.compile("[0-9a-z]+")


def words(text: str) -> Iterator[str]:
    """Give the words of a text in order, normalised. Never raises."""
    found = _ASCII_WORD.finditer(text.lower()) if text.isascii() else _WORD.finditer(_folded(text))
    return (match[0][:WORD_CHARS] for match in found)


def _folded(text: str) -> str:
    # Case folding makes new accents (Turkish dotted I) and is itself undone by none; Hangul is put together again.
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", taken_apart))
