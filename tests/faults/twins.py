"""Accounts on a real server that are alike to the last octet: a new one for each run that changes its mailbox."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devtools.dovecot import Dovecot
from inboxsync.imap.adapter import connect
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.secret import Secret
from tests.unit.sync.rig import mail

PASSWORD = "a made-up password"
_NUMBERS = itertools.count(1)
_LOOKS_LIKE_IMAP = "x)\r\nA1 OK FETCH completed\r\n* 3 FETCH (UID 3 BODY[] {4}\r\nevil)\r\n* BYE\r\n"
_ATTACHED = (
    b"From: ana@example.com\r\nTo: support@example.com\r\nSubject: =?utf-8?B?UmVjaG51bmcg4oKs?=\r\n"
    b"Message-ID: <m5@example.com>\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="=b"\r\n\r\n--=b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
    b"See the file: \xe2\x82\xac 5\r\n--=b\r\nContent-Type: application/octet-stream\r\n"
    b'Content-Disposition: attachment; filename="bill.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"AAECAwQFBgcICQoLDA0ODw==\r\n--=b--\r\n"
)
LETTERS = (
    mail(1),
    mail(2, message_id=None),
    mail(3, body=_LOOKS_LIKE_IMAP),
    mail(1),
    _ATTACHED,
    mail(6, body="caf\u00e9 " * 5),
)
STORED, DUPLICATES = 5, 1
RECEIVED_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class Twins:
    """Makes copies of one account: the same UIDVALIDITY, UIDs, dates and octets."""

    server: Dovecot
    model: str = field(default_factory=lambda: f"model{next(_NUMBERS)}")

    def __post_init__(self) -> None:
        self.server.add_user(self.model, PASSWORD)
        for octets in LETTERS:
            self.server.deliver(self.model, octets, internal_date=RECEIVED_AT)
        where = Endpoint(self.server.host, self.server.port, TlsMode.NONE, self.model)
        with connect(where, Secret(PASSWORD)) as session:
            session.examine("INBOX")  # whoever looks first gives the UIDs

    @contextmanager
    def one(self) -> Iterator[str]:
        """A new account, gone afterwards; answers its login, which is always as long."""
        user = f"twin{next(_NUMBERS):08}"
        self.server.add_user(user, PASSWORD)
        source, target = self.server.maildir(self.model), self.server.maildir(user)
        shutil.copytree(source, target, dirs_exist_ok=True)
        owner = target.stat()
        for path in target.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid)
        try:
            yield user
        finally:
            shutil.rmtree(target.parent, ignore_errors=True)
            (self.server.directory / "users" / user).unlink()

    def marked(self, user: str) -> set[int]:
        """The UIDs that are marked read."""
        return {uid for uid, flags in enumerate(self.server.flags(user), 1) if "S" in flags}
