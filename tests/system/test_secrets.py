"""A password is nowhere in clear: not in output, logs, database, files, arguments or environment (P10)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from devtools.scripted_imap import Drip, ScriptedServer, wait_for
from tests.system.cli import Account, Answer, Machine, finished, letter
from tests.system.conftest import NewAccount

pytestmark = pytest.mark.dovecot
CANARY = 'Zeisig "sings" \\ 8f3a'


def disguises(secret: str) -> Iterator[bytes]:
    """The ways in which a secret may hide in octets."""
    octets = secret.encode()
    yield octets
    yield base64.b64encode(octets)
    yield octets.hex().encode()
    yield quote(secret).encode()
    yield secret.encode("utf-16-le")
    yield octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    yield b"Zeisig"


def leaks(octets: bytes) -> bool:
    """Whether the canary is in there in any disguise."""
    return any(form in octets for form in disguises(CANARY))


def files_that_leak(place: Path) -> list[Path]:
    """The files under a directory that hold the canary."""
    return [file for file in place.rglob("*") if file.is_file() and leaks(file.read_bytes())]


@pytest.fixture
def guarded(new_account: NewAccount) -> Account:
    """An account whose password is the canary, with one letter."""
    account = new_account(CANARY)
    account.deliver(letter(1))
    return account


def worked(machine: Machine, account: Account) -> Iterator[Answer]:
    """Do all that touches a password, as loudly as can be."""
    yield machine.add(account, "support", "-vv", "--debug").done()
    yield machine("sync", "support", "-vv", "--debug").done()
    yield machine("clone", "support", "copy", "-vv").done()
    yield machine("edit", "support", "--every", "7m", "--host", "127.0.0.1", "--debug").done()
    for argv in (("doctor", "-vv"), ("status", "--json"), ("show", "support", "--json"), ("key", "status")):
        yield machine(*argv).done()
    yield machine("test", "support", "--debug", "--log-format", "json").done()
    yield machine("edit", "support", "--folder", "Nowhere", "--no-test", "--debug").done()
    failed = machine("sync", "support", "-vv", "--debug", "--log-format", "json", "--json")
    assert failed.code == 69
    yield failed
    yield machine("doctor", "--json")
    yield machine("db", "dump", "--canonical").done()


def test_the_password_is_nowhere(machine: Machine, guarded: Account) -> None:
    assert leaks(f"x{CANARY}y".encode())
    for answer in worked(machine, guarded):
        assert not leaks(answer.octets), answer.out
        assert not leaks(answer.errors), answer.err
    assert files_that_leak(machine.home) == []
    assert machine.rows("SELECT count(*) FROM inboxsync_secrets") == [(2,)]


def test_key_and_database_are_for_their_owner_alone(machine: Machine, guarded: Account) -> None:
    machine.add(guarded, "support").done()
    assert (machine.data_dir / "key").stat().st_mode & 0o077 == 0
    assert machine.data_dir.stat().st_mode & 0o077 == 0


def echo(command: bytes) -> bytes:
    """Refuse a login and repeat it, as badly made servers do; SASL's answer decoded too."""
    told = command.replace(b"\0", b" ")
    if command.upper().startswith(b"AUTHENTICATE"):
        told += b" " + base64.b64decode(command.rsplit(b" ", 1)[1]).replace(b"\0", b" ")
    return b"$TAG NO [AUTHENTICATIONFAILED] you said " + told.replace(b"\r\n", b" ") + b"\r\n"


def test_a_server_that_repeats_the_password_does_not_make_us_repeat_it(machine: Machine, account: Account) -> None:
    with ScriptedServer([("LOGIN", echo), ("AUTHENTICATE", echo)]) as server:
        place = ("--host", server.host, "--port", str(server.port), "--tls", "none")
        owner = Account(account.server, account.user, CANARY)
        refused = machine.add(owner, "a", "--debug", server=place)
        machine.add(owner, "a", "--no-test", server=place).done()
        failed = machine("sync", "a", "-vv", "--debug", "--json")
        assert server.commands
    assert (refused.code, failed.code) == (77, 77)
    for answer in (refused, failed, machine("status", "--json"), machine("runs", "--json")):
        assert not leaks(answer.octets + answer.errors), answer
    assert files_that_leak(machine.home) == []


def test_the_process_shows_no_password_to_others(machine: Machine, account: Account) -> None:
    owner = Account(account.server, account.user, CANARY)
    with ScriptedServer([("EXAMINE", Drip(b"* OK please wait\r\n" * 100, 0.2))]) as server:
        place = ("--host", server.host, "--port", str(server.port), "--tls", "none")
        machine.add(owner, "a", "--no-test", server=place).done()
        process = machine.start("sync", "a")
        try:
            assert wait_for(lambda: "EXAMINE" in server.verbs, 20)
            shown = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ", "status")]
        finally:
            process.kill()
            finished(process)
    assert b"sync" in shown[0]
    assert not any(map(leaks, shown))
