"""Known senders only: mail of contacts is stored, other mail keeps its fate, and a new contact counts from then on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.model.directory import Contact
from inboxsync.model.report import Counts
from inboxsync.model.views import MessageQuery
from inboxsync.store.directory import Directory, directory_of
from tests.unit.sync.rig import START, Rig, mail


@pytest.fixture
def directory(rig: Rig) -> Directory:
    rig.add(known_senders_only=True)
    return directory_of(rig.store.content)


def stored_subjects(rig: Rig) -> list[str]:
    return sorted(message.subject for message in rig.store.content.messages(MessageQuery(fate="stored")).items)


def settled(counts: Counts) -> tuple[int, int, int]:
    return counts.stored, counts.unknown_sender, counts.tickets_created


def test_a_contacts_mail_is_stored_and_anothers_once_they_are_a_contact(rig: Rig, directory: Directory) -> None:
    directory.add_contact(Contact("Ana@Example.com"), at=START)
    rig.server.append(mail(1, sender="Ana Stone <ANA@example.com>"))
    rig.server.append(mail(2, sender="bob@example.org"))
    assert settled(rig.counts()) == (1, 1, 1)
    assert stored_subjects(rig) == ["Mail 1"]
    (unknown,) = [line for line in rig.dump() if '"unknown_sender"' in line]
    assert '"from_address": "bob@example.org"' in unknown

    directory.add_contact(Contact("bob@example.org"), at=START)
    assert settled(rig.counts()) == (0, 0, 0), "a fate is final: mail that was met stays as it is"
    rig.server.append(mail(3, sender="Bob <bob@example.org>"))
    assert settled(rig.counts()) == (1, 0, 1)
    assert stored_subjects(rig) == ["Mail 1", "Mail 3"]
    fates = rig.fates()
    assert (fates.stored, fates.unknown_sender) == (2, 1)


def test_the_ticket_names_the_contact(rig: Rig, directory: Directory) -> None:
    contact = directory.add_contact(Contact("ana@example.com"), at=START)
    rig.server.append(mail(1, sender="Ana@Example.com"))
    rig.run()
    (ticket,) = rig.store.content.tickets().items
    assert ticket.requester_contact_id == contact.id


def test_a_contact_who_was_removed_or_moved_is_unknown_again(rig: Rig, directory: Directory) -> None:
    for email in ("ana@example.com", "bob@example.org"):
        directory.add_contact(Contact(email), at=START)
    directory.remove_contact("ana@example.com")
    directory.edit_contact("bob@example.org", lambda one: replace(one, email="bob@example.net"), at=START)
    for number, sender in enumerate(("ana@example.com", "bob@example.org", "bob@example.net")):
        rig.server.append(mail(number, sender=sender))
    assert settled(rig.counts()) == (1, 2, 1)
    assert stored_subjects(rig) == ["Mail 2"]


def test_any_author_counts_and_a_name_that_looks_like_an_address_does_not(rig: Rig, directory: Directory) -> None:
    directory.add_contact(Contact("ana@example.com"), at=START)
    rig.server.append(mail(1, sender="bob@example.org, Ana <ana@example.com>"))
    rig.server.append(mail(2, sender='"ana@example.com" <bob@example.org>'))
    assert settled(rig.counts()) == (1, 1, 1)
