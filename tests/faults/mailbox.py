"""A scripted server with a mailbox behind it: right answers to what a sync asks, each of which a test can spoil."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from devtools.scripted_imap import Answer, Script
from tests.unit.sync.rig import mail

DONE = b"$TAG OK done\r\n"
NAMES = (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE")


@dataclass
class ScriptedMailbox:
    """INBOX with three letters under the UIDs 1, 2 and 3, as a plain server without extensions tells it.

    `items` replaces single values of a message (None leaves the item out), `lines` its whole FETCH answer. `noise` is
    said before, between and behind the answers to each FETCH, `ending` ends it; `opened` replaces what EXAMINE says.
    """

    messages: dict[int, bytes] = field(default_factory=lambda: {uid: mail(uid) for uid in (1, 2, 3)})
    uidvalidity: int = 7
    items: dict[int, dict[bytes, bytes | None]] = field(default_factory=dict)
    lines: dict[int, Callable[[bytes], bytes]] = field(default_factory=dict)
    noise: bytes = b""
    ending: Callable[[bytes], bytes] = lambda _command: DONE
    opened: bytes | None = None
    first: list[tuple[str, Answer | Callable[[bytes], Answer]]] = field(default_factory=list)

    def script(self) -> Script:
        """The answers as `ScriptedServer` takes them; what `first` holds goes before."""
        return [
            *self.first,
            ("EXAMINE", lambda _command: self.open(b"READ-ONLY")),
            ("SELECT", lambda _command: self.open(b"READ-WRITE")),
            ("UID FETCH", self.fetch),
            ("UID STORE", DONE),
            ("STATUS", b"* STATUS INBOX (UNSEEN 3)\r\n" + DONE),
        ]

    def open(self, access: bytes) -> bytes:
        """Answer EXAMINE or SELECT."""
        if self.opened is not None:
            return self.opened + b"$TAG OK [" + access + b"] done\r\n"
        uidnext = max(self.messages, default=0) + 1
        told = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n"
        return told % (len(self.messages), self.uidvalidity, uidnext) + b"$TAG OK [" + access + b"] done\r\n"

    def fetch(self, command: bytes) -> bytes:
        """Answer a UID FETCH, message by message."""
        answers = [self.line(uid, command) for uid in sorted(set(self.wanted(command)) & set(self.messages))]
        return self.noise.join((b"", *answers, b"")) + self.ending(command)

    def wanted(self, command: bytes) -> Iterator[int]:
        """The UIDs of ours that a command names."""
        for part in command.split(b" ")[2].split(b","):
            first, _, last = part.partition(b":")
            yield from (uid for uid in self.messages if int(first) <= uid <= int(last or first))

    def line(self, uid: int, command: bytes) -> bytes:
        """Answer for one message what the command asks for."""
        own = self.lines.get(uid)
        return self.plain_line(uid, command) if own is None else own(command)

    def plain_line(self, uid: int, command: bytes) -> bytes:
        """The right answer, apart from what `items` says."""
        told = {name: value for name, value in self.told(uid, command).items() if value is not None}
        return b"* %d FETCH (%s)\r\n" % (uid, b" ".join(b" ".join(pair) for pair in told.items()))

    def told(self, uid: int, command: bytes) -> dict[bytes, bytes | None]:
        """The items and their values, in the order in which they are sent."""
        octets = self.messages[uid]
        values = {
            b"FLAGS": b"()",
            b"INTERNALDATE": b'"01-Mar-2026 09:30:00 +0000"',
            b"RFC822.SIZE": b"%d" % len(octets),
        }
        told: dict[bytes, bytes | None] = {b"UID": b"%d" % uid}
        told |= {name: values[name] for name in NAMES if name in command}
        body = re.search(rb"BODY\.PEEK(\[(?:HEADER)?\])", command)
        if body:
            part = octets if body[1] == b"[]" else octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            told[b"BODY" + body[1]] = literal(part)
        own = self.items.get(uid, {})
        return told | {name: value for name, value in own.items() if name in told or name.startswith(b"X-")}


def literal(octets: bytes) -> bytes:
    """Write a literal (RFC 9051 §4.3)."""
    return b"{%d}\r\n%s" % (len(octets), octets)
