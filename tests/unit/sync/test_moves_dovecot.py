"""Rules that move mail, on a real server with MOVE, and on one that can only copy and remove."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools.dovecot import Dovecot
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import SessionLimits
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.report import RunStatus
from inboxsync.model.secret import Secret
from inboxsync.store.sql import open_store
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import mail
from tests.unit.sync.test_follow_dovecot import DovecotRig

pytestmark = pytest.mark.dovecot
_numbers = itertools.count(1)
TARGET = "Erledigt für März"
RULES = json.dumps([{"name": "file it", "then": {"server": {"mark_read": True, "move_to": TARGET}}}])
# Without MOVE: the extension that removes single messages is there.
COPYING = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID NAMESPACE UIDPLUS ENABLE CONDSTORE QRESYNC"


@pytest.fixture(scope="module", params=["", COPYING], ids=["move", "copy and remove"])
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    """A server that can, or cannot, move by itself."""
    with Dovecot(settings=request.param) as dovecot:
        yield dovecot


def test_filed_mail_is_gone_from_the_inbox_and_known_where_it_lies(server: Dovecot, tmp_path: Path) -> None:
    user = f"moves{next(_numbers)}@example.com"
    server.add_user(user, "secret")
    server.add_folder(user, TARGET)
    for number in (1, 2, 3):
        server.deliver(user, mail(number))
    endpoint = Endpoint("localhost", server.tls_port, TlsMode.IMPLICIT, user, ca_file=str(server.ca_file))
    with ExitStack() as stack:
        store = open_store(None, tmp_path)
        stack.callback(store.close)
        store.schema.ensure()
        rig = DovecotRig(store, FakeServer(), endpoint=endpoint)
        rig.add(rules_json=RULES, folders=("INBOX", TARGET), tickets_since=None)
        first, second = rig.one(), rig.one()
        assert (first.status, second.status) == (RunStatus.SUCCESS, RunStatus.SUCCESS)
        assert (first.counts.stored, first.counts.tickets_created) == (3, 3)
        assert first.counts.duplicate + second.counts.duplicate == 3
        assert second.counts.tickets_created == 0
        before = rig.dump()
        third = rig.one()
        assert (third.counts.listed, third.counts.fetched) == (0, 0)
        assert rig.dump() == before
        with connect(endpoint, Secret("secret"), SessionLimits()) as session:
            assert session.examine("INBOX").exists == 0
            assert session.examine(TARGET).exists == 3
            assert all("\\Seen" in one.flags for one in session.fetch_metadata(1, 99))
