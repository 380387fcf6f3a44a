"""A store as a business has it after some months, made up and written straight into the tables: for pages and figures.

Mailboxes differ: most are well, some fail, one is paused, one overdue, one quiet today, one switched off, one new.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import Owner, SyncState
from inboxsync.store.address import read_address
from inboxsync.store.connections import Connections
from inboxsync.store.core_tables import (
    ATTACHMENTS,
    BODIES,
    FOLDERS,
    MESSAGES,
    PLACEMENTS,
    QUARANTINE,
    TICKET_MESSAGES,
    TICKETS,
)
from inboxsync.store.sql import SqlStore, open_store

NAMES = (
    *("support", "sales", "orders", "accounting", "invoices", "jobs", "returns", "logistics", "press", "office"),
    *("info", "archive"),
)
PEOPLE = (
    *(("Ann Müller", "ann@example.org"), ("Bob Okafor", "bob@example.net"), ("Chloé Martin", "chloe@example.org")),
    *(("Dmitri Volkov", "dmitri@example.net"), ("Emi Sato", "emi@example.org"), ("", "noreply@example.net")),
)
SUBJECTS = (
    *("Printer on the second floor is out of toner", "Re: Invoice 2026-1183", "Delivery did not arrive", "Order 55120"),
    *(
        "Question about our contract",
        "Meeting notes",
        "Kündigung zum Monatsende",
        "Facture n° 884",
        "Login not working",
    ),
    *("Re: Re: Return of a damaged parcel", "Application as an accountant", "Your weekly report"),
)
TEXT = (
    "Hello,\n\nthe parcel with order 55120 did not arrive, although the carrier says that it was delivered on Tuesday."
    "\nCould you have a look?\n\nKind regards\nAnn"
)
HTML = (
    "<h1>Your order</h1><p>Thank you, <b>Ann</b>. <a href='https://example.com/'>Track it</a></p>"
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
    "<p><img src='cid:logo' alt='logo'></p><table border=1><tr><td>1</td><td>Toner</td><td>39.90</td></tr></table>"
)
AUTH = ErrorInfo("auth_failed", "LOGIN failed: [AUTHENTICATIONFAILED] Invalid credentials", "enter it again", 77)
LOST = ErrorInfo("unreachable", "imap.example.com:993: connection timed out after 10 s", "check the network", 75)
TLS = ErrorInfo("tls_failed", "certificate has expired (imap.example.net)", "ask the provider", 69)
OWNER = Owner("host", 1, "1")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A made-up mailbox: mails on a working day, and what is the matter with it."""

    name: str
    daily: int
    matter: str = "well"


def mailboxes(count: int) -> list[Mailbox]:
    """So many mailboxes: the first twelve have the names of departments, the others of shops."""
    matters = {"accounting": "paused", "returns": "failing", "press": "stale", "orders": "quiet", "archive": "off"}
    matters["jobs"] = "new"
    named = [*NAMES, *(f"shop-{number:03d}" for number in range(1, count))][:count]
    return [Mailbox(name, 6 + 7 * index % 45, matters.get(name, "well")) for index, name in enumerate(named)]


def fill(home: Path, now: datetime, zone: tzinfo, count: int, *, days: int = 60, url: str | None = None) -> SqlStore:
    """Make the store of so many mailboxes with mail of so many days until `now`; the caller closes it."""
    store = open_store(url, home)
    store.schema.ensure()
    chance = random.Random(7)
    boxes = mailboxes(count)
    added = [_added(store, one) for one in boxes]
    with closing(Connections(read_address(url, home))) as connections, connections.writing(durable=False) as work:
        connection, first = work.alchemy, 1
        for mailbox, one in zip(boxes, added, strict=True):
            folder_id = _folder(connection, one, now)
            times = [at for at in _times(mailbox, now, zone, days, chance) if at < now - _since(mailbox)]
            _write_mail(connection, folder_id, first, times, chance)
            _write_aside(connection, folder_id, mailbox, now)
            _write_tickets(connection, one, first, times)
            first += len(times)
    for mailbox, one in zip(boxes, added, strict=True):
        _write_runs(store, mailbox, one.id or 0, now, chance)
    return store


