"""Integrations and their encrypted secrets in the store; every write is durable and whole."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.store.control_rows import (
    INTEGRATION_COLUMNS,
    SETTING_COLUMNS,
    integration_values,
    listed,
    marks,
    read_integration,
    upsert,
)
from inboxsync.store.dialect import read_moment

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.store.connection import Database
    from inboxsync.store.statements import Statements

TABLE = "inboxsync_integrations"
_SELECT = f"SELECT {listed(INTEGRATION_COLUMNS, 'i')} FROM {TABLE} AS i WHERE i.removed_at IS NULL"  # noqa: S608  constants
_INSERT = (
    f"INSERT INTO {TABLE} ({listed(SETTING_COLUMNS)}, created_at, updated_at)"  # noqa: S608  constants
    f" VALUES ({marks(SETTING_COLUMNS)}, ?, ?)"
)
_UPDATE = (
    f"UPDATE {TABLE} SET {', '.join(f'{column} = ?' for column in SETTING_COLUMNS)}, updated_at = ?"  # noqa: S608  constants
    " WHERE id = ?"
)
_SAVE_SECRET = upsert("inboxsync_secrets", ("integration_id", "record", "updated_at"))
_SAVE_META = upsert("inboxsync_meta", ("name", "value"))


def all_integrations(database: Database) -> Sequence[Integration]:
    """Answer those that are not removed, by priority number, then name."""
    found = [read_integration(row) for row in database.rows(_SELECT)]
    # Sorted here: Postgres orders names by its locale, SQLite by octets.
    return sorted(found, key=lambda integration: (integration.priority, integration.name))


def by_name(database: Database, name: str) -> Integration | None:
    """Answer the integration of this name, or None."""
    row = database.row(f"{_SELECT} AND i.name = ?", (name,))
    return None if row is None else read_integration(row)


def add(database: Database, integration: Integration, secret: bytes | None) -> Integration:
    """Insert an integration with its secret; answers it with id and times. UsageError on a taken name."""
    with database.transaction() as work:
        work.lock(TABLE)
        _refuse_taken_name(work, integration)
        at = now(work)
        created_at = integration.created_at or at
        new_id = work.insert(_INSERT, (*integration_values(integration), created_at, at))
        _save_secret(work, new_id, secret)
    return replace(integration, id=new_id, created_at=created_at, updated_at=at)


def update(database: Database, integration: Integration, secret: bytes | None) -> Integration:
    """Replace the settings by uuid. UsageError on a taken name and where the integration is gone."""
    with database.transaction() as work:
        work.lock(TABLE)
        _refuse_taken_name(work, integration)
        row = work.row(f"{_SELECT} AND i.uuid = ?", (integration.uuid,))
        if row is None:
            raise UsageError(f"there is no integration {integration.name!r} any more")
        before = read_integration(row)
        at = now(work)
        work.run(_UPDATE, (*integration_values(integration), at, before.id))
        _save_secret(work, before.id, secret)
        _reopen(work, before, is_new_login=secret is not None or before.endpoint != integration.endpoint)
    return replace(integration, id=before.id, created_at=before.created_at, updated_at=at)


def _reopen(work: Statements, before: Integration, *, is_new_login: bool) -> None:
    """Make the next run look at changed settings: its due instant was reckoned from the old ones.

    A new secret or endpoint also ends the pause after refused logins (design §5: probed at once).
    """
    work.run("UPDATE inboxsync_sync_states SET due_at = NULL WHERE integration_id = ?", (before.id,))
    if is_new_login:
        work.run(
            "UPDATE inboxsync_sync_states SET paused = FALSE, auth_failures = 0, next_attempt_at = NULL"
            " WHERE integration_id = ?",
            (before.id,),
        )


def _refuse_taken_name(work: Statements, integration: Integration) -> None:
    taken = work.row(f"SELECT uuid FROM {TABLE} WHERE name = ?", (integration.name,))  # noqa: S608  a constant
    if taken is not None and taken[0] != integration.uuid:
        raise UsageError(
            f"an integration named {integration.name!r} exists already",
            hint="choose another name; `inboxsync list` shows those that are taken",
        )


def now(work: Statements) -> datetime:
    """Read the store's own clock."""
    return read_moment(work.rows(f"SELECT {work.dialect.now}")[0][0])


# --- secrets and the canary: ciphertext only -----------------------------------------------------------------------


def _save_secret(work: Statements, integration_id: int | None, secret: bytes | None) -> None:
    if secret is not None:
        work.run(_SAVE_SECRET, (integration_id, secret, now(work)))


def secret(database: Database, integration: Integration) -> bytes | None:
    """Answer the encrypted record of an integration, or None."""
    row = database.row(
        "SELECT s.record FROM inboxsync_secrets AS s JOIN inboxsync_integrations AS i ON i.id = s.integration_id"
        " WHERE i.uuid = ?",
        (integration.uuid,),
    )
    return None if row is None else bytes(row[0])


def secrets(database: Database) -> Sequence[tuple[Integration, bytes]]:
    """Answer every record with its integration, in the order of `all_integrations`."""
    records = {
        key: bytes(record) for key, record in database.rows("SELECT integration_id, record FROM inboxsync_secrets")
    }
    return [(one, records[one.id]) for one in all_integrations(database) if one.id in records]


def replace_secret(database: Database, integration: Integration, old: bytes, new: bytes) -> bool:
    """Swap the record if it still is `old`; one statement, so a password entered meanwhile wins."""
    with database.transaction() as work:
        changed = work.run(
            "UPDATE inboxsync_secrets SET record = ?, updated_at = ? WHERE record = ?"
            " AND integration_id IN (SELECT id FROM inboxsync_integrations WHERE uuid = ?)",
            (new, now(work), old, integration.uuid),
        )
    return changed == 1


def canary(database: Database) -> bytes | None:
    """Answer the encrypted canary, or None before the first key."""
    value = fact(database, "key_canary")
    return None if value is None else base64.b64decode(value)


def set_canary(database: Database, record: bytes) -> None:
    """Store the canary, in base64 since facts are text."""
    with database.transaction() as work:
        work.run(_SAVE_META, ("key_canary", base64.b64encode(record).decode("ascii")))


def fact(database: Database, name: str) -> str | None:
    """Answer a fact about the store itself, or None."""
    row = database.row("SELECT value FROM inboxsync_meta WHERE name = ?", (name,))
    return None if row is None else str(row[0])
