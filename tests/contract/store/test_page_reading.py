"""What the status page asks: counted by integration, within a span, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate
from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import Owner
from inboxsync.model.ticketing import TicketEdit, TicketQuery
from inboxsync.store.page_reading import PageReading
from inboxsync.store.read_only import open_read_only
from inboxsync.store.sql import SqlStore
from inboxsync.store.ticket_desk import tickets_of
from tests.unit.store.content_builders import CREATE, NOW, Bench, mail, meta

DAY = timedelta(days=1)


@pytest.fixture
def pages(migrated_url: str, store: SqlStore, tmp_path: Path) -> Iterator[PageReading]:
    opened = open_read_only(migrated_url, tmp_path)
    yield opened.pages
    opened.close()


def test_mail_is_counted_once_an_integration_and_from_its_first_instant(store: SqlStore, pages: PageReading) -> None:
    inbox, sent = Bench.on(store), Bench.on(store, folder="Sent")
    other = Bench.on(store, "other")
    inbox.record(inbox.stored(1, mail("first"), received_at=NOW), inbox.stored(2, mail("late"), received_at=NOW + DAY))
    for bench in (sent, other):
        bench.record(Outcome(meta(5), Fate.DUPLICATE, external_id="first@example.com"))
    ids = [bench.integration.id for bench in (inbox, other)]
    assert pages.arrived(NOW, NOW + DAY) == {ids[0]: 1, ids[1]: 1}
    assert pages.arrived(NOW, NOW + 2 * DAY) == {ids[0]: 2, ids[1]: 1}
    assert pages.arrived(NOW - DAY, NOW) == {}


def test_open_tickets_are_those_that_have_not_ended(store: SqlStore, pages: PageReading) -> None:
    bench, other = Bench.on(store), Bench.on(store, "other")
    desk = tickets_of(store.content)
    bench.record(*(bench.stored(uid, mail(f"m{uid}"), ticket=CREATE) for uid in range(1, 6)))
    other.record(other.stored(1, mail("o1")))
    made = desk.page(TicketQuery(limit=100)).items
    for ticket, status in zip(made, ("open", "in_progress", "pending", "resolved", "closed"), strict=True):
        desk.edit([ticket.id], TicketEdit(status=status), at=NOW)
    assert pages.open_tickets() == {bench.integration.id: 3}


def test_errors_are_told_by_kind_with_the_last_words(store: SqlStore, pages: PageReading) -> None:
    bench = Bench.on(store)
    integration_id = bench.integration.id or 0
    run = store.control.start_run(at=NOW, trigger="sync", owner=Owner("host", 1, "1"))
    said = (("auth_failed", "first"), ("unreachable", "gone"), (None, ""), ("auth_failed", "last"), (None, ""))
    for minute, (code, message) in enumerate(said):
        error = ErrorInfo(code, message) if code else None
        status = RunStatus.ERROR if error else RunStatus.SUCCESS
        report = IntegrationReport("support", status, error=error, counts=Counts())
        at = NOW + timedelta(minutes=minute)
        store.control.finish_part(run, integration_id, report, started_at=at, finished_at=at)
    found = pages.failures(integration_id)
    assert [(one.code, one.message, one.times) for one in found] == [
        ("auth_failed", "last", 2),
        ("unreachable", "gone", 1),
    ]
    assert found[0].last_at == NOW + timedelta(minutes=3)
    assert pages.failures(integration_id + 1) == []
