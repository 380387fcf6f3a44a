"""What every session promises about the server's own ids, where there are such: on the fake and on a real server."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest

from devtools.pymap_server import HOST, Pymap
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.placement import MessageMeta
from inboxsync.model.secret import Secret
from tests.contract.session.conftest import LIMITS, Mailbox
from tests.contract.session.test_session import mail
from tests.fakes.mailbox import FakeServer

ALL_UIDS = (1, 2**32 - 1)


class NamingMailbox(Protocol):
    """An account whose server names its mail: an INBOX with these messages, the first of them also in Copies."""

    def open(self) -> Session:
        """Log in."""


class FakeNaming:
    def __init__(self, mails: Sequence[bytes], offers: str) -> None:
        self.server = FakeServer()
        self.server.offers = frozenset({offers})
        self.server.add_folder("Copies")
        uids = [self.server.append(octets) for octets in mails]
        self.server.copy(uids[0], "INBOX", "Copies")

    def open(self) -> Session:
        endpoint = Endpoint("fake.example.com", 993, TlsMode.IMPLICIT, self.server.username)
        return self.server.connect(endpoint, Secret("secret"), LIMITS)


class PymapNaming:
    def __init__(self, mails: Sequence[bytes], server: Pymap) -> None:
        self.server = server
        server.append_all(mails)
        with imaplib.IMAP4(HOST, server.port) as client:
            client.login(server.user, "secret")
            client.create("Copies")
            client.select("INBOX")
            client.copy("1", "Copies")

    def open(self) -> Session:
        return connect(Endpoint(HOST, self.server.port, TlsMode.NONE, self.server.user), Secret("secret"), LIMITS)


MAILS = [mail(1), mail(2), mail(3)]


@pytest.fixture(params=["OBJECTID", "X-GM-EXT-1", "pymap"], scope="module")
def naming(request: pytest.FixtureRequest) -> Iterator[NamingMailbox]:
    """The account on each server in turn; nothing here changes it."""
    if request.param != "pymap":
        yield FakeNaming(MAILS, request.param)
        return
    with Pymap("ana", "secret") as server:
        yield PymapNaming(MAILS, server)


def listed(session: Session, folder: str) -> list[MessageMeta]:
    session.examine(folder)
    return list(session.fetch_metadata(*ALL_UIDS))


def test_each_message_has_an_id_of_its_own(naming: NamingMailbox) -> None:
    with naming.open() as session:
        assert {"OBJECTID", "X-GM-EXT-1"} & session.capabilities
        ids = [meta.email_id for meta in listed(session, "INBOX")]
    assert None not in ids
    assert len(set(ids)) == len(MAILS)


def test_a_copy_has_the_same_and_what_never_changes_with_it(naming: NamingMailbox) -> None:
    with naming.open() as session:
        first = listed(session, "INBOX")[0]
        (copy,) = listed(session, "Copies")
    assert copy.ids is not None
    assert first.ids is not None
    assert (copy.ids.email_id, copy.ids.thread_id) == (first.ids.email_id, first.ids.thread_id)
    assert (copy.size_bytes, copy.internal_date) == (first.size_bytes, first.internal_date)


def test_the_id_stays(naming: NamingMailbox) -> None:
    with naming.open() as session:
        before = listed(session, "INBOX")
    with naming.open() as session:
        assert listed(session, "INBOX") == before


def test_labels_are_told_where_mail_has_labels(naming: NamingMailbox) -> None:
    with naming.open() as session:
        labels = {None if meta.ids is None else meta.ids.labels for meta in listed(session, "INBOX")}
        assert labels == {() if "X-GM-EXT-1" in session.capabilities else None}


def test_a_server_without_such_ids_tells_none(mailbox: Mailbox) -> None:
    mailbox.deliver(mail(1))
    with mailbox.open() as session:
        assert [meta.ids for meta in listed(session, "INBOX")] == [None]
