"""The one place that touches imaplib's private parts, so that a change in the standard library is met here only.

imaplib keeps responses and tags; this class gives it a socket with deadlines and limits on everything a server can
send, and turns what goes wrong into our errors. `file` is never assigned: it is read-only from Python 3.14 on.
"""

from __future__ import annotations

import contextlib
import imaplib
import io
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inboxsync.errors import ConnectionLost, ImapError, ProtocolFault, TlsFailed
from inboxsync.imap import tls, transport
from inboxsync.imap.parsing import Skipped
from inboxsync.imap.translate import Phase, farewell, legible, refusal
from inboxsync.model.integration import Endpoint, TlsMode

if TYPE_CHECKING:
    from inboxsync.imap.session import SessionLimits
    from inboxsync.model.secret import Secret

LOGOUT_TIMEOUT_S = 2.0
_BUFFER_BYTES = 128 * 1024
# A literal up to so many limits long is read away; a longer one is no message and ends the connection.
_SKIPPED_LIMITS = 8
# What parsing hostile lines raises in imaplib: its own errors, int() of 5,000 digits, octets that are not ASCII.
_PARSER_FAULTS = (imaplib.IMAP4.error, ValueError, OverflowError, RecursionError)
# Over any limit: what an absurd number of digits announces.
_NO_SIZE = 10**18
# What a kept line costs beside its octets: an object and its place in a list.
_OVERHEAD_BYTES = 64

Untagged = bytes | tuple[bytes, bytes]
"""A piece of an untagged response as imaplib keeps it: a line, or a line that ends in a literal with that literal."""


def refuse_control(data: str | bytes) -> None:
    """Stop NUL, CR and LF, which would end one command and begin another (RFC 9051 §9). Raises ProtocolFault."""
    octets = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if b"\0" in octets or b"\r" in octets or b"\n" in octets:
        raise ProtocolFault("a command was not sent because it holds a line break or NUL", hint="correct the setting")


Literal = bytes | Callable[[bytes], bytes]


