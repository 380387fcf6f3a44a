"""The share of a run in making mail searchable."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from inboxsync.errors import DiskFull
from inboxsync.model.report import RunStatus
from inboxsync.store.content_port import ContentStore
from inboxsync.sync import indexing
from inboxsync.sync.engine import Engine
from inboxsync.sync.indexing import INDEXED_PER_RUN
from tests.fakes.failing_store import FailingStore
from tests.unit.sync.rig import NOW, Rig, mail


def waiting(rig: Rig) -> int:
    return rig.store.content.search.waiting()


def test_a_first_sync_leaves_it_and_a_later_run_takes_some(rig: Rig) -> None:
    rig.add()
    for number in range(1, INDEXED_PER_RUN + 6):
        rig.server.append(mail(number))
    rig.one()
    assert waiting(rig) == INDEXED_PER_RUN + 5
    rig.one()
    assert waiting(rig) == INDEXED_PER_RUN + 5
    rig.server.append(mail(900))
    rig.one()
    assert waiting(rig) == 6


def test_a_run_whose_time_is_used_up_leaves_it(rig: Rig) -> None:
    rig.add()
    rig.server.append(mail(1))
    rig.one()
    rig.server.append(mail(2))
    report = rig.one()
    assert waiting(rig) == 0
    rig.store.content.search.queue_all()
    tools = rig.engine().tools
    indexing.index_some(tools, [report], deadline_s=rig.clock_s)
    assert waiting(rig) == 2
    indexing.index_some(tools, [report], deadline_s=rig.clock_s + 1)
    assert waiting(rig) == 0


class _NoSearch:
    """A full-text index that cannot be written."""

    def index(self, limit: int) -> int:
        """Fail."""
        raise DiskFull("/data: no space left")


class _Searchless(FailingStore):
    """A store whose search fails; all else works."""

    @property
    def content(self) -> ContentStore:
        """The heavy plane without its search."""
        return cast(ContentStore, _Content(self.real.content))


class _Content:
    def __init__(self, real: ContentStore) -> None:
        self._real = real
        self.search = _NoSearch()

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_an_index_that_fails_fails_no_run(rig: Rig) -> None:
    rig.add()
    rig.server.append(mail(1))
    rig.one()
    rig.server.append(mail(2))
    engine = Engine(replace(rig.engine().tools, store=_Searchless(rig.store, DiskFull("x"), after=-1)))
    (report,) = engine.run(rig.store.control.integrations(), NOW).integrations
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, 1)
    assert waiting(rig) == 2
