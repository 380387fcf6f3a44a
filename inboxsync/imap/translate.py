"""What servers and networks say, turned once into our errors with a remedy. Pure: text in, error out.

Response codes come first (RFC 5530 §3, RFC 9051 §7.1), then texts that are known from the field. What a server said is
shown, but as printable text of at most `SAID_LIMIT` characters and never with the secret in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from inboxsync.model.secret import Secret

SAID_LIMIT = 200
MAX_BACKOFF_S = 86_400.0

_CODE = re.compile(rb"\s*\[([A-Za-z0-9.-]+)(?: [^\]]*)?\]")


class Phase(StrEnum):
    """What we were doing; it decides what an answer without a telling code means, and how the message begins."""

    GREETING = "the server turned the connection away"
    ENCRYPT = "STARTTLS refused"
    LOGIN = "login refused"
    OPEN = "the folder cannot be opened"
    FETCH = "the server refuses to send messages"
    STORE = "the server refuses to change flags"
    MOVE = "the server refuses to move messages"
    OTHER = "the server refused a command"


_DEFAULTS: dict[Phase, type[ImapError]] = {
    Phase.GREETING: ServerUnavailable,
    Phase.ENCRYPT: TlsFailed,
    Phase.LOGIN: AuthFailed,
    Phase.OPEN: FolderMissing,
    Phase.FETCH: MessageRefused,
    Phase.STORE: MessageRefused,
    Phase.MOVE: MessageRefused,
    Phase.OTHER: ServerUnavailable,
}


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[ImapError]
    hint: str | None = None


_CODES: dict[str, _Meaning] = {
    "AUTHENTICATIONFAILED": _Meaning(AuthFailed),
    "AUTHORIZATIONFAILED": _Meaning(
        AuthFailed, "user name and password are right, but may not use this mailbox; ask the mail administrator"
    ),
    "EXPIRED": _Meaning(
        AuthFailed, "the password has expired: set a new one at the provider, then with `inboxsync edit NAME`"
    ),
    "PRIVACYREQUIRED": _Meaning(TlsFailed, "the server wants an encrypted login: use --tls implicit or --tls starttls"),
    "WEBALERT": _Meaning(AuthFailed, "sign in to this account once with a web browser, then try again"),
    "INUSE": _Meaning(ServerUnavailable),
    "SERVERBUG": _Meaning(ServerUnavailable),
    "LIMIT": _Meaning(Throttled),
    "OVERQUOTA": _Meaning(Throttled),
    "THROTTLED": _Meaning(Throttled),
}

# These say something else in each phase.
_CODES_BY_PHASE: dict[tuple[str, Phase], _Meaning] = {
    ("CONTACTADMIN", Phase.LOGIN): _Meaning(AuthFailed, "the server asks you to contact its administrator"),
    ("NONEXISTENT", Phase.OPEN): _Meaning(FolderMissing),
    ("OVERQUOTA", Phase.MOVE): _Meaning(MessageRefused, "the mailbox is full; the mail stays where it is"),
    ("NOPERM", Phase.OPEN): _Meaning(FolderMissing, "this login has no right to read the folder"),
}

_MAKE_ONE_FOR_APPS = (
    "this account wants an app password: make one on the provider's security page "
    "(Google: https://myaccount.google.com/apppasswords), then `inboxsync edit NAME`"
)

# Known from the field (imap_tools 135, imapsync 212, php-imap 464, imapsync 61, chatwoot 6082 among others).
_TEXTS: tuple[tuple[re.Pattern[str], _Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"suggested backoff time|request is throttled", _Meaning(Throttled)),
        (
            r"authenticated but not connected",
            _Meaning(
                ServerUnavailable,
                "Microsoft took the login but did not open the mailbox behind it: it may be moving, without a "
                "licence, or not open to IMAP; the next run tries again",
            ),
        ),
        (r"too many (simultaneous )?(connections|logins)|maximum number of connections", _Meaning(Throttled)),
        (r"(exceeded|over) .{0,40}(bandwidth|command)|bandwidth limit", _Meaning(Throttled)),
        (r"app(lication)?[- ]specific password|app password", _Meaning(AuthFailed, _MAKE_ONE_FOR_APPS)),
        (r"web browser|web login", _CODES["WEBALERT"]),
        (
            r"imap (access|use)? ?(is )?(disabled|not enabled)|not enabled for imap",
            _Meaning(AuthFailed, "switch IMAP on in the web settings of this account"),
        ),
        (r"temporar(y|ily)|try again later|internal (server )?error|unavailable", _Meaning(ServerUnavailable)),
    )
)
_BACKOFF = re.compile(r"backoff time: (\d{1,12}) milliseconds", re.IGNORECASE)
_ABOUT_CREDENTIALS = re.compile(r"auth|login|credential|password", re.IGNORECASE)


def printable(text: str) -> str:
    """Show control, bidi and other invisible characters as escapes: a server's text must not act on a terminal."""
    return "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode("ascii") for ch in text)


