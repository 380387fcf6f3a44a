"""The options of `add` and `edit`: declared once, and read into the fields of IntegrationOptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync import schedule
from inboxsync.errors import FilterInvalid, Problem, UsageError

if TYPE_CHECKING:
    from inboxsync.providers.preset import Preset


def _option(*names: str, metavar: str | None = None, help: str) -> Any:  # noqa: A002  typer's own name
    return typer.Option(*names, metavar=metavar, help=help, show_default=False)


Text = str | None
Flag = bool | None

Email = Annotated[Text, _option("--email", metavar="A", help="Address of the account.")]
Provider = Annotated[Text, _option("--provider", metavar="KEY", help="Provider, where the address does not tell.")]
Host = Annotated[Text, _option("--host", metavar="H", help="IMAP server, or the number that the provider gave it.")]
Port = Annotated[int | None, _option("--port", metavar="N", help="Port; 993, or 143 with starttls.")]
Tls = Annotated[Text, _option("--tls", metavar="MODE", help="implicit (default), starttls, or none on this machine.")]
Insecure = Annotated[bool, _option("--insecure-plaintext", help="Take --tls none for another machine too.")]
Username = Annotated[Text, _option("--username", metavar="U", help="Login name; the address without.")]
PasswordStdin = Annotated[bool, _option("--password-stdin", help="Take the password from the first line of stdin.")]
PasswordFile = Annotated[Path | None, _option("--password-file", metavar="FILE", help="Take the password from a file.")]
Folders = Annotated[
    list[str] | None,
    _option("--folder", metavar="F", help="Folder or role (role:sent); repeatable; INBOX without."),
]
Every = Annotated[Text, _option("--every", metavar="5m", help="Interval: s, m, h, d; a plain number is minutes.")]
Cron = Annotated[Text, _option("--cron", metavar="EXPR", help='Cron expression instead, like "*/5 * * * *".')]
Priority = Annotated[int | None, _option("--priority", metavar="N", help="Lower runs first; 100 without.")]
Filter = Annotated[Path | None, _option("--filter", metavar="FILE", help="JSON filter: which messages are taken.")]
Rules = Annotated[Path | None, _option("--rules", metavar="FILE", help="JSON rules: how what is taken is routed.")]
Dedup = Annotated[Text, _option("--dedup", metavar="SCOPE", help="integration, company or store.")]
UnreadOnly = Annotated[Flag, _option("--unread-only/--no-unread-only", help="Take only what is unread.")]
MarkRead = Annotated[Flag, _option("--mark-read/--no-mark-read", help="Mark what was stored as read on the server.")]
KnownSenders = Annotated[
    Flag, _option("--known-senders-only/--no-known-senders-only", help="Take only mail from known contacts.")
]
Company = Annotated[Text, _option("--company", metavar="C", help="Company that the mail belongs to.")]
Since = Annotated[Text, _option("--since", metavar="WHEN", help="Take mail since: all (default), 14d, a date.")]
TicketsSince = Annotated[
    Text, _option("--tickets-since", metavar="WHEN", help="Make tickets of mail since: now (default), all, a date.")
]
Tickets = Annotated[Flag, _option("--tickets/--no-tickets", help="Make tickets (default) or only store.")]
ClosedTicket = Annotated[
    Text, _option("--closed-ticket", metavar="WORD", help="A reply to a closed ticket: reopen (default), append, new.")
]
SubjectWindow = Annotated[
    int | None,
    _option("--subject-window", metavar="DAYS", help="Join the same subject and requester so long; 0 never (default)."),
]
TicketTag = Annotated[
    Text, _option("--ticket-tag", metavar="TEXT", help='Ticket number in subjects; "[#{number}]" without.')
]
SenderCap = Annotated[
    int | None, _option("--sender-cap", metavar="N", help="Tickets a sender opens in an hour; 1000 without, 0 any.")
]
ThreadCap = Annotated[
    int | None, _option("--thread-cap", metavar="N", help="Mails in an hour a ticket tells of; 100 without, 0 any.")
]
Bulk = Annotated[
    Text, _option("--bulk", metavar="WORD", help="Lists and bulk mail: append (default), create tickets, or none.")
]
CaFile = Annotated[Text, _option("--ca-file", metavar="FILE", help="CA certificates (PEM) to trust for this server.")]
Pin = Annotated[Text, _option("--pin-sha256", metavar="HEX", help="SHA-256 of the server's certificate to pin.")]
Inactive = Annotated[bool, _option("--inactive", help="Store it switched off.")]
NoTest = Annotated[bool, _option("--no-test", help="Store without testing the login.")]


def decoded(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Read the options as typer parsed them into fields of IntegrationOptions; None and () are what was not given.

    An empty text takes a value away. Raises UsageError for texts that cannot be read, FilterInvalid (exit 78) with
    every fault of the filter and rules files.
    """
    said = {name: value for name, value in given.items() if value is not None and value != ()}
    fields = {name: said[name] for name in _AS_THEY_ARE if name in said}
    fields |= {name: said[name] or None for name in _CLEARABLE if name in said}
    fields |= {field: None for name, field in _TAKEN_AWAY.items() if said.get(name)}
    fields |= {field: read(said[name], now) for name, (field, read) in _READ.items() if name in said}
    return fields | _documents(said)


