"""`make demo`: the main job on three real mailboxes of a private mail server, with commands a person would type.

Everything lives in one temporary directory and is gone afterwards. Where Dovecot is not installed, the same demo runs
on pymap, a mail server written in Python.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from devtools.corpus import Specimen, varied
from devtools.dovecot import Delivery, Dovecot, DovecotMissing
from devtools.pymap_server import Pymap

PASSWORD = "a-made-up-password"
MAILBOXES = (("support", 160), ("orders", 100), ("accounting", 60))


@dataclass(frozen=True, slots=True)
class Server:
    """Where the demo's mailboxes are: a port for each name, and the options that reach it."""

    what: str
    host: str
    ports: Mapping[str, int]
    tls_options: tuple[str, ...]


def letters(name: str, count: int) -> Iterator[Specimen]:
    """The mail of one mailbox; the first has a broken one among it."""
    return varied(count, seed=len(name), domain=f"{name}.example.com", with_broken=name == MAILBOXES[0][0])


def dovecot_server(stack: ExitStack) -> Server:
    """Three mailboxes on a private Dovecot with TLS. Raises DovecotMissing."""
    server = stack.enter_context(Dovecot())
    for name, count in MAILBOXES:
        server.add_user(name, PASSWORD)
        server.deliver_all(name, [Delivery(s.octets, internal_date=s.sent_at) for s in letters(name, count)])
    ports = {name: server.tls_port for name, _ in MAILBOXES}
    return Server("a private Dovecot over TLS", "localhost", ports, ("--ca-file", str(server.ca_file)))


def pymap_server(stack: ExitStack) -> Server:
    """Three mailboxes on pymap, where no Dovecot is to be had."""
    ports = {}
    for name, count in MAILBOXES:
        server = stack.enter_context(Pymap(name, PASSWORD))
        server.append_all(specimen.octets for specimen in letters(name, count))
        ports[name] = server.port
    return Server("pymap, a mail server in Python, on loopback", "127.0.0.1", ports, ("--tls", "none"))


def some_server(stack: ExitStack) -> Server:
    """The real thing where it is installed, else the one that pip brought."""
    try:
        return dovecot_server(stack)
    except DovecotMissing as missing:
        print(f"{missing}. Without it, the demo runs on pymap.")
        return pymap_server(stack)


def typed(arguments: Sequence[str], home: Path) -> str:
    """Show a command as a person would type it."""
    return "$ inboxsync " + shlex.join(str(argument).replace(str(home), "~") for argument in arguments)


def command(arguments: Sequence[str], environment: Mapping[str, str], home: Path, *, secret: str = "") -> None:
    """Type a command, show what it answers, and stop the demo where it fails."""
    print(
        f"\n\033[1m{typed(arguments, home)}\033[0m" if sys.stdout.isatty() else f"\n{typed(arguments, home)}",
        flush=True,
    )
    done = subprocess.run(
        [sys.executable, "-m", "inboxsync", *arguments], env=dict(environment), input=secret, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the demo stops: exit code {done.returncode}")


def tour(server: Server, home: Path) -> None:
    """Walk through the main job."""
    environment = {**os.environ, "INBOXSYNC_DATA_DIR": str(home / "data"), "INBOXSYNC_CONFIG": ""}
    total = sum(count for _, count in MAILBOXES)
    print(f"Three mailboxes with {total} messages wait on {server.what}.")
    for name, _ in MAILBOXES:
        options = [
            "--email", f"{name}@example.com", "--username", name,
            "--host", server.host, "--port", str(server.ports[name]),
            *server.tls_options, "--tickets-since", "all", "--password-stdin",
        ]  # fmt: skip
        command(["add", name, *options], environment, home, secret=PASSWORD + "\n")
    command(["sync-all"], environment, home)
    command(["status"], environment, home)
    command(["tickets", "list", "--limit", "5"], environment, home)
    command(["messages", "list", "--limit", "5"], environment, home)
    print("\nOnce more, all of them, as if they were due: nothing is stored twice.", flush=True)
    command(["sync-all", "--force"], environment, home)


NEXT = """
That was all of it: three `add`, one `sync-all`, and the database has every mail.
With your own mailbox, type:

  inboxsync add support --email you@your-company.example     (asks for the password, tests the login)
  inboxsync sync-all
  inboxsync status

and put `inboxsync sync-all` into cron every five minutes (crontab.example), a systemd timer (systemd/) or the
Windows Task Scheduler (windows/). The demo's mail server and database are gone again.
"""


def main() -> int:
    """Run the demo; answers its exit code."""
    with tempfile.TemporaryDirectory(prefix="inboxsync-demo-") as directory, ExitStack() as stack:
        tour(some_server(stack), Path(directory))
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
