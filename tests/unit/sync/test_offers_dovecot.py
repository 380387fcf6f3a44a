"""A real server with QRESYNC, with CONDSTORE alone and with neither gives one ledger; folders that it marks itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools.dovecot import Dovecot
from inboxsync.imap.adapter import connect
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.report import RunStatus
from inboxsync.model.secret import Secret
from inboxsync.store.sql import open_store
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import mail
from tests.unit.sync.test_follow_dovecot import Account, DovecotRig

pytestmark = pytest.mark.dovecot
_numbers = itertools.count(1)
PLAIN = "IMAP4rev1 SASL-IR LITERAL+ ID NAMESPACE UIDPLUS"
OFFERS = {"plain": PLAIN, "condstore": f"{PLAIN} ENABLE CONDSTORE", "qresync": f"{PLAIN} ENABLE CONDSTORE QRESYNC"}
MARKED = """
namespace inbox {
  mailbox Gesendet {
    special_use = \\Sent
    auto = create
  }
  mailbox Papierkorb {
    special_use = \\Trash
    auto = create
  }
}
"""


@pytest.fixture(scope="module", params=list(OFFERS))
def offering(request: pytest.FixtureRequest) -> Iterator[tuple[str, Dovecot]]:
    """A server that offers no more than this."""
    name: str = request.param
    with Dovecot(settings=f"imap_capability = {OFFERS[name]}\n{MARKED}") as server:
        yield name, server


@pytest.fixture
def account(offering: tuple[str, Dovecot], tmp_path: Path) -> Iterator[Account]:
    _, server = offering
    user = f"offers{next(_numbers)}@example.com"
    server.add_user(user, "secret")
    endpoint = Endpoint("localhost", server.tls_port, TlsMode.IMPLICIT, user, ca_file=str(server.ca_file))
    with ExitStack() as stack:
        store = open_store(None, tmp_path)
        stack.callback(store.close)
        store.schema.ensure()
        yield Account(DovecotRig(store, FakeServer(), endpoint=endpoint), server, user)


def test_every_kind_of_server_gives_the_same_ledger(offering: tuple[str, Dovecot], account: Account) -> None:
    name, _ = offering
    account.rig.add()
    for number in range(8):
        account.deliver(number)
    account.rig.run()
    account.expunge(6)
    account.expunge(1)
    account.flag(0, "S")
    account.deliver(9)
    account.rig.later(minutes=40)
    assert account.rig.one().status is RunStatus.SUCCESS
    assert [uid for uid, (_, is_live) in account.known().items() if not is_live] == [2, 7]
    assert account.known()[1][0] == ("\\Seen",)
    assert account.counts == (7, 6)
    before = account.rig.dump()
    account.rig.run()
    assert account.rig.dump() == before
    followed = account.rig.store.control.folder(1, "INBOX").followed
    assert followed is not None
    assert (followed.modseq is None) == (name == "plain")


def test_vanished_is_told_by_a_server_that_offers_it(offering: tuple[str, Dovecot], account: Account) -> None:
    name, _ = offering
    for number in range(4):
        account.deliver(number)
    assert account.rig.endpoint is not None
    gone: list[range] = []
    with connect(account.rig.endpoint, Secret("secret")) as session:
        since = session.examine("INBOX").highestmodseq
    account.expunge(2)
    with connect(account.rig.endpoint, Secret("secret")) as session:
        assert session.examine("INBOX").exists == 3
        if since is not None:
            list(session.fetch_flags(1, 4, since, gone=gone.extend))
        assert [seen.uid for seen in session.fetch_flags_of([1, 3, 4])] == [1, 4]
    assert [uid for uids in gone for uid in uids] == ([3] if name == "qresync" else [])


def test_roles_find_the_folders_that_the_server_marks(account: Account) -> None:
    account.rig.add(folders=("role:sent", "role:trash", "role:junk"))
    account.server.deliver(account.user, mail(1), "Gesendet")
    report = account.rig.one()
    assert [(folder.name, folder.error and folder.error.code) for folder in report.folders] == [
        ("Gesendet", None),
        ("Papierkorb", None),
        ("role:junk", "folder_missing"),
    ]
    assert report.counts.stored == 1
    roles = {folder.name: folder.role for folder in account.rig.store.control.folders(1)}
    assert roles == {"Gesendet": "sent", "Papierkorb": "trash"}
