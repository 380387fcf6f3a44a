"""Logging in with a password: AUTHENTICATE PLAIN where it is offered, else LOGIN; once, never twice in a run.

A second try with another mechanism would count as a second wrong password and lock accounts.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from inboxsync.errors import AuthFailed, TlsFailed
from inboxsync.imap.translate import Phase
from inboxsync.model.integration import TlsMode
from inboxsync.model.secret import Secret

if TYPE_CHECKING:
    from inboxsync.imap.wire import Wire

_TOKENS_ONLY_HINT = "this provider takes no passwords over IMAP any more, only OAuth sign-in"
_CLEAR_HINT = "the server takes no login on an unencrypted connection: use --tls implicit or --tls starttls"


class _OneAnswer:
    """Answers the first challenge with the login and any further one with a cancellation (RFC 9051 §6.2.2)."""

    def __init__(self, answer: bytes) -> None:
        self._answers = [answer]

    def process(self, _challenge: bytes) -> bytes:
        return self._answers.pop() if self._answers else b"*"


def log_in(wire: Wire, username: str, secret: Secret) -> None:
    """Log in and read the capabilities again, for they change (RFC 9051 §6.2). Raises AuthFailed among others."""
    password = secret.reveal()
    if any(ch in username + password for ch in "\0\r\n"):
        raise AuthFailed("user name or password holds a line break or NUL; nothing was sent")
    if wire.state == "AUTH":
        _accept_preauth(wire)
    else:
        _prove(wire, username, secret)
        wire.state = "AUTH"
    if not wire.accept_capabilities():
        wire.read_capabilities()


def _accept_preauth(wire: Wire) -> None:
    if wire.endpoint.tls is TlsMode.NONE:
        raise TlsFailed("the server claims that we are logged in already (PREAUTH) on an unencrypted connection")


def _prove(wire: Wire, username: str, secret: Secret) -> None:
    password = secret.reveal()
    plain = f"\0{username}\0{password}".encode()
    coded = base64.b64encode(plain)
    # Servers echo a command that they do not know, so the coded forms must not show up in messages either.
    wire.confidential = (secret, Secret(coded.decode("ascii")), Secret(quoted(password)[1:-1]))
    offers = set(wire.capabilities)
    clear = wire.endpoint.tls is TlsMode.NONE
    if "AUTH=PLAIN" in offers and not (clear and "LOGINDISABLED" in offers):
        _authenticate(wire, coded, at_once="SASL-IR" in offers)
    elif "LOGINDISABLED" in offers:
        raise AuthFailed("the server offers no password login (LOGINDISABLED)", hint=_refused_hint(offers, clear=clear))
    else:
        _login(wire, username, password)


def _refused_hint(offers: set[str], *, clear: bool) -> str | None:
    if clear:
        return _CLEAR_HINT
    return _TOKENS_ONLY_HINT if offers & {"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"} else None


def _authenticate(wire: Wire, coded: bytes, *, at_once: bool) -> None:
    if at_once:
        wire.call(Phase.LOGIN, "AUTHENTICATE", "PLAIN", coded)  # RFC 4959
        return
    wire.call(Phase.LOGIN, "AUTHENTICATE", "PLAIN", literal=_OneAnswer(coded).process)


def _login(wire: Wire, username: str, password: str) -> None:
    if not username.isascii():
        raise AuthFailed("the user name is not ASCII and this server offers no AUTHENTICATE PLAIN, which it would need")
    if password.isascii():
        wire.call(Phase.LOGIN, "LOGIN", quoted(username), quoted(password))
    else:
        wire.call(Phase.LOGIN, "LOGIN", quoted(username), literal=password.encode())


def quoted(text: str) -> str:
    """Write a quoted string (RFC 9051 §4.3); the text is ASCII without line breaks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
