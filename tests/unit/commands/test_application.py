"""Passwords on their way in, and out of sight."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from inboxsync.commands.application import CommandLineApp
from inboxsync.commands.arguments import record_id
from inboxsync.commands.durations import duration_s
from inboxsync.commands.guard import open_application
from inboxsync.commands.secrets import SecretSource, read_secret
from inboxsync.commands.shell import Options, Shell
from inboxsync.errors import UsageError
from inboxsync.logs import Redactor
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret
from inboxsync.render.output import Output
from tests.unit.commands.harness import Keyboard


def shell(data_dir: Path, stdin: str = "") -> Shell:
    """Make a shell on a data directory."""
    output = Output(io.StringIO(), io.StringIO())
    options = Options(overrides={"data_dir": str(data_dir)})
    return Shell(options, output, Keyboard(stdin), open_application, Redactor())


def test_an_opened_password_is_hidden_from_then_on(tmp_path: Path) -> None:
    world = shell(tmp_path / "data")
    application = CommandLineApp.of(world)
    integration = Integration(
        "u", "support", "ana@example.com", Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana@example.com")
    )
    sealed = application.vault().seal(Secret("hunter-22"), integration)
    stored = application.store.control.add_integration(integration, sealed)
    assert world.redactor.clean("LOGIN hunter-22") == "LOGIN hunter-22"
    assert application.secret_of(stored).reveal() == "hunter-22"
    assert world.redactor.clean("LOGIN hunter-22") == "LOGIN ***"
    application.close()


def test_a_password_from_stdin_is_its_first_line_and_hidden(tmp_path: Path) -> None:
    world = shell(tmp_path, "pass wörd \r\nmore\n")
    assert read_secret(SecretSource(from_stdin=True), world, who="ana").reveal() == "pass wörd "
    assert world.redactor.clean("x pass wörd  y") == "x *** y"


@pytest.mark.parametrize(
    ("source", "stdin"),
    [
        (SecretSource(from_stdin=True), ""),
        (SecretSource(from_stdin=True), "\n"),
        (SecretSource(from_stdin=True, file=Path("x")), "secret\n"),
        (SecretSource(file=Path("nowhere/at/all")), ""),
        (SecretSource(), ""),
    ],
)
def test_no_usable_password_is_a_usage_error(tmp_path: Path, source: SecretSource, stdin: str) -> None:
    with pytest.raises(UsageError):
        read_secret(source, shell(tmp_path, stdin), who="ana")


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("30", 30), ("0", 0), ("0s", 0), ("2m", 120), ("1h", 3600)])
def test_durations(text: str, seconds: int) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "soon", "1x", "٣"])
def test_what_is_no_duration_or_id(text: str) -> None:
    with pytest.raises(UsageError):
        duration_s(text)
    with pytest.raises(UsageError):
        record_id(text, "message")
