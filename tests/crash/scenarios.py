"""What the crash sweep goes through, as data: how the server and the integrations look, and what happens between runs.

The last of `changes` is followed by the run under test; after each of the others one run was made in peace.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from inboxsync.model.directory import Contact
from inboxsync.model.ticketing import RoutingSettings
from inboxsync.store.content_port import ContentStore
from inboxsync.store.directory import directory_of
from inboxsync.sync.context import EngineLimits
from tests.crash.changes import (
    RECENTLY,
    Change,
    deliver,
    deliver_octets,
    deliver_old,
    expunge,
    nothing,
    poison,
    remove_folder,
    renumber,
    replace_mail,
    reply,
    together,
    with_attachment,
)
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import START, mail

Settings = Mapping[str, object]

# Everything in small pieces, so that there are many borders to die at. No heartbeat comes in between, and a dead
# owner's lease is taken over because he is dead, never because it ran out.
LIMITS = EngineLimits(
    chunk_messages=2,
    batch_messages=2,
    page_messages=3,
    heartbeat_s=3_600,
    lease_lifetime_s=3_600,
    max_message_bytes=2**20,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the sweep. `leaves` is what `Ending.sums` answers; `slices` cuts the row into tests of like length."""

    name: str
    leaves: Mapping[str, int]
    changes: tuple[Change, ...]
    integrations: tuple[Settings, ...] = ({},)
    contacts: tuple[str, ...] = ()
    limits: EngineLimits = LIMITS
    exit_code: int = 0
    slices: int = 1

    def set_up(self, content: ContentStore) -> None:
        """Enter what the store knows before the first run."""
        for address in self.contacts:
            directory_of(content).add_contact(Contact(address), at=START)


def left(kept: int, messages: int | None = None, *, tickets: int | None = None, **others: int) -> Mapping[str, int]:
    """Placements with content, distinct contents (None: as many), tickets (None: one a content), and what else."""
    contents = kept if messages is None else messages
    sums = {"kept": kept, "messages": contents, "tickets": contents if tickets is None else tickets, **others}
    return {name: count for name, count in sums.items() if count}


def filtered(node: object, **settings: object) -> tuple[Settings, ...]:
    """One integration with this filter."""
    return ({"filter_json": json.dumps(node), **settings},)


# --- the rows ------------------------------------------------------------------------------------------------------

FOLDERS = ("INBOX", "Orders", "Returns")
MAIL_1 = {"field": "subject", "contains": "mail 1"}
MAIL_2 = {"field": "subject", "contains": "mail 2"}
MAIL_1_OR_2 = {"any": [MAIL_1, MAIL_2]}
NOT_MAIL_2 = {"not": {"field": "body", "contains": "hello 2"}}
RULES = [
    {"name": "urgent", "when": MAIL_1, "then": {"priority": "urgent", "server": {"mark_read": True}}},
    {"name": "none", "when": MAIL_2, "then": {"ticket": "none"}},
]
MARKING = ({"mark_read": True},)
IN_FOLDERS = ({"folders": FOLDERS},)
BY_COMPANY = (
    {"name": "archive", "company": "ACME", "makes_tickets": False, "priority": 1},
    {"name": "support", "company": "ACME", "priority": 2, "folders": ("INBOX", "Copies"), "mark_read": True},
)
THREE = deliver(1, 2, 3)
FIVE = deliver(1, 2, 3, 4, 5)
IN_THREE_FOLDERS = together(deliver(1, 2), deliver(3, 4, folder="Orders"), deliver(1, 5, folder="Returns"))
ORDERS_GONE = together(remove_folder("Orders"), deliver(9))
COPIES = together(deliver(1, 2, 3), deliver(2, 3, 4, folder="Copies"))
REFUSED, NIL, LEFT_OUT = (together(THREE, poison(how, 2)) for how in ("refuse", "answer_nil", "leave_out"))
SOME_READ = together(deliver(1, 2, flags=("\\Seen",)), deliver(3, 4))
SOME_OLD = together(deliver_old(1, 2), deliver(3, 4))
WITH_EMPTY = deliver_octets(mail(1), b"", mail(2))
ONE_ID = deliver_octets(*(mail(number, message_id="one@example.com") for number in (1, 2, 1)))
NO_IDS = deliver_octets(*(mail(number, message_id=None) for number in (1, 2, 2)))
LARGE_RAW = deliver_octets(with_attachment(1, 300_000), mail(2), with_attachment(1, 300_000))
ATTACHED = deliver_octets(with_attachment(1, 500), with_attachment(2, 600))
ONE_TOO_LARGE = together(deliver(1), deliver_octets(mail(2, body="x" * 2**20)), deliver(3))
STRANGER = deliver_octets(mail(1), mail(2, sender="bob@example.org"), mail(3))

