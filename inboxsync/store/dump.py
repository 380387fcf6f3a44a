"""The canonical dump: what the store says, apart from when and in which order it came to say it (P4, P5).

One JSON object a line with sorted keys, the lines of each table sorted. References show the natural key of what they
point at, so stores that came to the same content another way, or on the other database, dump the same. Left out: run
rows, leases, schedule states, our own clock times, numbers that we count ourselves (surrogate ids, ticket numbers,
tries), and every secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, LargeBinary, RowMapping, Table, and_, select
from sqlmodel import SQLModel

from inboxsync.store import tables
from inboxsync.store.blobs import decode
from inboxsync.store.sorted_lines import sorted_lines


def core(row: type[SQLModel]) -> Table:
    """Answer the Core table of a table model."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


INTEGRATIONS = core(tables.IntegrationRow)
FOLDERS = core(tables.FolderRow)
MESSAGES = core(tables.MessageRow)
PLACEMENTS = core(tables.PlacementRow)
PLACEMENT_HEADERS = core(tables.PlacementHeaderRow)
TICKET_EFFECTS = core(tables.TicketEffectRow)
EVENTS = core(tables.EventRow)
# What runs did, and whom we told of it: neither is what the mail said.
_RUNS = (tables.RunRow, tables.RunPartRow, tables.LeaseRow, tables.SyncStateRow)
_TELLING = (tables.ConsumerRow, tables.WebhookRow, tables.DeliveryRow)
# Which message happened to bring a tie first, and how far the full text has come.
_DERIVED = (tables.ThreadTieRow, tables.SearchRow, tables.SearchQueueRow)
_RUN_EVENTS = "sync.%"
_LEFT_OUT_TABLES = frozenset(core(row).name for row in (*_RUNS, *_TELLING, *_DERIVED))
# Our clock and our counters, in whatever table they are.
_LEFT_OUT_COLUMNS = frozenset(
    {"id", "uuid", "number", "attempts", "next_attempt_at"}
    # How far changes have been followed, and the server's own count of changes: it grows by what we mark read.
    | {"followed_uidvalidity", "followed_modseq", "followed_exists", "followed_below_uid", "swept_at"}
    | {"highestmodseq"}
    # Counted from placements, and not while a change of many of them is under way.
    | {"stored_count", "duplicate_count", "retired_count"}
    | {"created_at", "updated_at", "listed_at", "settled_at", "stored_at", "at"}
)
# That it happened is content; when it happened is our clock.
_ONLY_WHETHER = frozenset({"removed_at", "retired_at", "expunged_at"}) | frozenset(
    {"raw_pruned_at", "body_pruned_at", "file_pruned_at"}
)
_KEPT_META = frozenset({"schema_version"})
_OWN_IDS_IN_EVENTS = frozenset({"message_id", "ticket_id", "number"})
_ROWS_AT_ONCE = 500

Cells = RowMapping


@dataclass(frozen=True, slots=True)
class _Names:
    """Natural keys of the small tables: by table name and surrogate id; and of integrations by uuid."""

    by_id: Mapping[str, Mapping[int, object]]
    by_uuid: Mapping[str, str]

    def scope(self, scope: str | None) -> str | None:
        """A dedup scope with the integration's name in it instead of a uuid, which differs from store to store."""
        kind, _, value = (scope or "").partition(":")
        return f"{kind}:{self.by_uuid.get(value, value)}" if kind == "integration" else scope


@dataclass(frozen=True, slots=True)
class _Target:
    """A row of a large table that a reference points at, joined for its natural key."""

    source: FromClause
    condition: ColumnElement[bool]
    key: tuple[Column[Any], ...]


def dump_lines(connection: Connection) -> Iterator[str]:
    """Dump every table that holds content, by table name. A table that is new to this module is dumped too."""
    names = _read_names(connection)
    for name, table in sorted(SQLModel.metadata.tables.items()):
        if name.startswith("inboxsync_") and name not in _LEFT_OUT_TABLES:
            yield from sorted_lines(_table_lines(connection, table, names))


def _read_names(connection: Connection) -> _Names:
    contacts, companies = core(tables.ContactRow), core(tables.CompanyRow)
    rows = connection.execute(select(INTEGRATIONS.c.id, INTEGRATIONS.c.uuid, INTEGRATIONS.c.name)).all()
    # A removed integration keeps its name with a part of its uuid behind it.
    names = {row.uuid: row.name.partition("#removed-")[0] for row in rows}
    integrations: dict[int, object] = {row.id: names[row.uuid] for row in rows}
    folders = connection.execute(select(FOLDERS.c.id, FOLDERS.c.integration_id, FOLDERS.c.name))
    by_id: dict[str, dict[int, object]] = {
        INTEGRATIONS.name: integrations,
        FOLDERS.name: {row.id: [integrations.get(row.integration_id), row.name] for row in folders},
        contacts.name: {row.id: row.email for row in connection.execute(select(contacts.c.id, contacts.c.email))},
        companies.name: {row.id: row.name for row in connection.execute(select(companies.c.id, companies.c.name))},
    }
    return _Names(by_id=by_id, by_uuid=names)


