"""What can happen on the fake server between two runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import START, mail

Change = Callable[[FakeServer], None]

LAST_YEAR = START - timedelta(days=365)
RECENTLY = START - timedelta(hours=1)


def nothing(_server: FakeServer) -> None:
    """Change nothing."""


def deliver(*numbers: int, folder: str = "INBOX", flags: tuple[str, ...] = ()) -> Change:
    """Small messages arrive."""

    def change(server: FakeServer) -> None:
        server.add_folder(folder)
        for number in numbers:
            server.append(mail(number), folder, flags, RECENTLY)

    return change


def deliver_octets(*messages: bytes) -> Change:
    """These very octets arrive."""

    def change(server: FakeServer) -> None:
        for octets in messages:
            server.append(octets, internal_date=RECENTLY)

    return change


def together(*changes: Change) -> Change:
    """Several things happen between two runs."""

    def change(server: FakeServer) -> None:
        for one in changes:
            one(server)

    return change


def deliver_old(*numbers: int) -> Change:
    """Messages lie there for a year."""

    def change(server: FakeServer) -> None:
        for number in numbers:
            server.append(mail(number), internal_date=LAST_YEAR)

    return change


def poison(how: str, uid: int) -> Change:
    """The server does not give one message: `refuse`, `answer_nil` or `leave_out`."""
    return lambda server: getattr(server, how)(uid)


def reply(number: int, to: int, *, sender: str = "ana@example.com", headers: str = "") -> bytes:
    """The mail of this number as an answer to another; `headers` are whole lines."""
    lines = f"\r\nIn-Reply-To: <m{to}@example.com>\r\n{headers}Subject:".encode()
    return mail(number, sender=sender).replace(b"\r\nSubject:", lines, 1)


def expunge(uid: int) -> Change:
    """Somebody deletes a message for ever."""
    return lambda server: server.expunge(uid)


def renumber(server: FakeServer) -> None:
    """UIDVALIDITY changes, the mail stays."""
    server.renumber()


def replace_mail(*numbers: int) -> Change:
    """The folder is deleted and made again with other mail: new UIDVALIDITY, the same UIDs."""

    def change(server: FakeServer) -> None:
        for uid in list(server.folders["INBOX"].messages):
            server.expunge(uid)
        server.renumber()
        deliver(*numbers)(server)

    return change


def remove_folder(name: str) -> Change:
    """A folder vanishes."""
    return lambda server: server.folders.__delitem__(name)


def with_attachment(number: int, size_bytes: int) -> bytes:
    """A message with an attachment that no compression makes smaller, the same for the same number."""
    octets = Random(number).randbytes(size_bytes).hex().encode()
    lines = b"\r\n".join(octets[start : start + 76] for start in range(0, len(octets), 76))
    return (
        b"From: ana@example.com\r\nTo: support@example.com\r\nSubject: Attached %d\r\nMessage-ID: <a%d@example.com>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"see the file\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="data.bin"\r\n\r\n%b\r\n--b--\r\n' % (number, number, lines)
    )
