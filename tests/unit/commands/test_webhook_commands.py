"""Webhooks from the command line to a real receiver on this machine, and back."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devtools.webhook_receiver import Receiver, Reply, closed_port
from inboxsync.cli import run
from inboxsync.delivery.signing import format_secret
from tests.unit.commands.harness import CommandLine, Result, mail

OWN = format_secret(b"o" * 32).reveal()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def add(line: CommandLine, url: str, *more: str, name: str = "crm") -> Result:
    return line("webhooks", "add", name, "--url", url, "--allow-private", "--allow-http", "--json", *more)


def happen(line: CommandLine, *numbers: int, command: tuple[str, ...] = ("sync", "support")) -> Result:
    """Let mails arrive and be stored."""
    if line("show", "support").code:
        assert line.add("support", "--tickets-since", "all").code == 0
    for number in numbers:
        line.server.append(mail(number))
    return line(*command)


# --- delivering ----------------------------------------------------------------------------------------------------


def test_sync_all_sends_what_happened_signed_with_the_secret_that_was_shown(
    line: CommandLine, receiver: Receiver
) -> None:
    secret = add(line, receiver.url, "--type", "ticket.created").json["secret"]
    assert happen(line, 1, 2, command=("sync-all",)).code == 0
    assert [one.document["type"] for one in receiver.received] == ["ticket.created"] * 2
    assert all(one.is_signed_with(secret) for one in receiver.received)
    assert "Printer" not in str([one.body for one in receiver.received])
    line.now += timedelta(hours=1)
    assert line("sync-all").code == 0
    assert len(receiver.received) == 2


def test_mail_goes_along_where_asked(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url, "--with-message", "--type", "message.stored")
    happen(line, 1)
    assert line("deliver").code == 0
    message = receiver.received[0].document["data"]["message"]
    assert (message["subject"], message["body_text"].strip()) == ("Printer is broken", "Body of 1.")


def test_only_of_an_integration(line: CommandLine, receiver: Receiver) -> None:
    line.add("sales", "--username", "other", "--no-test")
    add(line, receiver.url, "--integration", "sales")
    assert happen(line, 1, command=("sync-all", "--force")).code == 77
    assert {one.document["data"]["integration"] for one in receiver.received} == {"sales"}
    assert line("webhooks", "show", "crm", "--json").json["integrations"] == ["sales"]
    assert add(line, receiver.url, "--integration", "nobody", name="x").code == 2


def test_a_dead_endpoint_changes_no_exit_code_and_status_names_it(line: CommandLine) -> None:
    add(line, f"http://127.0.0.1:{closed_port()}/")
    assert happen(line, 1, command=("sync-all",)).code == 0
    assert "webhook" not in line("status").err
    for _ in range(3):
        line.now += timedelta(hours=2)
        assert line("sync-all", "--json").json["status"] == "success"
    told = line("status").err
    assert "webhook crm fails" in told
    assert "2 events wait" in told
    (shown,) = line("status", "--json").json["webhooks"]
    assert (shown["name"], shown["state"], shown["pending"]) == ("crm", "failing", 2)
    assert "webhooks" not in line("status", "support", "--json").json


def test_retries_come_with_sync_all_though_no_integration_is_due(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    receiver.answer = Reply(500)
    happen(line, 1, command=("sync-all",))
    receiver.answer = Reply(200)
    line("disable", "support")
    line.now += timedelta(minutes=5)
    assert line("sync-all").code == 0
    assert len(receiver.received) == 4
    assert len({one.webhook_id for one in receiver.received}) == 2


def test_a_dry_run_and_a_named_sync_send_nothing(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    happen(line, 1)
    assert line("sync-all", "--dry-run").code == 0
    assert receiver.received == []


def test_deliver_says_what_it_did_and_answers_75_where_it_has_to_come_back(
    line: CommandLine, receiver: Receiver
) -> None:
    add(line, receiver.url)
    assert line("deliver").err.endswith("nothing is due\n")
    happen(line, 1)
    receiver.answer = lambda received: Reply(500 if received.document["type"] == "ticket.created" else 200)
    first = line("deliver", "--once", "--json")
    assert (first.code, first.json["delivered"], first.json["failed"]) == (75, 1, 1)
    assert first.json["webhooks"][0]["error"] == "the endpoint answers 500"
    assert line("deliver", "--once", "--deadline", "1m").code == 2
    assert line("deliver", "--deadline", "0s").code == 0


def test_a_run_without_webhooks_imports_nothing_of_delivery(line: CommandLine) -> None:
    line.add("support", "--inactive")
    code = (
        "import sys; from inboxsync.commands import direct;"
        "code = direct.run(direct.read(['sync-all']), ['sync-all']);"
        "print(code, [m for m in sys.modules if m.startswith('inboxsync.delivery') or m.endswith('.outbox')])"
    )
    environ = {**os.environ, "INBOXSYNC_DATA_DIR": str(line.data_dir), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.strip() == "0 []"


# --- settings ------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_is_nowhere_in_clear(line: CommandLine, receiver: Receiver) -> None:
    secret = add(line, receiver.url).json["secret"]
    outputs = [
        line(*argv)
        for argv in (
            ("webhooks", "list", "--json"), ("webhooks", "show", "crm", "--json"), ("webhooks", "show", "crm"),
            ("webhooks", "list"), ("-vv", "webhooks", "test", "crm"), ("webhooks", "log", "--json"), ("db", "dump"),
        )
    ]  # fmt: skip
    bare = secret.removeprefix("whsec_")
    assert all(bare not in one.out + one.err for one in outputs)
    octets = b"".join(path.read_bytes() for path in line.data_dir.rglob("*") if path.is_file())
    assert bare.encode() not in octets
    assert base64.b64decode(bare) not in octets


def test_a_secret_of_ones_own_comes_from_a_file_or_stdin(line: CommandLine, receiver: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(OWN + "\n")
    assert "secret" not in add(line, receiver.url, "--secret-file", str(path)).json
    added = line(
        *("webhooks", "add", "chat", "--url", receiver.url, "--allow-private", "--allow-http", "--secret-stdin"),
        stdin=OWN + "\n",
    )
    assert added.code == 0
    assert OWN not in added.out
    happen(line, 1)
    line("deliver")
    assert len(receiver.received) == 4
    assert all(one.is_signed_with(OWN) for one in receiver.received)


@pytest.mark.parametrize("stdin", ["", "short\n", "whsec_AAAA\n"])
def test_a_bad_secret_is_refused(line: CommandLine, stdin: str) -> None:
    refused = line("webhooks", "add", "crm", "--url", "https://crm.example.com/", "--secret-stdin", stdin=stdin)
    assert refused.code == 2
    assert line("webhooks", "list", "--json").json == {"webhooks": []}


def test_while_a_secret_rotates_both_sign(line: CommandLine, receiver: Receiver) -> None:
    old = add(line, receiver.url).json["secret"]
    new = line("webhooks", "rotate", "crm", "--overlap", "1h", "--json").json["secret"]
    assert line("webhooks", "test", "crm").code == 0
    line.now += timedelta(hours=1)
    assert line("webhooks", "test", "crm").code == 0
    both, alone = receiver.received
    assert both.is_signed_with(old)
    assert both.is_signed_with(new)
    assert alone.is_signed_with(new)
    assert not alone.is_signed_with(old)


def test_the_master_key_rotates_with_the_secrets_of_webhooks(line: CommandLine, receiver: Receiver) -> None:
    secret = add(line, receiver.url).json["secret"]
    assert line("key", "rotate", "--retire-old").code == 0
    assert line("key", "check", "--json").json == {"ok": True, "checked": 1, "faults": []}
    assert line("webhooks", "test", "crm").code == 0
    assert receiver.received[0].is_signed_with(secret)


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        (("--url", "http://crm.example.com/"), "--allow-http"),
        (("--url", "https://127.0.0.1/"), "--allow-private"),
        (("--url", "https://[::1]/"), "--allow-private"),
        (("--url", "https://169.254.169.254/latest"), "--allow-private"),
        (("--url", "https://ana:geheim@crm.example.com/"), "leave it out"),
        (("--url", "https://crm.example.com/", "--type", "nothing"), "ticket.created"),
        (("--url", "https://crm.example.com/", "--ca-file", "/nowhere/ca.pem"), "CA"),
    ],
)
def test_what_must_not_be_an_endpoint_is_refused_with_its_remedy(
    line: CommandLine, more: tuple[str, ...], hint: str
) -> None:
    refused = line("webhooks", "add", "crm", *more)
    assert refused.code == 2
    assert hint in refused.err
    assert "geheim" not in refused.err


def test_a_name_is_taken_once_and_an_unknown_one_is_helped(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    assert add(line, receiver.url).code == 2
    unknown = line("webhooks", "show", "crn")
    assert unknown.code == 2
    assert "'crm'" in unknown.err


def test_a_trial_that_fails_says_why_and_whether_it_can_pass(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    assert line("webhooks", "test", "crm", "--json").json == {"ok": True, "status_code": 200, "error": None}
    receiver.answer = Reply(302, {"Location": "https://elsewhere.example/"})
    failed = line("webhooks", "test", "crm", "--json")
    assert (failed.code, failed.json["error"]) == (75, "answers 302")
    add(line, "https://localhost:1/", name="tls")
    assert line("webhooks", "test", "tls").code == 75
    line("webhooks", "add", "guarded", "--url", "https://localhost:1/")
    guarded = line("webhooks", "test", "guarded")
    assert guarded.code == 69
    assert "private network" in guarded.err


def test_off_on_and_gone(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    assert line("webhooks", "disable", "crm").code == 0
    happen(line, 1)
    line("deliver")
    assert receiver.received == []
    assert line("webhooks", "enable", "crm", "--json").json == {"name": "crm", "active": True}
    line("deliver")
    assert len(receiver.received) == 2
    assert line("webhooks", "remove", "crm").code == 2
    assert line("webhooks", "remove", "crm", "--yes").code == 0
    assert line("webhooks", "show", "crm").code == 2


def test_410_switches_it_off_and_status_says_so(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url)
    receiver.answer = Reply(410)
    happen(line, 1, command=("sync-all",))
    assert len(receiver.received) == 1
    assert "webhook crm was switched off" in line("status").err
    assert line("webhooks", "show", "crm", "--json").json["state"] == "disabled"


def test_what_was_given_up_is_listed_and_sent_again(line: CommandLine, receiver: Receiver) -> None:
    add(line, receiver.url, "--type", "ticket.created")
    receiver.answer = Reply(400)
    happen(line, 1, command=("sync-all",))
    for _ in range(9):
        line.now += timedelta(days=2)
        line("deliver")
    (dead,) = line("webhooks", "log", "crm", "--state", "dead", "--json").json["deliveries"]
    assert (dead["attempts"], dead["status_code"], dead["error"]) == (10, 400, "the endpoint answers 400")
    assert "given up" in line("status").err
    assert "given up" in line("webhooks", "list").err
    assert "dead" in line("webhooks", "log").out
    receiver.answer = Reply(200)
    assert line("webhooks", "replay", "crm", "--dead", "--json").json == {"name": "crm", "replayed": 1}
    assert line("deliver").code == 0
    assert line("webhooks", "replay", "crm", "--event", str(dead["event_id"])).code == 0
    assert line("deliver").code == 0
    assert len({one.webhook_id for one in receiver.received}) == 1
    assert line("webhooks", "replay", "crm").code == 2
    assert line("webhooks", "replay", "crm", "--event", "999").code == 2
    assert line("webhooks", "log", "--state", "lost").code == 2


def test_each_command_helps_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("add", "list", "show", "test", "rotate", "enable", "disable", "remove", "log", "replay"):
        assert run(["webhooks", command, "--help"]) == 0
        assert f"inboxsync webhooks {command}" in capsys.readouterr().out
