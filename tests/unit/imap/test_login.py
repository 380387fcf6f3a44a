"""Logging in: once, with what the server offers, and with nothing that could be two commands."""

from __future__ import annotations

import base64

import pytest

from devtools.scripted_imap import ScriptedServer, wait_for
from inboxsync.errors import AuthFailed, ConnectionLost, ImapError, ProtocolFault, ServerUnavailable, Throttled
from inboxsync.imap.adapter import connect
from inboxsync.model.secret import Secret
from tests.unit.imap.support import LIMITS, PASSWORD, endpoint, open_session

LOGIN_ONLY = "IMAP4rev1"


def coded(password: str) -> bytes:
    return base64.b64encode(b"\0ana@example.com\0" + password.encode())


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1 AUTH=PLAIN"])
def test_plain_is_sent_at_once_or_when_asked(capabilities: str) -> None:
    with ScriptedServer(capabilities=capabilities) as server, open_session(server, password="pä:ss"):
        assert b"AUTHENTICATE PLAIN " + coded("pä:ss") in server.commands


def test_a_second_challenge_cancels() -> None:
    script = [("AUTHENTICATE", b"+ more\r\n$TAG BAD cancelled\r\n")]
    with ScriptedServer(script, capabilities="IMAP4rev1 AUTH=PLAIN") as server:
        with pytest.raises(ImapError, match="cancelled"):
            open_session(server)
        assert wait_for(lambda: b"" in server.commands)
    assert server.commands == [b"CAPABILITY", b"AUTHENTICATE PLAIN " + coded(PASSWORD), b""]


def test_login_quotes_its_arguments() -> None:
    with ScriptedServer(capabilities=LOGIN_ONLY) as server, open_session(server):
        assert b'LOGIN "ana@example.com" "hunter\\"2\\\\"' in server.commands


def test_login_sends_a_password_that_is_not_ascii_as_a_literal() -> None:
    with ScriptedServer(capabilities=LOGIN_ONLY) as server, open_session(server, password="pä"):
        assert b'LOGIN "ana@example.com" {3}\r\np\xc3\xa4' in server.commands


def test_a_user_name_that_is_not_ascii_needs_authenticate() -> None:
    with ScriptedServer(capabilities=LOGIN_ONLY) as server:
        where = endpoint(server)
        with pytest.raises(AuthFailed, match="ASCII"):
            connect(type(where)(where.host, where.port, where.tls, "rené"), Secret("x"), LIMITS)
        assert server.verbs == ["CAPABILITY"]


@pytest.mark.parametrize("bad", ["a\r\nX1 DELETE INBOX", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("capabilities", [LOGIN_ONLY, "IMAP4rev1 AUTH=PLAIN SASL-IR"])
def test_a_line_break_is_never_sent(bad: str, capabilities: str) -> None:
    with ScriptedServer(capabilities=capabilities) as server:
        where = endpoint(server)
        with pytest.raises(AuthFailed, match="line break"):
            connect(where, Secret(bad), LIMITS)
        with pytest.raises(AuthFailed, match="line break"):
            connect(type(where)(where.host, where.port, where.tls, bad), Secret("x"), LIMITS)
        assert set(server.verbs) <= {"CAPABILITY"}


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 LOGINDISABLED", "IMAP4rev1 LOGINDISABLED AUTH=PLAIN SASL-IR"])
def test_logindisabled_on_a_clear_connection_sends_nothing(capabilities: str) -> None:
    with ScriptedServer(capabilities=capabilities) as server:
        with pytest.raises(AuthFailed, match="LOGINDISABLED") as refused:
            open_session(server)
        assert "starttls" in refused.value.hint
        assert server.verbs == ["CAPABILITY"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"$TAG NO [AUTHENTICATIONFAILED] no\r\n", AuthFailed),
        (b"$TAG NO [UNAVAILABLE] later\r\n", ServerUnavailable),
        (b"$TAG NO [ALERT] Too many simultaneous connections\r\n", Throttled),
        (b"* BYE [UNAVAILABLE] going down\r\n", ServerUnavailable),
        (b"* BYE so long\r\n$TAG NO x\r\n", ConnectionLost),
        (b"$TAG OK\r\n", ProtocolFault),
        (None, ConnectionLost),
    ],
)
@pytest.mark.parametrize("capabilities", [LOGIN_ONLY, "IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1 AUTH=PLAIN"])
def test_refusals_are_told_apart_and_never_tried_twice(
    answer: bytes | None, error: type[ImapError], capabilities: str
) -> None:
    script = [("LOGIN", answer), ("AUTHENTICATE", answer)]
    with ScriptedServer(script, capabilities=capabilities) as server:
        with pytest.raises(error) as refused:
            open_session(server)
        assert type(refused.value) is error
        assert len([verb for verb in server.verbs if verb in {"LOGIN", "AUTHENTICATE"}]) == 1


@pytest.mark.parametrize("capabilities", [LOGIN_ONLY, "IMAP4rev1 AUTH=PLAIN SASL-IR"])
def test_an_echoed_secret_is_not_shown(capabilities: str) -> None:
    script = [(verb, lambda command: b"$TAG BAD unknown: " + command + b"\r\n") for verb in ("LOGIN", "AUTHENTICATE")]
    with ScriptedServer(script, capabilities=capabilities) as server, pytest.raises(ImapError) as refused:
        open_session(server)
    for secret in (PASSWORD, coded(PASSWORD).decode(), "hunter"):
        assert secret not in refused.value.message
    assert "***" in refused.value.message


def test_nothing_of_the_login_is_kept_in_memory_for_debugging() -> None:
    with ScriptedServer(capabilities=LOGIN_ONLY) as server, open_session(server) as session:
        wire = session._wire
        assert wire.debug == 0
        assert "hunter" not in repr(wire.__dict__)


def test_capabilities_told_with_the_login_are_not_asked_for_again() -> None:
    script = [("AUTHENTICATE", b"$TAG OK [CAPABILITY IMAP4rev1 Idle] in\r\n")]
    with ScriptedServer(script) as server, open_session(server) as session:
        assert session.capabilities == {"IMAP4REV1", "IDLE"}
        assert server.verbs == ["CAPABILITY", "AUTHENTICATE"]


@pytest.mark.parametrize(
    ("greeting", "error", "said"),
    [
        (b"* BYE too busy\r\n", ServerUnavailable, "too busy"),
        (b"* BYE [ALERT] Too many simultaneous connections\r\n", Throttled, "Too many"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ProtocolFault, "HTTP"),
        (b"220 mail.example.com ESMTP\r\n", ProtocolFault, "ESMTP"),
        (b"+OK POP3 ready\r\n", ProtocolFault, "POP3"),
        (None, ConnectionLost, "closed"),
    ],
)
def test_other_greetings(greeting: bytes | None, error: type[ImapError], said: str) -> None:
    with ScriptedServer(greeting=greeting) as server, pytest.raises(error, match=said):
        open_session(server)
