"""Deriving messages anew, cut short and gone on with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.errors import DiskFull
from inboxsync.model.message import PARSER_VERSION
from inboxsync.model.reparsing import ReparseOrder, ReparseReport
from inboxsync.sync.reparse import Reparse
from tests.unit.sync.rig import Rig, mail

ALL = ReparseOrder(PARSER_VERSION, everything=True)


class Cut(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def full(rig: Rig) -> Rig:
    """Five messages, a reply among them."""
    rig.add()
    for number in range(1, 5):
        rig.server.append(mail(number))
    rig.server.append(b"Message-ID: <r@x>\r\nReferences: <m1@example.com>\r\nFrom: b@example.com\r\n\r\nx\r\n")
    rig.one()
    return rig


def run(rig: Rig, order: ReparseOrder, *, stop_after: int = 99, cut_after: int = 99) -> ReparseReport:
    pages: list[int] = []

    def advance(count: int) -> None:
        pages.append(count)
        if len(pages) > cut_after:
            raise Cut

    content = rig.store.content
    work = Reparse(content, order, frozenset(), lambda: len(pages) >= stop_after, advance, page_messages=2)
    return work.run(content.reparsing.resumed_at(order))


def test_a_stopped_call_is_gone_on_with(full: Rig) -> None:
    before = full.dump()
    assert run(full, ALL, stop_after=1) == ReparseReport(2, finished=False)
    assert full.store.content.reparsing.resumed_at(ALL) == 2
    assert run(full, ALL) == ReparseReport(3, resumed=True)
    assert full.store.content.reparsing.resumed_at(ALL) == 0
    assert full.dump() == before


def test_a_killed_call_has_lost_no_more_than_a_page(full: Rig) -> None:
    with pytest.raises(Cut):
        run(full, ALL, cut_after=1)
    assert run(full, ALL).looked_at == 1


def test_a_bookmark_is_of_its_order_alone(full: Rig) -> None:
    run(full, ALL, stop_after=1)
    assert full.store.content.reparsing.resumed_at(replace(ALL, integration="support")) == 0
    assert full.store.content.reparsing.resumed_at(replace(ALL, parser_version=99)) == 0


def test_what_another_parser_made_is_taken_without_being_asked_for(full: Rig) -> None:
    newer = ReparseOrder(PARSER_VERSION + 1)
    assert full.store.content.reparsing.count(newer, 0) == 5
    assert full.store.content.reparsing.count(replace(newer, integration="support"), 3) == 2
    assert full.store.content.reparsing.count(replace(newer, integration="other"), 0) == 0
    assert full.store.content.reparsing.count(ReparseOrder(PARSER_VERSION), 0) == 0


def test_a_sync_goes_on_meanwhile(full: Rig) -> None:
    run(full, ALL, stop_after=1)
    full.server.append(mail(9))
    assert full.one().counts.stored == 1
    assert run(full, ALL).looked_at == 4


def test_a_fault_of_the_store_ends_it_and_is_gone_on_with(full: Rig) -> None:
    def refuse(_count: int) -> None:
        raise DiskFull("/data: no space left")

    content = full.store.content
    with pytest.raises(DiskFull):
        Reparse(content, ALL, frozenset(), lambda: False, refuse, page_messages=2).run(0)
    assert run(full, ALL).looked_at == 3
