"""Regular expressions and wildcards, by an engine that takes time linear to the text (RE2), under a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import re2

from inboxsync.rules.text import fold, normalise

BUDGET_S = 0.1
MAX_PATTERN_CHARACTERS = 1_000

# Linear is not the same as fast. Measured on the worst texts for a pattern, one search costs up to 10 ns for each octet
# and each instruction of the compiled pattern (their product: steps), and it cannot be interrupted. So the instructions
# are bounded when decoding, and a long text is tried on growing prefixes first. Even on a text made for the pattern the
# first costs 40 ms, and each next one, the whole text included, at most 2 s more than the one before it has shown.
_MAX_INSTRUCTIONS = 10_000
_FIRST_PROBE_STEPS = 4_000_000
_MAX_GROWTH_STEPS = 200_000_000
_PROBE_GROWTH = 4

# What RE2 may use for a program and its states: enough for any pattern that the bound on instructions lets pass, while
# 1,000 patterns together still fit into a small machine.
_ENGINE_MEMORY_BYTES = 1 << 20


class Engine(Protocol):
    """What is used of a compiled RE2 expression."""

    programsize: int

    def search(self, text: bytes) -> object | None:
        """Answer something where the expression is found, else None."""


class PatternInvalid(ValueError):
    """A regular expression that the engine does not take; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class MatchingTimeout(Exception):
    """The time for patterns on one message is used up. Caught where a filter or a list of rules is evaluated."""


@dataclass(slots=True)
class Budget:
    """The time that patterns have used on one message, and the clock that measures it (seconds, monotonic)."""

    monotonic: Callable[[], float]
    spent_s: float = 0.0

    def search(self, engine: Engine, octets: bytes, where: str) -> bool:
        """Tell whether the pattern is found; `where` names the condition.

        Raises MatchingTimeout when this search takes the sum over the budget, or is expected to.
        """
        sizes = [*_probe_sizes(len(octets), engine.programsize), len(octets)]
        for size, following in pairwise(sizes):
            before_s = self.spent_s
            self._timed(engine, octets[:size], where)
            if self.spent_s + (self.spent_s - before_s) * following / size > BUDGET_S:
                raise self._exceeded(where)
        return self._timed(engine, octets, where)

    def _timed(self, engine: Engine, octets: bytes, where: str) -> bool:
        if self.spent_s > BUDGET_S:
            raise self._exceeded(where)
        started = self.monotonic()
        found = engine.search(octets) is not None
        self.spent_s += max(0.0, self.monotonic() - started)
        if self.spent_s > BUDGET_S:
            raise self._exceeded(where)
        return found

    @staticmethod
    def _exceeded(where: str) -> MatchingTimeout:
        return MatchingTimeout(f"{where}: the patterns need more than {BUDGET_S * 1000:.0f} ms on this message")


def _probe_sizes(total: int, instructions: int) -> Iterator[int]:
    """Yield the lengths of the prefixes to try; none where the whole text is cheap even at the worst."""
    size = max(1, _FIRST_PROBE_STEPS // max(1, instructions))
    step = max(1, _MAX_GROWTH_STEPS // max(1, instructions))
    while size < total:
        yield size
        size += min(size * (_PROBE_GROWTH - 1), step)


def compile_pattern(pattern: str, *, case_sensitive: bool) -> Engine:
    """Compile a regular expression that searches texts in NFC; `.` also matches line ends.

    Without case, letters match by Unicode simple folding: é and É, ſ and s, but not ß and ss, which differ in length.
    Folding the texts instead would need a folded pattern, and that would turn \\D into \\d.
    Raises PatternInvalid, also for one of more than 1,000 characters or of too many instructions.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise PatternInvalid(
            f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN_CHARACTERS} are taken",
            "split it over several conditions inside `any`",
        )
    options = _options()
    options.case_sensitive = case_sensitive
    return _compile(normalise(pattern), options)


def compile_wildcards(pattern: str, *, case_sensitive: bool) -> Engine:
    """Compile `*` (any text) and `?` (any one character) to fit a whole text in NFC, folded unless `case_sensitive`.

    Raises PatternInvalid when it is longer than 1,000 characters or too complex.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise PatternInvalid(
            f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN_CHARACTERS} are taken",
            "use `contains`, which takes a text of any length",
        )
    plain = normalise(pattern) if case_sensitive else fold(pattern)
    while "**" in plain:
        plain = plain.replace("**", "*")
    body = "".join({"*": ".*", "?": "."}.get(character) or re2.escape(character) for character in plain)
    return _compile(rf"\A(?:{body})\z", _options())


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False  # the engine would write to stderr by itself
    options.dot_nl = True
    options.never_capture = True  # only whether it is found matters, which saves a second pass
    options.max_mem = _ENGINE_MEMORY_BYTES
    return options


def _compile(pattern: str, options: re2.Options) -> Engine:
    try:
        engine: Engine = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as refused:
        message = _text_of(refused)
        raise PatternInvalid(f"the regular expression is not valid: {message}", _hint(message, pattern)) from refused
    if engine.programsize > _MAX_INSTRUCTIONS:
        raise PatternInvalid("the regular expression is too complex", _TOO_COMPLEX)
    return engine


def _text_of(refused: Exception) -> str:
    reason = refused.args[0] if refused.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


_TOO_COMPLEX = "use fewer or smaller repeats such as {100}, and less of \\pL and its kin inside them"
_NO_LOOKAROUND = "RE2 has no lookahead and lookbehind; write two conditions inside `all`, one of them `not_matches`"
_NO_BACKREFERENCE = "RE2 has no backreferences such as \\1; write the alternatives out"
_HINTS = (
    ("(?=", _NO_LOOKAROUND),
    ("(?!", _NO_LOOKAROUND),
    ("(?<=", _NO_LOOKAROUND),
    ("(?<!", _NO_LOOKAROUND),
    ("(?P=", _NO_BACKREFERENCE),
    ("(?>", "RE2 has no atomic groups and needs none: it never backtracks; write (?:…)"),
    ("(?#", "RE2 has no comments inside expressions"),
    ("(?(", "RE2 has no conditional groups; write the alternatives out"),
)
_ESCAPES = {
    "\\Z": "RE2 writes the end of the text as \\z",
    "\\u": "write the character itself, or \\x{…} with its hexadecimal number",
    "\\U": "write the character itself, or \\x{…} with its hexadecimal number",
    "\\N": "write the character itself, or \\x{…} with its hexadecimal number",
    "\\h": "write [ \\t] for blanks inside a line",
}
_SYNTAX = "see docs/filters.md for the syntax; in JSON each backslash is written twice"


def _hint(message: str, pattern: str) -> str:
    reason, _, fragment = message.partition(": ")
    if "too large" in message or "repetition size" in message:
        return _TOO_COMPLEX
    if reason == "bad repetition operator":
        return "RE2 has no possessive repeats such as ++ and needs none: it never backtracks"
    if reason == "invalid escape sequence":
        is_reference = fragment[1:2].isdigit() or fragment[:2] in ("\\k", "\\g")
        return _NO_BACKREFERENCE if is_reference else _ESCAPES.get(fragment[:2], _SYNTAX)
    if reason == "invalid perl operator":
        return next((hint for opening, hint in _HINTS if opening in pattern), _SYNTAX)
    return _SYNTAX
