"""`sync-all --worker` as it is typed: what goes with it, what does not, and settings that change."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxsync.commands.guard import open_application
from inboxsync.commands.shell import Options, Shell
from inboxsync.commands.worker import SettingsWatch
from inboxsync.errors import Unreachable
from inboxsync.logs import Redactor
from inboxsync.render.output import Output
from tests.unit.commands.harness import CommandLine, Keyboard, _stream


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--worker", "--json"), "--json does not go with --worker"),
        (("--worker", "--force"), "--force does not go with --worker"),
        (("--worker", "--dry-run"), "--dry-run does not go with --worker"),
        (("--poll", "5s"), "--poll, --name and --max-runtime are for workers"),
        (("--worker", "--poll", "soon"), "soon"),
        (("--worker", "--poll", "0"), "--poll is less than a second"),
        (("--worker", "--name", "a\x1bb"), "--name is not a name"),
    ],
)
def test_what_has_no_meaning_is_refused(line: CommandLine, words: tuple[str, ...], complaint: str) -> None:
    answer = line("sync-all", *words)
    assert answer.code == 2
    assert complaint in answer.err
    assert "hint: " in answer.err


def test_it_ends_by_itself_after_its_time_with_0(line: CommandLine) -> None:
    line.add()
    answer = line("sync-all", "--worker", "--max-runtime", "1s", "--poll", "1s")
    assert (answer.code, answer.out) == (0, "")
    assert line("runs", "--json").json["runs"][0]["status"] == "success"


def test_failures_are_told_as_cron_would_be(line: CommandLine) -> None:
    line.add("support", "--no-test")
    line.server.login_fault = Unreachable("imap.example.com does not answer")
    answer = line("sync-all", "--worker", "--max-runtime", "1s", "--poll", "1s")
    assert answer.code == 0
    assert "error: support: " in answer.err


def shell(tmp_path: Path, config: Path) -> Shell:
    streams = Output(_stream(), _stream(), colour=False)
    options = Options(overrides={"config": str(config), "data_dir": str(tmp_path)})
    return Shell(options, streams, Keyboard(""), open_application, Redactor())


def test_new_settings_are_taken_and_faulty_ones_are_not(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("jobs = 4\n")
    watch = SettingsWatch(shell(tmp_path, config), config)
    assert not watch.changed()
    config.write_text("jobs = 'many'\n")
    assert not watch.changed()
    config.write_text("jobs = 16\n")
    assert watch.changed()
    assert not watch.changed()
    config.unlink()
    assert not SettingsWatch(shell(tmp_path, config), None).changed()
