"""The servers that the session contract is checked on: the fake, and Dovecot in each way of connecting."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import pytest

from devtools.dovecot import Dovecot
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.secret import Secret
from tests.fakes.mailbox import SOME_TIME, FakeServer

PASSWORD = "pä:ss wörd"
LIMITS = SessionLimits(command_timeout_s=20, session_timeout_s=60)
_numbers = itertools.count(1)


class Mailbox(Protocol):
    """An account on some server, seen from both sides."""

    def open(self, password: str = PASSWORD) -> Session:
        """Log in."""

    def deliver(
        self, octets: bytes, folder: str = "INBOX", *, seen: bool = False, internal_date: datetime = SOME_TIME
    ) -> None:
        """Put a message into a folder; UIDs follow the order."""

    def add_folder(self, folder: str) -> None:
        """Make an empty folder."""

    def expunge(self, position: int) -> None:
        """Remove the message at this place of the INBOX, counted from 0."""

    def set_flagged(self, position: int) -> None:
        """Flag the message at this place of the INBOX, behind the back of our sessions."""

    def keep_modseqs(self) -> None:
        """Offer CONDSTORE."""

    def renumber(self) -> None:
        """Give the INBOX a new UIDVALIDITY."""

    def seen(self) -> list[bool]:
        """Tell of each message of the INBOX whether it is marked read on the server."""


class FakeMailbox:
    """The fake behind the contract's view."""

    def __init__(self) -> None:
        self.server = FakeServer(PASSWORD)
        self.server.can = frozenset({"MOVE", "UIDPLUS"})

    def open(self, password: str = PASSWORD) -> Session:
        endpoint = Endpoint("fake.example.com", 993, TlsMode.IMPLICIT, self.server.username)
        return self.server.connect(endpoint, Secret(password), LIMITS)

    def deliver(
        self, octets: bytes, folder: str = "INBOX", *, seen: bool = False, internal_date: datetime = SOME_TIME
    ) -> None:
        self.server.append(octets, folder, ("\\Seen",) if seen else (), internal_date)

    def add_folder(self, folder: str) -> None:
        self.server.add_folder(folder)

    def expunge(self, position: int) -> None:
        self.server.expunge(sorted(self.server.folders["INBOX"].messages)[position])

    def set_flagged(self, position: int) -> None:
        uid = sorted(self.server.folders["INBOX"].messages)[position]
        self.server.set_flags(uid, *self.server.flags(uid), "\\Flagged")

    def keep_modseqs(self) -> None:
        self.server.keep_modseqs()

    def renumber(self) -> None:
        self.server.renumber()

    def seen(self) -> list[bool]:
        messages: Sequence[int] = sorted(self.server.folders["INBOX"].messages)
        return ["\\Seen" in self.server.flags(uid) for uid in messages]


class DovecotMailbox:
    """A new account on the shared Dovecot."""

    def __init__(self, server: Dovecot, tls: TlsMode) -> None:
        self.server = server
        self.user = f"user{next(_numbers)}@example.com"
        server.add_user(self.user, PASSWORD)
        port = server.tls_port if tls is TlsMode.IMPLICIT else server.port
        self.endpoint = Endpoint("localhost", port, tls, self.user, ca_file=str(server.ca_file))

    def open(self, password: str = PASSWORD) -> Session:
        return connect(self.endpoint, Secret(password), LIMITS)

    def deliver(
        self, octets: bytes, folder: str = "INBOX", *, seen: bool = False, internal_date: datetime = SOME_TIME
    ) -> None:
        self.server.deliver(self.user, octets, folder, "S" if seen else "", internal_date)

    def add_folder(self, folder: str) -> None:
        self.server.add_folder(self.user, folder)

    def expunge(self, position: int) -> None:
        self.server.message_files(self.user)[position].unlink()

    def set_flagged(self, position: int) -> None:
        file = self.server.message_files(self.user)[position]
        name, _, letters = file.name.partition(":2,")
        file.rename(file.parent.parent / "cur" / f"{name}:2,{''.join(sorted({*letters, 'F'}))}")

    def keep_modseqs(self) -> None:
        """Dovecot always does."""

    def renumber(self) -> None:
        self.server.renumber(self.user)

    def seen(self) -> list[bool]:
        return ["S" in flags for flags in self.server.flags(self.user)]


@pytest.fixture(
    params=["fake", *(pytest.param(f"dovecot-{mode}", marks=pytest.mark.dovecot) for mode in TlsMode)],
)
def mailbox(request: pytest.FixtureRequest) -> Mailbox:
    """An empty account on each server in turn."""
    kind: str = request.param
    if kind == "fake":
        return FakeMailbox()
    return DovecotMailbox(request.getfixturevalue("dovecot"), TlsMode(kind.removeprefix("dovecot-")))
