"""The walk over the lines of a reply that tells what is new from quotes, introductions and signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from inboxsync.mail import reply_lines
from inboxsync.mail.reply_lines import COLONS, QUOTED, comparable
from inboxsync.mail.reply_phrases import MARK_STARTS

_WRAPPED_MAX_LINES = 4
_BLOCK_MAX_LINES = 14
_PASTED_MAX_LINES = 4
_SIGNATURE_MAX_LINES = 15
_FOOTER_MAX_LINES = 12
_LIST_FOOTER = re.compile(r"_{40,}$|-{40,}$")


class _Use(Enum):
    """What a line is there for."""

    NEW = auto()
    QUOTE = auto()
    END = auto()
    FORWARDED = auto()


@dataclass(slots=True)
class Reply:
    """Walks once over the lines and keeps the new ones. `segment` is new text since the last quote, `colons` are the
    lines that end in one.
    """

    lines: list[str]
    kept: list[str] = field(default_factory=list)
    segment: list[str] = field(default_factory=list)
    colons: set[int] = field(default_factory=set)
    is_introduced: bool = False

    def read(self) -> str:
        """Give the new text, "" where there is none."""
        at, total = 0, len(self.lines)
        around = reply_lines.AROUND
        self.colons = {index for index, line in enumerate(self.lines) if line.rstrip(around).endswith(COLONS)}
        while at < total:
            use, after = self._use(at)
            if use is _Use.NEW:
                self.segment.extend(self.lines[at:after])
            elif use is _Use.FORWARDED:
                self._keep_from(at)
            elif self.segment:  # none between the lines of a quote
                self._close_before_quote(is_marked=use is _Use.QUOTE)
            at = after
        self._close(_without_footer(self.segment))
        return "\n\n".join(self.kept)

    def _use(self, at: int) -> tuple[_Use, int]:
        """Tell what the line at a place is there for, and where the next one begins that is to be looked at."""
        line = self.lines[at]
        if self._is_marked(line):
            return (_Use.FORWARDED, len(self.lines)) if self._is_marked_forward(at) else (_Use.QUOTE, at + 1)
        if self._is_plain(line, at):
            return _Use.NEW, at + 1
        ruled = line[: reply_lines.LINE_MAX_CHARS].strip().lower()
        if reply_lines.is_forwarded(ruled):
            return _Use.FORWARDED, len(self.lines)
        if reply_lines.is_divider(ruled):
            return self._quote_from(self._keys_end(self._filled(at + 1)))
        return self._introduced(at)

    def _is_plain(self, line: str, at: int) -> bool:
        """Whether a line can be neither a rule nor begin anything that a colon ends: most lines are so."""
        if line[:1] in MARK_STARTS or ":" in line or "：" in line:
            return False
        return self.colons.isdisjoint(range(at, at + 4))

    def _introduced(self, at: int) -> tuple[_Use, int]:
        """Look for a header block or an introduction that begins with a line; text before it in that line is new."""
        text = comparable(self.lines[at])
        after = self._block_end(at, text)
        if after is None and (after := self._introduction_end(at, text)) is not None:
            before = reply_lines.new_before_introduction(self.lines[at])
            self.segment.extend([before] if before else [])
        return self._quote_from(after) if after else (_Use.NEW, at + 1)

    def _is_marked(self, line: str) -> bool:
        """Whether a line is marked as quoted; `>>>` may be a prompt or an ornament until a quote was introduced."""
        return QUOTED.match(line) is not None and (self.is_introduced or not line.startswith(">>>"))

    def _is_marked_forward(self, at: int) -> bool:
        """Whether marked lines begin with a forwarded message, as Apple Mail marks it, below no introduction."""
        if self.is_introduced or (at and QUOTED.match(self.lines[at - 1])):
            return False
        return reply_lines.is_forwarded(self.lines[at][: reply_lines.LINE_MAX_CHARS].strip("> \t\r\u00a0").lower())

    def _quote_from(self, after: int) -> tuple[_Use, int]:
        """A quote whose lines are marked ends with them, one without marks at the end of all."""
        self.is_introduced = True
        return (_Use.QUOTE, after) if self._is_quoted(after) else (_Use.END, len(self.lines))

    def _filled(self, at: int) -> int:
        """Skip at most three empty lines."""
        end = min(len(self.lines), at + 3)
        while at < end and not comparable(self.lines[at]):
            at += 1
        return at

    def _is_quoted(self, at: int) -> bool:
        at = self._filled(at)
        return at < len(self.lines) and QUOTED.match(self.lines[at]) is not None

    def _introduction_end(self, at: int, first: str) -> int | None:
        """Find the end of "On DATE, NAME wrote:", which may be wrapped over four lines."""
        words = [first]
        for after in range(at + 1, at + 1 + _WRAPPED_MAX_LINES):
            if words[-1].endswith(COLONS):
                return after if self._introduces(words, after) else None
            if after >= len(self.lines) or not (next_line := comparable(self.lines[after])) or len(first) < 4:
                return None
            if len(words) == 1 and not reply_lines.may_begin_introduction(first):
                return None
            words.append(next_line)
        return None

    def _introduces(self, words: list[str], after: int) -> bool:
        if self._is_quoted(after):
            return reply_lines.introduces_marked(words)
        return reply_lines.introduces_unmarked(words)

    def _keys_end(self, at: int) -> int:
        """Skip the header lines below a divider, however few."""
        while at < len(self.lines) and reply_lines.key_kind(comparable(self.lines[at])):
            at += 1
        return at

    def _block_end(self, at: int, first: str) -> int | None:
        """Find the end of a block of From, Sent, To, Subject in any order, None where there is none."""
        if reply_lines.key_kind(first) not in reply_lines.BLOCK_BEGINS:
            return None
        kinds: dict[str, str] = {}
        end = at
        for index in range(at, min(at + _BLOCK_MAX_LINES, len(self.lines))):
            text = comparable(self.lines[index])
            kind = reply_lines.key_kind(text)
            if kind is not None:
                kinds.setdefault(kind, text)
                kinds = dict.fromkeys(reply_lines.inline_kinds(text), "") | kinds
                end = index + 1
            elif not kinds or index - end > (0 if text and "@" not in text and ";" not in text else 2):
                break
        return end if reply_lines.is_block(kinds, end - at) and not self._is_pasted(at, end) else None

    def _is_pasted(self, at: int, end: int) -> bool:
        around = self.lines[max(0, at - _PASTED_MAX_LINES) : end + _PASTED_MAX_LINES]
        return any(reply_lines.is_raw_header(comparable(line)) for line in around)

    def _keep_from(self, at: int) -> None:
        """Keep a forwarded message whole, its signature too, and of what stands above it all but the signature."""
        end = len(self.segment)
        while end and not self.segment[end - 1].strip():
            end -= 1
        blanks = self.segment[end:]
        self.kept.append("\n".join([*_without_signature(self.segment[:end]), *blanks, *self.lines[at:]]).strip("\n"))
        self.segment = []

    def _close_before_quote(self, *, is_marked: bool) -> None:
        segment = self.segment
        _drop_rules(segment)
        if is_marked and segment and reply_lines.is_bare_introduction(comparable(segment[-1])):
            segment.pop()
            _drop_rules(segment)
        self._close(segment)

    def _close(self, segment: list[str]) -> None:
        text = "\n".join(_without_signature(segment)).strip("\n")
        if text.strip():
            self.kept.append(text)
        self.segment = []


def _drop_rules(segment: list[str]) -> None:
    """Drop the blank lines and rules at the end."""
    while segment and (not segment[-1].strip() or reply_lines.ONLY_RULE.match(segment[-1])):
        segment.pop()


def _without_signature(segment: list[str]) -> list[str]:
    for index, line in enumerate(segment):
        if line == "-- " or (line.strip() == "--" and _filled_lines(segment[index:]) <= _SIGNATURE_MAX_LINES):
            segment = segment[:index]
            break
    end = len(segment)
    while end and not segment[end - 1].strip():
        end -= 1
    while end and reply_lines.SENT_FROM.match(comparable(segment[end - 1])):
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
