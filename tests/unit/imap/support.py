"""How the tests of this room reach a scripted server."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import trustme

from devtools.scripted_imap import Answer, ScriptedServer
from inboxsync.imap.adapter import ImapSession, connect
from inboxsync.imap.session import SessionLimits
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.placement import FetchedMessage
from inboxsync.model.secret import Secret

PASSWORD = 'hunter"2\\'
LIMITS = SessionLimits(
    connect_timeout_s=2, tls_timeout_s=2, command_timeout_s=3, silence_timeout_s=2, session_timeout_s=20
)


def endpoint(server: ScriptedServer, tls: TlsMode = TlsMode.NONE, *, host: str = "127.0.0.1") -> Endpoint:
    return Endpoint(host, server.port, tls, "ana@example.com")


def open_session(server: ScriptedServer, limits: SessionLimits = LIMITS, password: str = PASSWORD) -> ImapSession:
    return connect(endpoint(server), Secret(password), limits)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own, and server contexts with certificates that it signed."""

    ca: trustme.CA
    ca_file: str

    @classmethod
    def make(cls, directory: Path) -> Authority:
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(directory / "ca.pem"))
        return cls(ca, str(directory / "ca.pem"))

    def server_context(self, *names: str, not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("localhost", "127.0.0.1")), not_after=not_after).configure_cert(context)
        return context

    def trusting(self, where: Endpoint) -> Endpoint:
        return replace(where, ca_file=self.ca_file)


DONE = b"$TAG OK done\r\n"


def line(uid: int, body: bytes, seq: int | None = None, section: bytes = b"BODY[]") -> bytes:
    meta = b'UID %d FLAGS () INTERNALDATE "17-Jul-2026 02:44:25 +0000" RFC822.SIZE %d' % (uid, len(body))
    return b"* %d FETCH (%s %s {%d}\r\n%s)\r\n" % (seq or uid, meta, section, len(body), body)


def meta_line(uid: int) -> bytes:
    return b'* %d FETCH (UID %d FLAGS () INTERNALDATE "17-Jul-2026 02:44:25 +0000" RFC822.SIZE 3)\r\n' % (uid, uid)


def fetch(answer: Answer, uids: list[list[int]] | None = None, limits: SessionLimits = LIMITS) -> list[FetchedMessage]:
    """Fetch from a server that answers each UID FETCH like this; UIDs 5 and 6 unless told."""
    with ScriptedServer([("UID FETCH", answer)]) as server, open_session(server, limits) as session:
        session.examine("INBOX")
        return list(session.fetch_messages(uids or [[5, 6]]))
