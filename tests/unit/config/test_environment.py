"""A mailbox set up by variables alone, by their new and their older names."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from inboxsync.config.environment import SingleMailbox, single_mailbox
from inboxsync.config.process import read_environ
from inboxsync.errors import ConfigError
from inboxsync.model.integration import Endpoint, TlsMode

NEW = {
    "INBOXSYNC_IMAP_HOST": "imap.example.com",
    "INBOXSYNC_IMAP_USER": "support@example.com",
    "INBOXSYNC_IMAP_PASSWORD": "CANARY",
}
OLD = {"IMAP_HOST": "old.example.com", "IMAP_USER": "old@example.com", "IMAP_PASSWORD": "old-CANARY"}


def mailbox(environ: dict[str, str]) -> SingleMailbox:
    found = single_mailbox(environ)
    assert found is not None
    return found


def refused(environ: dict[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        single_mailbox(environ)
    assert "\n" not in caught.value.message
    assert "CANARY" not in caught.value.message + caught.value.hint
    assert caught.value.exit_code == 78
    return caught.value


def test_this_process_s_environment_is_read_as_a_copy() -> None:
    environ = read_environ()
    assert environ == dict(os.environ)
    assert environ is not os.environ


def test_nothing_set_is_no_mailbox() -> None:
    assert single_mailbox({"HOME": "/h", "INBOXSYNC_JOBS": "3", "INBOXSYNC_IMAP_HOST": "", "IMAP_PORT": ""}) is None


def test_new_names() -> None:
    found = mailbox(NEW | {"INBOXSYNC_IMAP_FOLDER": "Archive/2026"})
    integration = found.integration
    assert integration.endpoint == Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "support@example.com")
    assert (integration.name, integration.email) == ("env", "support@example.com")
    assert integration.folders == ("Archive/2026",)
    assert (integration.created_at, integration.updated_at) == (None, None)
    assert found.secret.reveal() == "CANARY"
    assert "CANARY" not in repr(found)


def test_old_names() -> None:
    found = mailbox(OLD | {"IMAP_PORT": "1143", "IMAP_USE_SSL": "false", "IMAP_MAILBOX": "Work"})
    assert found.integration.endpoint == Endpoint("old.example.com", 1143, TlsMode.STARTTLS, "old@example.com")
    assert found.integration.folders == ("Work",)
    assert found.secret.reveal() == "old-CANARY"


def test_new_names_win_one_by_one() -> None:
    found = mailbox(
        OLD | {"IMAP_USE_SSL": "no", "INBOXSYNC_IMAP_HOST": "new.example.com", "INBOXSYNC_IMAP_TLS": "implicit"}
    )
    assert found.integration.endpoint == Endpoint("new.example.com", 993, TlsMode.IMPLICIT, "old@example.com")


@pytest.mark.parametrize(
    ("given", "tls", "port"),
    [
        ({}, TlsMode.IMPLICIT, 993),
        ({"INBOXSYNC_IMAP_TLS": "starttls"}, TlsMode.STARTTLS, 143),
        ({"INBOXSYNC_IMAP_TLS": "IMPLICIT", "INBOXSYNC_IMAP_PORT": "1993"}, TlsMode.IMPLICIT, 1993),
        ({"INBOXSYNC_IMAP_PORT": "143"}, TlsMode.STARTTLS, 143),
        ({"INBOXSYNC_IMAP_TLS": "none", "INBOXSYNC_IMAP_HOST": "127.0.0.1"}, TlsMode.NONE, 143),
        *(({"IMAP_USE_SSL": word}, TlsMode.IMPLICIT, 993) for word in ("true", "1", "yes", "True", "YES")),
        *(({"IMAP_USE_SSL": word}, TlsMode.STARTTLS, 143) for word in ("false", "0", "no", "False")),
    ],
)
def test_tls_and_port(given: dict[str, str], tls: TlsMode, port: int) -> None:
    endpoint = mailbox(NEW | given).integration.endpoint
    assert (endpoint.tls, endpoint.port) == (tls, port)


# --- password ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("octets", [b"CANARY \xc3\xa9", b"CANARY \xc3\xa9\n", b"CANARY \xc3\xa9\r\n"])
def test_a_password_file_wins_and_loses_one_line_end(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "pw").write_bytes(octets)
    found = mailbox(NEW | {"INBOXSYNC_IMAP_PASSWORD_FILE": str(tmp_path / "pw"), "INBOXSYNC_IMAP_PASSWORD": "other"})
    assert found.secret.reveal() == "CANARY é"


def test_container_secrets_are_read_though_all_may_read_them_and_they_are_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("CANARY")
    (tmp_path / "real").chmod(0o444)
    (tmp_path / "pw").symlink_to("real")
    environ = {"INBOXSYNC_IMAP_HOST": "h", "INBOXSYNC_IMAP_USER": "u", "INBOXSYNC_IMAP_PASSWORD_FILE": "~/pw"}
    assert mailbox(environ | {"HOME": str(tmp_path)}).secret.reveal() == "CANARY"


@pytest.mark.parametrize(
    "octets", [b"", b"\n", b"CANARY\n\n", b"CANARY\nCANARY", b"CANARY\0", b"\xffCANARY", b"CANARY" * 20_000]
)
def test_what_is_not_one_line_of_text_is_no_password(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "pw").write_bytes(octets)
    error = refused(NEW | {"INBOXSYNC_IMAP_PASSWORD_FILE": str(tmp_path / "pw")})
    assert error.problems[0].where == "environment: INBOXSYNC_IMAP_PASSWORD_FILE"


def test_a_password_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        assert "cannot be read" in refused(NEW | {"INBOXSYNC_IMAP_PASSWORD_FILE": str(path)}).message


# --- incomplete and wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"IMAP_PORT": "993"}, ["INBOXSYNC_IMAP_HOST", "INBOXSYNC_IMAP_USER", "INBOXSYNC_IMAP_PASSWORD_FILE"]),
        ({"IMAP_USE_SSL": "1"}, ["INBOXSYNC_IMAP_HOST", "INBOXSYNC_IMAP_USER", "INBOXSYNC_IMAP_PASSWORD_FILE"]),
        ({"INBOXSYNC_IMAP_HOST": "h"}, ["INBOXSYNC_IMAP_USER", "INBOXSYNC_IMAP_PASSWORD_FILE"]),
        ({"INBOXSYNC_IMAP_HOST": "h", "IMAP_PASSWORD": "CANARY"}, ["INBOXSYNC_IMAP_USER"]),
        ({"INBOXSYNC_IMAP_HOST": "h", "IMAP_USER": "u"}, ["INBOXSYNC_IMAP_PASSWORD_FILE"]),
        (NEW | {"INBOXSYNC_IMAP_HOST": ""}, ["INBOXSYNC_IMAP_HOST"]),
    ],
)
def test_what_is_missing_is_named_in_one_line(environ: dict[str, str], missing: list[str]) -> None:
    error = refused(environ)
    assert [problem.where for problem in error.problems] == [f"environment: {name}" for name in missing]
    assert all(name in error.message for name in missing)


def test_every_wrong_value_is_named_by_the_variable_it_came_from() -> None:
    error = refused(
        OLD | {"IMAP_HOST": "imaps://h", "IMAP_PORT": "many", "IMAP_USE_SSL": "perhaps", "IMAP_MAILBOX": "a\nb"}
    )
    assert {problem.where for problem in error.problems} == {
        "environment: IMAP_HOST",
        "environment: IMAP_PORT",
        "environment: IMAP_USE_SSL",
        "environment: IMAP_MAILBOX",
    }


@pytest.mark.parametrize("port", ["0", "65536", "-1", "9" * 40, "993 ", "٣"])
def test_a_wrong_port_is_refused(port: str) -> None:
    assert refused(NEW | {"INBOXSYNC_IMAP_PORT": port}).problems[0].where == "environment: INBOXSYNC_IMAP_PORT"


def test_clear_text_is_for_loopback() -> None:
    error = refused(NEW | {"INBOXSYNC_IMAP_TLS": "none"})
    assert [problem.where for problem in error.problems] == ["environment: INBOXSYNC_IMAP_TLS"]


@pytest.mark.parametrize("user", ["me", "DOMAIN\\me", "my name", "a@b@c", "@", "x" * 300])
def test_a_login_that_is_no_address_still_works(user: str) -> None:
    integration = mailbox(NEW | {"INBOXSYNC_IMAP_USER": user}).integration
    assert integration.endpoint.username == user
    assert integration.email.endswith("@imap.example.com")


# --- identity ------------------------------------------------------------------------------------------------------


def test_the_same_variables_are_the_same_integration_for_ever() -> None:
    first = mailbox(NEW).integration.uuid
    assert uuid.UUID(first).version == 5
    assert first == "43674b31-042d-5248-9bad-e6954576a413"
    for same in (
        {"INBOXSYNC_IMAP_HOST": "IMAP.example.com"},
        {"INBOXSYNC_IMAP_PORT": "1993"},
        {"INBOXSYNC_IMAP_FOLDER": "INBOX"},
    ):
        assert mailbox(NEW | same).integration.uuid == first
    for other in (
        {"INBOXSYNC_IMAP_HOST": "h2.example.com"},
        {"INBOXSYNC_IMAP_USER": "b@example.com"},
        {"INBOXSYNC_IMAP_FOLDER": "A"},
    ):
        assert mailbox(NEW | other).integration.uuid != first