def legible(said: bytes | str, confidential: Iterable[Secret] = ()) -> str:
    """Make a server's words fit for messages: printable, capped, each confidential text replaced by `***`."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for secret in confidential:
        if secret.reveal():
            text = text.replace(secret.reveal(), "***")
    text = printable(text.strip()[:SAID_LIMIT])
    return text if len(text) <= SAID_LIMIT else text[: SAID_LIMIT - 1] + "…"


def response_code(answer: bytes) -> str | None:
    """Read the code in brackets at the start of an answer, in upper case; None where there is none (RFC 9051 §7.1)."""
    found = _CODE.match(answer)
    return found[1].decode("ascii").upper() if found else None


def refusal(phase: Phase, kind: str, answer: bytes, confidential: Iterable[Secret] = ()) -> ImapError:
    """Turn a tagged NO or BAD (`kind`) into an error; `answer` is the text after it."""
    said = legible(answer, confidential)
    meaning = _meaning(phase, answer) or _default_meaning(phase, kind, said)
    return _make(meaning, f"{phase.value}: {said}" if said else phase.value, answer)


def farewell(phase: Phase | None, answer: bytes, confidential: Iterable[Secret] = ()) -> ImapError:
    """Turn a BYE into an error, its words kept (RFC 9051 §7.1.5); `phase` is GREETING when it came instead of one."""
    said = legible(answer, confidential)
    default = _Meaning(ServerUnavailable if phase is Phase.GREETING else ConnectionLost)
    start = Phase.GREETING.value if phase is Phase.GREETING else "the server ended the connection"
    return _make(_meaning(Phase.OTHER, answer) or default, f"{start}: {said}" if said else start, answer)


def _meaning(phase: Phase, answer: bytes) -> _Meaning | None:
    """What code or text say for sure. A code that says little (ALERT, UNAVAILABLE) lets a known text be more exact."""
    code = response_code(answer) or ""
    told = _CODES.get(code) or _CODES_BY_PHASE.get((code, phase))
    if told is not None:
        return told
    text = answer.decode("utf-8", "replace")
    known = next((meaning for pattern, meaning in _TEXTS if pattern.search(text)), None)
    if known is None and code in {"UNAVAILABLE", "CONTACTADMIN"}:
        return _Meaning(ServerUnavailable)
    return known


def _default_meaning(phase: Phase, kind: str, said: str) -> _Meaning:
    if kind == "BAD" and phase is Phase.LOGIN and not _ABOUT_CREDENTIALS.search(said):
        return _Meaning(ProtocolFault)
    if kind == "BAD" and phase is Phase.OTHER:
        return _Meaning(ProtocolFault)
    return _Meaning(_DEFAULTS[phase])


def _make(meaning: _Meaning, message: str, answer: bytes) -> ImapError:
    if meaning.error is Throttled:
        return Throttled(message, hint=meaning.hint, retry_after_s=_retry_after_s(answer))
    build: Callable[..., ImapError] = meaning.error
    return build(message, hint=meaning.hint)


def _retry_after_s(answer: bytes) -> float | None:
    found = _BACKOFF.search(answer.decode("utf-8", "replace"))
    return min(int(found[1]) / 1000, MAX_BACKOFF_S) if found else None
