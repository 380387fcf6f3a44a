"""Derived columns, bodies and attachments of stored messages, compared with what the parser says now and replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update

from inboxsync.model.reparsing import Parsable
from inboxsync.store import search_index
from inboxsync.store.alchemy import insert_rows
from inboxsync.store.bulk import Row
from inboxsync.store.core_tables import ATTACHMENTS, BODIES, MESSAGES, META
from inboxsync.store.exporting import is_of
from inboxsync.store.message_rows import attachment_rows, body_row, derived_columns
from inboxsync.store.rethreading import rethread as make_threads_anew
from inboxsync.store.transaction import hold_scope

if TYPE_CHECKING:
    from inboxsync.model.reparsing import Rederived, ReparseOrder
    from inboxsync.store.connections import Work

Opened = Callable[[], AbstractContextManager["Work"]]
_M = MESSAGES.c
_BOOKMARK = "reparse"
# Identity stays what it was when the message was stored (design §4).
_KEPT = frozenset({"fingerprint", "fingerprint_version", "raw_sha256", "size_bytes"})
_NO_CONTENT = frozenset({"parser_version"})
# What a message is tied by to others.
_TYING = frozenset({"message_id", "in_reply_to", "reference_ids", "subject", "is_bulk", "from_address", "recipients"})
_BODY = tuple(column.name for column in BODIES.c if not column.primary_key)
# The path of a file follows from its hash.
_NOT_COMPARED = frozenset({"id", "message_id", "path"})


@dataclass(frozen=True, slots=True)
class SqlReparsing:
    """Implements `ReparsingStore`."""

    reading: Opened
    writing: Opened

    def resumed_at(self, order: ReparseOrder) -> int:
        """The id up to which an order like this was carried out when it was cut short; 0 where none was."""
        with self.reading() as work:
            found = work.alchemy.execute(select(META.c.value).where(META.c.name == _BOOKMARK)).scalar()
        bookmark = json.loads(found) if found else {}
        return int(bookmark["after_id"]) if bookmark.get("order") == _name(order) else 0

    def reached(self, order: ReparseOrder, message_id: int | None) -> None:
        """Remember how far an order got; None: it is done."""
        with self.writing() as work:
            work.alchemy.execute(delete(META).where(META.c.name == _BOOKMARK))
            if message_id is not None:
                value = json.dumps({"order": _name(order), "after_id": message_id})
                work.alchemy.execute(insert(META), [{"name": _BOOKMARK, "value": value}])

    def count(self, order: ReparseOrder, after_id: int) -> int:
        """How many messages it has above an id."""
        with self.reading() as work:
            counted = select(func.count()).select_from(MESSAGES).where(*_wanted(order, after_id))
            return int(work.alchemy.execute(counted).scalar_one())

    def pruned(self, order: ReparseOrder) -> int:
        """How many messages it passes over because their octets were pruned."""
        with self.reading() as work:
            counted = select(func.count()).select_from(MESSAGES).where(*_wanted(order, 0, pruned=True))
            return int(work.alchemy.execute(counted).scalar_one())

    def page(self, order: ReparseOrder, after_id: int, limit: int) -> Sequence[Parsable]:
        """The next of them, by id."""
        files_pruned = exists().where(ATTACHMENTS.c.message_id == _M.id, ATTACHMENTS.c.file_pruned_at.is_not(None))
        columns = (_M.id, _M.scope, _M.received_at, _M.stored_at, files_pruned.label("files_pruned"))
        statement = select(*columns).where(*_wanted(order, after_id))
        with self.reading() as work:
            rows = work.alchemy.execute(statement.order_by(_M.id).limit(limit)).all()
        return [Parsable(*row) for row in rows]

    def compare(self, items: Sequence[Rederived]) -> Sequence[frozenset[str]]:
        """What would change in each message: names of columns, `attachments`. Nothing is written."""
        with self.reading() as work:
            stored = _stored(work.alchemy, items)
        return [_changes(stored[one.id], one) for one in items if one.id in stored]

    def write(self, items: Sequence[Rederived], *, rethread: bool) -> Sequence[frozenset[str]]:
        """Write what is derived, one transaction a dedup scope; answers what changed."""
        changes: list[frozenset[str]] = []
        for scope, group in groupby(sorted(items, key=lambda one: (one.scope, one.id)), key=lambda one: one.scope):
            with self.writing() as work:
                hold_scope(work, scope, durable=False)
                changes += _write(work, scope, list(group), rethread=rethread)
        return changes


def _name(order: ReparseOrder) -> list[object]:
    return [order.parser_version, order.everything, order.integration]


def _wanted(order: ReparseOrder, after_id: int, *, pruned: bool = False) -> Iterator[ColumnElement[bool]]:
    yield _M.id > after_id
    yield _M.raw_pruned_at.is_not(None) if pruned else _M.raw_pruned_at.is_(None)
    if not order.everything:
        yield _M.parser_version != order.parser_version
    if order.integration is not None:
        yield is_of(order.integration)


# --- comparing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stored:
    """A message's derived data as they are: columns by name, attachments by position."""

    columns: Mapping[str, Any]
    body: Mapping[str, Any]
    attachments: Mapping[int, Mapping[str, Any]]

    @property
    def has_pruned_texts(self) -> bool:
        """Whether its texts were given up: they are not made again."""
        return self.columns["body_pruned_at"] is not None


