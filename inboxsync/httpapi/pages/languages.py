"""Languages of the pages: one file each under `languages/`, and the one that a reader wants.

A file has all texts in sections, forms for `one` and `other` where a number decides, the names of days and months, and
the sentences for causes and actions by error code. English has none of those: `render.sentences` is English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

DEFAULT = "en"
Text = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """A language as its file has it. `texts` by `section.name`; `sentences` by error code, empty for English.

    Numbers up to `one_up_to` take the form `one`.
    """

    code: str
    name: str
    one_up_to: int
    group: str
    decimal: str
    clock: str
    day: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    texts: Mapping[str, Text]
    sentences: Mapping[str, Mapping[str, str]]

    def text(self, key: str, number: float | None = None) -> str:
        """The text of a key, in the form that goes with a number. Raises KeyError for a key that is not there."""
        found = self.texts[key]
        if isinstance(found, str):
            return found
        return found["one" if number is not None and number <= self.one_up_to and number == int(number) else "other"]


@cache
def languages() -> Mapping[str, Language]:
    """All languages by code, English first."""
    folder = resources.files(__package__).joinpath("languages")
    files = sorted((one.name, one.read_text(encoding="utf-8")) for one in folder.iterdir() if one.name[-5:] == ".toml")
    read = [_read(name.removesuffix(".toml"), tomllib.loads(text)) for name, text in files]
    read.sort(key=lambda one: (one.code != DEFAULT, one.code))
    return {one.code: one for one in read}


def _read(code: str, data: Mapping[str, Any]) -> Language:
    form = data["form"]
    texts = {f"{section}.{key}": text for section, keys in data["text"].items() for key, text in keys.items()}
    return Language(
        code=code,
        name=form["name"],
        one_up_to=form["one_up_to"],
        group=form["group"],
        decimal=form["decimal"],
        clock=form["clock"],
        day=form["day"],
        weekdays=tuple(form["weekdays"]),
        months=tuple(form["months"]),
        texts=texts,
        sentences=data.get("sentence", {}),
    )


def chosen(cookie: str | None, accept_language: str | None) -> Language:
    """The language of a reader: what was switched to, else what the browser prefers, else English."""
    known = languages()
    for code in (cookie or "", *preferred(accept_language or "")):
        if code in known:
            return known[code]
    return known[DEFAULT]


def preferred(accept_language: str) -> list[str]:
    """Read an Accept-Language header: codes without regions, best first (RFC 9110 §12.5.4)."""
    weighed = []
    for place, item in enumerate(accept_language[:500].split(",")):
        tag, _, weight = item.strip().partition(";")
        quality = _quality(weight)
        if tag and quality > 0:
            weighed.append((-quality, place, tag.strip().lower().partition("-")[0]))
    return [code for _, _, code in sorted(weighed)]


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
