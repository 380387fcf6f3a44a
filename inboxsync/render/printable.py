"""Text that cannot act on a terminal, a log or the line it stands in.

A subject may hold escape sequences (OSC 52 writes the clipboard, CSI moves the cursor), bidirectional controls that
make text read otherwise than it is, and line separators that forge lines (CWE-150, Unicode TR36 §3). They are
made visible, never dropped: the reader sees that they were there.
"""

from __future__ import annotations

import re
import unicodedata

# C0, DEL and C1; Arabic letter mark, LRM and RLM; line and paragraph separator; bidi embeddings, overrides, isolates;
# surrogates, which no terminal encoding can carry.
_ACTIVE = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = re.compile(f"[{_ACTIVE}]")
_UNSAFE_IN_BLOCK = re.compile(f"(?![\\n\\t])[{_ACTIVE}]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

ELLIPSIS = "…"


def printable(text: str) -> str:
    """Give the text on one line with every active character as a visible escape: `\\x1b`, `\\u202e`, `\\n`."""
    return _UNSAFE.sub(_visible, text)


def printable_block(text: str) -> str:
    """Give text of several lines, such as a body: newlines and tabs stay, every other active character is escaped."""
    return _UNSAFE_IN_BLOCK.sub(_visible, text.replace("\r\n", "\n"))


def json_safe(document: str) -> str:
    """Give a JSON document with active characters as `\\uXXXX`: it means the same and acts on nothing."""
    return _UNSAFE_IN_BLOCK.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def display_width(text: str) -> int:
    """Count the columns that printable text takes on a terminal (Unicode UAX 11: wide and full-width take two)."""
    return sum(_columns(character) for character in text)


def clip(text: str, columns: int) -> str:
    """Cut printable text to so many columns, with an ellipsis where something was cut off."""
    if display_width(text) <= columns:
        return text
    kept, used = [], 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
