"""Giving things up: what goes, what stays because somebody needs it, and that nothing is imported again."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from inboxsync.errors import OctetsPruned, StoreError
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate
from inboxsync.model.pruning import LogOrder, MailOrder, Part, PruneLine, PruneOrder, PruneReport, Watch
from inboxsync.model.reparsing import ReparseOrder
from inboxsync.model.search import read_query
from inboxsync.store.content_port import ContentStore
from inboxsync.store.pruning import pruning_of
from inboxsync.store.shapes import MESSAGES
from inboxsync.store.sql import SqlStore
from inboxsync.sync.reparse import Reparse
from tests.contract.store.rows import Rows
from tests.contract.store.test_orphans import LARGE, files
from tests.crash.changes import with_attachment
from tests.fakes.mailbox import FakeServer
from tests.unit.store.content_builders import Bench, meta
from tests.unit.sync.rig import START, Rig, mail

SMALL = with_attachment(2, 500)
LATER = START + timedelta(days=400)
ALL = START + timedelta(days=1)
SECRET_WORD = "quetzalcoatl"


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    return Rig(store, FakeServer())


def prune(rig: Rig, *orders: MailOrder | LogOrder, applies: bool = True, batch: int = 500) -> PruneReport:
    chosen = [one for one in orders if isinstance(one, MailOrder)]
    logs = [one for one in orders if isinstance(one, LogOrder)]
    pruning = pruning_of(rig.store)
    small = type(pruning)(pruning.database, pruning.data_dir, batch)
    return small.run(PruneOrder(LATER, tuple(chosen), tuple(logs), applies))


def line(report: PruneReport, what: str) -> PruneLine:
    (found,) = (one for one in report.lines if one.what == what)
    return found


def every(part: Part, **more: object) -> MailOrder:
    return MailOrder(part, ALL, **more)  # type: ignore[arg-type]  # keywords of a test


def messages(content: ContentStore) -> Sequence[int]:
    return list(content.stored_ids())


def kept(content: ContentStore) -> list[int]:
    """Messages whose octets can be read."""
    found = []
    for message_id in messages(content):
        try:
            assert content.raw(message_id) is not None
        except OctetsPruned:
            continue
        found.append(message_id)
    return found


def synced(rig: Rig, *octets: bytes, **settings: object) -> None:
    for one in octets:
        rig.server.append(one)
    rig.add("first", **settings)
    rig.run()


def test_counting_changes_nothing_and_says_what_doing_does(rig: Rig) -> None:
    synced(rig, LARGE, SMALL, mail(3))
    before, there = rig.dump(), files(rig.store.data_dir)
    orders = [every(part) for part in Part]
    counted = prune(rig, *orders, applies=False)
    assert (rig.dump(), files(rig.store.data_dir), counted.applied) == (before, there, False)
    assert [(one.what, one.items) for one in counted.lines] == [
        ("raw", 3), ("headers", 0), ("attachments", 2), ("bodies", 3),
    ]  # fmt: skip
    assert all(line(counted, what).size_bytes for what in ("raw", "attachments", "bodies"))
    done = prune(rig, *orders)
    assert done.lines == counted.lines
    assert files(rig.store.data_dir) == set()
    assert all(one.items == 0 for one in prune(rig, *orders).lines)


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_nothing_is_imported_again(rig: Rig, batch: int) -> None:
    synced(rig, LARGE, SMALL, mail(3))
    prune(rig, *(every(part) for part in Part), batch=batch)
    dump = rig.dump()
    rig.later(hours=1)
    assert rig.counts().fetched == 0
    rig.server.folders["INBOX"].uidvalidity = 4711
    rig.later(hours=1)
    counts = rig.counts()
    assert (counts.stored, counts.tickets_created, counts.pending) == (0, 0, 0)
    assert len(messages(rig.store.content)) == 3
    assert [one for one in rig.dump() if '"inboxsync_messages"' in one] == [
        one for one in dump if '"inboxsync_messages"' in one
    ]


def test_a_pruned_message_still_tells_what_it_was(rig: Rig) -> None:
    synced(rig, mail(1, body=SECRET_WORD))
    search = rig.store.content.search
    search.index(10)
    query = read_query(SECRET_WORD, START)
    assert search.find(query, limit=5, page=1).items
    prune(rig, every(Part.RAW), every(Part.BODIES))
    (message_id,) = messages(rig.store.content)
    found = rig.store.content.message(message_id)
    assert found is not None
    assert (found.subject, found.raw_pruned_at, found.body_pruned_at) == ("Mail 1", LATER, LATER)
    assert found.headers
    assert (found.body_text, found.reply_text, found.body_html, found.snippet) == (None, None, None, "")
    with pytest.raises(OctetsPruned, match=f"message {message_id} were pruned on 2027-04-06"):
        rig.store.content.raw(message_id)
    assert search.index(10) == 1
    assert not search.find(query, limit=5, page=1).items


def test_age_and_size_choose(rig: Rig) -> None:
    synced(rig, LARGE, mail(3))
    assert line(prune(rig, MailOrder(Part.RAW, START - timedelta(days=1)), applies=False), "raw").items == 0
    assert line(prune(rig, every(Part.RAW, larger_than_bytes=200_000)), "raw").items == 1
    assert len(kept(rig.store.content)) == 1
    assert line(prune(rig, every(Part.ATTACHMENTS, larger_than_bytes=2**20)), "attachments").items == 0


def test_what_another_integration_shows_stays(rig: Rig) -> None:
    synced(rig, LARGE, company="ACME")
    second = rig.add("second", company="ACME")
    rig.run()
    rig.server.append(mail(7))
    first = rig.store.control.integration("first")
    assert first is not None
    for integration in (first, second):
        assert line(prune(rig, every(Part.RAW, integration_id=integration.id)), "raw").items == 0
    assert line(prune(rig, every(Part.RAW)), "raw").items == 1


def test_octets_that_another_message_needs_stay(rig: Rig, rows: Rows) -> None:
    """Two scopes hold the same octets as two messages; only one of them is given up."""
    synced(rig, LARGE)
    rig.add("second")
    rig.run()
    first, second = messages(rig.store.content)
    one = rig.store.control.integration("first")
    assert one is not None
    counted = prune(rig, every(Part.RAW, integration_id=one.id), applies=False)
    assert prune(rig, every(Part.RAW, integration_id=one.id)).lines == counted.lines
    assert (line(counted, "raw").items, line(counted, "raw").size_bytes) == (1, 0)
    assert kept(rig.store.content) == [second]
    both = prune(rig, every(Part.RAW), applies=False)
    assert line(both, "raw").size_bytes > 0
    prune(rig, every(Part.RAW))
    assert kept(rig.store.content) == []
    assert not any(path.startswith("raw/") for path in files(rig.store.data_dir))
    assert first != second


def test_an_attachment_that_two_messages_have_goes_with_the_last(rig: Rig) -> None:
    synced(rig, LARGE)
    second = rig.add("second")
    rig.run()
    prune(rig, every(Part.ATTACHMENTS, integration_id=second.id))
    assert any(path.startswith("attachments/") for path in files(rig.store.data_dir))
    prune(rig, every(Part.ATTACHMENTS))
    assert not any(path.startswith("attachments/") for path in files(rig.store.data_dir))


def test_of_mail_that_was_not_taken_the_header_goes(rig: Rig, rows: Rows) -> None:
    synced(rig, mail(1), mail(2), filter_json='{"field":"subject","contains":"mail 1"}')
    dump, fates = rig.dump(), rig.fates()
    assert rows.count("inboxsync_placement_headers") == 1
    report = prune(rig, every(Part.RAW, fates=frozenset({Fate.FILTERED, Fate.TOO_LARGE})))
    assert [(one.what, one.items) for one in report.lines] == [("headers", 1)]
    assert rows.count("inboxsync_placement_headers") == 0
    assert rig.fates() == fates
    assert [one for one in dump if "placement_headers" not in one] == rig.dump()
    rig.later(hours=1)
    assert rig.counts().fetched == 0


@pytest.mark.parametrize("octets", [b"Subject: poison\r\n\r\n", b"Subject: poison\r\n\r\n" + bytes(range(256)) * 2000])
def test_octets_set_aside_go_only_where_that_is_said(store: SqlStore, rows: Rows, octets: bytes) -> None:
    bench = Bench.on(store)
    aside = {"reason": "parse", "error": "bad", "octets": octets}
    bench.record(*(Outcome(meta(uid), Fate.QUARANTINED, **aside) for uid in (1, 2)))  # type: ignore[arg-type]  # as above
    rig = Rig(store, FakeServer())
    assert all(one.items == 0 for one in prune(rig, every(Part.RAW)).lines)
    report = prune(rig, every(Part.RAW, fates=frozenset({Fate.QUARANTINED})))
    assert [(one.what, one.items) for one in report.lines] == [("quarantine", 2)]
    assert report.lines[0].size_bytes > 0
    assert (rows.count("inboxsync_quarantine"), rows.count("inboxsync_raw"), files(store.data_dir)) == (2, 0, set())
    assert not any(one.has_octets for one in bench.content.quarantined())


def test_reparse_passes_over_what_is_pruned(rig: Rig) -> None:
    synced(rig, SMALL, LARGE)
    content = rig.store.content
    first, second = messages(content)
    prune(rig, every(Part.BODIES), every(Part.ATTACHMENTS), every(Part.RAW, larger_than_bytes=200_000))
    there = files(rig.store.data_dir)
    order = ReparseOrder(parser_version=0, everything=True)
    report = Reparse(content, order, frozenset(), lambda: False, lambda _n: None).run(0)
    assert (report.looked_at, report.pruned, report.unreadable, report.changed) == (1, 1, 0, 0)
    assert files(rig.store.data_dir) == there
    for message_id in (first, second):
        found = content.message(message_id)
        assert found is not None
        assert (found.body_text, found.snippet) == (None, "")
        assert all(one.file_pruned_at == LATER for one in found.attachments)


def test_it_stops_between_batches_and_goes_on(rig: Rig) -> None:
    synced(rig, *(mail(number) for number in range(1, 6)))
    pruning = pruning_of(rig.store)
    looks = iter([False, False, True, True, True])
    small = type(pruning)(pruning.database, pruning.data_dir, 2)
    stopped = small.run(PruneOrder(LATER, (every(Part.RAW),), (), applies=True), Watch(lambda: next(looks)))
    assert (stopped.finished, stopped.lines[0].items) == (False, 4)
    assert line(prune(rig, every(Part.RAW)), "raw").items == 1


def test_octets_that_are_being_stored_again_stay(rig: Rig, store: SqlStore) -> None:
    """Another run stores the same octets in another scope: they are there, so it goes on to write its message."""
    synced(rig, mail(1))
    columns = ", ".join(name for name in MESSAGES.columns if name not in ("id", "scope"))
    with ThreadPoolExecutor(1) as pool:
        with store.content.connections.writing(durable=True) as work:  # type: ignore[attr-defined]  # of this very store
            work.run("INSERT INTO inboxsync_raw SELECT * FROM inboxsync_raw WHERE TRUE ON CONFLICT DO NOTHING")
            report = pool.submit(prune, rig, MailOrder(Part.RAW, ALL))
            with pytest.raises(TimeoutError):
                report.result(0.5)
            work.run(
                f"INSERT INTO inboxsync_messages (scope, {columns}) SELECT 'other', {columns} FROM inboxsync_messages"
            )
        report.result(30)
    assert kept(store.content) == []
    assert all(one is not None and one.raw_pruned_at for one in map(store.content.message, (1, 2)))


def test_a_file_that_cannot_be_deleted_is_left_for_the_sweep(rig: Rig) -> None:
    """Rows first: what fails or dies behind them leaves a file that nothing refers to, never a row without its file."""
    synced(rig, LARGE)
    (raw,) = (rig.store.data_dir / path for path in files(rig.store.data_dir) if path.startswith("raw/"))
    raw.unlink()
    raw.mkdir()
    with pytest.raises(StoreError):
        prune(rig, every(Part.RAW))
    assert kept(rig.store.content) == []
    assert line(prune(rig, every(Part.RAW)), "raw").items == 0
    assert rig.store.control.sweep_files(now=LATER, dry_run=True).missing == ()
