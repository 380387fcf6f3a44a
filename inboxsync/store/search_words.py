"""A message's words and what is asked of them, in the form of either full-text index: pure.

SQLite gets texts for FTS5's `ascii` tokenizer, which splits at blanks and takes everything beyond ASCII as letters;
Postgres gets literals of `tsvector` and `tsquery`. Neither database's own idea of a word plays a part, so both find
the same. Both also bound what Postgres bounds: 16,383 positions, 255 of one word, 1 MiB in all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from inboxsync.model.search import ATTACHMENT_MARK, Part, Term
from inboxsync.model.words import words

# So many characters of a body are read: some 25,000 words, of which those up to the other bounds are searchable.
BODY_CHARS = 200_000
_HEAD_WORDS = 2_000
_WORDS = 16_000
_SAME_WORD = 250
_OCTETS = 400_000

# A place that no phrase reaches over: between one person or attachment and the next, and where words were left out.
_HOLE = "\ue000"
_GAP = 10

# What a message is, as words among those of its text, so that the index itself joins them with what is looked for. No
# text gives such words. Every message has the first; a message in more folders than are told has the last.
ALL_MAIL, _FOLDER, _INTEGRATION, _UNREAD, _READ, _STARRED, _MANY_PLACES = (chr(code) for code in range(0xE002, 0xE009))
PLACES_TOLD = 1_000

COLUMNS = ("subject", "sender", "recipients", "text")
_COLUMN_OF = {Part.SUBJECT: "subject", Part.FROM: "sender", Part.TO: "recipients"}
_WEIGHT_OF = {"subject": "A", "sender": "B", "recipients": "C", "text": "D"}

# 2^28 messages a second have places of their own.
_PLACES_BITS = 28
_SQLITE_MIN = -(2**63)


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found of a message; people and attachments one by one."""

    message_id: int
    received_at: datetime
    subject: str
    senders: Sequence[str]
    recipients: Sequence[str]
    body: str
    attachments: Sequence[str]
    has_attachments: bool
    places: Sequence[Place] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A placement of a message, and the flags there."""

    folder_id: int
    integration_id: int
    is_read: bool
    is_starred: bool


@dataclass(frozen=True, slots=True)
class Indexed:
    """The words of a message by column, holes among them."""

    columns: tuple[tuple[str, ...], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """For FTS5: a text a column."""
        return tuple(" ".join(column) for column in self.columns)

    @property
    def vector(self) -> str:
        """For Postgres: the literal of a tsvector, columns as weights."""
        places: dict[str, list[str]] = {}
        position = 0
        for name, column in zip(COLUMNS, self.columns, strict=True):
            for word in column:
                position += 1
                if word != _HOLE:
                    places.setdefault(word, []).append(f"{position}{_WEIGHT_OF[name]}")
            position += _GAP
        return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def indexed(document: Document) -> Indexed:
    """Give the words of a message within the bounds; what stands at the end of a long body is left out."""
    mark = (ATTACHMENT_MARK,) if document.has_attachments else ()
    marks = chain((ALL_MAIL,), mark, _place_marks(document.places), (_HOLE,))
    text = chain(marks, _items(document.attachments), words(document.body))
    found = (
        tuple(islice(words(document.subject), _HEAD_WORDS)),
        tuple(islice(_items(document.senders), _HEAD_WORDS)),
        tuple(islice(_items(document.recipients), _HEAD_WORDS)),
        tuple(islice(text, _WORDS - 3 * _HEAD_WORDS)),
    )
    return Indexed(_bounded(found))


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from words(text)
        yield _HOLE


def _place_marks(places: Sequence[Place]) -> Iterable[str]:
    marks: dict[str, None] = {}
    for place in places[:PLACES_TOLD]:
        marks[f"{_FOLDER}{place.folder_id}"] = None
        marks[f"{_INTEGRATION}{place.integration_id}"] = None
        marks[_READ if place.is_read else _UNREAD] = None
        if place.is_starred:
            marks[_STARRED] = None
    return marks if len(places) <= PLACES_TOLD else [*marks, _MANY_PLACES]


def _bounded(columns: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Put holes where a word has come too often, or all words together are too long."""
    if sum(map(len, columns)) <= _SAME_WORD:
        return columns
    seen, octets = Counter[str](), 0
    kept: list[tuple[str, ...]] = []
    for column in columns:
        words_kept: list[str] = []
        for word in column:
            seen[word] += 1
            octets += len(word) * (1 if word.isascii() else 4)
            words_kept.append(word if seen[word] <= _SAME_WORD and octets <= _OCTETS else _HOLE)
        kept.append(tuple(words_kept))
    return tuple(kept)


# --- what is asked -------------------------------------------------------------------------------------------------


Marks = Sequence[Sequence[str]]


def folder_marks(folder_ids: Iterable[int]) -> Sequence[str]:
    """What mail in any of these folders has."""
    return [*(f"{_FOLDER}{one}" for one in folder_ids), _MANY_PLACES]


def integration_marks(integration_ids: Iterable[int]) -> Sequence[str]:
    """What mail of any of these integrations has."""
    return [*(f"{_INTEGRATION}{one}" for one in integration_ids), _MANY_PLACES]


def flag_marks(*, is_read: bool | None, is_starred: bool | None) -> Marks:
    """What mail has that is read, unread or starred somewhere; nothing is told of what is not starred."""
    seen = () if is_read is None else ((_READ if is_read else _UNREAD, _MANY_PLACES),)
    return (*seen, (_STARRED, _MANY_PLACES)) if is_starred else seen


def fts5_query(terms: Sequence[Term], marks: Marks = ()) -> str | None:
    """Give a MATCH expression for the terms, and for one of each group of marks; None where nothing is asked."""
    wanted = [_fts5_term(term) for term in terms if not term.negated]
    wanted += ["(" + " OR ".join(f'"{mark}"' for mark in group) + ")" for group in marks]
    unwanted = " OR ".join(_fts5_term(term) for term in terms if term.negated)
    if not unwanted:
        return " AND ".join(wanted) or None
    return f"({' AND '.join(wanted) or ALL_MAIL}) NOT ({unwanted})"


def _fts5_term(term: Term) -> str:
    # Words are letters and digits alone: there is nothing in them to escape.
    phrase = '"' + " ".join(term.words) + '"'
    return phrase if term.part is None else f"{_COLUMN_OF[term.part]} : {phrase}"


def ts_query(terms: Sequence[Term], marks: Marks = ()) -> str | None:
    """Give the literal of a tsquery, as `fts5_query`; None where nothing is asked."""
    groups = ("( " + " | ".join(f"'{mark}'" for mark in group) + " )" for group in marks)
    return " & ".join([*(_ts_term(term) for term in terms), *groups]) or None


def _ts_term(term: Term) -> str:
    weight = "" if term.part is None else f":{_WEIGHT_OF[_COLUMN_OF[term.part]]}"
    phrase = " <-> ".join(f"'{word}'{weight}" for word in term.words)
    return f"!( {phrase} )" if term.negated else f"( {phrase} )"


# --- places in time ------------------------------------------------------------------------------------------------


def position_of(message_id: int, received_at: datetime) -> int:
    """Give a message its place among all: by second, then by id."""
    return (int(received_at.timestamp()) << _PLACES_BITS) | (message_id & (1 << _PLACES_BITS) - 1)


def first_position(moment: datetime) -> int:
    """Give the place before all messages received at or after a moment."""
    return max(int(moment.timestamp()) << _PLACES_BITS, _SQLITE_MIN)
