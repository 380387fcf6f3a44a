"""The state of the schema: read cheaply by every run, changed rarely and under a lock.

The version is one integer in `inboxsync_meta`. Alembic, and SQLAlchemy with it, is imported only when a migration runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import SchemaNewer, SchemaOlder, StoreCorrupt
from inboxsync.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from inboxsync.store.connection import Database

# The contract with other applications (docs/schema.md); a test holds it against tables.py.
TABLES = (
    *("inboxsync_meta", "inboxsync_integrations", "inboxsync_secrets", "inboxsync_sync_states", "inboxsync_leases"),
    *("inboxsync_folders", "inboxsync_messages", "inboxsync_bodies", "inboxsync_raw", "inboxsync_attachments"),
    *("inboxsync_placements", "inboxsync_placement_headers", "inboxsync_quarantine", "inboxsync_companies"),
    *("inboxsync_company_domains", "inboxsync_contacts", "inboxsync_tickets", "inboxsync_ticket_messages"),
    *("inboxsync_ticket_effects", "inboxsync_ticket_links", "inboxsync_events", "inboxsync_runs"),
    *("inboxsync_run_parts", "inboxsync_thread_ties", "inboxsync_search", "inboxsync_search_queue"),
    *("inboxsync_consumers", "inboxsync_webhooks", "inboxsync_deliveries", "inboxsync_tokens"),
)
VIEWS = ("inboxsync_messages_v1", "inboxsync_tickets_v1")

# In the place of the version while `db copy` fills a database: it is no store before all of it is there.
COPYING = "copying"
# A damaged database can have a fault for each of its pages; more than this helps nobody.
FAULTS_SHOWN = 20
# An index left half made by a build that was broken off serves no query; a constraint not validated was not checked.
_DAMAGE_OF_POSTGRES = """
SELECT 'The index ' || indexrelid::regclass || ' is not valid; run REINDEX INDEX on it.' FROM pg_index
WHERE NOT indisvalid AND indrelid::regclass::text LIKE 'inboxsync_' || chr(37)
UNION ALL
SELECT 'The constraint ' || conname || ' of ' || conrelid::regclass || ' was never checked; run ALTER TABLE … VALIDATE'
    || ' CONSTRAINT on it.' FROM pg_constraint
WHERE NOT convalidated AND conrelid::regclass::text LIKE 'inboxsync_' || chr(37)
LIMIT ?
"""


def _no_step(_statement: str) -> None:
    """Do nothing: the hook is for tests that stop a migration at a chosen statement."""


class SqlSchema:
    """Implements `ports.Schema`. `step` is called with each statement of a migration before it runs."""

    def __init__(self, database: Database, *, step: Callable[[str], None] = _no_step) -> None:
        self._database = database
        self._step = step

    def exists(self) -> bool:
        """Whether the database has our tables, of whatever version and however full."""
        return self._database.exists() and self._has("inboxsync_meta")

    def current(self) -> int | None:
        """Answer the version found, None in an empty or missing database; StoreCorrupt where it cannot be told."""
        if not self.exists():
            return None
        row = self._database.row("SELECT value FROM inboxsync_meta WHERE name = ?", ("schema_version",))
        if row is not None and row[0] == COPYING:
            raise StoreCorrupt(
                f"{self._database.address.place} holds an unfinished copy of a store",
                hint="finish it: call `inboxsync db copy` with the same source and target again",
            )
        if row is None or not str(row[0]).isascii() or not str(row[0]).isdigit():
            raise StoreCorrupt(f"{self._database.address.place}: the schema version is missing or not a number")
        return int(row[0])

    def ensure(self) -> None:
        """Make the schema current where that is ours to do: SQLite always, Postgres only while it is empty.

        Raises SchemaNewer before anything is written, SchemaOlder for a Postgres that has our tables already.
        """
        found = self.current()
        self._refuse_newer(found)
        if found == SCHEMA_VERSION:
            self._database.use_wal()
            return
        if found is not None and not self._database.address.is_sqlite:
            raise SchemaOlder(f"{self._place} has schema version {found}, this inboxsync needs {SCHEMA_VERSION}")
        self._migrate(only_empty=not self._database.address.is_sqlite)

    def upgrade(self) -> None:
        """Bring the schema to the newest version under a lock; nothing to do is no fault. Raises SchemaNewer."""
        found = self.current()
        self._refuse_newer(found)
        if found != SCHEMA_VERSION:
            self._migrate(only_empty=False)

    def check(self) -> Sequence[str]:
        """Answer every fault found in the database as a sentence; empty when it is well.

        On SQLite every page and every reference is read, which takes a while on a large file.
        """
        try:
            found = self.current()
            if found is None:
                return [f"{self._place} has no schema yet; `inboxsync db upgrade` makes it."]
            return [*self._version_faults(found), *self._missing(), *self._damage()]
        except StoreCorrupt as error:
            return [f"{error.message}. {error.hint}."]

    @property
    def _place(self) -> str:
        return self._database.address.place

    def _refuse_newer(self, found: int | None) -> None:
        if found is not None and found > SCHEMA_VERSION:
            raise SchemaNewer(f"{self._place} has schema version {found}, this inboxsync knows {SCHEMA_VERSION}")

    def _migrate(self, *, only_empty: bool) -> None:
        from inboxsync.store.migrate import migrate

        # The connection is closed first: SQLite changes its journal mode only while nobody else has the file open.
        self._database.close()
        migrate(self._database.address, only_empty=only_empty, step=self._step)

    def _has(self, table: str) -> bool:
        row = self._database.row(self._database.dialect.has_table, (table,))
        return row is not None and row[0] == 1

    def _version_faults(self, found: int) -> list[str]:
        if found == SCHEMA_VERSION:
            return []
        remedy = "run `inboxsync db upgrade`" if found < SCHEMA_VERSION else "use the newer inboxsync that made it"
        return [f"The schema version is {found}, this inboxsync knows {SCHEMA_VERSION}; {remedy}."]

    def _missing(self) -> list[str]:
        tables = [f"The table {name} is missing." for name in TABLES if not self._has(name)]
        relations = self._database.rows(self._database.dialect.views)
        present = {row[0] for row in relations}
        return tables + [f"The view {name} is missing." for name in VIEWS if name not in present]

    def _damage(self) -> list[str]:
        if not self._database.address.is_sqlite:
            return [fault for (fault,) in self._database.rows(_DAMAGE_OF_POSTGRES, (FAULTS_SHOWN,))]
        pages = [row[0] for row in self._database.rows(f"PRAGMA integrity_check({FAULTS_SHOWN})") if row[0] != "ok"]
        orphans = self._database.rows("PRAGMA foreign_key_check")[:FAULTS_SHOWN]
        return [f"Damage in the file: {fault}." for fault in pages] + [
            f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there." for row in orphans
        ]
