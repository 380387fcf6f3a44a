"""The program as a process, on a machine of its own: clean environment, own home, own data directory."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from devtools.corpus import Specimen
from devtools.dovecot import Delivery, Dovecot

TIMEOUT_S = 60.0
FATES = ("stored", "duplicate", "filtered", "unknown_sender", "too_large", "quarantined", "vanished", "pending")
COUNTS = ("listed", "fetched", *FATES, "remapped", "tickets_created", "tickets_updated", "bytes")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one process left behind."""

    code: int
    octets: bytes
    errors: bytes

    @property
    def out(self) -> str:
        """Its stdout as text."""
        return self.octets.decode()

    @property
    def err(self) -> str:
        """Its stderr as text."""
        return self.errors.decode()

    @property
    def json(self) -> Any:
        """The one document on stdout; fails where anything stands beside it."""
        return json.loads(self.octets)

    @property
    def part(self) -> Any:
        """The one integration of a sync report."""
        (part,) = self.json["integrations"]
        return part

    def done(self) -> Answer:
        """This answer, of a process that must have succeeded."""
        assert self.code == 0, (self.code, self.out, self.err)
        return self


@dataclass(frozen=True, slots=True)
class Account:
    """An account of its own on the shared mail server."""

    server: Dovecot
    user: str
    password: str

    def deliver(self, *mails: bytes | Delivery | Specimen, folder: str = "INBOX") -> None:
        """Drop messages in order."""
        self.server.deliver_all(self.user, map(_delivery, mails), folder)

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flag letters of each message as the server keeps them."""
        return self.server.flags(self.user, folder)

    @property
    def tls(self) -> tuple[str, ...]:
        """The options that reach it under TLS from the first octet."""
        return ("--host", "localhost", "--port", str(self.server.tls_port), "--ca-file", str(self.server.ca_file))

    @property
    def starttls(self) -> tuple[str, ...]:
        """The options that reach it by STARTTLS."""
        port, authority = str(self.server.port), str(self.server.ca_file)
        return ("--host", "localhost", "--port", port, "--tls", "starttls", "--ca-file", authority)


def _delivery(mail: bytes | Delivery | Specimen) -> Delivery:
    if isinstance(mail, Specimen):
        return Delivery(mail.octets, internal_date=mail.sent_at)
    return Delivery(mail) if isinstance(mail, bytes) else mail


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer with the program on it. Nothing of the caller's environment reaches it but PATH."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        """Where its store is."""
        return self.home / "data"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.data_dir / "inboxsync.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """All variables that its processes see."""
        own = {"HOME": str(self.home), "INBOXSYNC_DATA_DIR": str(self.data_dir)}
        return {"PATH": os.environ["PATH"], **own, **self.environ}

    def with_environ(self, **variables: str) -> Machine:
        """The same machine with more variables."""
        return replace(self, environ={**self.environ, **variables})

    def start(
        self, *argv: str, python: Iterable[str] = (), stdin: int | None = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start the program with pipes and leave it running."""
        return subprocess.Popen(
            [sys.executable, *python, "-m", "inboxsync", *argv],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.home,
        )

    def __call__(self, *argv: str, stdin: str | bytes = b"", python: Iterable[str] = ()) -> Answer:
        """Run the program to its end."""
        process = self.start(*argv, python=python, stdin=subprocess.PIPE)
        return finished(process, stdin.encode() if isinstance(stdin, str) else stdin)

    def add(self, account: Account, name: str, *more: str, server: tuple[str, ...] = ()) -> Answer:
        """Add an account over TLS, its password on stdin."""
        place = server or account.tls
        return self(
            "add", name, "--email", account.user, *place, "--password-stdin", *more, stdin=account.password + "\n"
        )

    def sync(self, *names: str) -> Answer:
        """Sync by name with a report."""
        return self("sync", *names, "--json")

    def dump(self) -> bytes:
        """The canonical dump."""
        return self("db", "dump", "--canonical").done().octets

    def messages(self, *options: str) -> list[Any]:
        """The listed messages, newest first."""
        listed: list[Any] = self("messages", "list", "--limit", "100", "--json", *options).done().json["messages"]
        return listed

    def status(self, name: str) -> Any:
        """The status of one integration."""
        (line,) = self("status", name, "--json").done().json["integrations"]
        return line

    def let_it_be_due(self, name: str) -> None:
        """Turn an integration's clock back, as if its interval had passed."""
        with self.sql() as connection:
            connection.execute(
                "UPDATE inboxsync_sync_states SET last_started_at = '2026-01-01 00:00:00.000000',"
                " due_at = '2026-01-01 00:05:00.000000' WHERE integration_id ="
                " (SELECT id FROM inboxsync_integrations WHERE name = ?)",
                (name,),
            )

    @contextlib.contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        """Direct access to its SQLite file, committed at the end."""
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def stored_names(self) -> list[str]:
        """The names of the integrations in its store, read without a process."""
        query = "SELECT name FROM inboxsync_integrations WHERE removed_at IS NULL ORDER BY name"
        return [name for (name,) in self.rows(query)] if self.database.exists() else []

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query answers."""
        with self.sql() as connection:
            return connection.execute(query).fetchall()


def finished(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> Answer:
    """Wait for a process and answer what it said; kills it where it does not end."""
    try:
        octets, errors = process.communicate(stdin, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        octets, errors = process.communicate()
        raise AssertionError(f"did not end: {octets!r} {errors!r}") from None
    return Answer(process.returncode, octets, errors)


def letter(
    number: int | str, subject: str = "Printer is broken", *, sender: str = "Bob <bob@example.org>", body: str = "Help."
) -> bytes:
    """A small message."""
    return (
        f"Message-ID: <{number}@example.com>\r\nFrom: {sender}\r\nTo: support@example.com\r\nSubject: {subject}\r\n"
        f"Date: Mon, 05 Jan 2026 08:00:00 +0000\r\n\r\n{body} ({number})\r\n"
    ).encode()


def at(octets: bytes, when: datetime, flags: str = "") -> Delivery:
    """A message with this INTERNALDATE."""
    return Delivery(octets, flags, when)


def adds_up(counts: dict[str, int]) -> bool:
    """Whether every UID that was listed has exactly one fate (P2), its own or one taken over under a new UID."""
    return counts["listed"] == counts["remapped"] + sum(counts[fate] for fate in FATES)


def complaint(answer: Answer) -> str:
    """The error line of an answer that has one and only one, with a remedy under it."""
    lines = [line for line in answer.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, answer.err
    assert "  hint: " in answer.err, answer.err
    assert "Traceback" not in answer.err
    return lines[0] + answer.err.partition("  hint: ")[2]
