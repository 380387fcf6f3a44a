"""Each known answer of a server becomes the right error, with a remedy and without a secret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import (
    AuthFailed,
    ConnectionLost,
    FolderMissing,
    ImapError,
    MessageRefused,
    ProtocolFault,
    ServerUnavailable,
    Throttled,
    TlsFailed,
)
from inboxsync.imap.translate import SAID_LIMIT, Phase, farewell, legible, printable, refusal, response_code
from inboxsync.model.secret import Secret

LOGIN_ANSWERS: list[tuple[bytes, type[ImapError]]] = [
    (b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", AuthFailed),
    (b"[AUTHORIZATIONFAILED] no such authorization-ID", AuthFailed),
    (b"[EXPIRED] That password isn't valid any more", AuthFailed),
    (b"[PRIVACYREQUIRED] Connection offers no privacy", TlsFailed),
    (b"[UNAVAILABLE] User's backend down for maintenance", ServerUnavailable),
    (b"[UNAVAILABLE] Temporary authentication failure.", ServerUnavailable),
    (b"[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", Throttled),
    (b"[CONTACTADMIN] call us", AuthFailed),
    (b"[LIMIT] too much", Throttled),
    (b"[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", Throttled),
    (b"[INUSE] mailbox in use", ServerUnavailable),
    (b"[SERVERBUG] oops", ServerUnavailable),
    (b"[THROTTLED] slow down", Throttled),
    (b"[ALERT] Too many simultaneous connections. (Failure)", Throttled),
    (b"[ALERT] Application-specific password required: https://example.com/ (Failure)", AuthFailed),
    (b"[ALERT] Please log in via your web browser: https://example.com/ (Failure)", AuthFailed),
    (b"[WEBALERT https://example.com/signin] Web login required.", AuthFailed),
    (b"[ALERT] Your account is not enabled for IMAP use.", AuthFailed),
    (b"LOGIN failed.", AuthFailed),
    (b"", AuthFailed),
]


@pytest.mark.parametrize(("answer", "error"), LOGIN_ANSWERS)
def test_login_answers(answer: bytes, error: type[ImapError]) -> None:
    found = refusal(Phase.LOGIN, "NO", answer)
    assert type(found) is error
    assert found.hint


@pytest.mark.parametrize(
    ("phase", "kind", "answer", "error"),
    [
        (Phase.OPEN, "NO", b"[NONEXISTENT] Unknown Mailbox: x", FolderMissing),
        (Phase.OPEN, "NO", b"[NOPERM] no", FolderMissing),
        (Phase.OPEN, "NO", b"no such mailbox", FolderMissing),
        (Phase.OPEN, "NO", b"[INUSE] locked", ServerUnavailable),
        (Phase.FETCH, "NO", b"[EXPUNGEISSUED] some are gone", MessageRefused),
        (Phase.FETCH, "NO", b"[NONEXISTENT] gone", MessageRefused),
        (Phase.FETCH, "BAD", b"Command Error. 11", MessageRefused),
        (Phase.FETCH, "NO", b"[CONTACTADMIN] broken", ServerUnavailable),
        (Phase.STORE, "NO", b"cannot", MessageRefused),
        (Phase.ENCRYPT, "NO", b"not now", TlsFailed),
        (Phase.ENCRYPT, "BAD", b"what?", TlsFailed),
        (Phase.LOGIN, "BAD", b"syntax", ProtocolFault),
        (Phase.LOGIN, "BAD", b"invalid password", AuthFailed),
        (Phase.OTHER, "BAD", b"what?", ProtocolFault),
        (Phase.OTHER, "NO", b"no", ServerUnavailable),
    ],
)
def test_an_answer_means_what_the_phase_says(phase: Phase, kind: str, answer: bytes, error: type[ImapError]) -> None:
    assert type(refusal(phase, kind, answer)) is error


def test_microsoft_not_connected_is_a_fault_of_the_server_and_explained() -> None:
    found = refusal(Phase.OPEN, "BAD", b"User is authenticated but not connected.")
    assert type(found) is ServerUnavailable
    assert "Microsoft" in found.hint


@pytest.mark.parametrize(("millis", "seconds"), [(b"1500", 1.5), (b"99999999999", 86_400.0)])
def test_a_backoff_time_is_read_and_capped(millis: bytes, seconds: float) -> None:
    found = refusal(Phase.FETCH, "BAD", b"Request is throttled. Suggested Backoff Time: " + millis + b" milliseconds")
    assert isinstance(found, Throttled)
    assert found.retry_after_s == seconds


def test_throttling_without_a_time_has_none() -> None:
    found = refusal(Phase.OTHER, "NO", b"[LIMIT] x")
    assert isinstance(found, Throttled)
    assert found.retry_after_s is None


def test_an_app_password_is_named_with_its_page() -> None:
    assert "app password" in refusal(Phase.LOGIN, "NO", b"[ALERT] Application-specific password required").hint


@pytest.mark.parametrize(
    ("phase", "answer", "error"),
    [
        (None, b"Autologout; idle for too long", ConnectionLost),
        (None, b"[ALERT] Too many simultaneous connections", Throttled),
        (None, b"[UNAVAILABLE] going down", ServerUnavailable),
        (Phase.GREETING, b"go away", ServerUnavailable),
        (Phase.GREETING, b"", ServerUnavailable),
    ],
)
def test_a_farewell_keeps_its_words(phase: Phase | None, answer: bytes, error: type[ImapError]) -> None:
    found = farewell(phase, answer)
    assert type(found) is error
    assert answer.decode() in found.message


def test_terminal_escapes_and_bidi_do_not_pass() -> None:
    found = refusal(Phase.LOGIN, "NO", "\x1b]52;c;eA==\x07 \u202e evil\u2028x".encode())
    assert found.message.isprintable()
    assert "\\x1b" in found.message


def test_the_secret_is_hidden_even_across_the_cap() -> None:
    secret = Secret("s3cret-s3cret")
    assert "s3cr" not in legible(b"x" * (SAID_LIMIT - 4) + b"s3cret-s3cret", [secret])
    assert refusal(Phase.LOGIN, "NO", b"bad s3cret-s3cret!", [secret]).message.endswith("bad ***!")
    assert legible(b"text", [Secret("")]) == "text"


@given(st.binary(max_size=600))
@settings(deadline=None)
def test_any_octets_become_short_printable_text(said: bytes) -> None:
    assert len(legible(said)) <= SAID_LIMIT
    assert legible(said).isprintable()
    for kind in ("NO", "BAD"):
        for phase in Phase:
            assert refusal(phase, kind, said).message.isprintable()


def test_codes_are_read_at_the_start_only() -> None:
    assert response_code(b" [limit 5] x") == "LIMIT"
    assert response_code(b"text [LIMIT]") is None


def test_printable_keeps_people_s_letters() -> None:
    assert printable("Déjà 日本 🙂") == "Déjà 日本 🙂"