AUTOMATIC = "Auto-Submitted: auto-replied\r\n"
COPIED = "Cc: kim@example.org, support@example.com\r\n"
THREAD = (mail(1), reply(2, 1, headers=COPIED))
AROUND = (reply(3, 2, sender="eve@example.net"), reply(4, 2, sender="kim@example.org", headers=AUTOMATIC))
LOOP = (mail(1), reply(2, 1), reply(3, 2))


def copied(*messages: bytes) -> Change:
    """The same mail arrives in two folders, which two mailboxes of a company read."""

    def change(server: FakeServer) -> None:
        server.add_folder("Copies")
        for octets in messages:
            for folder in ("INBOX", "Copies"):
                server.append(octets, folder, internal_date=RECENTLY)

    return change


TWO_MAILBOXES = (
    {"name": "sales", "company": "ACME", "priority": 1},
    {"name": "support", "company": "ACME", "priority": 2, "folders": ("Copies",)},
)
REPLIES = left(4, tickets=2, appended=2, ticket_links=1)
CAPPED = left(3, tickets=2, appended=1)
TOLD_OF_TWO = left(3, tickets=1, appended=2)

SCENARIOS = (
    Scenario("replies", REPLIES, (deliver_octets(*THREAD, *AROUND),)),
    Scenario("replies_later", REPLIES, (deliver_octets(*THREAD), deliver_octets(*AROUND))),
    Scenario("replies_in_two_mailboxes", left(4, 2, tickets=1, appended=1), (copied(*THREAD),), TWO_MAILBOXES),
    Scenario("sender_cap", CAPPED, (THREE,), ({"routing": RoutingSettings(sender_cap=2)},)),
    Scenario("thread_cap", TOLD_OF_TWO, (deliver_octets(*LOOP),), ({"routing": RoutingSettings(thread_cap=2)},)),
    Scenario("empty_folder", left(0), (nothing,)),
    Scenario("first_sync", left(5), (FIVE,)),
    Scenario("new_mail_only", left(6), (THREE, deliver(6, 7, 8))),
    Scenario("nothing_new", left(3), (THREE, nothing)),
    Scenario("three_folders", left(6, 5), (IN_THREE_FOLDERS,), IN_FOLDERS, slices=2),
    Scenario("body_filter", left(2, filtered=1), (THREE,), filtered(NOT_MAIL_2)),
    Scenario("header_filter", left(2, filtered=1, seen=2), (THREE,), filtered(MAIL_1_OR_2, mark_read=True)),
    Scenario("refused", left(2, pending=1, seen=2), (REFUSED,), MARKING),
    Scenario("answered_nil", left(2, pending=1), (NIL,)),
    Scenario("left_out", left(2, pending=1), (LEFT_OUT,)),
    Scenario("empty_mail", left(2, quarantined=1), (WITH_EMPTY,)),
    Scenario("refused_for_the_last_time", left(3, quarantined=1), (REFUSED, nothing, deliver(6))),
    Scenario("gone_while_pending", left(3, vanished=1), (LEFT_OUT, together(expunge(2), deliver(6)))),
    Scenario("mark_read", left(5, seen=5), (FIVE,), MARKING, slices=2),
    Scenario("unread_only", left(2, filtered=2, seen=2), (SOME_READ,), ({"unread_only": True},)),
    Scenario("uidvalidity_same_mail", left(3, retired=3, seen=3), (THREE, renumber), MARKING),
    Scenario("uidvalidity_while_pending", left(2, retired=3, pending=1), (REFUSED, renumber)),
    Scenario("uidvalidity_other_mail", left(3, 5, retired=3), (THREE, replace_mail(2, 11, 12))),
    Scenario("uidvalidity_and_new_mail", left(4, retired=3, seen=4), (THREE, together(renumber, deliver(4))), MARKING),
    Scenario("folder_vanished", left(7, 6), (IN_THREE_FOLDERS, ORDERS_GONE), IN_FOLDERS, exit_code=69),
    Scenario("one_id_two_contents", left(3, 2), (ONE_ID,)),
    Scenario("no_message_ids", left(3, 2), (NO_IDS,)),
    Scenario("same_content_twice", left(4, 2), (deliver(1, 2, 1, 2),)),
    Scenario("raw_as_a_file", left(3, 2, files=2), (LARGE_RAW,)),
    Scenario("attachments", left(2, files=2), (ATTACHED,)),
    Scenario("too_large", left(2, too_large=1), (ONE_TOO_LARGE,)),
    Scenario("since", left(2, filtered=2), (SOME_OLD,), ({"since": RECENTLY},)),
    Scenario("tickets_since", left(4, tickets=2), (SOME_OLD,), ({"tickets_since": RECENTLY},)),
    Scenario("company", left(9, 4, seen=6), (COPIES,), BY_COMPANY, slices=3),
    Scenario("known_senders", left(2, unknown_sender=1, seen=2), (STRANGER,),
             ({"known_senders_only": True, "mark_read": True},), contacts=("ana@example.com",)),
    Scenario("rules", left(3, tickets=2, seen=1), (THREE,), ({"rules_json": json.dumps(RULES), "company": "ACME"},)),
)  # fmt: skip
