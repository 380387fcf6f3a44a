"""Mail finds its ticket through a whole run: in one batch or several, told by events, exactly once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from inboxsync.model.directory import Company, Contact, ContactKind
from inboxsync.model.ticketing import BulkMail, ClosedTicket, RoutingSettings, TicketEdit
from inboxsync.model.views import TicketView
from inboxsync.store.directory import directory_of
from inboxsync.store.events import feed_of
from inboxsync.store.ticket_desk import TicketDesk, tickets_of
from inboxsync.sync.context import EngineLimits
from inboxsync.tickets.tokens import reply_token, token_key
from tests.fakes.mailbox import SOME_TIME
from tests.unit.sync.rig import START, Rig

KEY = token_key(b"k" * 32, "store")


def letter(
    key: str,
    *,
    sender: str = "ana@acme.example",
    subject: str = "Printer",
    answers: str = "",
    headers: str = "",
    body: str = "hello",
) -> bytes:
    """A small message; `answers` is the id in In-Reply-To."""
    head = f"From: {sender}\r\nTo: support@example.com\r\nSubject: {subject}\r\nMessage-ID: <{key}@acme.example>\r\n"
    head += f"In-Reply-To: <{answers}>\r\n" if answers else ""
    return f"{head}{headers}Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\n{body} {key}\r\n".encode()


def answer(key: str, to: str, **more: Any) -> bytes:
    return letter(key, answers=f"{to}@acme.example", subject="Re: Printer", **more)


@pytest.fixture
def mailbox(rig: Rig) -> Rig:
    rig.add()
    return rig


def desk(rig: Rig) -> TicketDesk:
    return tickets_of(rig.store.content)


def tickets(rig: Rig) -> list[TicketView]:
    return sorted(rig.store.content.tickets().items, key=lambda ticket: ticket.id)


def effects(rig: Rig) -> list[tuple[str, str]]:
    """Effect and reason of each placement, by UID."""
    lines = [json.loads(line) for line in rig.dump()]
    placements = [line for line in lines if line["table"] == "inboxsync_placements"]
    return [(line["ticket_effect"], line["ticket_reason"]) for line in sorted(placements, key=lambda one: one["uid"])]


def told(rig: Rig) -> list[str]:
    kinds = [event.type for event in feed_of(rig.store.control).page(0, limit=500).events]
    return [kind for kind in kinds if kind.startswith("ticket.")]


@pytest.mark.parametrize("batch_messages", [1, 100])
def test_a_reply_goes_to_its_ticket_in_whatever_batch_it_comes(mailbox: Rig, batch_messages: int) -> None:
    mailbox.limits = EngineLimits(batch_messages=batch_messages)
    mailbox.server.append(letter("m1"))
    mailbox.server.append(answer("m2", "m1"))
    mailbox.server.append(answer("m3", "m2", headers="Cc: Kim <KIM@example.org>, support@example.com\r\n"))
    mailbox.server.append(answer("m4", "m3", sender="kim@example.org"))
    counts = mailbox.counts()
    assert (counts.tickets_created, counts.tickets_updated) == (1, 3)
    (ticket,) = tickets(mailbox)
    assert len(ticket.message_ids) == 4
    assert ticket.watchers == ("kim@example.org",)
    assert effects(mailbox) == [("created", "new_message")] + [("appended", "reference")] * 3
    assert told(mailbox) == ["ticket.created"] + ["ticket.updated"] * 3
    before = mailbox.dump()
    assert mailbox.counts().tickets_updated == 0
    assert mailbox.dump() == before


def test_a_stranger_gets_a_ticket_of_his_own_that_names_the_other(mailbox: Rig) -> None:
    mailbox.server.append(letter("m1"))
    mailbox.server.append(answer("m2", "m1", sender="eve@evil.example"))
    mailbox.server.append(letter("m3", sender="eve@evil.example", subject="Re: [#1] Printer"))
    mailbox.server.append(letter("m4", subject="Re: [#1] Printer"))
    mailbox.run()
    first, second, third, _ = tickets(mailbox)
    assert len(first.message_ids) == 1, "a number that this very batch gives is nobody's yet"
    assert desk(mailbox).detail(second.id).related == (first.id,)
    assert third.requester_email == "eve@evil.example"
    mailbox.server.append(letter("m5", subject="Re: [#1] Printer"))
    mailbox.server.append(letter("m6", sender="eve@evil.example", subject="Re: [#1] Printer"))
    mailbox.run()
    assert effects(mailbox)[-2:] == [("appended", "number"), ("created", "possibly_related")]


def test_a_colleague_of_the_same_company_answers(mailbox: Rig) -> None:
    directory_of(mailbox.store.content).add_company(Company("ACME", ("acme.example", "*.acme.test")), at=START)
    directory_of(mailbox.store.content).add_contact(Contact("desk@example.com", kind=ContactKind.STAFF), at=START)
    mailbox.server.append(letter("m1"))
    mailbox.server.append(answer("m2", "m1", sender="bob@acme.example"))
    mailbox.server.append(answer("m3", "m1", sender="bob@mail.acme.test"))
    mailbox.server.append(answer("m4", "m1", sender="desk@example.com"))
    mailbox.server.append(answer("m5", "m1", sender="bob@acme.test"))
    mailbox.run()
    assert [effect for effect, _ in effects(mailbox)] == ["created", "appended", "appended", "appended", "created"]
    assert [ticket.company for ticket in tickets(mailbox)] == ["ACME", None]


@pytest.mark.parametrize(
    ("closed", "effect", "status", "made"),
    [
        (ClosedTicket.REOPEN, ("reopened", "reference"), "open", 1),
        (ClosedTicket.APPEND, ("appended", "reference"), "resolved", 1),
        (ClosedTicket.NEW, ("created", "closed_ticket"), "resolved", 2),
    ],
)
def test_an_answer_to_an_ended_ticket(
    rig: Rig, closed: ClosedTicket, effect: tuple[str, str], status: str, made: int
) -> None:
    rig.add(routing=RoutingSettings(closed_ticket=closed))
    rig.server.append(letter("m1"))
    rig.run()
    (ticket,) = tickets(rig)
    desk(rig).edit([ticket.id], TicketEdit(status="resolved"), at=START)
    rig.server.append(answer("m2", "m1"))
    rig.server.append(answer("m3", "m1", headers="Auto-Submitted: auto-replied\r\n"))
    rig.run()
    found = tickets(rig)
    assert effects(rig)[1] == effect
    assert (found[0].status, len(found)) == (status, made)
    assert effects(rig)[2][0] == "appended"
    if made == 2:
        assert desk(rig).detail(found[1].id).related == (ticket.id,)
    if closed is ClosedTicket.REOPEN:
        assert told(rig) == ["ticket.created", "ticket.updated", "ticket.reopened", "ticket.updated"]


def test_a_token_lets_anybody_on_and_a_forged_one_nobody(mailbox: Rig) -> None:
    mailbox.token_keys = (KEY,)
    mailbox.server.append(letter("m1"))
    mailbox.run()
    (ticket,) = tickets(mailbox)
    token = reply_token(ticket.id, KEY)
    mailbox.server.append(letter("m2", sender="new@other.example", answers=f"{token}.1@example.com"))
    wrong = reply_token(ticket.id, token_key(b"x" * 32, "store"))
    mailbox.server.append(letter("m3", sender="new@other.example", answers=f"{wrong}.1@example.com"))
    mailbox.run()
    assert effects(mailbox)[1:] == [("appended", "token"), ("created", "new_message")]


BOUNCE = (
    "Return-Path: <>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
)


def bounce(key: str, of: str) -> bytes:
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        "Final-Recipient: rfc822; ana@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{of}>\r\nSubject: hi\r\n\r\nhi\r\n--b--\r\n"
    )
    head = f"From: MAILER-DAEMON@mx.example.net\r\nSubject: failure\r\nMessage-ID: <{key}@mx.example.net>\r\n{BOUNCE}"
    return f"{head}\r\n{parts}".encode()


def test_machine_mail_opens_nothing_and_reaches_what_it_answers(mailbox: Rig) -> None:
    mailbox.token_keys = (KEY,)
    mailbox.server.append(letter("m1"))
    mailbox.run()
    (ticket,) = tickets(mailbox)
    mailbox.server.append(bounce("b1", f"{reply_token(ticket.id, KEY)}.5@example.com"))
    mailbox.server.append(bounce("b2", "m1@acme.example"))
    mailbox.server.append(letter("a1", headers="Auto-Submitted: auto-replied\r\n"))
    mailbox.server.append(letter("l1", headers="List-Id: <news.example.org>\r\n"))
    mailbox.server.append(answer("o1", "m1", sender="support@example.com"))
    mailbox.server.append(letter("o2", sender="support@example.com"))
    mailbox.server.append(letter("o3", sender="support@example.com", headers="Reply-To: form@other.example\r\n"))
    mailbox.run()
    assert effects(mailbox)[1:] == [
        ("appended", "token"),
        ("none", "bounce"),
        ("none", "auto_reply"),
        ("none", "bulk"),
        ("appended", "reference"),
        ("none", "own_mail"),
        ("created", "new_message"),
    ]
    mailbox.server.append(bounce("b3", "o1@acme.example"))
    mailbox.run()
    assert effects(mailbox)[-1] == ("appended", "reference"), "what we wrote ourselves stands in the ticket"


def test_bulk_mail_makes_tickets_where_that_is_wished(rig: Rig) -> None:
    rig.add(routing=RoutingSettings(bulk=BulkMail.CREATE))
    rig.server.append(letter("l1", headers="List-Id: <news.example.org>\r\n"))
    rig.run()
    assert effects(rig) == [("created", "new_message")]


def test_the_cap_of_a_sender_counts_by_received_at_and_not_by_our_clock(rig: Rig) -> None:
    rig.add(routing=RoutingSettings(sender_cap=2))

    def arrive(key: str, minutes: int, sender: str = "ana@acme.example") -> None:
        rig.server.append(letter(key, sender=sender), internal_date=SOME_TIME + timedelta(minutes=minutes))

    for number, minutes in enumerate((0, 10, 20)):
        arrive(f"a{number}", minutes)
    arrive("b", 20, "bob@acme.example")
    rig.run()
    rig.later(days=3)
    arrive("late", 30)
    arrive("next", 61)
    rig.run()
    assert effects(rig) == [
        ("created", "new_message"),
        ("created", "new_message"),
        ("appended", "sender_rate"),
        ("created", "new_message"),
        ("appended", "sender_rate"),
        ("created", "new_message"),
    ]
    first, second, *_ = tickets(rig)
    assert (len(first.message_ids), len(second.message_ids)) == (1, 3), "put to the latest of them"
    assert told(rig) == ["ticket.created"] * 4, "of overflow nobody is told"


@pytest.mark.parametrize("batch_messages", [1, 100])
def test_a_loop_in_a_thread_is_stored_and_told_of_no_more(rig: Rig, batch_messages: int) -> None:
    rig.limits = EngineLimits(batch_messages=batch_messages)
    rig.add(routing=RoutingSettings(thread_cap=3))
    rig.server.append(letter("m0"))
    for number in range(1, 6):
        rig.server.append(answer(f"m{number}", f"m{number - 1}"))
    rig.run()
    assert [reason for _, reason in effects(rig)] == ["new_message", *["reference"] * 2, *["thread_rate"] * 3]
    assert told(rig) == ["ticket.created", "ticket.updated", "ticket.updated"]
    (ticket,) = tickets(rig)
    assert len(ticket.message_ids) == 6


@pytest.mark.parametrize("batch_messages", [1, 100])
def test_the_same_subject_joins_for_so_long_where_that_is_wished(rig: Rig, batch_messages: int) -> None:
    rig.limits = EngineLimits(batch_messages=batch_messages)
    rig.add(routing=RoutingSettings(subject_window_days=7))

    def arrive(key: str, days: int, subject: str, sender: str = "ana@acme.example") -> None:
        rig.server.append(
            letter(key, subject=subject, sender=sender), internal_date=SOME_TIME - timedelta(days=30 - days)
        )

    arrive("m1", 0, "Printer is broken")
    arrive("m2", 3, "AW: Printer is  broken")
    arrive("m3", 9, "Re: [ext] printer is broken")
    arrive("m4", 17, "Re: Printer is broken")
    arrive("m5", 17, "Printer is broken", "eve@evil.example")
    arrive("m6", 17, "Printer")
    rig.run()
    assert [reason for _, reason in effects(rig)] == [
        "new_message", "subject", "subject", "new_message", "new_message", "new_message",
    ]  # fmt: skip


def test_one_mail_in_two_mailboxes_of_a_company_is_one_effect(rig: Rig) -> None:
    rig.add("support", company="ACME")
    rig.add("sales", company="ACME", folders=("Sales",))
    rig.server.add_folder("Sales")
    for folder in ("INBOX", "Sales"):
        rig.server.append(letter("m1"), folder)
        rig.server.append(answer("m2", "m1"), folder)
    rig.run()
    (ticket,) = tickets(rig)
    assert len(ticket.message_ids) == 2
    assert sorted(effects(rig)) == [
        ("appended", "reference"),
        ("created", "new_message"),
        ("none", "already_has_ticket"),
        ("none", "already_has_ticket"),
    ]
    assert told(rig) == ["ticket.created", "ticket.updated"]


def test_a_reply_to_another_mailbox_finds_its_ticket(rig: Rig) -> None:
    rig.add("support")
    rig.add("sales", folders=("Sales",))
    rig.server.add_folder("Sales")
    rig.server.append(letter("m1"))
    rig.run()
    rig.server.append(answer("m2", "m1"), "Sales")
    rig.run()
    (ticket,) = tickets(rig)
    assert len(ticket.message_ids) == 2


def test_an_author_whom_our_server_found_forged_is_told_and_gets_nowhere(rig: Rig) -> None:
    rig.trusted_authserv_ids = frozenset({"mx.example.com"})
    rig.add(company="ACME")
    rig.server.append(letter("m1"))
    forged = "Authentication-Results: mx.example.com; dmarc=fail\r\n"
    rig.server.append(answer("m2", "m1", headers=forged))
    rig.run()
    first, second = tickets(rig)
    assert not desk(rig).detail(first.id).is_unverified
    assert desk(rig).detail(second.id).is_unverified
    assert sum('"is_unverified": true' in line for line in rig.dump()) == 2, "the message and its ticket"


def test_before_tickets_since_and_without_tickets_nothing_is_routed(rig: Rig) -> None:
    rig.add("off", makes_tickets=False)
    rig.add("late", tickets_since=datetime(2030, 1, 1, tzinfo=START.tzinfo), folders=("Late",))
    rig.server.add_folder("Late")
    rig.server.append(letter("m1"))
    rig.server.append(letter("m2"), "Late")
    rig.run()
    assert tickets(rig) == []
    assert sorted(reason for _, reason in effects(rig)) == ["before_tickets_since", "integration_makes_no_tickets"]


def test_known_senders_are_asked_after_the_filter_and_before_any_ticket(rig: Rig) -> None:
    rig.add(known_senders_only=True, filter_json='{"field":"subject","contains":"printer"}')
    directory_of(rig.store.content).add_contact(Contact("ana@acme.example"), at=START)
    rig.server.append(letter("m1"))
    rig.server.append(answer("m2", "m1", sender="eve@evil.example"))
    rig.server.append(letter("m3", sender="eve@evil.example", subject="Spam"))
    counts = rig.counts()
    assert (counts.stored, counts.unknown_sender, counts.filtered, counts.tickets_created) == (1, 1, 1, 1)