_AS_THEY_ARE = (
    "email", "host", "port", "tls", "username", "priority", "unread_only", "mark_read", "known_senders_only",
    "insecure_plaintext", "active", "closed_ticket", "ticket_tag", "sender_cap", "thread_cap", "bulk",
)  # fmt: skip
_TAKEN_AWAY = {"no_filter": "filter_json", "no_rules": "rules_json"}
_CLEARABLE = ("company", "ca_file", "pin_sha256", "dedup")
_READ: dict[str, tuple[str, Callable[[Any, datetime], Any]]] = {
    "rename": ("name", lambda value, _now: value),
    "folder": ("folders", lambda value, _now: tuple(value)),
    "every": ("every_s", lambda value, _now: schedule.parse_interval(value)),
    "cron": ("cron", lambda value, _now: value),
    "subject_window": ("subject_window_days", lambda value, _now: value),
    "tickets": ("makes_tickets", lambda value, _now: value),
    "since": ("since", schedule.parse_since),
    "tickets_since": ("tickets_since", schedule.parse_since),
}


def _documents(said: Mapping[str, Any]) -> dict[str, str | None]:
    """Read filter and rules now: what is stored decodes, and a person sees the faults of both files at once."""
    problems: list[Problem] = []
    found = {
        f"{name}_json": _document(name, Path(said[name]), problems)
        for name in ("filter", "rules")
        if said.get(name) is not None
    }
    if problems:
        raise FilterInvalid(
            "; ".join(map(str, problems)), hint="`inboxsync rules check FILE` checks a file", problems=problems
        )
    return found


def _document(name: str, path: Path, problems: list[Problem]) -> str | None:
    from inboxsync.rules.decode import canonical, decode_filter, decode_rules

    octets = read_file(path, f"--{name}")
    try:
        (decode_filter if name == "filter" else decode_rules)(octets)
        text = canonical(octets)
    except FilterInvalid as error:
        problems += [Problem(f"{path}: {p.where or '/'}", p.message, p.hint) for p in error.problems]
        return None
    return None if text == "null" else text


def read_file(path: Path, option: str) -> bytes:
    """Read a file that a person named; UsageError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{option}: {path} cannot be read: {error.strerror}", hint="name a file that is there"
        ) from error


def preset_for(email: str | None, provider: str | None, host: str | None) -> Preset | None:
    """Give the preset that was named, else the one that the address tells; none where a server alone was named."""
    from inboxsync.providers.detect import detect
    from inboxsync.providers.presets import lookup, presets

    if provider is not None:
        return lookup(provider)
    return None if host is not None or email is None else detect(email, presets())


def provider_notes(preset: Preset | None) -> list[str]:
    """Say what a person must know before signing in: no passwords any more, an app password, and where to make one."""
    if preset is None:
        return []
    notes = [] if preset.takes_passwords else [f"{preset.name} no longer takes passwords for IMAP"]
    notes += [preset.auth_note] if preset.auth_note else []
    notes += [f"app passwords: {preset.app_password_url}"] if preset.app_password_url else []
    return notes
