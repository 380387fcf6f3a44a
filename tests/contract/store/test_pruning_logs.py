"""Giving up what is kept of what happened: runs, and events that all have read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxsync.errors import CursorTooOld
from inboxsync.model.pruning import Log, LogOrder, PruneReport
from inboxsync.store.events import feed_of
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.contract.store.test_pruning import LATER, line, prune, synced
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import START, Rig, mail


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    return Rig(store, FakeServer())


def test_runs_go_with_what_they_did(rig: Rig, rows: Rows) -> None:
    synced(rig, mail(1))
    rig.later(days=2)
    rig.run()
    assert line(prune(rig, LogOrder(Log.RUNS, START + timedelta(days=1))), "runs").items == 1
    assert len(rig.store.control.runs()) == 1


def test_events_go_when_all_have_read_them(rig: Rig) -> None:
    synced(rig, mail(1), mail(2), tickets_since=None)
    feed = feed_of(rig.store.control)
    newest = feed.newest_id()
    assert newest >= 4
    feed.acknowledge("crm", 2, at=START)
    held = prune(rig, LogOrder(Log.EVENTS, LATER), applies=False)
    assert prune(rig, LogOrder(Log.EVENTS, LATER)) == PruneReport(held.lines, applied=True)
    assert (held.lines[0].items, held.lines[0].held) == (
        2, f"{newest - 2} are kept for consumer crm, which has read up to 2",
    )  # fmt: skip
    assert [event.id for event in feed.page(2, limit=10).events] == list(range(3, newest + 1))
    assert [event.id for event in feed.page(0, limit=10).events] == list(range(3, newest + 1))
    with pytest.raises(CursorTooOld, match="events up to 2 were pruned, and those behind 1 are asked for"):
        feed.page(1, limit=10)
    feed.forget("crm")
    assert prune(rig, LogOrder(Log.EVENTS, LATER)).lines[0].items == newest - 2
    with pytest.raises(CursorTooOld):
        feed.page(newest - 1, limit=1)
    rig.server.append(mail(3))
    rig.later(hours=1)
    rig.run()
    assert feed.page(newest, limit=10).events[0].id > newest


def test_young_events_stay(rig: Rig) -> None:
    synced(rig, mail(1))
    first = feed_of(rig.store.control).newest_id()
    rig.later(days=3)
    rig.server.append(mail(2))
    rig.run()
    assert prune(rig, LogOrder(Log.EVENTS, START + timedelta(days=1))).lines[0].items == first
