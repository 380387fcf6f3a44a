"""Every fault of a text that a person wrote, collected with its JSON pointer (RFC 6901), not raised one by one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

from inboxsync.errors import FilterInvalid, Problem

# Looking for near names is the dearest step of decoding, and thousands of faults need no thousand hints.
_MAX_HINTED = 50
_MAX_HINTED_CHARACTERS = 64
_MAX_SHOWN_CHARACTERS = 60


class Faults:
    """A growing list of problems; decoding goes on after each, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, pointer: str, message: str, hint: str = "") -> None:
        """Note one fault."""
        self.problems.append(Problem(pointer, message, hint))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Answer a hint that names the known word most like `name`, or '' where none is like it."""
        if len(self.problems) > _MAX_HINTED or len(name) > _MAX_HINTED_CHARACTERS:
            return ""
        found = difflib.get_close_matches(name.lower(), list(known), n=1)
        return f"did you mean {shown(found[0])}?" if found else ""

    def raise_if_any(self, what: str) -> None:
        """Raise FilterInvalid with all problems, if there are any; `what` begins its sentence."""
        if not self.problems:
            return
        count, first = len(self.problems), self.problems[0]
        more = f"; {count - 1} more" if count > 1 else ""
        raise FilterInvalid(f"{what} is not valid: {first}{more}", hint=first.hint, problems=self.problems)


def below(pointer: str, key: str | int) -> str:
    """Extend a JSON pointer by one step (RFC 6901 §3); a lone surrogate in a key is written as an escape."""
    step = str(key).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{_printable(step[:_MAX_SHOWN_CHARACTERS])}"


def shown(text: str) -> str:
    """Quote a text for a message, cut after 60 characters, control characters escaped."""
    cut = text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + "…"
    return _printable(json.dumps(cut, ensure_ascii=False))


def kind_of(value: object) -> str:
    """Name the JSON type of a decoded value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else "a number"


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
