"""What a person searches for: words, phrases and prefixes like `from:`, read so that no text is ever wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from inboxsync.model.views import MessageView
from inboxsync.model.words import words

QUERY_CHARS = 1_000
# Each term, and each word of a phrase, is one more walk through its own list: 25 ms where a million mails have it.
TERMS = 30
WORDS = 60
PHRASE_WORDS = 20
# Stands for an attachment among the words of a text; no text gives such a word, for it is no letter.
ATTACHMENT_MARK = "\ue001"

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_AGE = re.compile(r"(\d{1,6})([hdw])")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_ITEM = re.compile(
    r"(?P<minus>-)?(?:(?P<prefix>from|to|subject|has|is|in|folder|before|after):\s*)?"
    r'(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))',
    re.IGNORECASE,
)


class Part(StrEnum):
    """A part of a message that can be searched alone. `to` is every recipient."""

    FROM = "from"
    TO = "to"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after the other, anywhere or in one part; `negated`: must not."""

    words: tuple[str, ...]
    part: Part | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All that a search asks. Times bound `received_at`: from `after` on, before `before`; folders are any of these.

    `integration_ids`, where given, are those whose mail the reader may see.
    """

    terms: tuple[Term, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    folders: frozenset[str] = frozenset()
    not_folders: frozenset[str] = frozenset()
    is_read: bool | None = None
    is_starred: bool | None = None
    integration: str | None = None
    integration_ids: frozenset[int] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it asks nothing, and so would find everything."""
        return self == SearchQuery(integration=self.integration, integration_ids=self.integration_ids)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found, newest first. `total` counts no further than a bound; then it is `limited`."""

    items: tuple[MessageView, ...]
    total: int
    limited: bool
    page: int
    has_next: bool


def read_query(text: str, now: datetime) -> SearchQuery:
    """Read a person's text; what is no prefix or has no such value is words to be found. Never raises.

    A date begins at midnight in the zone of `now`; ages like `14d` count back from it.
    """
    query = SearchQuery()
    for item in _ITEM.finditer(text[:QUERY_CHARS]):
        if len(query.terms) == TERMS or sum(len(term.words) for term in query.terms) >= WORDS:
            break
        query = _with(query, item, now)
    return query


def _with(query: SearchQuery, item: re.Match[str], now: datetime) -> SearchQuery:
    prefix = (item["prefix"] or "").lower()
    value = (item["quoted"] if item["quoted"] is not None else item["plain"]).strip()
    negated = item["minus"] is not None
    if prefix in ("before", "after"):
        known = _dated(query, prefix, value, now, negated=negated)
    elif prefix in ("in", "folder"):
        known = _placed(query, value, negated=negated)
    elif prefix in ("has", "is"):
        known = _marked(query, f"{prefix}:{value.lower()}", negated=negated)
    elif prefix:
        return _worded(query, words(value), Part(prefix), negated=negated)
    else:
        known = None
    return known or _worded(query, words(f"{prefix} {value}"), None, negated=negated)


def _worded(query: SearchQuery, found: Iterable[str], part: Part | None, *, negated: bool) -> SearchQuery:
    term = Term(tuple(islice(found, PHRASE_WORDS)), part, negated)
    return replace(query, terms=(*query.terms, term)) if term.words and term not in query.terms else query


def _placed(query: SearchQuery, value: str, *, negated: bool) -> SearchQuery | None:
    if not value:
        return None
    if negated:
        return replace(query, not_folders=query.not_folders | {value.casefold()})
    return replace(query, folders=query.folders | {value.casefold()})


def _marked(query: SearchQuery, mark: str, *, negated: bool) -> SearchQuery | None:
    if mark in ("has:attachment", "has:attachments"):
        return _worded(query, (ATTACHMENT_MARK,), None, negated=negated)
    if mark in ("is:read", "is:unread"):
        return replace(query, is_read=(mark == "is:read") != negated)
    if mark in ("is:starred", "is:flagged"):
        return replace(query, is_starred=not negated)
    return None


def _dated(query: SearchQuery, prefix: str, value: str, now: datetime, *, negated: bool) -> SearchQuery | None:
    moment = _moment(value.lower(), now)
    if moment is None:
        return None
    if (prefix == "before") != negated:
        return replace(query, before=min(moment, query.before or moment))
    return replace(query, after=max(moment, query.after or moment))


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        if age := _AGE.fullmatch(text):
            return now - int(age[1]) * _UNITS[age[2]]
        if day := _DAY.fullmatch(text):
            return datetime(int(day[1]), int(day[2] or 1), int(day[3] or 1), tzinfo=now.tzinfo)
    except (ValueError, OverflowError):  # the 31st of February, the year 0
        return None
    return None
