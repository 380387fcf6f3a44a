"""The routing table: every row of the matching order, each attempt at another's ticket, each kind of machine mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.ingest import TicketEffect
from inboxsync.model.routing import KnownTicket
from inboxsync.model.ticketing import STATUSES, BulkMail, ClosedTicket, RoutingSettings
from inboxsync.tickets.association import Sender
from inboxsync.tickets.letter import Kind, Letter
from inboxsync.tickets.route import Answered, Hints, route

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA = Sender("ana@acme.example", own_company="ACME", company="ACME")
EVE = Sender("eve@evil.example", company="ACME")  # the mailbox's company, which says nothing about her
STAFF = Sender("desk@example.com", contact_id=1, is_staff=True)
COLLEAGUE = Sender("bob@acme.example", own_company="ACME", company="ACME")
WATCHER = Sender("kim@example.org")
FORGED = replace(ANA, is_unverified=True)
T1 = KnownTicket(1, requester="ana@acme.example", watchers=frozenset({"kim@example.org"}), company="ACME")
T2 = KnownTicket(2, requester="zoe@other.example", company="Other")
CLOSED = replace(T1, status="closed")

NOTHING = Hints()
TOKEN = Hints(tokens=[T1])
REPLY = Hints(answered=[Answered(T1)])
REPLY_TO_OURS = Hints(answered=[Answered(T1, is_ours=True)])
TAG = Hints(numbers=[T1])
SUBJECT = Hints(same_subject=[T1])
REPLY_CLOSED = Hints(answered=[Answered(CLOSED)])
ALL = Hints(tokens=[T1], answered=[Answered(T2)], numbers=[T2], same_subject=[T2])

DEFAULT = RoutingSettings()
WINDOW = RoutingSettings(subject_window_days=7)
APPEND = RoutingSettings(closed_ticket=ClosedTicket.APPEND)
NEW = RoutingSettings(closed_ticket=ClosedTicket.NEW)
BULK_CREATE = RoutingSettings(bulk=BulkMail.CREATE)
BULK_NONE = RoutingSettings(bulk=BulkMail.NONE)

# name: sender, kind, hints, settings, effect, reason, ticket, related
TABLE = {
    # the matching order
    "a token": (WATCHER, Kind.PERSON, TOKEN, DEFAULT, "appended", "token", 1, ()),
    "a token before all else": (ANA, Kind.PERSON, ALL, WINDOW, "appended", "token", 1, (2,)),
    "the requester answers": (ANA, Kind.PERSON, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "a watcher answers": (WATCHER, Kind.PERSON, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "staff answers": (STAFF, Kind.PERSON, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "a colleague answers": (COLLEAGUE, Kind.PERSON, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "the requester quotes the number": (ANA, Kind.PERSON, TAG, DEFAULT, "appended", "number", 1, ()),
    "a watcher quotes the number": (WATCHER, Kind.PERSON, TAG, DEFAULT, "appended", "number", 1, ()),
    "a reference before a number": (
        ANA, Kind.PERSON, Hints(answered=[Answered(T1)], numbers=[T2]), DEFAULT, "appended", "reference", 1, (2,),
    ),
    "the next reference where the nearest is another's": (
        ANA, Kind.PERSON, Hints(answered=[Answered(T2), Answered(T1)]), DEFAULT, "appended", "reference", 1, (2,),
    ),
    "the same subject, not wished": (ANA, Kind.PERSON, SUBJECT, DEFAULT, "created", "new_message", None, ()),
    "the same subject, wished": (ANA, Kind.PERSON, SUBJECT, WINDOW, "appended", "subject", 1, ()),
    "the same subject of an ended ticket": (
        ANA, Kind.PERSON, Hints(same_subject=[CLOSED]), WINDOW, "created", "new_message", None, (),
    ),
    "nothing": (ANA, Kind.PERSON, NOTHING, DEFAULT, "created", "new_message", None, ()),
    # attempts at another's ticket
    "a stranger forges References": (EVE, Kind.PERSON, REPLY, DEFAULT, "created", "possibly_related", None, (1,)),
    "a stranger guesses the number": (EVE, Kind.PERSON, TAG, DEFAULT, "created", "possibly_related", None, (1,)),
    "a colleague quotes the number alone": (
        COLLEAGUE, Kind.PERSON, TAG, DEFAULT, "created", "possibly_related", None, (1,),
    ),
    "a forged author answers": (FORGED, Kind.PERSON, REPLY, DEFAULT, "created", "possibly_related", None, (1,)),
    "a forged author quotes": (FORGED, Kind.PERSON, TAG, DEFAULT, "created", "possibly_related", None, (1,)),
    "a forged requester with the subject": (FORGED, Kind.PERSON, SUBJECT, WINDOW, "created", "new_message", None, ()),
    "forged staff": (
        replace(STAFF, is_unverified=True), Kind.PERSON, REPLY, DEFAULT, "created", "possibly_related", None, (1,),
    ),
    "an empty From on a ticket without requester": (
        Sender(), Kind.PERSON, Hints(answered=[Answered(KnownTicket(3))]), DEFAULT, "created", "possibly_related", None,
        (3,),
    ),
    "no company is no common company": (
        Sender("x@y.example"), Kind.PERSON, Hints(answered=[Answered(KnownTicket(3))]), DEFAULT, "created",
        "possibly_related", None, (3,),
    ),
    # ended tickets
    "an answer reopens": (ANA, Kind.PERSON, REPLY_CLOSED, DEFAULT, "reopened", "reference", 1, ()),
    "an answer is appended": (ANA, Kind.PERSON, REPLY_CLOSED, APPEND, "appended", "reference", 1, ()),
    "an answer opens a new one": (ANA, Kind.PERSON, REPLY_CLOSED, NEW, "created", "closed_ticket", None, (1,)),
    "a stranger does not reopen": (EVE, Kind.PERSON, REPLY_CLOSED, DEFAULT, "created", "possibly_related", None, (1,)),
    # machines
    "a bounce of our mail": (EVE, Kind.BOUNCE, REPLY_TO_OURS, DEFAULT, "appended", "reference", 1, ()),
    "a bounce with a token": (EVE, Kind.BOUNCE, TOKEN, DEFAULT, "appended", "token", 1, ()),
    "a bounce does not reopen": (
        EVE, Kind.BOUNCE, Hints(tokens=[CLOSED]), DEFAULT, "appended", "token", 1, (),
    ),
    "a bounce of what we never sent": (ANA, Kind.BOUNCE, REPLY, DEFAULT, "none", "bounce", None, (1,)),
    "a bounce that quotes a number": (ANA, Kind.BOUNCE, TAG, DEFAULT, "none", "bounce", None, (1,)),
    "a bounce of nothing": (EVE, Kind.BOUNCE, NOTHING, DEFAULT, "none", "bounce", None, ()),
    "an auto-reply opens nothing": (ANA, Kind.AUTO_REPLY, NOTHING, DEFAULT, "none", "auto_reply", None, ()),
    "an auto-reply to a ticket": (ANA, Kind.AUTO_REPLY, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "an auto-reply never reopens": (ANA, Kind.AUTO_REPLY, REPLY_CLOSED, DEFAULT, "appended", "reference", 1, ()),
    "an auto-reply never opens a follow-up": (ANA, Kind.AUTO_REPLY, REPLY_CLOSED, NEW, "appended", "reference", 1, ()),
    "an auto-reply is not joined by subject": (ANA, Kind.AUTO_REPLY, SUBJECT, WINDOW, "none", "auto_reply", None, ()),
    "our own mail opens nothing": (STAFF, Kind.OWN, NOTHING, DEFAULT, "none", "own_mail", None, ()),
    "our own answer": (Sender("support@example.com"), Kind.OWN, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "our own answer does not reopen": (STAFF, Kind.OWN, REPLY_CLOSED, DEFAULT, "appended", "reference", 1, ()),
    "bulk mail": (ANA, Kind.BULK, NOTHING, DEFAULT, "none", "bulk", None, ()),
    "bulk mail that answers": (ANA, Kind.BULK, REPLY, DEFAULT, "appended", "reference", 1, ()),
    "bulk mail may create": (ANA, Kind.BULK, NOTHING, BULK_CREATE, "created", "new_message", None, ()),
    "bulk mail that may create reopens": (ANA, Kind.BULK, REPLY_CLOSED, BULK_CREATE, "reopened", "reference", 1, ()),
    "bulk mail not at all": (ANA, Kind.BULK, REPLY, BULK_NONE, "none", "bulk", None, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_routing_table(name: str) -> None:
    sender, kind, hints, chosen, effect, reason, ticket, related = TABLE[name]
    found = route(Letter(sender, kind, AT), hints, chosen)
    assert (found.effect.value, found.reason) == (effect, reason)
    assert (found.ticket.key if found.ticket else None) == ticket
    if found.effect is TicketEffect.CREATED:
        assert found.related == related


def test_what_may_not_open_a_ticket_is_appended_or_nothing() -> None:
    letter = Letter(ANA, Kind.PERSON, AT)
    assert route(letter, NOTHING, may_open=False).reason == "no_ticket_to_append_to"
    assert route(letter, REPLY, may_open=False).reason == "reference"
    appended = route(letter, REPLY_CLOSED, NEW, may_open=False)
    assert (appended.effect, appended.ticket) == (TicketEffect.REOPENED, CLOSED)


def test_a_sender_beyond_the_cap_is_put_to_the_latest_ticket_and_nobody_told() -> None:
    capped = RoutingSettings(sender_cap=3)
    letter = Letter(EVE, Kind.PERSON, AT)
    assert route(letter, Hints(opened=2, latest=T2), capped).effect is TicketEffect.CREATED
    over = route(letter, Hints(opened=3, latest=T2), capped)
    assert (over.effect, over.reason, over.ticket, over.is_quiet) == (TicketEffect.APPENDED, "sender_rate", T2, True)
    assert route(letter, Hints(opened=9, latest=T2), RoutingSettings(sender_cap=0)).effect is TicketEffect.CREATED


@pytest.mark.parametrize(
    ("minutes_before", "is_quiet"),
    [((59, 30, 0), True), ((60, 30, 0), False), ((59, 30), False), ((59, 30, -1), False)],
)
def test_a_thread_is_capped_by_when_its_mail_was_received(minutes_before: tuple[int, ...], is_quiet: bool) -> None:
    arrivals = tuple(AT - timedelta(minutes=minutes) for minutes in minutes_before)
    ticket = replace(CLOSED, arrivals=arrivals)
    found = route(Letter(ANA, Kind.PERSON, AT), Hints(tokens=[ticket]), RoutingSettings(thread_cap=3))
    assert found.is_quiet is is_quiet
    assert found.reason == ("thread_rate" if is_quiet else "token")
    assert found.effect is (TicketEffect.APPENDED if is_quiet else TicketEffect.REOPENED)


SENDERS = st.sampled_from([ANA, EVE, STAFF, COLLEAGUE, WATCHER, FORGED, Sender()])
TICKETS = st.lists(st.builds(KnownTicket, st.integers(1, 4), st.sampled_from(STATUSES), st.just("ana@acme.example")))
HINTS = st.builds(
    Hints, TICKETS, TICKETS.map(lambda found: [Answered(one) for one in found]), TICKETS, TICKETS, st.integers(0, 5)
)
SETTINGS = st.builds(
    RoutingSettings, st.sampled_from(ClosedTicket), st.integers(0, 2), st.just(""), st.integers(0, 3),
    st.integers(0, 3), st.sampled_from(BulkMail),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(SENDERS, st.sampled_from(Kind), HINTS, SETTINGS, st.booleans())
def test_whatever_comes_machines_open_nothing_and_nobody_gets_onto_anothers_ticket(
    sender: Sender, kind: Kind, hints: Hints, chosen: RoutingSettings, may_open: bool
) -> None:
    found = route(Letter(sender, kind, AT), hints, chosen, may_open=may_open)
    assert (found.ticket is not None) is (found.effect in (TicketEffect.APPENDED, TicketEffect.REOPENED))
    if kind in (Kind.OWN, Kind.BOUNCE, Kind.AUTO_REPLY):
        assert found.effect in (TicketEffect.APPENDED, TicketEffect.NONE)
    if not may_open:
        assert found.effect is not TicketEffect.CREATED
    is_stranger = sender in (EVE, FORGED, WATCHER, Sender())
    if is_stranger and kind in (Kind.PERSON, Kind.AUTO_REPLY, Kind.BULK) and not hints.tokens:
        by_subject = found.reason == "subject" and not sender.is_unverified
        assert found.ticket is None or by_subject or found.reason == "thread_rate"