def _stored(connection: Connection, items: Sequence[Rederived]) -> dict[int, _Stored]:
    """What is stored of these messages; of purged ones nothing. Held on Postgres, so that they are not purged now."""
    ids = [one.id for one in items]
    rows = connection.execute(select(MESSAGES).where(_M.id.in_(ids))).mappings().all()
    bodies = connection.execute(select(BODIES).where(BODIES.c.message_id.in_(ids))).mappings()
    body_of = {body["message_id"]: dict(body) for body in bodies}
    attached: dict[int, dict[int, Mapping[str, Any]]] = {}
    for row in connection.execute(select(ATTACHMENTS).where(ATTACHMENTS.c.message_id.in_(ids))).mappings():
        attached.setdefault(row["message_id"], {})[row["position"]] = dict(row)
    return {row["id"]: _Stored(dict(row), body_of.get(row["id"], {}), attached.get(row["id"], {})) for row in rows}


def _columns(one: Rederived, stored: _Stored) -> Row:
    derived = derived_columns(one.prepared.parsed) | ({"snippet": ""} if stored.has_pruned_texts else {})
    return {name: value for name, value in derived.items() if name not in _KEPT}


def _changes(stored: _Stored, one: Rederived) -> frozenset[str]:
    derived = _columns(one, stored)
    body = body_row(one.id, one.prepared.parsed)
    changed = {name for name, value in derived.items() if stored.columns[name] != value}
    if not stored.has_pruned_texts:
        changed |= {name for name in _BODY if stored.body.get(name) != body[name]}
    attached = {row["position"]: row for row in attachment_rows(one.id, one.prepared)}
    same = attached.keys() == stored.attachments.keys() and all(
        _is_same(row, stored.attachments[position]) for position, row in attached.items()
    )
    return frozenset(changed if same else {*changed, "attachments"}) - _NO_CONTENT


def _is_same(row: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    return all(stored[name] == value for name, value in row.items() if name not in _NOT_COMPARED)


# --- writing -------------------------------------------------------------------------------------------------------


def _write(work: Work, scope: str, items: Sequence[Rederived], *, rethread: bool) -> list[frozenset[str]]:
    connection = work.alchemy
    held = select(_M.id).where(_M.id.in_([one.id for one in items])).order_by(_M.id).with_for_update()
    there = set(connection.execute(held).scalars())
    stored = _stored(connection, items)
    found = [(one, stored[one.id], _changes(stored[one.id], one)) for one in items if one.id in there]
    if not found:
        return []
    _update(connection, [(one.id, _columns(one, before)) for one, before, _ in found])
    for one, before, changes in found:
        if changes.intersection(_BODY) or not (before.body or before.has_pruned_texts):
            _replace_body(connection, one)
        if "attachments" in changes:
            _replace_attachments(connection, one, before)
    search_index.queue(work, [one.id for one, _, changes in found if changes])
    retied = [one.id for one, _, changes in found if rethread or changes & _TYING]
    if retied:
        make_threads_anew(work, scope, retied)
    return [changes for _, _, changes in found]


def _update(connection: Connection, items: Sequence[tuple[int, Row]]) -> None:
    rows = [{f"new_{name}": value for name, value in columns.items()} | {"row_id": row_id} for row_id, columns in items]
    named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in items[0][1]}
    connection.execute(update(MESSAGES).where(_M.id == bindparam("row_id")).values(named), rows)


def _replace_body(connection: Connection, one: Rederived) -> None:
    connection.execute(delete(BODIES).where(BODIES.c.message_id == one.id))
    insert_rows(connection, BODIES, [body_row(one.id, one.prepared.parsed)])


def _replace_attachments(connection: Connection, one: Rederived, before: _Stored) -> None:
    """An attachment keeps its id where there still is one at its position: others refer to it."""
    rows = {row["position"]: row for row in attachment_rows(one.id, one.prepared)}
    gone = [before.attachments[position]["id"] for position in before.attachments.keys() - rows.keys()]
    connection.execute(delete(ATTACHMENTS).where(ATTACHMENTS.c.id.in_(gone)))
    for position in rows.keys() & before.attachments.keys():
        row_id = before.attachments[position]["id"]
        connection.execute(update(ATTACHMENTS).where(ATTACHMENTS.c.id == row_id).values(rows[position]))
    insert_rows(
        connection, ATTACHMENTS, [rows[position] for position in sorted(rows.keys() - before.attachments.keys())]
    )
