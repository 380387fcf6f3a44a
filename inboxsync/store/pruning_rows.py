"""What of mail can be given up, as statements: choosing a batch of it, and taking the batch out of the database.

Of each kind there is one statement that chooses, used for counting and for doing alike, so that what is announced is
what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate
from inboxsync.model.pruning import MailOrder, Part
from inboxsync.store.search_index import queue

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.store.statements import Row, Statements

_REFUSED = (Fate.FILTERED, Fate.UNKNOWN_SENDER, Fate.TOO_LARGE)

# Before what a run writes: whoever holds the octets' table has seen every writer of mail to its end, since each of them
# inserts octets first, also where they are there already.
LOCKED = ("inboxsync_raw", "inboxsync_messages")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing to be given up: its key, the room it takes in the database, its file, the octets that go with it.

    Octets and file are None where something that stays has them too.
    """

    key: int
    size_bytes: int = 0
    path: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is given up. `choose` is a query for columns of `Chosen`, and last whether they go with it."""

    what: str
    key: str
    choose: str
    conditions: tuple[str, ...]
    parameters: tuple[object, ...]
    change: Callable[[Statements, Sequence[Chosen], datetime], None]

    def batch(self, rows: Callable[[str, Sequence[object]], Sequence[Row]], after: int, limit: int) -> list[Chosen]:
        """Choose the next by `rows`, which runs a query."""
        where = " AND ".join((*self.conditions, f"{self.key} > ?"))
        statement = f"{self.choose} WHERE {where} ORDER BY {self.key} LIMIT ?"
        found = rows(statement, (*self.parameters, after, limit))
        return [Chosen(*row[:4]) if row[4] else Chosen(row[0]) for row in found]


def kinds(order: MailOrder, *, is_sqlite: bool) -> Iterator[Kind]:
    """Tell which kinds an order speaks of."""
    stored = Fate.STORED in order.fates
    if order.part is Part.BODIES and stored:
        yield _bodies(order, is_sqlite=is_sqlite)
    if order.part is Part.ATTACHMENTS and stored:
        yield _attachments(order)
    if order.part is Part.RAW and stored:
        yield _raw(order)
    if order.part is Part.RAW and any(fate in order.fates for fate in _REFUSED):
        yield _headers(order)
    if order.part is Part.RAW and Fate.QUARANTINED in order.fates:
        yield _quarantine(order)


# --- mail that was stored ------------------------------------------------------------------------------------------

_SHOWN = (
    "EXISTS (SELECT 1 FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id"
    " WHERE p.message_id = {m}.id AND f.integration_id {is} ?)"
)


def _of_messages(order: MailOrder, alias: str, *more: str) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """The conditions on a message, and their values."""
    conditions = [f"{alias}.received_at < ?", *more]
    values: list[object] = [order.before]
    if order.integration_id is not None:
        conditions += [_SHOWN.format(m=alias, **{"is": "="}), "NOT " + _SHOWN.format(m=alias, **{"is": "<>"})]
        values += [order.integration_id, order.integration_id]
    return tuple(conditions), tuple(values)


# Octets belong to all messages that have them: given up with the last of those that are given up, in the order of ids,
# and only where no message that stays, and none that was set aside, has them too.
_CHOOSE_RAW = """
SELECT m.id, coalesce(length(r.data), 0), r.path, m.raw_sha256, NOT EXISTS (
    SELECT 1 FROM inboxsync_messages AS o WHERE o.raw_sha256 = m.raw_sha256 AND o.raw_pruned_at IS NULL
    AND NOT (o.id <= m.id AND {of_others})
) AND NOT EXISTS (SELECT 1 FROM inboxsync_quarantine AS q WHERE q.raw_sha256 = m.raw_sha256)
FROM inboxsync_messages AS m LEFT JOIN inboxsync_raw AS r ON r.sha256 = m.raw_sha256
"""


def _raw(order: MailOrder) -> Kind:
    conditions, values = _of_messages(order, "m", "m.raw_pruned_at IS NULL", "m.size_bytes > ?")
    others, _ = _of_messages(order, "o", "o.size_bytes > ?")
    values = (values[0], order.larger_than_bytes, *values[1:])
    choose = _CHOOSE_RAW.replace("{of_others}", " AND ".join(others))
    return Kind("raw", "m.id", choose, conditions, values * 2, _drop_raw)


def _drop_raw(work: Statements, batch: Sequence[Chosen], at: datetime) -> None:
    work.run_in("UPDATE inboxsync_messages SET raw_pruned_at = ? WHERE id IN ({in})", _keys(batch), (at,))
    work.run_in("DELETE FROM inboxsync_raw WHERE sha256 IN ({in})", _octets(batch))


_CHOOSE_ATTACHMENTS = "SELECT a.id, 0, a.path, NULL, TRUE FROM inboxsync_attachments AS a"
# Not a join: SQLite would begin with the larger table, or make a filter of all of it, for each batch.
_OF_MESSAGE = "EXISTS (SELECT 1 FROM inboxsync_messages AS m WHERE {conditions})"


def _attachments(order: MailOrder) -> Kind:
    conditions, values = _of_messages(order, "m", "m.id = a.message_id")
    chosen = ("a.file_pruned_at IS NULL", "a.size_bytes > ?", _OF_MESSAGE.format(conditions=" AND ".join(conditions)))
    return Kind("attachments", "a.id", _CHOOSE_ATTACHMENTS, chosen, (order.larger_than_bytes, *values), _drop_files)


def _drop_files(work: Statements, batch: Sequence[Chosen], at: datetime) -> None:
    work.run_in("UPDATE inboxsync_attachments SET file_pruned_at = ? WHERE id IN ({in})", _keys(batch), (at,))


_CHOOSE_BODIES = """
SELECT m.id, coalesce({text}, 0) + coalesce({reply}, 0) + coalesce({html}, 0), NULL, NULL, TRUE
FROM inboxsync_messages AS m LEFT JOIN inboxsync_bodies AS b ON b.message_id = m.id
"""
_TEXTS = {"text": "b.body_text", "reply": "b.reply_text", "html": "b.body_html"}


def _bodies(order: MailOrder, *, is_sqlite: bool) -> Kind:
    conditions, values = _of_messages(order, "m", "m.body_pruned_at IS NULL", "m.size_bytes > ?")
    values = (values[0], order.larger_than_bytes, *values[1:])
    octets = "length(CAST({} AS BLOB))" if is_sqlite else "octet_length({})"
    choose = _CHOOSE_BODIES.format(**{name: octets.format(column) for name, column in _TEXTS.items()})
    return Kind("bodies", "m.id", choose, conditions, values, _drop_bodies)


def _drop_bodies(work: Statements, batch: Sequence[Chosen], at: datetime) -> None:
    """The first words go as well, and with the next indexing what `search` knows of the text."""
    ids = _keys(batch)
    work.run_in("UPDATE inboxsync_messages SET body_pruned_at = ?, snippet = '' WHERE id IN ({in})", ids, (at,))
    work.run_in("DELETE FROM inboxsync_bodies WHERE message_id IN ({in})", ids)
    queue(work, ids)


# --- mail that was not stored --------------------------------------------------------------------------------------


_OF_PLACEMENT = """EXISTS (
    SELECT 1 FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id
    WHERE p.id = {kept}.placement_id AND {conditions}
)"""


def _of_placement(order: MailOrder, kept: str, fates: Sequence[Fate]) -> tuple[str, tuple[object, ...]]:
    """The condition on the placement of a kept row, and its values."""
    conditions = ["coalesce(p.internal_date, p.listed_at) < ?", "p.size_bytes > ?"]
    values: list[object] = [order.before, order.larger_than_bytes]
    if order.integration_id is not None:
        conditions.append("f.integration_id = ?")
        values.append(order.integration_id)
    conditions.append(f"p.fate IN ({', '.join('?' * len(fates))})")
    values += [fate.value for fate in fates]
    return _OF_PLACEMENT.format(kept=kept, conditions=" AND ".join(conditions)), tuple(values)


_CHOOSE_HEADERS = "SELECT h.placement_id, length(h.data), NULL, NULL, TRUE FROM inboxsync_placement_headers AS h"


def _headers(order: MailOrder) -> Kind:
    condition, values = _of_placement(order, "h", [fate for fate in _REFUSED if fate in order.fates])
    return Kind("headers", "h.placement_id", _CHOOSE_HEADERS, (condition,), values, _drop_headers)


def _drop_headers(work: Statements, batch: Sequence[Chosen], _at: datetime) -> None:
    work.run_in("DELETE FROM inboxsync_placement_headers WHERE placement_id IN ({in})", _keys(batch))


_CHOOSE_QUARANTINE = """
SELECT q.placement_id, coalesce(length(r.data), 0), r.path, q.raw_sha256, NOT EXISTS (
    SELECT 1 FROM inboxsync_messages AS m WHERE m.raw_sha256 = q.raw_sha256 AND m.raw_pruned_at IS NULL
) AND NOT EXISTS (
    SELECT 1 FROM inboxsync_quarantine AS o WHERE o.raw_sha256 = q.raw_sha256 AND o.placement_id > q.placement_id
)
FROM inboxsync_quarantine AS q LEFT JOIN inboxsync_raw AS r ON r.sha256 = q.raw_sha256
"""


def _quarantine(order: MailOrder) -> Kind:
    condition, values = _of_placement(order, "q", [Fate.QUARANTINED])
    chosen = ("q.raw_sha256 IS NOT NULL", condition)
    return Kind("quarantine", "q.placement_id", _CHOOSE_QUARANTINE, chosen, values, _drop_set_aside)


def _drop_set_aside(work: Statements, batch: Sequence[Chosen], _at: datetime) -> None:
    work.run_in("UPDATE inboxsync_quarantine SET raw_sha256 = NULL WHERE placement_id IN ({in})", _keys(batch))
    work.run_in("DELETE FROM inboxsync_raw WHERE sha256 IN ({in})", _octets(batch))


def _keys(batch: Sequence[Chosen]) -> list[int]:
    return [one.key for one in batch]


def _octets(batch: Sequence[Chosen]) -> list[str]:
    return [one.sha256 for one in batch if one.sha256 is not None]
