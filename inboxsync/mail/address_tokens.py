"""Tokens of an address list (RFC 5322 §3.2, §3.4), and what they spell: one pass, linear, total."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["word", "blank", "escaped", "special", "atom", "quoted", "comment"]

# Octets as latin-1 text. An encoded word is one piece whatever it holds; quotes and comments must be closed to count.
# A backslash outside of quotes escapes what would otherwise end the name: `\"Jane\" <jane@example.com>` is sent.
_TOKEN = re.compile(
    r"(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?\n]{0,998}\?=)|(?P<blank>\s++)|(?P<escaped>\\[\"(),;:<>])"
    r"|(?P<special>[<>,;:\"()])|(?P<atom>[^\s<>,;:\"()=\\]++|[=\\])",
    re.ASCII,  # octets 85 and A0, the ends of many letters in UTF-8, are no white space
)
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ENCLOSING = ('"', "(", ")")
_JOINING = (".", "@")
_WHITE_SPACE = " \t\r\n\v\f"


class Token(NamedTuple):
    """A piece of an address list; a quoted string and a comment without what encloses them."""

    kind: Kind
    piece: str

    @property
    def spelled(self) -> str:
        """The piece as it stands in an address: quotes belong to a local part, all white space is one blank."""
        return f'"{self.piece}"' if self.kind == "quoted" else " " if self.kind == "blank" else self.piece

    @property
    def shown(self) -> str:
        """The piece as it stands in a name: without quotes, and without the backslash before a quoted character."""
        if self.kind == "blank":
            return " "
        return _QUOTED_PAIR.sub(r"\1", self.piece) if self.kind in ("quoted", "comment") else self.piece


BLANK = Token("blank", " ")


def tokens(text: str) -> Iterator[Token]:
    """Split into tokens. An opening quote or parenthesis that is never closed is an ordinary character, and so are
    all later ones: looking for their end again at each of them would be quadratic."""
    closed = {'"': True, "(": True}
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        piece = match.group()
        end = _end_of_enclosed(text, position, piece) if closed.get(piece) else -1
        if end > 0:
            yield Token("quoted" if piece == '"' else "comment", text[position + 1 : end - 1])
            position = end
            continue
        if piece in closed:
            closed[piece] = False
        position = match.end()
        if piece not in _ENCLOSING:
            kind: Kind = match.lastgroup or "atom"  # type: ignore[assignment]  # _TOKEN names its groups by kind
            yield Token(kind, piece[1:] if kind == "escaped" else piece)


def _end_of_enclosed(text: str, position: int, opener: str) -> int:
    """Find where a quoted string or comment ends, -1 if it does not."""
    if opener == '"':
        match = _QUOTED.match(text, position)
        return match.end() if match else -1
    return _end_of_comment(text, position)


def _end_of_comment(text: str, position: int) -> int:
    """Find the end of a comment, which may hold others (RFC 5322 §3.2.2), by counting instead of recursing."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.end()
    return -1


def spell(pieces: Sequence[Token]) -> str:
    """Join the tokens of an address. White space around dots and @ is none (RFC 5322 §4.4: `ada @ example . com`);
    any other stays as one blank: without it the address would be another one."""
    spelled: list[str] = []
    after_blank = False
    for token in pieces:
        if token.kind == "blank":
            after_blank = True
            continue
        piece = token.spelled
        is_joined = not spelled or spelled[-1].endswith(_JOINING) or piece.startswith(_JOINING)
        spelled.append(f" {piece}" if after_blank and not is_joined else piece)
        after_blank = False
    return "".join(spelled)


def show(pieces: Sequence[Token]) -> str:
    """Join the tokens of a name or a comment, encoded words as they are."""
    return "".join([token.shown for token in pieces]).strip(_WHITE_SPACE)


def words_of(pieces: Sequence[Token]) -> list[list[Token]]:
    """Split at white space: tokens that have none between them are one word."""
    words: list[list[Token]] = [[]]
    for token in pieces:
        if token.kind == "blank":
            words.append([])
        else:
            words[-1].append(token)
    return [word for word in words if word]