# --- one table -----------------------------------------------------------------------------------------------------


def _table_lines(connection: Connection, table: Table, names: _Names) -> Iterator[str]:
    targets = _targets(table)
    source: FromClause = table
    columns: list[ColumnElement[Any]] = [column.label(column.name) for column in table.c]
    for name, target in targets.items():
        source = source.outerjoin(target.source, target.condition)
        columns += [part.label(f"{name}.{position}") for position, part in enumerate(target.key)]
    statement = select(*columns).select_from(source).execution_options(yield_per=_ROWS_AT_ONCE)
    if table.name == EVENTS.name:
        statement = statement.where(EVENTS.c.type.not_like(_RUN_EVENTS))
    for cells in connection.execute(statement).mappings():
        if table.name != core(tables.Meta).name or cells["name"] in _KEPT_META:
            line = {"table": table.name, **_rendered(table, targets, cells, names)}
            yield json.dumps(line, sort_keys=True, ensure_ascii=False)


def _targets(table: Table) -> dict[str, _Target]:
    """What to join for the references of a table; a ticket is known by the content that made it."""
    found = {column.name: _target(column) for column in table.c}
    if table.name == core(tables.TicketRow).name:
        found["made_by"] = _ticket_target(table.c.id)
    return {name: target for name, target in found.items() if target is not None}


def _target(column: Column[Any]) -> _Target | None:
    pointed_at = next((key.column.table.name for key in column.foreign_keys), None)
    if pointed_at == MESSAGES.name:
        messages = MESSAGES.alias()
        return _Target(messages, messages.c.id == column, (messages.c.scope, messages.c.external_id))
    if pointed_at == PLACEMENTS.name:
        placed = PLACEMENTS.alias()
        return _Target(placed, placed.c.id == column, (placed.c.folder_id, placed.c.uidvalidity, placed.c.uid))
    if pointed_at == core(tables.TicketRow).name:
        return _ticket_target(column)
    return None


def _ticket_target(ticket_id: Column[Any]) -> _Target:
    effect = TICKET_EFFECTS.alias()
    made = and_(effect.c.ticket_id == ticket_id, effect.c.effect == "created")
    return _Target(effect, made, (effect.c.scope, effect.c.external_id))


# --- one row -------------------------------------------------------------------------------------------------------


def _rendered(table: Table, targets: Mapping[str, _Target], cells: Cells, names: _Names) -> dict[str, object]:
    own = {
        column.name: _value(column, cells, names)
        for column in table.c
        if column.name not in _LEFT_OUT_COLUMNS and column.name not in targets
    }
    return own | {name: _natural_key(name, target, cells, names) for name, target in targets.items()}


def _natural_key(name: str, target: _Target, cells: Cells, names: _Names) -> list[object] | None:
    parts = [cells[f"{name}.{position}"] for position in range(len(target.key))]
    if all(part is None for part in parts):
        return None
    if target.key[0].name == "folder_id":
        return [names.by_id[FOLDERS.name].get(parts[0]), *parts[1:]]
    return [names.scope(parts[0]), *parts[1:]]


def _value(column: Column[Any], cells: Cells, names: _Names) -> object:
    value = cells[column.name]
    pointed_at = next((key.column.table.name for key in column.foreign_keys), None)
    if pointed_at is not None and pointed_at in names.by_id:
        return names.by_id[pointed_at].get(value)
    if column.table.name == INTEGRATIONS.name and column.name == "name":
        return names.by_uuid[cells["uuid"]]
    if column.name == "scope":
        return names.scope(value)
    if column.name in _ONLY_WHETHER:
        return value is not None
    if column.table.name == EVENTS.name and column.name == "data":
        return {name: item for name, item in value.items() if name not in _OWN_IDS_IN_EVENTS}
    if column.table.name == PLACEMENTS.name and column.name == "flags":
        return sorted(value)  # a set: servers name them in any order
    if isinstance(column.type, LargeBinary):
        return _octets(column, cells)
    return _plain(value)


def _octets(column: Column[Any], cells: Cells) -> object:
    """Whether there are octets; of headers their hash (raw octets have theirs in a column, secrets shall have none)."""
    value = cells[column.name]
    if column.table.name != PLACEMENT_HEADERS.name:
        return value is not None
    return hashlib.sha256(decode(cells["encoding"], value)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
