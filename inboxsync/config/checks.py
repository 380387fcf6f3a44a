"""Every fault in the options of an integration, each under its option's name. Pure but for the look at the CA file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from inboxsync.config import faults
from inboxsync.config.options import IntegrationOptions, PresetLike, host_of, tls_of
from inboxsync.errors import Problem, UsageError
from inboxsync.model.integration import DedupScope, TlsMode
from inboxsync.model.roles import ROLE_PREFIX, FolderRole
from inboxsync.model.ticketing import ARRIVALS_KEPT, BulkMail, ClosedTicket, tag_fault
from inboxsync.schedule import check_cron

PORT_MAX = 65_535
SUBJECT_WINDOW_MAX_DAYS = 365
SENDER_CAP_MAX = 100_000
_ROLES_HINT = f"give a name as the server lists it, or a role: {', '.join(ROLE_PREFIX + role for role in FolderRole)}"


def find_problems(
    options: IntegrationOptions, preset: PresetLike | None, *, file_exists: Callable[[Path], bool] = Path.is_file
) -> tuple[Problem, ...]:
    """Answer every fault of these options; `where` is the option's name on the command line."""
    return (
        *_identity_problems(options),
        *_server_problems(options, preset),
        *_tls_problems(options, preset, file_exists),
        *_schedule_problems(options),
        *_content_problems(options),
        *_ticket_problems(options),
    )


def _judged(where: str, fault: str | None, hint: str = "") -> Iterator[Problem]:
    if fault:
        yield Problem(where, fault, hint)


def _identity_problems(options: IntegrationOptions) -> Iterator[Problem]:
    yield from _judged("NAME", faults.name_fault(options.name), "choose a short name like support")
    yield from _judged("--email", faults.email_fault(options.email))
    if options.username is not None:
        yield from _judged("--username", faults.line_fault(options.username))


def _server_problems(options: IntegrationOptions, preset: PresetLike | None) -> Iterator[Problem]:
    host = host_of(options, preset)
    if host:
        yield from _judged("--host", faults.host_fault(host), "give a name like imap.example.com")
    else:
        yield _missing_host(preset)
    if options.port is not None and not 1 <= options.port <= PORT_MAX:
        yield Problem("--port", f"must be from 1 to {PORT_MAX}")


def _missing_host(preset: PresetLike | None) -> Problem:
    if preset is not None:
        try:
            preset.host_for()
        except UsageError as error:
            return Problem("--host", error.message, error.hint)
    return Problem("--host", "is missing: no provider is known for this address", "give --host, or --provider")


def _tls_problems(
    options: IntegrationOptions, preset: PresetLike | None, file_exists: Callable[[Path], bool]
) -> Iterator[Problem]:
    tls = tls_of(options, preset)
    if tls not in {str(mode) for mode in TlsMode}:
        yield Problem("--tls", f"{tls!r} is no mode", "write implicit, starttls or none")
    elif tls == TlsMode.NONE and not options.insecure_plaintext and not faults.is_loopback(host_of(options, preset)):
        hint = "use --tls implicit or starttls; --insecure-plaintext takes the risk in words"
        yield Problem("--tls none", "would send the password over the network in clear text", hint)
    if options.pin_sha256 and faults.normalised_pin(options.pin_sha256) is None:
        yield Problem("--pin-sha256", "is not a SHA-256 in hex", "give 64 hex digits, with or without colons")
    if options.ca_file and not file_exists(Path(options.ca_file)):
        yield Problem(
            "--ca-file", f"there is no file {str(options.ca_file)!r}", "give a file with CA certificates in PEM"
        )


def _ticket_problems(options: IntegrationOptions) -> Iterator[Problem]:
    yield from _judged("--ticket-tag", tag_fault(options.ticket_tag), "write it like [#{number}]")
    choices = (("--closed-ticket", options.closed_ticket, ClosedTicket), ("--bulk", options.bulk, BulkMail))
    for name, value, words in choices:
        if value not in {word.value for word in words}:
            yield Problem(name, f"{value!r} is no choice", f"write {', '.join(word.value for word in words)}")
    bounds = (
        ("--subject-window", options.subject_window_days, SUBJECT_WINDOW_MAX_DAYS),
        ("--sender-cap", options.sender_cap, SENDER_CAP_MAX),
        ("--thread-cap", options.thread_cap, ARRIVALS_KEPT),
    )
    for name, number, most in bounds:
        if not 0 <= number <= most:
            yield Problem(name, f"must be from 0 to {most}")


def _schedule_problems(options: IntegrationOptions) -> Iterator[Problem]:
    if options.every_s is not None and options.cron is not None:
        yield Problem("--every, --cron", "are both given", "give one of them")
    if options.every_s is not None and options.every_s < 1:
        yield Problem("--every", "must be a second at least")
    if options.cron is not None:
        yield from _cron_problems(options.cron)
    if not 0 <= options.priority <= faults.PRIORITY_MAX:
        yield Problem("--priority", f"must be from 0 to {faults.PRIORITY_MAX}", "lower numbers run first")


def _cron_problems(cron: str) -> Iterator[Problem]:
    try:
        check_cron(cron)
    except UsageError as error:
        yield Problem("--cron", error.message, error.hint)


def _content_problems(options: IntegrationOptions) -> Iterator[Problem]:
    if not options.folders:
        yield Problem("--folder", "is missing", "name a folder, or leave the option out for INBOX")
    for folder in options.folders:
        yield from _judged("--folder", faults.line_fault(folder) or faults.role_fault(folder), _ROLES_HINT)
    if options.company is not None:
        yield from _judged("--company", faults.line_fault(options.company))
    if options.dedup and options.dedup not in {str(scope) for scope in DedupScope}:
        yield Problem("--dedup", f"{options.dedup!r} is no scope", "write integration, company or store")
    if options.dedup == DedupScope.COMPANY and not options.company:
        yield Problem("--dedup company", "needs a company", "add --company NAME")


def raise_usage(problems: Sequence[Problem]) -> None:
    """Raise UsageError with all of these, if there are any."""
    if problems:
        hint = "; ".join(dict.fromkeys(problem.hint for problem in problems if problem.hint))
        raise UsageError("; ".join(map(str, problems)), hint=hint)
