"""The environment: the one place that reads it, and the single mailbox that can be set up by variables alone.

INBOXSYNC_IMAP_HOST, _PORT, _USER, _PASSWORD_FILE, _PASSWORD, _FOLDER and _TLS; the older names IMAP_HOST, IMAP_PORT,
IMAP_USER, IMAP_PASSWORD, IMAP_USE_SSL and IMAP_MAILBOX are understood where the new one is not set.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.config import faults
from inboxsync.config.integration import IntegrationOptions, build_integration, find_problems
from inboxsync.config.secret_file import read_secret_file
from inboxsync.errors import ConfigError, Problem
from inboxsync.model.secret import Secret

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration

SINGLE_MAILBOX_NAME = "env"
# A constant of this program, so that the same variables give the same integration on every run and machine.
_NAMESPACE = uuid.UUID("6f1f0a3e-5d0a-5c52-9d0e-6a3c2f2d7b41")
_OLD_NAMES = {
    "INBOXSYNC_IMAP_HOST": "IMAP_HOST",
    "INBOXSYNC_IMAP_PORT": "IMAP_PORT",
    "INBOXSYNC_IMAP_USER": "IMAP_USER",
    "INBOXSYNC_IMAP_PASSWORD": "IMAP_PASSWORD",
    "INBOXSYNC_IMAP_FOLDER": "IMAP_MAILBOX",
}
_NEW_NAMES = (*_OLD_NAMES, "INBOXSYNC_IMAP_PASSWORD_FILE", "INBOXSYNC_IMAP_TLS")
_USE_SSL = {**dict.fromkeys(("true", "1", "yes"), "implicit"), **dict.fromkeys(("false", "0", "no"), "starttls")}
_BY_OPTION = {
    "--host": "INBOXSYNC_IMAP_HOST",
    "--port": "INBOXSYNC_IMAP_PORT",
    "--username": "INBOXSYNC_IMAP_USER",
    "--folder": "INBOXSYNC_IMAP_FOLDER",
    "--tls": "INBOXSYNC_IMAP_TLS",
    "--tls none": "INBOXSYNC_IMAP_TLS",
}
_TLS_NONE_HINT = "use implicit or starttls; `inboxsync add --insecure-plaintext` takes the risk in words"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SingleMailbox:
    """The integration that the variables describe, and its password, which is kept in no store."""

    integration: Integration
    secret: Secret


@dataclass(frozen=True, slots=True)
class _Value:
    """The text of a variable, and which of its names it was set under."""

    text: str
    variable: str


def single_mailbox(environ: Mapping[str, str]) -> SingleMailbox | None:
    """Answer the mailbox that the variables describe; None where none of them is set.

    Raises ConfigError that names in one line every variable that is missing, or cannot be used, or whose file cannot
    be read.
    """
    values = _values(environ)
    if not values:
        return None
    _raise_missing(values)
    options = _options(values)
    problems = (*_own_problems(values), *_named(find_problems(options, None), values))
    _raise_all(problems)
    integration = build_integration(options, None, _EPOCH, lambda: _uuid(options))
    undated = replace(integration, created_at=None, updated_at=None)
    return SingleMailbox(undated, _secret(values, environ))


def _values(environ: Mapping[str, str]) -> dict[str, _Value]:
    """Answer what is set by the new names; an empty variable is not set."""
    found: dict[str, _Value] = {}
    for new in _NEW_NAMES:
        names = (new, _OLD_NAMES[new]) if new in _OLD_NAMES else (new,)
        name = next((name for name in names if environ.get(name)), None)
        if name:
            found[new] = _Value(environ[name], name)
    if environ.get("IMAP_USE_SSL") and "INBOXSYNC_IMAP_TLS" not in found:
        found["INBOXSYNC_IMAP_TLS"] = _Value(environ["IMAP_USE_SSL"], "IMAP_USE_SSL")
    return found


def _raise_missing(values: Mapping[str, _Value]) -> None:
    missing = [name for name in ("INBOXSYNC_IMAP_HOST", "INBOXSYNC_IMAP_USER") if name not in values]
    if not {"INBOXSYNC_IMAP_PASSWORD_FILE", "INBOXSYNC_IMAP_PASSWORD"} & values.keys():
        missing.append("INBOXSYNC_IMAP_PASSWORD_FILE")
    if not missing:
        return
    given = ", ".join(value.variable for value in values.values())
    raise ConfigError(
        f"the mailbox of the environment lacks {', '.join(missing)} (set: {given})",
        hint="set what is missing, or take the others away and use `inboxsync add`",
        problems=[Problem(f"environment: {name}", "is not set") for name in missing],
    )


def _options(values: Mapping[str, _Value]) -> IntegrationOptions:
    host, user = values["INBOXSYNC_IMAP_HOST"].text, values["INBOXSYNC_IMAP_USER"].text
    folder = values.get("INBOXSYNC_IMAP_FOLDER")
    return IntegrationOptions(
        name=SINGLE_MAILBOX_NAME,
        email=_email(user, host),
        host=host,
        port=_port(values),
        tls=_tls(values),
        username=user,
        folders=(folder.text,) if folder else ("INBOX",),
    )


def _email(user: str, host: str) -> str:
    """Answer the login where it is an address, else one made of login and host, which is only shown."""
    return user if faults.email_fault(user) is None else f"{re.sub(r'[^A-Za-z0-9._+-]', '_', user)[:64]}@{host}"


def _port(values: Mapping[str, _Value]) -> int | None:
    """Answer the port; 0, which `find_problems` refuses, where the text is no number."""
    value = values.get("INBOXSYNC_IMAP_PORT")
    if value is None:
        return None
    return int(value.text) if re.fullmatch(r"[0-9]{1,9}", value.text) else 0


def _tls(values: Mapping[str, _Value]) -> str | None:
    """Answer the mode; the older variable says it as yes or no. What cannot be read is reported by `_own_problems`."""
    value = values.get("INBOXSYNC_IMAP_TLS")
    if value is None:
        return None
    word = value.text.strip().lower()
    return _USE_SSL.get(word) if value.variable == "IMAP_USE_SSL" else word


def _own_problems(values: Mapping[str, _Value]) -> Iterator[Problem]:
    value = values.get("INBOXSYNC_IMAP_TLS")
    if value is not None and value.variable == "IMAP_USE_SSL" and _tls(values) is None:
        yield Problem(
            "environment: IMAP_USE_SSL", "is neither true nor false", "write true for TLS, false for STARTTLS"
        )


def _named(problems: Sequence[Problem], values: Mapping[str, _Value]) -> Iterator[Problem]:
    """Say each fault of an option under the variable it came from; the made address has none of its own."""
    for problem in problems:
        new = _BY_OPTION.get(problem.where)
        if new is not None:
            variable = values[new].variable if new in values else new
            hint = _TLS_NONE_HINT if problem.where == "--tls none" else problem.hint
            yield Problem(f"environment: {variable}", problem.message, hint)


def _raise_all(problems: Sequence[Problem]) -> None:
    if problems:
        hint = "; ".join(dict.fromkeys(problem.hint for problem in problems if problem.hint))
        raise ConfigError("; ".join(map(str, problems)), hint=hint, problems=problems)


def _uuid(options: IntegrationOptions) -> str:
    """Derive the uuid from what makes the mailbox this one: host, login, folder (RFC 9562 §5.5)."""
    parts = (str(options.host).lower(), str(options.username), *options.folders)
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def _secret(values: Mapping[str, _Value], environ: Mapping[str, str]) -> Secret:
    """Read the password from its file, which wins over the variable: files are not inherited by child processes."""
    file = values.get("INBOXSYNC_IMAP_PASSWORD_FILE")
    if file is not None:
        path = Path(system.absolute_path(file.text, environ))
        return read_secret_file(path, f"environment: {file.variable}")
    return Secret(values["INBOXSYNC_IMAP_PASSWORD"].text)
