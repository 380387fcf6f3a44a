"""The new text of a reply, apart from what it quotes and from the signature.

Two kinds of quotes. Marked ones (`>`) are left out line by line with the line that introduces them, so that what
stands between and below them stays: answers are written there too. Unmarked ones, as Outlook sets them below a header
block, reach to the end. A forwarded message is no quote: it is what the sender wants read. Where nothing would be
left, all is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from inboxsync.mail import reply_phrases as phrases

_LINES_MAX = 20_000
_LINE_MAX_CHARS = 500
_WRAPPED_MAX_LINES = 4
_BLOCK_MAX_LINES = 14
_SIGNATURE_MAX_LINES = 15
_FOOTER_MAX_LINES = 12


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", " ") for word in sorted(words, key=len, reverse=True))


# By the rarest character of each, which is found at once.
_MARKS = {
    ">": ("\n>", "\n >"),
    ":": (":\n", ": \n", ":\u00a0\n"),
    "-": ("\n--",),
    "_": ("\n__",),
    "=": ("\n==",),
    "*": ("\n**", ":*\n"),
    "~": ("\n~~",),
    "：": ("：",),
}
_FROM_START = re.compile(rf"\n[*_]{{0,2}}(?:{_any_of(tuple(word.capitalize() for word in phrases.FROM))})\b")
_QUOTED = re.compile(r"[ \t\u00a0]{0,3}>(?!From )")
_WROTE = re.compile(rf"(?:^|[\s,>)\"'»]|\d)(?:{_any_of(phrases.WROTE)})(?=[\s:,(]|$)")
_ON = re.compile(rf"(?:{_any_of(phrases.ON)})[\s,]")
_MOMENT = re.compile(r"\d{4}|\d{1,2}[:.h]\d{2}|\d{1,2}[./-]\s?\d{1,2}[./-]")
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_RULE = r"[-_=*~ \t]{2,200}+"
_ORIGINAL = re.compile(rf"{_RULE}(?:{_any_of(phrases.ORIGINAL_MESSAGE)})[-_=*~ \t:]{{2,200}}+$")
_RULED_WROTE = re.compile(rf"{_RULE}.{{0,300}}(?:{_any_of(phrases.WROTE)})[-_=*~ \t:]{{2,200}}+$")
_FORWARDED = re.compile(
    rf"{_RULE}(?:{_any_of(phrases.FORWARDED_MESSAGE)})\b.{{0,100}}$"
    rf"|(?:{_any_of(phrases.BEGIN_FORWARDED)})[ \t\u00a0]?:$"
)
_BLOCK_KEY = re.compile(r"[*_ \t]{0,4}([^\W\d_][^:*\n]{0,18}?)[ \t\u00a0]*[*_]{0,2}[ \t\u00a0]*:")
_BLOCK_KINDS = {
    word: kind
    for kind, words in (
        ("from", phrases.FROM), ("sent", phrases.SENT), ("to", phrases.TO),
        ("copy", phrases.COPY), ("subject", phrases.SUBJECT),
    )
    for word in words
}  # fmt: skip
_SENT_FROM = re.compile(rf"(?:{'|'.join(phrases.SENT_FROM)})[.!]?$")
_ONLY_RULE = re.compile(r"[ \t]*[-_=*~]{5,}[ \t]*$")
_LIST_FOOTER = re.compile(r"_{40,}$|-{40,}$")
_TAIL_CHARS = 200
_AROUND = " \t\r\u00a0*_<>[]"
_COLONS = (":", "：")
_BLOCK_BEGINS = ("from", "sent")
_MARK_STARTS = frozenset(">-_=*~")


class _Use(Enum):
    """What a line is there for."""

    NEW = auto()
    QUOTE = auto()
    END = auto()


def new_text(text: str) -> str:
    """Give the new text of a reply; `text` itself where it has neither quote nor signature, and where nothing but
    these would be found. Pure, linear in the text.
    """
    if not _may_have_quotes(text):
        return text
    lines = text.split("\n")
    if len(lines) > _LINES_MAX:
        return text
    new = _Reply(lines).read()
    return text if not new or new == text.strip("\n") else new


def _may_have_quotes(text: str) -> bool:
    """Look for what a quote or signature cannot do without; plain text searches, since most mail has none of it."""
    if text[:1] in _MARK_STARTS:
        return True
    for character, marks in _MARKS.items():
        if character in text and any(mark in text for mark in marks):
            return True
    if ":" in text and text.count(":") > 2 and _FROM_START.search(text):
        return True
    tail = text[-_TAIL_CHARS:]
    shown = tail.lower()
    for word in phrases.SENT_FROM_WORDS:
        if word in shown:
            return any(_SENT_FROM.match(_plain(line)) for line in tail.rstrip().split("\n")[-2:])
    return False


def _plain(line: str) -> str:
    """Give what a line says, for comparison: no marks of emphasis around it, no blanks, lower case."""
    return line[:_LINE_MAX_CHARS].strip(_AROUND).replace("\u00a0", " ").replace("\u202f", " ").lower()


@dataclass(slots=True)
class _Reply:
    """Walks once over the lines and keeps the new ones. `segment` is new text since the last quote, `colons` are the
    lines that end in one.
    """

    lines: list[str]
    kept: list[str] = field(default_factory=list)
    segment: list[str] = field(default_factory=list)
    colons: set[int] = field(default_factory=set)
    is_introduced: bool = False

    def read(self) -> str:
        at, total = 0, len(self.lines)
        self.colons = {index for index, line in enumerate(self.lines) if line.rstrip(_AROUND).endswith(_COLONS)}
        while at < total:
            use, after = self._use(at)
            if use is _Use.NEW:
                self.segment.extend(self.lines[at:after])
            else:
                self._close_before_quote()
            at = total if use is _Use.END else after
        self._close(_without_footer(self.segment))
        return "\n\n".join(self.kept)

    def _use(self, at: int) -> tuple[_Use, int]:
        """Tell what the line at a place is there for, and where the next one begins that is to be looked at."""
        line = self.lines[at]
        if self._is_marked(line):
            return _Use.QUOTE, at + 1
        if line[:1] not in _MARK_STARTS and ":" not in line and self.colons.isdisjoint(range(at, at + 4)):
            return _Use.NEW, at + 1
        plain = _plain(line)
        ruled = line[:_LINE_MAX_CHARS].strip().lower()
        if _FORWARDED.match(ruled):
            return _Use.NEW, len(self.lines)
        if _ORIGINAL.match(ruled) or (_RULED_WROTE.match(ruled) and _MOMENT.search(ruled)):
            return self._quote_from(self._keys_end(self._filled(at + 1)))
        after = self._block_end(at, plain) or self._introduction_end(at, plain)
        return self._quote_from(after) if after else (_Use.NEW, at + 1)

    def _is_marked(self, line: str) -> bool:
        """Whether a line is marked as quoted; `>>>` may be a prompt or an ornament until a quote was introduced."""
        return _QUOTED.match(line) is not None and (self.is_introduced or not line.startswith(">>>"))

    def _quote_from(self, after: int) -> tuple[_Use, int]:
        """A quote whose lines are marked ends with them, one without marks at the end of all."""
        self.is_introduced = True
        return (_Use.QUOTE, after) if self._is_quoted(after) else (_Use.END, after)

    def _filled(self, at: int) -> int:
        """Skip at most three empty lines."""
        end = min(len(self.lines), at + 3)
        while at < end and not _plain(self.lines[at]):
            at += 1
        return at

    def _is_quoted(self, at: int) -> bool:
        at = self._filled(at)
        return at < len(self.lines) and _QUOTED.match(self.lines[at]) is not None

    def _introduction_end(self, at: int, plain: str) -> int | None:
        """Find the end of "On DATE, NAME wrote:", which may be wrapped over four lines."""
        words = [plain]
        for after in range(at + 1, at + 1 + _WRAPPED_MAX_LINES):
            if words[-1].endswith(_COLONS):
                return after if self._introduces(words, after) else None
            if after >= len(self.lines) or not (next_line := _plain(self.lines[after])) or len(words[0]) < 4:
                return None
            if len(words) == 1 and not _begins(plain):
                return None
            words.append(next_line)
        return None

    def _introduces(self, words: list[str], after: int) -> bool:
        text = " ".join(words)
        is_dated = _MOMENT.search(text) is not None
        if _WROTE.search(text):
            return is_dated or _ADDRESS.search(text) is not None or self._is_quoted(after)
        return (is_dated or _ADDRESS.search(text) is not None) and self._is_quoted(after)

    def _keys_end(self, at: int) -> int:
        """Skip the header lines below a divider, however few."""
        while at < len(self.lines) and _kind(_plain(self.lines[at])):
            at += 1
        return at

    def _block_end(self, at: int, first: str) -> int | None:
        """Find the end of a block of From, Sent, To, Subject in any order, None where there is none."""
        if _kind(first) not in _BLOCK_BEGINS:
            return None
        kinds: dict[str, str] = {}
        end = at
        for index in range(at, min(at + _BLOCK_MAX_LINES, len(self.lines))):
            plain = _plain(self.lines[index])
            kind = _kind(plain)
            if kind is not None:
                kinds.setdefault(kind, plain)
                end = index + 1
            elif not kinds or index - end > (0 if plain and "@" not in plain and ";" not in plain else 2):
                break
        return end if _is_block(kinds) else None

    def _close_before_quote(self) -> None:
        segment = self.segment
        while segment and (not segment[-1].strip() or _ONLY_RULE.match(segment[-1])):
            segment.pop()
        self._close(segment)

    def _close(self, segment: list[str]) -> None:
        text = "\n".join(_without_signature(segment)).strip("\n")
        if text.strip():
            self.kept.append(text)
        self.segment = []


def _begins(plain: str) -> bool:
    """Whether a line can be the first of several that introduce a quote: the date stands in it."""
    return bool(_MOMENT.search(plain)) and bool(_ON.match(plain) or _MOMENT.search(plain[:40]))


def _kind(plain: str) -> str | None:
    match = _BLOCK_KEY.match(plain)
    return _BLOCK_KINDS.get(match[1]) if match else None


def _is_block(kinds: Mapping[str, str]) -> bool:
    """Three of its lines make a block: with a subject, or with an address in From. Fewer are somebody's list."""
    if len(kinds) < 3 or "from" not in kinds:
        return False
    return "subject" in kinds or ("sent" in kinds and "@" in kinds["from"])


def _without_signature(segment: list[str]) -> list[str]:
    for index, line in enumerate(segment):
        if line == "-- " or (line.strip() == "--" and _filled_lines(segment[index:]) <= _SIGNATURE_MAX_LINES):
            segment = segment[:index]
            break
    end = len(segment)
    while end and not segment[end - 1].strip():
        end -= 1
    while end and _SENT_FROM.match(_plain(segment[end - 1])):
        end -= 1
        while end and not segment[end - 1].strip():
            end -= 1
    return segment[:end]


def _without_footer(segment: list[str]) -> list[str]:
    """Cut what a mailing list adds below a rule at the end."""
    start = max(0, len(segment) - _FOOTER_MAX_LINES)
    for index in range(start, len(segment)):
        if _LIST_FOOTER.match(segment[index].strip()):
            footer = "\n".join(segment[index:]).lower()
            return segment[:index] if "mailing list" in footer or "unsubscribe" in footer else segment
    return segment


def _filled_lines(lines: list[str]) -> int:
    return sum(1 for line in lines if line.strip()) - 1