def _added(store: SqlStore, mailbox: Mailbox) -> Integration:
    email = f"{mailbox.name}@example.com"
    made = Integration(
        uuid=f"uuid-of-{mailbox.name}",
        name=mailbox.name,
        email=email,
        endpoint=Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, email),
        active=mailbox.matter != "off",
    )
    return store.control.add_integration(made, None)


def _folder(connection: Connection, one: Integration, now: datetime) -> int:
    row = {
        "integration_id": one.id, "name": "INBOX", "role": "inbox", "uidvalidity": 7, "uidnext": 9_000,
        "exists_count": 1_204, "unread_count": 17, "listed_at": now - timedelta(minutes=3),
    }  # fmt: skip
    return int(connection.execute(insert(FOLDERS).returning(FOLDERS.c.id), row).scalar_one())


def _times(mailbox: Mailbox, now: datetime, zone: tzinfo, days: int, chance: random.Random) -> Iterator[datetime]:
    """When mail came: little at weekends, most by day; nearly none today where it is the quiet one."""
    if mailbox.matter == "new":
        return
    today = now.astimezone(zone).date()
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        mean = mailbox.daily * (0.15 if day.weekday() >= 5 else 1.0) + (30 if mailbox.matter == "quiet" else 0)
        wanted = 1 if mailbox.matter == "quiet" and not back else round(chance.gauss(mean, mean / 5))
        for _ in range(max(0, wanted)):
            minute = min(1_439, max(0, round(chance.gauss(11 * 60, 180))))
            at = datetime.combine(day, time(minute // 60, minute % 60, chance.randrange(60)), zone)
            if at < now:
                yield at


def _since(mailbox: Mailbox) -> timedelta:
    """How long ago a run brought mail in last."""
    ages = {"stale": timedelta(hours=9), "off": timedelta(days=40)}
    broken = timedelta(minutes=35) if mailbox.matter in ("paused", "failing") else timedelta(minutes=2)
    return ages.get(mailbox.matter, broken)


def _write_mail(
    connection: Connection, folder_id: int, first: int, times: Sequence[datetime], chance: random.Random
) -> None:
    if not times:
        return
    ids = range(first, first + len(times))
    rows = [_message(number, at, chance) for number, at in zip(ids, times, strict=True)]
    connection.execute(insert(MESSAGES), rows)
    bodies = [{"message_id": one, "body_text": TEXT, "body_html": HTML if one % 5 == 0 else None} for one in ids]
    connection.execute(insert(BODIES), bodies)
    connection.execute(insert(PLACEMENTS), [_placement(number, folder_id, times[0]) for number in ids])
    connection.execute(insert(ATTACHMENTS), [_attachment(one) for one in ids if one % 10 == 0] or [_attachment(first)])


def _message(number: int, at: datetime, chance: random.Random) -> dict[str, Any]:
    name, address = PEOPLE[number % len(PEOPLE)]
    return {
        "id": number, "scope": "store", "external_id": f"{number}@example.com", "thread_id": f"{number}@example.com",
        "fingerprint": str(number), "fingerprint_version": 1, "raw_sha256": str(number), "size_bytes": 4_000 + number,
        "message_id": f"{number}@example.com", "subject": chance.choice(SUBJECTS), "from_address": address,
        "from_name": name, "from_raw": f"{name} <{address}>",
        "recipients": {"from": [[name, address]], "to": [["", "team@example.com"]]},
        "received_at": at, "sent_at": at, "stored_at": at, "in_reply_to": [], "reference_ids": [], "headers": {},
        "snippet": TEXT.replace("\n", " "), "has_attachments": number % 10 == 0, "is_auto_reply": False,
        "is_bounce": False, "is_bulk": False, "is_unverified": False, "delivery_reports": [], "authentication": {},
        "defects": [], "parser_version": 1,
    }  # fmt: skip


def _placement(number: int, folder_id: int, at: datetime) -> dict[str, Any]:
    return {
        "folder_id": folder_id, "uidvalidity": 7, "uid": number, "fate": "stored", "message_id": number,
        "external_id": f"{number}@example.com", "size_bytes": 4_000, "flags": ["\\Seen"] if number % 7 else [],
        "seen_action": "none", "attempts": 0, "listed_at": at,
    }  # fmt: skip


def _attachment(message_id: int) -> dict[str, Any]:
    return {
        "message_id": message_id, "position": 0, "filename": "Beleg\u202efdp.exe", "content_type": "application/pdf",
        "path": "attachments/x",
        "size_bytes": 48_211, "sha256": "0" * 64, "is_inline": False, "safe_name": "Rechnung.pdf",
    }  # fmt: skip


def _write_aside(connection: Connection, folder_id: int, mailbox: Mailbox, now: datetime) -> None:
    count = {"support": 2, "invoices": 1}.get(mailbox.name, 0)
    for uid in range(8_000, 8_000 + count):
        placement = {
            **_placement(uid, folder_id, now), "uid": uid, "fate": "quarantined", "message_id": None, "attempts": 3,
        }  # fmt: skip
        made = connection.execute(insert(PLACEMENTS).returning(PLACEMENTS.c.id), placement).scalar_one()
        row = {
            "placement_id": made, "reason": "parse", "at": now - timedelta(hours=5 * (uid - 7_999)),
            "error": "more than 1,000 parts in one message; \x1b[31mthe limit is stated in the settings",
        }  # fmt: skip
        connection.execute(insert(QUARANTINE), row)


def _write_tickets(connection: Connection, one: Integration, first: int, times: Sequence[datetime]) -> None:
    numbers = range(first, first + len(times))[-24::2]
    statuses = ("open", "open", "in_progress", "pending", "resolved", "closed")
    for number in numbers:
        name, address = PEOPLE[number % len(PEOPLE)]
        at = times[number - first]
        ticket = {
            "id": number, "number": f"T-{number:05d}", "integration_id": one.id,
            "subject": SUBJECTS[number % len(SUBJECTS)],
            "status": statuses[number % len(statuses)], "priority": ("normal", "normal", "high", "urgent")[number % 4],
            "category": None, "tags": ["parcel"], "company": "Example Ltd" if number % 3 else None,
            "requester_name": name, "requester_email": address, "requester_key": address, "watchers": [],
            "is_unverified": False, "created_at": at, "updated_at": at, "first_message_at": at, "last_message_at": at,
        }  # fmt: skip
        connection.execute(insert(TICKETS), ticket)
        connection.execute(insert(TICKET_MESSAGES), {"ticket_id": number, "message_id": number})


def _write_runs(store: SqlStore, mailbox: Mailbox, integration_id: int, now: datetime, chance: random.Random) -> None:
    if mailbox.matter == "new":
        return
    late = timedelta(minutes=2) if mailbox.matter in ("paused", "failing") else _since(mailbox)
    error = {"paused": AUTH, "failing": TLS}.get(mailbox.matter)
    last = now - late
    run = store.control.start_run(at=last, trigger="sync-all", owner=OWNER)
    for back in range(40, -1, -1):
        failed = error if back < 7 else (LOST if back == 23 else None)
        _write_part(store, run, mailbox, integration_id, last - timedelta(minutes=5 * back), failed, chance)
    success = last - timedelta(minutes=35) if error else last
    state = SyncState(
        integration_id, last, last + timedelta(seconds=2), success, RunStatus.ERROR if error else RunStatus.SUCCESS,
        error, failures=7 if error else 0, auth_failures=3 if error is AUTH else 0, paused=error is AUTH,
        due_at=last + timedelta(minutes=5),
    )  # fmt: skip
    store.control.save_state(replace(state, next_attempt_at=now + timedelta(hours=4)) if error is AUTH else state)


def _write_part(
    store: SqlStore,
    run: int,
    mailbox: Mailbox,
    integration_id: int,
    at: datetime,
    error: ErrorInfo | None,
    chance: random.Random,
) -> None:
    stored = 0 if error else max(0, round(chance.gauss(1.5, 2)))
    status = RunStatus.ERROR if error else RunStatus.PARTIAL if chance.random() < 0.03 else RunStatus.SUCCESS
    report = IntegrationReport(mailbox.name, status, error=error, counts=Counts(listed=stored, stored=stored))
    took = timedelta(seconds=10 if error is LOST else 0.4 if error else 0.6 + 0.3 * stored + chance.random() / 2)
    store.control.finish_part(run, integration_id, report, started_at=at, finished_at=at + took)
