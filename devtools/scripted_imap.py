"""An IMAP server that says what a test tells it to say: for answers that no real server gives.

Each command is answered by the first unused entry of the script whose prefix it begins with (the last entry of a prefix
is used again and again), else by a sane default. `$TAG` in an answer becomes the command's tag.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

HOST = "127.0.0.1"
DEFAULT_CAPABILITIES = "IMAP4rev1 SASL-IR AUTH=PLAIN NAMESPACE"


@dataclass(frozen=True, slots=True)
class Cut:
    """Send this and close the connection."""

    octets: bytes = b""


@dataclass(frozen=True, slots=True)
class Drip:
    """Send this octet by octet."""

    octets: bytes
    pause_s: float


@dataclass(frozen=True, slots=True)
class StartTls:
    """Send this and shake hands."""

    octets: bytes = b"$TAG OK begin\r\n"


@dataclass(frozen=True, slots=True)
class Silence:
    """Send nothing and keep the connection open."""


Answer = bytes | Cut | Drip | StartTls | Silence | None
Script = Sequence[tuple[str, Answer | Callable[[bytes], Answer]]]


class ScriptedServer:
    """A server in threads, as a context manager; `commands` lists what it received, without `tags`, literals included;
    `connections` counts who came.

    An answer may be octets, None (close), one of the classes above, or a function from the command to one of these.
    `tls` encrypts at once, `starttls` is what StartTls uses.
    """

    host = HOST

    def __init__(
        self,
        script: Script = (),
        *,
        greeting: Answer = b"* OK ready\r\n",
        capabilities: str = DEFAULT_CAPABILITIES,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.commands: list[bytes] = []
        self.tags: list[bytes] = []
        self.connections = 0
        self._script = list(script)
        self._greeting = greeting
        self._capabilities = capabilities.encode()
        self._tls, self._starttls = tls, starttls
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def verbs(self) -> list[str]:
        """The first word of each command, of UID commands the first two."""
        found = (re.match(rb"(UID )?\S+", command) for command in self.commands)
        return [match[0].decode().upper() for match in found if match]

    def __enter__(self) -> ScriptedServer:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(10)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            _Conversation(self, connection).hold()
        connection.close()

    def answer_to(self, command: bytes) -> Answer:
        """Find what the script, or else the defaults, say to a command."""
        matches = [at for at, (prefix, _) in enumerate(self._script) if command.upper().startswith(prefix.encode())]
        if not matches:
            return self._default(command.split(b" ")[0].upper())
        answer = self._script[matches[0]][1]
        if len(matches) > 1:
            del self._script[matches[0]]
        return answer(command) if callable(answer) else answer

    def _default(self, verb: bytes) -> Answer:
        defaults: dict[bytes, Answer] = {
            b"CAPABILITY": b"* CAPABILITY " + self._capabilities + b"\r\n$TAG OK done\r\n",
            b"LOGIN": b"$TAG OK in\r\n",
            b"AUTHENTICATE": b"$TAG OK in\r\n",
            b"LOGOUT": Cut(b"* BYE bye\r\n$TAG OK out\r\n"),
            b"EXAMINE": EXAMINED,
            b"LIST": b'* LIST () "/" INBOX\r\n$TAG OK done\r\n',
            b"NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n$TAG OK done\r\n',
            b"STARTTLS": StartTls(),
        }
        return defaults.get(verb, b"$TAG BAD not in the script\r\n")


EXAMINED = (
    b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 10] next\r\n$TAG OK [READ-ONLY] done\r\n"  # nine messages
)


class _Conversation:
    """One connection: reads commands, answers them."""

    def __init__(self, server: ScriptedServer, connection: socket.socket) -> None:
        self._server = server
        self._use(connection)

    def _use(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file: BinaryIO = connection.makefile("rb")

    def hold(self) -> None:
        """Greet, then answer until the script or the client ends it."""
        try:
            if self._give(self._server._greeting, b"*"):
                while self._exchange():
                    pass
        finally:
            self._file.close()
            self._connection.close()

    def _exchange(self) -> bool:
        line = self._read_command()
        if line is None:
            return False
        tag, _, command = line.partition(b" ")
        if command.upper() == b"AUTHENTICATE PLAIN":
            self._connection.sendall(b"+ \r\n")
            command += b" " + self._file.readline().rstrip(b"\r\n")
        self._server.commands.append(command)
        self._server.tags.append(tag)
        return self._give(self._server.answer_to(command), tag)

    def _read_command(self) -> bytes | None:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            return None
        line = line[:-2]
        while announced := re.search(rb"\{(\d+)\}$", line):
            self._connection.sendall(b"+ go on\r\n")
            line += b"\r\n" + self._file.read(int(announced[1])) + self._file.readline().rstrip(b"\r\n")
        return line

    def _give(self, answer: Answer, tag: bytes) -> bool:
        """Carry out an answer; say whether the conversation goes on."""
        if isinstance(answer, bytes):
            self._connection.sendall(answer.replace(b"$TAG", tag))
        elif isinstance(answer, Drip):
            self._drip(answer, tag)
        elif isinstance(answer, StartTls):
            self._connection.sendall(answer.octets.replace(b"$TAG", tag))
            assert self._server._starttls is not None
            self._use(self._server._starttls.wrap_socket(self._connection, server_side=True))
        elif isinstance(answer, Cut):
            self._connection.sendall(answer.octets.replace(b"$TAG", tag))
        return answer is not None and not isinstance(answer, Cut)

    def _drip(self, answer: Drip, tag: bytes) -> None:
        for octet in answer.octets.replace(b"$TAG", tag):
            self._connection.sendall(bytes([octet]))
            if self._server._stopping.wait(answer.pause_s):
                return


def wait_for(condition: Callable[[], bool], timeout_s: float = 5.0, *, every_s: float = 0.005) -> bool:
    """Wait until something in another thread or process is so; answer whether it came to be."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True
