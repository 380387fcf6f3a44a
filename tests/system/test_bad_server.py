"""Mail servers that cannot be reached, trusted or logged in to: one cause, one remedy, nothing lost."""

from __future__ import annotations

import hashlib
import socket
import ssl

import pytest
import trustme

from devtools.scripted_imap import ScriptedServer
from tests.system.cli import Account, Machine, complaint, letter

pytestmark = pytest.mark.dovecot
LOGINS = {"LOGIN", "AUTHENTICATE"}


def scripted(server: ScriptedServer) -> tuple[str, ...]:
    """The options that reach a scripted server on this machine."""
    return ("--host", server.host, "--port", str(server.port), "--tls", "none")


def logins(server: ScriptedServer) -> int:
    """How often somebody tried to log in."""
    return sum(verb in LOGINS for verb in server.verbs)


def fingerprint(account: Account) -> str:
    """The SHA-256 of the server's certificate."""
    pem = account.server.certificate_file.read_text()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_a_host_that_does_not_resolve_is_75(machine: Machine, account: Account) -> None:
    place = ("--host", "imap.nowhere.invalid")
    answer = machine.add(account, "a", server=place)
    assert answer.code == 75
    assert "imap.nowhere.invalid" in complaint(answer)
    assert machine.stored_names() == []
    machine.add(account, "a", "--no-test", server=place).done()
    failed = machine.sync("a")
    assert failed.code == 75
    assert (failed.part["status"], failed.part["error"]["code"]) == ("error", "unreachable")


