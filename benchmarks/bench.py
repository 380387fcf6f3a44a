"""What every benchmark needs: the installed command, an environment of its own, accounts, rows of the table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from benchmarks import measure
from benchmarks.measure import Figure
from devtools.dovecot import Delivery, Dovecot

PASSWORD = "a-made-up-password"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    work: str
    goal: str
    measured: str
    met: bool


def inboxsync(*arguments: str) -> list[str]:
    """The command as installed beside this Python."""
    return [str(Path(sys.executable).with_name("inboxsync")), *arguments]


def program(name: str, *arguments: str) -> list[str]:
    """A program of this folder."""
    return [sys.executable, str(Path(__file__).with_name(name)), *arguments]


def environment(home: Path) -> dict[str, str]:
    """An environment in which the tool finds only what the benchmark made."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "INBOXSYNC_DATA_DIR": str(home / "data"), "PYTHONPATH": str(_root())}


def _root() -> Path:
    return Path(__file__).parent.parent


def expect(figure: Figure, what: str) -> Figure:
    """Take a figure only of a command that did its work."""
    if figure.exit_code:
        raise SystemExit(f"{what}: exit code {figure.exit_code}")
    return figure


def run(command: Sequence[str], home: Path) -> Figure:
    """Run a command that must succeed."""
    return expect(measure.run(command, environment(home)), " ".join(command))


def secret_file(home: Path) -> Path:
    """The password as a private file."""
    path = home / "secret"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return path


def add(server: Dovecot, user: str, home: Path) -> None:
    """Set an account up as a person would, over TLS."""
    options = ["--email", f"{user}@example.com", "--username", user, "--host", "localhost"]
    options += ["--port", str(server.tls_port), "--ca-file", str(server.ca_file)]
    run(inboxsync("add", user, *options, "--password-file", str(secret_file(home))), home)


def forget(home: Path, name: str = "data") -> None:
    """Put the store away, so that the next sync is a first one.

    It is deleted with the home: for five seconds after a deletion ext4 passes over the inodes that became free
    (fs/ext4/ialloc.c, recently_deleted), which makes every new file three times as dear as in a first sync.
    """
    if (home / name).exists():
        (home / name).rename(home / f"{name}-{uuid4().hex}")


def deliver(server: Dovecot, user: str, messages: Iterable[Delivery]) -> int:
    """Fill a new mailbox; answers its octets."""
    total = 0

    def counted() -> Iterable[Delivery]:
        nonlocal total
        for message in messages:
            total += len(message.octets)
            yield message

    server.add_user(user, PASSWORD)
    server.deliver_all(user, counted())
    return total


def in_turn(runs: int, *works: Callable[[], Figure]) -> list[Figure]:
    """Run works A B A B …, so that a machine whose speed drifts is fair to both; answers the medians."""
    taken: list[list[Figure]] = [[] for _ in works]
    for _ in range(runs):
        for figures, work in zip(taken, works, strict=True):
            figures.append(work())
    return [measure.medians(figures) for figures in taken]
