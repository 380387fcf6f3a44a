"""What the other tests count on in the private Dovecot."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devtools.dovecot import Delivery, Dovecot, DovecotMissing, find_dovecot
from inboxsync.imap.adapter import connect
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.secret import Secret


def test_where_it_is_missing_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DovecotMissing, match="apt-get install dovecot-imapd"):
        find_dovecot([str(tmp_path)])


@pytest.mark.dovecot
def test_uids_follow_the_order_of_delivery_also_in_bulk(dovecot: Dovecot) -> None:
    dovecot.add_user("bulk@example.com", "secret")
    started = time.monotonic()
    mails = [
        Delivery(b"Subject: %d\r\n\r\n" % n, "S" if n % 3 else "", datetime(2020, 1, 1, tzinfo=UTC)) for n in range(500)
    ]
    dovecot.deliver_all("bulk@example.com", mails)
    assert time.monotonic() - started < 5
    where = Endpoint("localhost", dovecot.tls_port, TlsMode.IMPLICIT, "bulk@example.com", ca_file=str(dovecot.ca_file))
    with connect(where, Secret("secret")) as session:
        session.examine("INBOX")
        got = list(session.fetch_messages([range(1, 501)]))
    assert [message.octets for message in got] == [mail.octets for mail in mails]
    assert dovecot.flags("bulk@example.com") == [mail.flags for mail in mails]


@pytest.mark.dovecot
def test_it_starts_fast_with_a_prefixed_namespace_and_leaves_nothing() -> None:
    started = time.monotonic()
    with Dovecot(namespace_prefix="INBOX.", separator=".", clear_logins=False) as server:
        assert time.monotonic() - started < 2
        server.add_user("ana", "secret")
        server.deliver("ana", b"Subject: x\r\n\r\n", "INBOX.Archive.2026")
        where = Endpoint("127.0.0.1", server.port, TlsMode.STARTTLS, "ana", ca_file=str(server.ca_file))
        with connect(where, Secret("secret")) as session:
            assert session.examine("Archive/2026").exists == 1
    assert not server.directory.exists()
