"""The feed of events on SQLite and on Postgres: in the order of commits, and read by consumers without a gap."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.event import Event
from inboxsync.model.report import ErrorInfo
from inboxsync.model.state import SyncState
from inboxsync.store.events import EventFeed, feed_of
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import CREATE, Bench, mail

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
REFUSED = ErrorInfo("auth_failed", "refused \x00\ud800", "check it", 77)
CUT = ErrorInfo("connection_lost", "cut", "", 75)


@pytest.fixture
def feed(store: SqlStore) -> EventFeed:
    return feed_of(store.control)


def happen(rows: Rows, *types: str) -> list[int]:
    return [rows.add("inboxsync_events", type=kind, at=AT, data={"integration": "support"}) for kind in types]


def told(feed: EventFeed) -> list[Event]:
    return list(feed.page(0, limit=1000).events)


class TestPages:
    def test_an_empty_feed_begins_where_it_was_asked(self, feed: EventFeed) -> None:
        page = feed.page(7, limit=10)
        assert (page.events, page.next_after, page.has_more) == ((), 7, False)
        assert feed.newest_id() == 0

    def test_pages_follow_each_other_without_gap_or_overlap(self, feed: EventFeed, rows: Rows) -> None:
        ids = happen(rows, *["message.stored"] * 7)
        seen, after, more = [], 0, True
        while more:
            page = feed.page(after, limit=3)
            seen += [event.id for event in page.events]
            after, more = page.next_after, page.has_more
        assert seen == ids
        assert after == feed.newest_id() == ids[-1]

    def test_types_are_chosen(self, feed: EventFeed, rows: Rows) -> None:
        ids = happen(rows, "message.stored", "ticket.created", "sync.failed")
        page = feed.page(0, limit=10, types=("ticket.created", "sync.failed"))
        assert [event.id for event in page.events] == ids[1:]

    def test_an_event_comes_back_as_it_was_told(self, store: SqlStore, feed: EventFeed) -> None:
        bench = Bench.on(store)
        bench.record(bench.stored(4, mail("m1"), ticket=CREATE), at=AT)
        stored, created = told(feed)
        assert (stored.type, stored.at, stored.integration_id) == ("message.stored", AT, bench.integration.id)
        assert created.data["ticket_id"]
        assert stored.as_dict() == {
            "id": stored.id,
            "type": "message.stored",
            "at": "2026-03-01T09:30:00Z",
            "data": dict(stored.data),
        }


class TestOrder:
    """A reader that has seen N never misses a lower id later."""

    def test_a_transaction_that_began_to_tell_earlier_is_seen_earlier(self, store: SqlStore, feed: EventFeed) -> None:
        # On Postgres a sequence gives the first the lower id though the second commits before it; the lock forbids it.
        slow, quick = Bench.on(store, "slow", scope="integration:slow"), Bench.on(store, "quick", scope="company:quick")
        written, go_on = threading.Event(), threading.Event()

        def slowly() -> None:
            with slow.content.transaction(slow.scope) as transaction:
                transaction.record(slow.batch(slow.stored(1, mail("m1"))))
                written.set()
                go_on.wait(20)

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(slowly)
            assert written.wait(20)
            second = pool.submit(quick.record, quick.stored(1, mail("m2")))
            with pytest.raises(TimeoutError):
                second.result(0.5)
            seen_meanwhile = told(feed)
            go_on.set()
            first.result(20)
            second.result(20)
        assert seen_meanwhile == []
        assert [event.data["integration"] for event in told(feed)] == ["slow", "quick"]

    def test_a_reader_beside_many_writers_never_finds_a_lower_id_later(self, store: SqlStore, feed: EventFeed) -> None:
        benches = [Bench.on(store, f"box{number}", scope=f"integration:{number}") for number in range(4)]
        done = threading.Event()

        def write(bench: Bench) -> None:
            for number in range(8):
                bench.record(bench.stored(number + 1, mail(f"{bench.scope}-{number}"), ticket=CREATE))
                error = CUT if number % 2 else None
                store.control.save_state(SyncState(bench.integration.id or 0, last_error=error))

        def read() -> list[int]:
            seen: list[int] = []
            while True:
                last = done.is_set()
                seen += [event.id for event in feed.page(seen[-1] if seen else 0, limit=1000).events]
                if last:
                    return seen

        with ThreadPoolExecutor(5) as pool:
            reader = pool.submit(read)
            for writer in [pool.submit(write, bench) for bench in benches]:
                writer.result(60)
            done.set()
            seen = reader.result(60)
        assert seen == [event.id for event in told(feed)]
        assert len(seen) == 4 * (8 * 2 + 7)

    def test_what_is_rolled_back_is_not_told(self, store: SqlStore, feed: EventFeed) -> None:
        bench = Bench.on(store)
        with pytest.raises(KeyboardInterrupt):
            bench.record_and_fail(bench.stored(1, mail("m1"), ticket=CREATE), KeyboardInterrupt())
        assert told(feed) == []


class TestConsumers:
    def test_a_consumer_begins_at_the_start_and_goes_on_where_it_acknowledged(
        self, feed: EventFeed, rows: Rows
    ) -> None:
        ids = happen(rows, *["message.stored"] * 3)
        assert feed.place_of("crm") == 0
        assert feed.acknowledge("crm", ids[1], at=AT) == ids[1]
        assert [event.id for event in feed.page(feed.place_of("crm"), limit=10).events] == ids[2:]
        (consumer,) = feed.consumers()
        assert (consumer.name, consumer.event_id, consumer.updated_at, consumer.behind) == ("crm", ids[1], AT, 1)

    def test_acknowledging_again_or_less_changes_nothing(self, feed: EventFeed, rows: Rows) -> None:
        ids = happen(rows, *["message.stored"] * 3)
        feed.acknowledge("crm", ids[2], at=AT)
        assert feed.acknowledge("crm", ids[0], at=AT + timedelta(hours=1)) == ids[2]
        assert feed.consumers()[0].updated_at == AT

    @pytest.mark.parametrize("beyond", [1, 10**15])
    def test_what_has_not_happened_cannot_be_acknowledged(self, feed: EventFeed, rows: Rows, beyond: int) -> None:
        (newest,) = happen(rows, "message.stored")
        with pytest.raises(UsageError, match="there is no event"):
            feed.acknowledge("crm", newest + beyond, at=AT)
        assert feed.consumers() == []

    def test_consumers_do_not_disturb_each_other(self, feed: EventFeed, rows: Rows) -> None:
        ids = happen(rows, *["message.stored"] * 2)
        feed.acknowledge("b", ids[0], at=AT)
        feed.acknowledge("a", ids[1], at=AT)
        assert [(one.name, one.event_id) for one in feed.consumers()] == [("a", ids[1]), ("b", ids[0])]
        assert feed.forget("a")
        assert not feed.forget("a")
        assert feed.place_of("a") == 0


class TestStanding:
    """What the control plane tells: when an integration begins to fail and when it works again, not each run."""

    def states(self, store: SqlStore, feed: EventFeed, *states: SyncState) -> list[tuple[str, object, object]]:
        bench = Bench.on(store)
        for state in states:
            store.control.save_state(replace(state, integration_id=bench.integration.id or 0))
        return [(event.type, event.data.get("code"), event.data.get("paused")) for event in told(feed)]

    def test_a_healthy_integration_is_no_news(self, store: SqlStore, feed: EventFeed) -> None:
        assert self.states(store, feed, SyncState(0), SyncState(0)) == []

    def test_a_failure_that_lasts_is_told_once_and_its_end(self, store: SqlStore, feed: EventFeed) -> None:
        failing = SyncState(0, last_error=CUT)
        assert self.states(store, feed, failing, failing, SyncState(0), SyncState(0)) == [
            ("sync.failed", "connection_lost", False),
            ("sync.recovered", None, None),
        ]

    def test_another_cause_and_a_pause_are_news(self, store: SqlStore, feed: EventFeed) -> None:
        refused = SyncState(0, last_error=REFUSED)
        paused = replace(refused, paused=True)
        assert self.states(store, feed, SyncState(0, last_error=CUT), refused, paused, paused) == [
            ("sync.failed", "connection_lost", False),
            ("sync.failed", "auth_failed", False),
            ("sync.failed", "auth_failed", True),
        ]

    def test_a_run_that_was_told_to_stop_has_not_failed(self, store: SqlStore, feed: EventFeed) -> None:
        assert self.states(store, feed, SyncState(0, last_error=ErrorInfo("interrupted", "", "", 75))) == []

    def test_it_says_where_and_what_to_do(self, store: SqlStore, feed: EventFeed) -> None:
        self.states(store, feed, SyncState(0, last_error=REFUSED))
        (event,) = told(feed)
        assert event.integration_id == Bench.on(store).integration.id
        assert {**event.data, "message": None} == {
            "integration": "support", "code": "auth_failed", "message": None, "hint": "check it", "exit_code": 77,
            "paused": False,
        }  # fmt: skip

    def test_runs_that_fail_leave_the_canonical_dump_as_it_is(self, store: SqlStore, feed: EventFeed) -> None:
        Bench.on(store)
        before = list(store.content.dump())
        self.states(store, feed, SyncState(0, last_error=CUT), SyncState(0))
        assert len(told(feed)) == 2
        assert list(store.content.dump()) == before
