"""Runs command lines in this process: the real application and store, a mail server in memory, streams of our own."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inboxsync.app import App
from inboxsync.cli import run
from inboxsync.commands.shell import Shell
from inboxsync.config.settings import load_settings
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Integration
from inboxsync.model.secret import Secret
from tests.fakes.mailbox import FakeServer

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Keyboard(io.StringIO):
    """A stdin that is, or is not, a terminal."""

    def __init__(self, text: str, *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@dataclass(frozen=True)
class Result:
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


@dataclass
class CommandLine:
    """A machine with a data directory of its own and one mail server."""

    data_dir: Path
    server: FakeServer = field(default_factory=FakeServer)
    now: datetime = NOW
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *argv: str, stdin: str = "", terminal: bool = False) -> Result:
        out, err = _stream(), _stream()
        code = run(argv, open_application=self._open, stdin=Keyboard(stdin, terminal=terminal), stdout=out, stderr=err)
        return Result(code, _text(out), _text(err))

    def add(self, name: str = "support", *more: str) -> Result:
        """Add an integration on the server in memory."""
        return self(
            "add", name, "--email", "ana@example.com", "--host", "imap.example.com", "--password-stdin", *more,
            stdin="secret\n",
        )  # fmt: skip

    def _open(self, shell: Shell) -> App:
        settings = load_settings(self.environ, {"data_dir": str(self.data_dir), **shell.options.overrides})
        return _Machine(self, settings, shell)


class _Machine(App):
    def __init__(self, line: CommandLine, settings: Any, shell: Shell) -> None:
        super().__init__(settings, line.environ, tell=shell.output.note)
        self._line = line

    def now(self) -> datetime:
        return self._line.now

    def open_session(self, integration: Integration, secret: Secret, limits: SessionLimits | None = None) -> Session:
        return self._line.server.connect(integration.endpoint, secret, limits)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    octets = stream.buffer
    assert isinstance(octets, io.BytesIO)
    return octets.getvalue().decode()


def mail(number: int, subject: str = "Printer is broken") -> bytes:
    """Make a small message."""
    return (
        f"Message-ID: <{number}@example.com>\r\nFrom: Bob <bob@example.org>\r\nTo: ana@example.com\r\n"
        f"Subject: {subject}\r\nDate: Sun, 01 Mar 2026 09:00:00 +0000\r\n\r\nBody of {number}.\r\n"
    ).encode()
