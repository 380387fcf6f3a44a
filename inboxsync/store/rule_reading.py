"""Stored mail as filters and rules read it, from rows alone: without SQLAlchemy and without parsing."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inboxsync.model.judging import MailQuery, Part, Place, RefusedMail, StoredMail
from inboxsync.model.placement import Fate
from inboxsync.store.blobs import decode
from inboxsync.store.dialect import read_json, read_moment, read_time
from inboxsync.store.rebuilding import Columns, as_parsed
from inboxsync.store.statements import CHUNK

if TYPE_CHECKING:
    from inboxsync.store.connections import Work

_SEEN = "\\seen"
_PLACED = """
inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id
"""
_MAIL = f"{_PLACED} JOIN inboxsync_messages AS m ON m.id = p.message_id"
# The newest of all mail is met along the dates; CROSS JOIN fixes the order for SQLite, which else sorts the ledger.
_ALONG_DATES = """
inboxsync_messages AS m CROSS JOIN inboxsync_placements AS p CROSS JOIN inboxsync_folders AS f
"""
_ON_DATES = ("p.message_id = m.id", "f.id = p.folder_id")
# A live placement, or a retired one of a message that its integration sees through no live one (as in `reading`).
_VISIBLE = """(p.retired_at IS NULL OR NOT EXISTS (
    SELECT 1 FROM inboxsync_placements AS q JOIN inboxsync_folders AS g ON g.id = q.folder_id
    WHERE q.message_id = p.message_id AND q.retired_at IS NULL AND g.integration_id = f.integration_id
))"""
_PLACE = "p.id, f.integration_id, p.folder_id, f.name, p.uidvalidity, p.uid"
_ALWAYS = f"""
{_PLACE}, p.fate, p.flags, p.size_bytes, p.internal_date, p.seen_action, p.ticket_reason, p.rule_trace,
m.id, m.scope, m.external_id, m.stored_at, EXISTS (
    SELECT 1 FROM inboxsync_ticket_effects AS e WHERE e.scope = m.scope AND e.external_id = m.external_id
)
"""  # noqa: S608  our own words
_ATTACHED = """
SELECT message_id, position, filename, content_type, size_bytes, sha256, is_inline FROM inboxsync_attachments
WHERE message_id IN ({in}) ORDER BY message_id, position
"""
# What can be asked for again (as in `reopening`) and was refused by a filter, not by its date or for being read.
_REFUSED = f"""
{_PLACED} JOIN inboxsync_placement_headers AS h ON h.placement_id = p.id
WHERE p.fate = 'filtered' AND p.reason = 'filter' AND p.retired_at IS NULL AND p.expunged_at IS NULL
"""
# Folder by folder along the unique index: in the order of ids all of a mailbox is sorted for each page.
_REFUSED_PAGE = f"""
SELECT {_PLACE}, p.flags, p.size_bytes, p.internal_date, p.settled_at, h.encoding, h.data FROM {_REFUSED}
AND p.folder_id = ? AND (p.uidvalidity, p.uid) > (?, ?) ORDER BY p.uidvalidity, p.uid LIMIT ?
"""  # noqa: S608  our own words
_PLACE_OF = "SELECT folder_id, uidvalidity, uid FROM inboxsync_placements WHERE id = ?"
_FOLDERS_FROM = "SELECT id FROM inboxsync_folders WHERE integration_id = ? AND id >= ? ORDER BY id"
_BEFORE_ALL = (0, -1, -1)


@dataclass(frozen=True, slots=True)
class SqlJudging:
    """Implements `JudgingStore`."""

    reading: Callable[[], AbstractContextManager[Work]]

    def placements(self, query: MailQuery) -> Sequence[int]:
        """Ids of the placements through which the mail is seen, the newest mail first; eight octets for each."""
        conditions, parameters = _conditions(query)
        source = _MAIL
        if query.limit is not None and query.integration_id is None:
            source, conditions = _ALONG_DATES, [*_ON_DATES, *conditions]
        limit = "" if query.limit is None else f" LIMIT {int(query.limit)}"
        order = f"ORDER BY m.received_at DESC, m.id DESC, p.id DESC{limit}"
        statement = f"SELECT p.id FROM {source} WHERE {' AND '.join(conditions)} {order}"  # noqa: S608  our own words
        with self.reading() as work:
            return array("q", (row[0] for row in work.rows(statement, parameters)))

    def placements_of(self, message_id: int) -> Sequence[int]:
        """Ids of all placements of a message, through which it is seen, by id."""
        statement = f"SELECT p.id FROM {_PLACED} WHERE p.message_id = ? AND {_VISIBLE} ORDER BY p.id"  # noqa: S608
        with self.reading() as work:
            return [row[0] for row in work.rows(statement, (message_id,))]

    def mail(self, placement_ids: Sequence[int], parts: Collection[Part]) -> Iterator[StoredMail]:
        """Stream the mail of these placements in their order, each page a transaction of its own."""
        columns = Columns.of(parts)
        statement = _statement(columns)
        for start in range(0, len(placement_ids), CHUNK):
            ids = placement_ids[start : start + CHUNK]
            with self.reading() as work:
                rows = {row[0]: row for row in work.rows_in(statement, ids)}
                attached = _attached(work, rows.values()) if Part.ATTACHMENTS in parts else {}
            for row in (rows[one] for one in ids if one in rows):
                yield _mail(row, columns, attached)

    def refused(self, integration_id: int, after_id: int, limit: int) -> Sequence[RefusedMail]:
        """The next placements behind this one (0: from the first on) that the filter refused, by folder and UID."""
        found: list[RefusedMail] = []
        with self.reading() as work:
            last_folder, *last = work.row(_PLACE_OF, (after_id,)) or _BEFORE_ALL
            for (folder_id,) in work.rows(_FOLDERS_FROM, (integration_id, last_folder)):
                behind = last if folder_id == last_folder else _BEFORE_ALL[1:]
                rows = work.rows(_REFUSED_PAGE, (folder_id, *behind, limit - len(found)))
                found += map(_refused, rows)
                if len(found) == limit:
                    break
        return found

    def refused_count(self, integration_id: int) -> int:
        """How many of these there are."""
        with self.reading() as work:
            found = work.row(f"SELECT count(*) FROM {_REFUSED} AND f.integration_id = ?", (integration_id,))  # noqa: S608
        return int(found[0]) if found else 0


def _conditions(query: MailQuery) -> tuple[list[str], list[object]]:
    conditions, parameters = [_VISIBLE], list[object]()
    if query.integration_id is not None:
        conditions.append("f.integration_id = ?")
        parameters.append(query.integration_id)
    if query.since is not None:
        conditions.append("m.received_at >= ?")
        parameters.append(query.since)
    return conditions, parameters


def _statement(columns: Columns) -> str:
    bodies = " LEFT JOIN inboxsync_bodies AS b ON b.message_id = m.id" if columns.with_bodies else ""
    return f"SELECT {_ALWAYS}, {columns.sql} FROM {_MAIL}{bodies} WHERE p.id IN ({{in}})"  # noqa: S608  our own words


def _attached(work: Work, rows: Collection[Sequence[Any]]) -> dict[int, list[Sequence[Any]]]:
    found: dict[int, list[Sequence[Any]]] = {}
    for message_id, *attachment in work.rows_in(_ATTACHED, (row[13] for row in rows)):
        found.setdefault(message_id, []).append(attachment)
    return found


def _mail(row: Sequence[Any], columns: Columns, attached: dict[int, list[Sequence[Any]]]) -> StoredMail:
    fate, flags, size_bytes, internal_date, seen_action, ticket_reason, rule_trace = row[6:13]
    message_id, scope, external_id, stored_at, has_ticket = row[13:18]
    value = dict(zip(columns.names, row[18:], strict=True))
    return StoredMail(
        id=message_id,
        place=Place(*row[:6]),
        fate=Fate(fate),
        subject=value["subject"],
        sender=value["from_address"],
        flags=_at_fetch(read_json(flags), seen_action),
        size_bytes=size_bytes,
        internal_date=read_time(internal_date),
        stored_at=read_moment(stored_at),
        scope=scope,
        external_id=external_id,
        has_ticket=bool(has_ticket),
        ticket_reason=ticket_reason,
        rule_trace=rule_trace,
        seen_by_us=seen_action == "done",
        parsed=as_parsed(value, attached.get(message_id, ())),
    )


def _at_fetch(flags: Sequence[str], seen_action: str) -> tuple[str, ...]:
    """Flags without the one that we set ourselves: marking read is asked for only where the flag was not there."""
    return tuple(flags) if seen_action != "done" else tuple(flag for flag in flags if flag.lower() != _SEEN)


def _refused(row: Sequence[Any]) -> RefusedMail:
    flags, size_bytes, internal_date, settled_at, encoding, data = row[6:]
    return RefusedMail(
        Place(*row[:6]),
        tuple(read_json(flags)),
        size_bytes,
        read_time(internal_date),
        read_time(settled_at),
        decode(encoding, bytes(data)),
    )
