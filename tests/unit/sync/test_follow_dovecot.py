"""Following and verifying against a real server that counts changes, and the round trips they cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.dovecot import Dovecot
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import PlanKind
from inboxsync.model.secret import Secret
from inboxsync.store.sql import open_store
from inboxsync.sync.verify import Verifier, VerifyOrder
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig, mail

pytestmark = pytest.mark.dovecot
_numbers = itertools.count(1)


@dataclass
class DovecotRig(Rig):
    """A rig on an account of a real server; the server in memory stays unused."""

    endpoint: Endpoint | None = None

    def _open(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
        assert self.endpoint is not None
        return connect(self.endpoint, Secret("secret"), SessionLimits())


@dataclass
class Account:
    """An account seen from both sides."""

    rig: DovecotRig
    server: Dovecot
    user: str

    def deliver(self, number: int) -> None:
        self.server.deliver(self.user, mail(number))

    def flag(self, position: int, letters: str) -> None:
        file = self.server.message_files(self.user)[position]
        name = file.name.partition(":2,")[0]
        file.rename(file.parent.parent / "cur" / f"{name}:2,{letters}")

    def expunge(self, position: int) -> None:
        self.server.message_files(self.user)[position].unlink()

    def known(self) -> dict[int, tuple[tuple[str, ...], bool]]:
        lines = self.rig.store.content.known_placements(1, self.uidvalidity, 1, 2**32 - 1)
        return {line.uid: (line.flags, line.is_live) for line in lines}

    @property
    def uidvalidity(self) -> int:
        cursor = self.rig.store.control.folder(1, "INBOX").cursor
        assert cursor is not None
        return cursor.uidvalidity or 0

    @property
    def counts(self) -> tuple[int | None, int | None]:
        cursor = self.rig.store.control.folder(1, "INBOX").cursor
        assert cursor is not None
        return cursor.exists, cursor.unread


@pytest.fixture
def account(dovecot: Dovecot, tmp_path: Path) -> Iterator[Account]:
    user = f"follow{next(_numbers)}@example.com"
    dovecot.add_user(user, "secret")
    endpoint = Endpoint("localhost", dovecot.tls_port, TlsMode.IMPLICIT, user, ca_file=str(dovecot.ca_file))
    with closing(open_store(None, tmp_path)) as store:
        store.schema.ensure()
        rig = DovecotRig(store, FakeServer(), endpoint=endpoint)
        rig.add()
        yield Account(rig, dovecot, user)


def test_flags_and_expunges_of_a_real_server_are_followed(account: Account) -> None:
    for number in range(6):
        account.deliver(number)
    account.rig.run()
    assert account.counts == (6, 6)
    account.flag(1, "FS")
    account.expunge(4)
    report = account.rig.one()
    assert report.folders[0].plan is PlanKind.NOTHING_NEW
    assert set(account.known()[2][0]) == {"\\Flagged", "\\Seen"}
    assert [uid for uid, (_, is_live) in account.known().items() if not is_live] == [5]
    assert account.counts == (5, 4)
    followed = account.rig.store.control.folder(1, "INBOX").followed
    assert followed is not None
    assert followed.modseq is not None
    assert followed.exists == 5


def test_flags_change_beside_new_mail(account: Account) -> None:
    for number in range(3):
        account.deliver(number)
    account.rig.run()
    account.flag(0, "S")
    account.deliver(3)
    assert account.rig.counts().stored == 1
    assert account.known()[1] == (("\\Seen",), True)
    assert account.counts == (4, 3)
    before = account.rig.dump()
    account.rig.run()
    assert account.rig.dump() == before


def test_a_folder_that_was_emptied(account: Account) -> None:
    for number in range(3):
        account.deliver(number)
    account.rig.run()
    for _ in range(3):
        account.expunge(0)
    account.rig.run()
    assert [is_live for _, is_live in account.known().values()] == [False] * 3
    assert account.counts == (0, 0)


def test_verify_agrees_and_finds_an_expunge(account: Account) -> None:
    for number in range(5):
        account.deliver(number)
    account.rig.run()
    integrations = account.rig.store.control.integrations()
    verifier = Verifier(account.rig.engine().tools)
    (check,) = verifier.run(integrations, VerifyOrder(deep=True))
    assert (check.agrees, check.folders[0].sampled, check.folders[0].server) == (True, 5, 5)
    account.expunge(2)
    (check,) = verifier.run(integrations, VerifyOrder())
    assert (check.agrees, check.folders[0].extra) == (False, (3,))
    (check,) = verifier.run(integrations, VerifyOrder(repair=True))
    assert check.agrees
    assert account.rig.one().folders[0].plan is PlanKind.NOTHING_NEW
    assert account.counts == (4, 4)