class Wire(imaplib.IMAP4):
    """A connection, greeted and encrypted as the endpoint says; raises ImapError only.

    `confidential` are texts that no message may show, whatever the server echoes; `on_vanished` is told VANISHED lines.
    """

    def __init__(self, endpoint: Endpoint, limits: SessionLimits) -> None:
        self.endpoint = endpoint
        self.limits = limits
        self.confidential: tuple[Secret, ...] = ()
        self.deadlines = transport.Deadlines(limits)
        self._first_line = self._unread = b""
        self._lines = self._kept_bytes = self._consumed_bytes = self.claims = 0
        self.on_vanished: Callable[[bytes], None] | None = None
        super().__init__(endpoint.host, endpoint.port)

    # --- what imaplib asks to be overridden -------------------------------------------------------------------------

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect, and encrypt at once where the endpoint wants that."""
        self.host, self.port = host, port
        plain = transport.open_socket(host, port, self.limits.connect_timeout_s, self.limits.stopped)
        if self.endpoint.tls is TlsMode.IMPLICIT:
            self._use(tls.encrypt(plain, self.endpoint, self.limits.tls_timeout_s, self.limits.stopped))
        else:
            self._use(plain)

    def _use(self, connection: socket.socket) -> None:
        self.sock = connection
        self._stream = transport.GuardedStream(connection, self.deadlines)
        self._reader = io.BufferedReader(self._stream, _BUFFER_BYTES)
        self._consumed_bytes = 0

    def read(self, size: int) -> bytes:
        """Read a literal; its announced size is checked before a single octet is allocated."""
        if size > self.limits.max_literal_bytes:
            return self._skip(size)
        data = self._reader.read(size) or b""
        if len(data) < size:
            raise self._lost()
        self._account(size)
        return data

    def _skip(self, size: int) -> bytes:
        """Read a literal over the limit away, so that one large message whose size lied costs itself alone (P6)."""
        if size > _SKIPPED_LIMITS * self.limits.max_literal_bytes:
            raise ProtocolFault(f"the server announced {size} bytes at once, far over the limit for one message")
        left = size
        while left:
            data = self._reader.read(min(left, _BUFFER_BYTES))
            if not data:
                raise self._lost()
            left -= len(data)
        self._consumed_bytes += size
        return Skipped()

    def readline(self) -> bytes:
        """Read a line; raises ConnectionLost on a cut one, ProtocolFault on one that is too long."""
        if self._unread:
            line, self._unread = self._unread, b""
            return line
        line = self._reader.readline(self.limits.max_line_bytes + 1)
        if len(line) > self.limits.max_line_bytes:
            raise ProtocolFault(f"the server sent a line of more than {self.limits.max_line_bytes} bytes")
        if not line.endswith(b"\n"):
            raise self._lost()
        self._first_line = self._first_line or line
        self._lines += 1
        if self._lines > self.limits.max_untagged_lines:
            raise ProtocolFault(f"the server sent more than {self.limits.max_untagged_lines} lines for one command")
        self._account(len(line))
        return line

    def send(self, data: bytes) -> None:  # type: ignore[override]  # typeshed says any buffer; imaplib sends bytes
        """Send within the deadlines; unlike imaplib's, no audit hook sees the password."""
        transport.send_all(self.sock, data, self.deadlines)

    def shutdown(self) -> None:
        """Drop the connection, whatever state it is in."""
        with contextlib.suppress(OSError, ValueError):
            self.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.sock.close()
        self._reader.close()

    def _log(self, line: object) -> None:
        """Keep nothing: imaplib would hold the last ten commands, LOGIN among them."""

    def _account(self, octets: int) -> None:
        """Bound what untagged responses may hold in memory: one message and a good deal around it."""
        self._consumed_bytes += octets
        self._kept_bytes += octets + _OVERHEAD_BYTES
        if self._kept_bytes > self.limits.max_literal_bytes + 16 * self.limits.max_line_bytes:
            raise ProtocolFault("the server sent more untagged data than one command can have asked for")

    def _lost(self) -> ImapError:
        said = self.untagged_responses.get("BYE")
        if said:
            return farewell(None, _text(said[-1]), self.confidential)
        return ConnectionLost("the server closed the connection in the middle of an answer")

    # --- commands ---------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            super()._connect()  # type: ignore[misc]  # private, not in typeshed
        except imaplib.IMAP4.error as error:
            raise self._bad_greeting() from error

    def _bad_greeting(self) -> ImapError:
        said = self.untagged_responses.get("BYE")
        if said:
            return farewell(Phase.GREETING, _text(said[-1]))
        where = f"{self.endpoint.host}:{self.endpoint.port}"
        return ProtocolFault(f"{where} does not greet like an IMAP server: {legible(self._first_line)}")

    def _command(self, name: str, *args: Any) -> bytes:
        """Send one command; every command of this program passes here (injection: hazards of CR and LF)."""
        for part in (name, *args, self.literal):
            if isinstance(part, str | bytes):
                refuse_control(part)
        try:
            tag: bytes = super()._command(name, *args)  # type: ignore[misc]  # private, not in typeshed
        except imaplib.IMAP4.abort as error:
            raise ProtocolFault(f"the server broke off: {legible(str(error), self.confidential)}") from error
        return tag

    def _command_complete(self, name: str, tag: bytes) -> tuple[str, list[bytes]]:
        return "OK", [self.finish(Phase.OTHER, tag)]

    def _get_response(self, *args: Any, **options: Any) -> bytes | None:
        try:
            line: bytes | None = super()._get_response(*args, **options)  # type: ignore[misc]  # private
        except _PARSER_FAULTS as error:
            said = legible(str(error), self.confidential)
            raise ProtocolFault(f"the server sent something that is not IMAP: {said}") from error
        said_bye = self.untagged_responses.get("BYE")
        if said_bye and self.state != "LOGOUT":  # the state before the greeting and after our own goodbye
            raise farewell(None, _text(said_bye[-1]), self.confidential)
        return line

    def start(self, name: str, *args: str | bytes) -> bytes:
        """Send a command with a fresh time budget and answer its tag, for `finish` or `receive`."""
        self.restart_limits()
        return self._command(name, *args)

    def restart_limits(self) -> None:
        """Begin to count time, lines and octets anew: one command ended."""
        self.deadlines.begin()
        self._lines = self._kept_bytes = 0

    def finish(self, phase: Phase, tag: bytes) -> bytes:
        """Read up to the tagged answer and give its text; NO, BAD and BYE raise what `phase` makes of them."""
        while self.tagged_commands[tag] is None:
            self._get_response()
        return self.result(phase, tag)

    def result(self, phase: Phase, tag: bytes) -> bytes:
        """Take the tagged answer that has arrived; raises the refusal that it is."""
        answer: Any = self.tagged_commands.pop(tag)
        kind, data = answer
        if kind != "OK":
            raise refusal(phase, kind, _text(data[-1]), self.confidential)
        return _text(data[-1])

    def call(self, phase: Phase, name: str, *args: str | bytes, literal: Literal | None = None) -> bytes:
        """Carry out one whole command; its untagged data is then in `take`.

        `literal` is sent last, when the server asks for it; a bound method answers each challenge (SASL).
        """
        self.claim()
        self.literal = literal  # type: ignore[assignment]  # typeshed knows str only, imaplib sends octets
        return self.finish(phase, self.start(name, *args))

    def take(self, name: str) -> list[Untagged]:
        """Take the untagged data of this name, in order of arrival."""
        return list(self.untagged_responses.pop(name, None) or ())

    def receive(self) -> list[Untagged]:
        """Read one response; answer its FETCH data and forget all else, so that memory stays at one message.

        FETCH answers are most of what is read, and imaplib's way with them takes as long as all else we do there.
        """
        line = self.readline()
        number, found, rest = line.partition(b" FETCH ")
        if found and number[:2] == b"* " and number[2:].isdigit() and rest.endswith(b"\r\n"):
            self._kept_bytes = 0
            return self._with_literals(number[2:] + b" " + rest[:-2])
        self._unread = line
        self._get_response()
        fetched = self.take("FETCH")
        if self.on_vanished is not None:
            for told in self.take("VANISHED"):
                self.on_vanished(_text(told))
        self.untagged_responses.clear()
        self._kept_bytes = 0
        return fetched

    def _with_literals(self, line: bytes) -> list[Untagged]:
        """Read what belongs to a line that may end in a literal, in the shape in which imaplib keeps it."""
        pieces: list[Untagged] = []
        while (size := _announced(line)) is not None:
            pieces.append((line, self.read(size)))
            line = self.readline()
            if not line.endswith(b"\r\n"):
                raise ProtocolFault("the server sent a line that does not end as lines of IMAP do")
            line = line[:-2]
        return [*pieces, line]

    def claim(self) -> int:
        """Take the connection for new work and answer a number for it; whoever held another number has lost it.

        What commands that nobody waits for any more still bring is read away first.
        """
        self.claims += 1
        if self.tagged_commands:
            self.restart_limits()
        while self.tagged_commands:
            tag = next(iter(self.tagged_commands))
            if self.tagged_commands[tag] is None:
                self.receive()
            else:
                del self.tagged_commands[tag]
        self.untagged_responses.clear()
        return self.claims

    # --- encryption and goodbye -------------------------------------------------------------------------------------

    def upgrade(self) -> None:
        """Encrypt by STARTTLS, strictly: nothing said before the handshake counts after it (RFC 9051 §6.2.1, §11.1)."""
        if self.state != "NONAUTH":
            raise TlsFailed("the server says that we are logged in before encryption (PREAUTH), which forbids it")
        if "STARTTLS" not in self.capabilities:
            raise TlsFailed(
                "the server offers no STARTTLS on this port, or somebody on the way removed the offer",
                hint="use --tls implicit with the port for it (993)",
            )
        self.call(Phase.ENCRYPT, "STARTTLS")
        if self._stream.received_bytes != self._consumed_bytes:
            raise TlsFailed("data was sent ahead of the encryption: somebody on the way tampers with the connection")
        self._use(tls.encrypt(self.sock, self.endpoint, self.limits.tls_timeout_s, self.limits.stopped))
        self.untagged_responses.clear()
        self.capabilities = ()
        self.read_capabilities()

    def read_capabilities(self) -> None:
        """Ask for the capabilities, which change with encryption and login (RFC 9051 §6.1.1)."""
        self.call(Phase.OTHER, "CAPABILITY")
        self.accept_capabilities()

    def accept_capabilities(self) -> bool:
        """Take capabilities that came with the last answer; say whether there were any."""
        told = self.take("CAPABILITY")
        if told:
            words = _text(told[-1]).decode("ascii", "replace").upper().split()
            self.capabilities = tuple(words)
        return bool(told)

    def leave(self) -> None:
        """Say LOGOUT and wait two seconds at most, then drop the connection. Never raises."""
        with contextlib.suppress(ImapError, KeyError):
            if not self.tagged_commands:
                self.state = "LOGOUT"
                self.deadlines.begin(LOGOUT_TIMEOUT_S)
                tag = self._command("LOGOUT")
                while self.tagged_commands[tag] is None:
                    self._get_response()
        self.shutdown()


def _announced(line: bytes) -> int | None:
    """The size of the literal that a line ends in, None where it ends in none (RFC 9051 §4.3)."""
    if not line.endswith(b"}"):
        return None
    digits = line[line.rfind(b"{") + 1 : -1]
    if not digits.isdigit():
        return None
    # int() refuses more than 4,300 digits by an error of its own; no literal has a size of more than 18.
    return int(digits) if len(digits) < 19 else _NO_SIZE


def _text(data: object) -> bytes:
    return data if isinstance(data, bytes) else b""
