"""Copies on the wire: as Gmail writes them, and on a real server that has EMAILID; what each folder costs."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devtools.pymap_server import HOST, Pymap
from devtools.scripted_imap import Script, ScriptedServer
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import Counts
from inboxsync.model.secret import Secret
from inboxsync.model.views import MessageQuery
from inboxsync.store.sql import open_store
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig, mail

ALL_MAIL = "[Gmail]/Alle Nachrichten"
DONE = b"$TAG OK Success\r\n"


@dataclass
class WireRig(Rig):
    """A rig on a server that is reached by its port; the server in memory stays unused."""

    endpoint: Endpoint | None = None

    def _open(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
        assert self.endpoint is not None
        return connect(self.endpoint, Secret("secret"), SessionLimits())


@contextmanager
def rig_on(port: int, directory: Path, *folders: str) -> Iterator[WireRig]:
    """A rig with one integration on the server at this port."""
    store = open_store(None, directory)
    store.schema.ensure()
    try:
        rig = WireRig(store, FakeServer(), endpoint=Endpoint(HOST, port, TlsMode.NONE, "ana"))
        rig.add(folders=folders)
        yield rig
    finally:
        store.close()


@dataclass
class Gmail:
    """Two folders of one account as Gmail shows them: UIDs and labels of their own, ids in common."""

    folders: dict[str, dict[int, int]]
    opened: str = "INBOX"
    bodies_sent: list[tuple[str, int]] = field(default_factory=list)

    def examine(self, command: bytes) -> bytes:
        self.opened = command.decode().split('"')[1]
        uids = self.folders[self.opened]
        told = f"* {len(uids)} EXISTS\r\n* OK [UIDVALIDITY {len(self.folders) + len(self.opened)}] UIDs valid.\r\n"
        return f"{told}* OK [UIDNEXT {max(uids) + 1}] Predicted next UID.\r\n".encode() + DONE

    def fetch(self, command: bytes) -> bytes:
        body = b"BODY.PEEK[]" in command
        uids = [uid for uid in self.folders[self.opened] if _names(command.split()[2].decode(), uid)]
        self.bodies_sent += [(self.opened, uid) for uid in uids] if body else []
        return b"".join(self._line(uid, body=body) for uid in uids) + DONE

    def _line(self, uid: int, *, body: bool) -> bytes:
        number = self.folders[self.opened][uid]
        octets = mail(number)
        usual = f'UID {uid} INTERNALDATE "17-Jul-2026 02:44:25 +0000" RFC822.SIZE {len(octets)} FLAGS (\\Seen)'
        ids = f"X-GM-THRID {1_266_894_439_832_287_888 + number} X-GM-MSGID {1_278_455_344_230_334_865 + number}"
        labels = r'X-GM-LABELS ("\\Important" "R&AOk-clamations" Kunden/Neu)'
        if not body:
            return f"* {uid} FETCH ({ids} {labels} {usual})\r\n".encode()
        return f"* {uid} FETCH ({usual} BODY[] {{{len(octets)}}}\r\n".encode() + octets + b")\r\n"


def _names(uid_set: str, uid: int) -> bool:
    ranges = ([int(end) for end in part.split(":")] for part in uid_set.split(","))
    return any(part[0] <= uid <= part[-1] for part in ranges)


def test_gmail_sends_each_mail_once_and_its_labels_are_kept(tmp_path: Path) -> None:
    gmail = Gmail({"INBOX": {4: 1, 7: 2}, ALL_MAIL: {11: 1, 12: 2, 13: 3}})
    script: Script = [
        ("EXAMINE", gmail.examine),
        ("UID FETCH", gmail.fetch),
        ("STATUS", b"* STATUS x (UNSEEN 0)\r\n" + DONE),
    ]
    with (
        ScriptedServer(script, capabilities="IMAP4rev1 SASL-IR AUTH=PLAIN X-GM-EXT-1") as server,
        rig_on(server.port, tmp_path, "INBOX", ALL_MAIL) as rig,
    ):
        inbox, all_mail = rig.one().folders
        assert (inbox.counts.stored, inbox.counts.fetched) == (2, 2)
        assert (all_mail.counts.duplicate, all_mail.counts.stored, all_mail.counts.fetched) == (2, 1, 1)
        assert gmail.bodies_sent == [("INBOX", 4), ("INBOX", 7), (ALL_MAIL, 13)]
        found = rig.store.content.messages(MessageQuery(folder=ALL_MAIL)).items
        assert {view.labels for view in found} == {("Kunden/Neu", "Réclamations", "\\Important")}
        before, server.commands[:] = rig.dump(), []
        assert rig.counts() == Counts()
        assert rig.dump() == before
        assert [re.split(rb" ", command)[0] for command in server.commands] == [
            b"CAPABILITY", b"AUTHENTICATE", b"CAPABILITY", b"EXAMINE", b"EXAMINE", b"LOGOUT",
        ]  # fmt: skip


def test_a_real_server_with_emailid(tmp_path: Path) -> None:
    with Pymap("ana", "secret") as server, rig_on(server.port, tmp_path, "INBOX", "Archive") as rig:
        server.append_all([mail(1), mail(2), mail(3)])
        with imaplib.IMAP4(HOST, server.port) as other:
            other.login("ana", "secret")
            other.create("Archive")
            other.select("INBOX")
            other.copy("1:2", "Archive")
        inbox, archive = rig.one().folders
        assert (inbox.counts.stored, inbox.counts.fetched) == (3, 3)
        assert archive.counts == Counts(listed=2, duplicate=2)
        with imaplib.IMAP4(HOST, server.port) as other:
            other.login("ana", "secret")
            other.select("INBOX")
            other.uid("MOVE", "103", "Archive")
        inbox, archive = rig.one().folders
        assert archive.counts == Counts(listed=1, duplicate=1)
        assert rig.store.content.tickets().total == 3