def test_a_port_that_refuses_is_75_and_costs_only_its_own(machine: Machine, account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    place = ("--host", "127.0.0.1", "--port", port, "--tls", "none")
    refused = machine.add(account, "bad", server=place)
    assert refused.code == 75
    complaint(refused)
    machine.add(account, "bad", "--no-test", server=place).done()
    account.deliver(letter(1))
    machine.add(account, "good").done()
    answer = machine("sync-all", "--json")
    assert answer.code == 75
    parts = {part["name"]: part for part in answer.json["integrations"]}
    assert parts["good"]["counts"]["stored"] == 1
    assert parts["bad"]["error"]["code"] == "unreachable"
    assert answer.json["status"] == "partial"
    line = machine.status("bad")
    assert (line["state"], line["last_sync_status"]) == ("failing", "error")
    assert line["cause"]
    assert line["next_action"]
    assert line["last_sync_error"]


def test_a_wrong_password_is_77_and_three_of_them_pause(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    wrong = machine("add", "a", "--email", account.user, *account.tls, "--password-stdin", stdin="wrong\n")
    assert wrong.code == 77
    complaint(wrong)
    assert machine.stored_names() == []
    argv = ("add", "a", "--email", account.user, *account.tls, "--password-stdin", "--no-test")
    machine(*argv, stdin="wrong\n").done()
    states = []
    for _ in range(3):
        failed = machine.sync("a")
        assert (failed.code, failed.part["error"]["code"]) == (77, "auth_failed")
        states.append(machine.status("a")["state"])
    assert states == ["failing", "failing", "paused"]
    assert machine("sync-all").code == 77
    machine("edit", "a", "--password-stdin", stdin=account.password + "\n").done()
    assert machine.status("a")["state"] != "paused"
    after = machine("sync-all", "--json").done()
    assert after.part["counts"]["stored"] == 1
    assert machine.status("a")["state"] == "ok"


def test_a_refused_login_is_never_repeated_in_a_run_nor_while_paused(machine: Machine, account: Account) -> None:
    refusal = b"$TAG NO [AUTHENTICATIONFAILED] no\r\n"
    script = [(verb, refusal) for verb in sorted(LOGINS)]
    with ScriptedServer(script) as server:
        machine.add(account, "a", "--no-test", server=scripted(server)).done()
        for count in (1, 2, 3):
            assert machine.sync("a").code == 77
            assert logins(server) == count
        assert machine("sync-all").code == 77
        assert machine("sync-all", "--json").code == 77
        assert logins(server) == 3
        machine.let_it_be_due("a")
        with machine.sql() as connection:
            connection.execute("UPDATE inboxsync_sync_states SET next_attempt_at = '2026-01-01 00:00:00.000000'")
        assert machine("sync-all").code == 77
        assert logins(server) == 4


def test_an_outstanding_fault_is_told_once_a_day_and_counts_on_every_run(machine: Machine, account: Account) -> None:
    argv = ("add", "a", "--email", account.user, *account.tls, "--password-stdin", "--no-test")
    machine(*argv, stdin="wrong\n").done()
    answers = [machine("sync-all") for _ in range(3)]
    assert [answer.code for answer in answers] == [77, 77, 77]
    assert complaint(answers[0])
    assert "error" not in answers[1].err
    assert "error" not in answers[2].err


def test_an_untrusted_certificate_is_69_and_sends_no_login(machine: Machine, account: Account) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    known = machine.home / "known.pem"
    authority.cert_pem.write_to_path(str(known))
    with ScriptedServer(tls=context) as server:
        place = ("--port", str(server.port), "--host")
        unknown = machine.add(account, "a", server=(*place, "localhost"))
        other_authority = ("localhost", "--ca-file", str(account.server.ca_file))
        other_name = (server.host, "--ca-file", str(known))
        for more in (other_authority, other_name):
            assert machine.add(account, "a", server=(*place, *more)).code == 69
        assert server.commands == []
    assert unknown.code == 69
    assert "--ca-file" in complaint(unknown)
    assert machine.stored_names() == []


def test_starttls_that_is_not_offered_or_refused_is_69(machine: Machine, account: Account) -> None:
    for script in ([], [("STARTTLS", b"$TAG NO not today\r\n")]):
        capabilities = "IMAP4rev1" + (" STARTTLS" if script else "")
        with ScriptedServer(script, capabilities=capabilities) as server:
            place = ("--host", "localhost", "--port", str(server.port), "--tls", "starttls")
            assert machine.add(account, "a", server=place).code == 69
            assert logins(server) == 0


def test_a_pin_is_held(machine: Machine, account: Account) -> None:
    port = str(account.server.tls_port)
    place = ("--host", "localhost", "--port", port, "--pin-sha256")
    wrong = machine.add(account, "a", server=(*place, "ab" * 32))
    assert wrong.code == 69
    complaint(wrong)
    assert machine.stored_names() == []
    account.deliver(letter(1))
    machine.add(account, "a", server=(*place, fingerprint(account))).done()
    assert machine.sync("a").done().part["counts"]["stored"] == 1


def test_a_missing_folder_is_69_and_costs_only_itself(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    account.deliver(letter(2), folder="Archive")
    answer = machine.add(account, "a", "--folder", "Archiv")
    assert answer.code == 69
    assert "Archive" in complaint(answer)
    assert machine.stored_names() == []
    machine.add(account, "a", "--folder", "Archiv", "--folder", "INBOX", "--no-test").done()
    failed = machine.sync("a")
    assert failed.code == 69
    assert (failed.part["status"], failed.part["error"]["code"]) == ("partial", "folder_missing")
    assert {folder["name"]: folder["counts"]["stored"] for folder in failed.part["folders"]} == {
        "Archiv": 0,
        "INBOX": 1,
    }


def test_the_key_is_proved_before_any_login(machine: Machine, account: Account) -> None:
    with ScriptedServer() as server:
        machine.add(account, "a", "--no-test", server=scripted(server)).done()
        key = machine.data_dir / "key"
        right = key.read_bytes()
        key.unlink()
        missing = machine.sync("a")
        assert (missing.code, missing.part["error"]["code"]) == (78, "key_missing")
        assert not key.exists()
        stranger = Machine(machine.home / "stranger")
        stranger.home.mkdir()
        stranger("key", "init").done()
        key.write_bytes((stranger.data_dir / "key").read_bytes())
        key.chmod(0o600)
        wrong = machine("sync", "a")
        assert wrong.code == 78
        assert "key" in complaint(wrong)
        assert server.commands == []
        key.write_bytes(right)
        assert machine.sync("a").code != 78
        assert logins(server) >= 1
