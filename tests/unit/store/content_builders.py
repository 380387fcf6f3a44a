"""Made-up mail and batches for the tests of the content plane."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, select

from inboxsync.model.ingest import BatchRecord, Outcome, TicketDecision, TicketEffect
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.message import Address, Attachment, ParsedMessage
from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.state import FolderCursor
from inboxsync.store import tables
from inboxsync.store.address import read_address
from inboxsync.store.content_port import ContentStore
from inboxsync.store.core_tables import PLACEMENTS
from inboxsync.store.sql import SqlStore, open_store
from tests.fakes.engine import open_engine

NOW = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SCOPE = "store"
CREATE = TicketDecision(TicketEffect.CREATED, "every_mail", subject="Help", requester=Address("Ann", "ann@example.com"))
NO_TICKET = TicketDecision(TicketEffect.NONE, "before_tickets_since")


def sqlite_store(directory: Path, name: str = "store") -> SqlStore:
    """A store on a fresh SQLite file, its tables made straight from the models."""
    file = directory / f"{name}.sqlite3"
    engine = create_engine(f"sqlite:///{file.as_posix()}")
    tables.Meta.metadata.create_all(engine)
    engine.dispose()
    return open_store(f"sqlite:///{file.as_posix()}", directory / name)


def integration(name: str = "support", **settings: object) -> Integration:
    """A new integration."""
    made = Integration(
        uuid=f"uuid-of-{name}",
        name=name,
        email=f"{name}@example.com",
        endpoint=Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, f"{name}@example.com"),
    )
    return replace(made, **settings)  # type: ignore[arg-type]  # test settings by keyword


def attachment(content: bytes = b"%PDF-1.7", *, position: int = 0, filename: str | None = "a.pdf") -> Attachment:
    """A small attachment."""
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(position, filename, "application/pdf", len(content), digest, content)


def mail(key: str = "m1", text: str = "Hello", **fields: object) -> tuple[bytes, ParsedMessage]:
    """Octets and what they would be parsed to."""
    octets = f"Message-ID: <{key}@example.com>\r\nSubject: About {key}\r\n\r\n{text}".encode("utf-8", "surrogatepass")
    parsed = ParsedMessage(
        size_bytes=len(octets),
        raw_sha256=hashlib.sha256(octets).hexdigest(),
        fingerprint=hashlib.sha256(b"fingerprint" + octets).hexdigest(),
        message_id=f"{key}@example.com",
        subject=f"About {key}",
        from_=(Address("Ann", "ann@example.com"),),
        from_raw="Ann <ann@example.com>",
        to=(Address("", "support@example.com"),),
        sent_at=NOW - timedelta(minutes=5),
        date_raw="Sun, 1 Mar 2026 11:55:00 +0000",
        headers={"subject": (f"About {key}",), "received": ("from a", "from b")},
        body_text=text,
        snippet=text[:40],
    )
    return octets, replace(parsed, **fields)  # type: ignore[arg-type]  # test fields by keyword


def meta(uid: int, *, flags: tuple[str, ...] = (), size_bytes: int = 100) -> MessageMeta:
    """What a light fetch told."""
    return MessageMeta(uid, flags, NOW - timedelta(minutes=1), size_bytes)


@dataclass(frozen=True)
class Bench:
    """A store with one integration and one of its folders."""

    store: SqlStore
    integration: Integration
    folder_id: int
    scope: str = SCOPE

    @classmethod
    def on(cls, store: SqlStore, name: str = "support", folder: str = "INBOX", scope: str = SCOPE) -> Bench:
        """Add the integration unless it is there."""
        known = store.control.integration(name)
        added = known or store.control.add_integration(integration(name), None)
        assert added.id is not None
        return cls(store, added, store.control.folder(added.id, folder).id, scope)

    @property
    def content(self) -> ContentStore:
        """The plane under test."""
        return self.store.content

    def stored(
        self,
        uid: int,
        message: tuple[bytes, ParsedMessage],
        *,
        received_at: datetime = NOW,
        ticket: TicketDecision | None = NO_TICKET,
        **fields: object,
    ) -> Outcome:
        """An outcome that stores a message, its files published."""
        octets, parsed = message
        prepared = self.content.prepare(octets, parsed, received_at)
        external_id = parsed.message_id or f"sha256:{parsed.fingerprint}"
        outcome = Outcome(meta(uid), Fate.STORED, external_id=external_id, prepared=prepared, ticket=ticket)
        return replace(outcome, **fields)  # type: ignore[arg-type]  # test fields by keyword

    def batch(
        self,
        *outcomes: Outcome,
        at: datetime = NOW,
        listed: Sequence[MessageMeta] = (),
        cursor: FolderCursor | None = None,
        uidvalidity: int = 7,
    ) -> BatchRecord:
        """A batch for the folder."""
        assert self.integration.id is not None
        return BatchRecord(
            self.integration.id, self.folder_id, uidvalidity, self.scope, at, outcomes, tuple(listed), cursor
        )

    def record(self, *outcomes: Outcome, at: datetime = NOW, **more: object) -> int:
        """Record outcomes in a transaction of their own; answers how many tickets were created."""
        with self.content.transaction(self.scope) as transaction:
            return transaction.record(self.batch(*outcomes, at=at, **more)).tickets_created  # type: ignore[arg-type]

    def record_and_fail(self, outcome: Outcome, failure: BaseException) -> None:
        """Record an outcome and raise before the commit."""
        with self.content.transaction(self.scope) as transaction:
            transaction.record(self.batch(outcome))
            raise failure

    def rows(self, table: Table) -> list[Any]:
        """All rows of a table by primary key, over a connection of the test's own; SQLite only."""
        engine = open_engine(read_address(f"sqlite:///{self.store.place}", self.store.data_dir))
        with engine.connect() as connection:
            found = list(connection.execute(select(table).order_by(*table.primary_key)).all())
        engine.dispose()
        return found

    def placement(self, uid: int) -> Any:
        """The ledger's row of a UID."""
        return next(row for row in self.rows(PLACEMENTS) if row.uid == uid)

    def dump(self) -> list[str]:
        """The canonical dump."""
        return list(self.content.dump())
