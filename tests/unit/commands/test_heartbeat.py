"""The heartbeat around `sync` and `sync-all`: what a monitor is told, and that a run never suffers from it."""

from __future__ import annotations

import pytest

from devtools.webhook_receiver import Receiver, Reply, closed_port
from tests.unit.commands.harness import CommandLine, mail

GOOD, BAD = ["/hooks/mail"], ["/hooks/mail/fail"]


def told(monitor: Receiver) -> list[str]:
    found = [one.path for one in monitor.received]
    monitor.received.clear()
    return found


def test_good_bad_and_nothing_due(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.add()
    with Receiver() as monitor:
        line.environ["INBOXSYNC_PING_URL"] = monitor.url
        first = line("sync-all")
        assert (first.code, first.err.strip(), told(monitor)) == (0, "", GOOD)
        assert (line("sync-all", "--json").json["integrations"], told(monitor)) == ([], GOOD), "nothing was due"
        line.server.password = "another"
        assert (line("sync-all", "--force").code, told(monitor)) == (77, BAD)


def test_the_option_goes_before_the_setting_and_a_run_by_hand_tells_only_with_it(line: CommandLine) -> None:
    line.add()
    with Receiver() as of_settings, Receiver() as of_option:
        line.environ["INBOXSYNC_PING_URL"] = of_settings.url
        line("sync", "support")
        assert (told(of_settings), told(of_option)) == ([], [])
        line("sync", "support", "--ping", of_option.url)
        line("sync-all", "--ping", of_option.url)
        assert (told(of_settings), told(of_option)) == ([], [*GOOD, *GOOD])
        line("sync-all", "--force", "--dry-run")
        assert told(of_settings) == []


def test_an_error_that_ends_the_run_is_told_as_bad(line: CommandLine) -> None:
    with Receiver() as monitor:
        assert line("sync", "nobody", "--ping", monitor.url).code == 2
        assert told(monitor) == BAD
        (line.data_dir / "inboxsync.sqlite3").write_bytes(b"no database" * 100)
        line.environ["INBOXSYNC_PING_URL"] = monitor.url
        assert line("sync-all").code != 0
        assert told(monitor) == BAD


@pytest.mark.parametrize("path", ["/0a1b", "/0a1b?x=2c3d"])
def test_a_monitor_that_fails_is_one_line_without_its_url_and_no_other_exit_code(line: CommandLine, path: str) -> None:
    line.add()
    line.environ["INBOXSYNC_PING_URL"] = f"http://127.0.0.1:{closed_port()}{path}"
    answer = line("sync-all", "--json", "--debug")
    assert (answer.code, answer.json["status"]) == (0, "success")
    lines = [text for text in answer.err.splitlines() if "monitor_not_told" in text]
    assert len(lines) == 1
    assert "cannot be reached" in lines[0]
    assert "0a1b" not in answer.err + answer.out
    with Receiver(Reply(500)) as monitor:
        line.environ["INBOXSYNC_PING_URL"] = monitor.url + path
        answer = line("sync-all", "--force")
    assert (answer.code, "status 500" in answer.err, "0a1b" in answer.err) == (0, True, False)


def test_a_file_that_cannot_be_read_is_one_line_too(line: CommandLine) -> None:
    line.add()
    line.environ["INBOXSYNC_PING_URL_FILE"] = str(line.data_dir / "nowhere")
    answer = line("sync-all")
    assert (answer.code, answer.err.count("monitor_not_told")) == (0, 1)


def test_an_option_that_is_no_url_is_a_usage_error_before_anything_is_done(line: CommandLine) -> None:
    line.add()
    answer = line("sync-all", "--ping", "ping.example.com/0a1b")
    assert (answer.code, "cannot be that of a monitor" in answer.err, "0a1b" in answer.err) == (2, True, False)
    assert line("runs", "--json").json["runs"] == []
