"""Stored mail is judged from its columns as from its octets: every field, of every kind of mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxsync.model.judging import MailQuery, Part
from inboxsync.rules.facts import Facts
from inboxsync.rules.fields import FIELDS, find_field
from inboxsync.rules.parts import parts_of_field
from inboxsync.store.ports import Store
from inboxsync.sync.judging import Judge, Ruling, Surroundings
from tests.unit.mail.hazard_mails import HAZARDS
from tests.unit.rules.samples import StillClock
from tests.unit.sync.rig import START, Rig, mail, rig_in

NAMES = [field.name for field in FIELDS] + ["headers.subject", "headers.received", "headers.x-lone"]
REPLY = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <J@Example.com>, bob@example.net\r\nSender: s@example.com\r\nTo: a@Example.org\r\n"
    b"Cc: c@example.org\r\nReply-To: r@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <x@example.com>\r\nIn-Reply-To: <w@example.com>\r\nDate: Wed, 01 May 2024 10:00:00 +0200\r\n"
    b"List-Id: <l.example.com>\r\nAuthentication-Results: mx.example.com; spf=pass\r\nReceived: a\r\nReceived: b\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n'
    b'--b\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n'
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that has met one mail of each kind, some of them read, one marked read by us."""
    with rig_in(Path(tmp_path_factory.mktemp("judging"))) as rig:
        rig.add(company="ACME", tickets_since=None)
        rig.server.append(REPLY, flags=("\\Seen", "\\Flagged", "keyword"))
        for number, octets in enumerate([*HAZARDS.values(), mail(1), mail(2, message_id=None)]):
            flags = ("\\Answered",) if number % 2 else ()
            rig.server.append(octets, flags=flags, internal_date=None if number % 3 else START, size_bytes=9 + number)
        rig.run()
        yield rig.store


def around(store: Store) -> Surroundings:
    integrations = {one.id: one for one in store.control.integrations() if one.id is not None}
    return Surroundings(integrations, {1: 7}, START, frozenset(), store.content.raw)


def both_ways(store: Store, parts: frozenset[Part]) -> list[tuple[bool, Facts, Facts]]:
    judging = store.content.judging
    found = []
    for one in judging.mail(judging.placements(MailQuery()), parts):
        quick, slow = around(store).facts(one), around(store).facts(one, from_octets=True)
        assert quick is not None
        assert slow is not None
        found.append((one.parsed is not None, quick, slow))
    return found


@pytest.mark.parametrize("parts", [frozenset(Part), frozenset()], ids=["all parts", "its own parts"])
def test_every_field_is_the_same_from_columns_and_from_octets(store: Store, parts: frozenset[Part]) -> None:
    read: dict[frozenset[Part], list[tuple[bool, Facts, Facts]]] = {}
    for name in NAMES:
        field = find_field(name)
        assert field is not None
        own = parts or parts_of_field(name)
        read.setdefault(own, both_ways(store, own)) if own not in read else None
        for _, quick, slow in read[own]:
            assert quick.values(field) == slow.values(field), name


def test_most_mail_needs_no_octets(store: Store) -> None:
    from_columns = [quick for quick, _, _ in both_ways(store, frozenset(Part))]
    assert len(from_columns) > 30
    assert sum(from_columns) > len(from_columns) / 2
    assert not all(from_columns), "the hazards hold what a database cannot"


def test_what_we_marked_read_was_unread_when_it_came(rig: Rig) -> None:
    rig.add(mark_read=True)
    rig.server.append(mail(1))
    rig.server.append(mail(2), flags=("\\Seen",))
    rig.run()
    judging = rig.store.content.judging
    by_uid = {one.place.uid: one for one in judging.mail(judging.placements(MailQuery()), ())}
    assert (by_uid[1].flags, by_uid[1].current_flags) == ((), ("\\Seen",))
    assert (by_uid[2].flags, by_uid[2].current_flags) == (("\\Seen",), ("\\Seen",))


def test_the_newest_come_first_and_bounds_hold(rig: Rig) -> None:
    support, sales = rig.add(), rig.add("sales", folders=("Sales",))
    rig.server.add_folder("Sales")
    for number in (1, 2, 3):
        rig.server.append(mail(number), internal_date=START.replace(day=number))
        rig.server.append(mail(number), folder="Sales", internal_date=START.replace(day=number))
    rig.run()
    judging = rig.store.content.judging

    def subjects(query: MailQuery) -> list[str]:
        return [one.subject for one in judging.mail(judging.placements(query), ())]

    assert subjects(MailQuery(support.id)) == ["Mail 3", "Mail 2", "Mail 1"]
    assert subjects(MailQuery(sales.id, limit=1)) == ["Mail 3"]
    assert subjects(MailQuery(since=START.replace(day=2))) == ["Mail 3", "Mail 3", "Mail 2", "Mail 2"]


def test_a_purged_message_is_passed_over(rig: Rig) -> None:
    integration = rig.add()
    rig.server.append(mail(1))
    rig.run()
    judging = rig.store.content.judging
    placements = judging.placements(MailQuery())
    rig.store.control.remove_integration(integration, purge=True)
    assert list(judging.mail(placements, frozenset(Part))) == []


def test_damaged_octets_are_a_fault_and_no_verdict(rig: Rig) -> None:
    rig.add()
    rig.server.append(HAZARDS["H4 controls everywhere"])
    rig.run()
    judging = rig.store.content.judging
    (one,) = judging.mail(judging.placements(MailQuery()), frozenset(Part))
    nothing = Surroundings({}, {}, START, frozenset(), lambda _id: None)
    assert one.parsed is None
    assert nothing.facts(one) is None


def test_a_judge_says_what_decided() -> None:
    from tests.unit.rules.samples import facts

    judge = Judge.of(
        '{"all": [{"field": "subject", "contains": "a"}, {"any": [{"field": "size", "gt": 5}]}]}',
        '[{"name": "r", "then": {"tags": ["x"]}}]',
        StillClock(),
    )
    taken = judge.judge(facts(subject="a"))
    assert (taken.ruling, taken.why, taken.actions["tags"]) == (Ruling.TAKEN, "/all", ["x"])
    refused = judge.judge(facts(subject="b"))
    assert (refused.ruling, refused.why, refused.actions) == (Ruling.REFUSED, "/all/0", {})
    slow = Judge.of('{"field": "subject", "matches": "a"}', None, StillClock(1.0)).judge(facts(subject="a"))
    assert slow.ruling is Ruling.FAULT
    assert slow.fault is not None
