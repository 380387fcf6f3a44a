"""The mail that filters and rules are tried on: files, or what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync import schedule
from inboxsync.commands.arguments import record_id
from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.model.judging import MailQuery
from inboxsync.sync.judging import NOBODY, Judge, Surroundings

if TYPE_CHECKING:
    from inboxsync.commands.rules_options import Chosen
    from inboxsync.model.integration import Integration
    from inboxsync.model.judging import StoredMail
    from inboxsync.rules.facts import Facts


@dataclass(frozen=True, slots=True)
class Tried:
    """One message to be judged. `id` is ours, or the name of a file; `facts` is None where it cannot be read."""

    id: str
    subject: str
    sender: str
    integration: str
    folder: str
    facts: Facts | None


# --- files ---------------------------------------------------------------------------------------------------------


def mail_of_files(paths: Sequence[Path], now: datetime) -> Iterator[Tried]:
    """Walk through the messages of files and directories, in order of their names. UsageError for unreadable files."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"--eml: {path} is not there", hint="name a file or a directory that is there")
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for file in files:
            for name, octets in _messages(file):
                yield _from_octets(name, octets, now)


def _messages(file: Path) -> Iterator[tuple[str, bytes]]:
    from inboxsync.mail.mbox_reading import is_mbox, mbox_messages

    try:
        with file.open("rb") as stream:
            if is_mbox(stream.read(5)):
                stream.seek(0)
                yield from ((f"{file.name}:{number}", one) for number, one in enumerate(mbox_messages(stream), 1))
            else:
                stream.seek(0)
                yield file.name, stream.read()
    except OSError as error:
        raise UsageError(f"--eml: {file} cannot be read: {error.strerror}") from error


def _from_octets(name: str, octets: bytes, now: datetime) -> Tried:
    from inboxsync.mail.parse import parse_message
    from inboxsync.rules.facts import Facts
    from inboxsync.sync.ingest import with_sane_date

    parsed = with_sane_date(parse_message(octets), now)
    facts = Facts.of(
        parsed, flags=(), folder="", integration=NOBODY, size_bytes=len(octets), received_at=parsed.sent_at, now=now
    )
    author = parsed.first_author
    return Tried(name, parsed.subject, author.address if author else "", "", "", facts)


# --- what is stored ------------------------------------------------------------------------------------------------


def chosen_placements(application: Application, chosen: Chosen) -> Sequence[int]:
    """Answer the placements through which the chosen mail is seen. UsageError for an unknown message or name."""
    if chosen.message is not None:
        return placements_of(application, chosen.message)[:1]
    integration = None if chosen.integration is None else application.integration(chosen.integration)
    since = None if chosen.since is None else schedule.parse_since(chosen.since, application.now())
    return application.store.content.judging.placements(
        MailQuery(integration.id if integration else None, since, chosen.last)
    )


def placements_of(application: Application, message: str) -> Sequence[int]:
    """Answer the placements of a message by our id. UsageError where there is none."""
    found = application.store.content.judging.placements_of(record_id(message, "message"))
    if not found:
        raise UsageError(f"there is no message {message}", hint="`inboxsync messages list` shows the ids")
    return found


def surroundings(application: Application, judges: Sequence[Judge]) -> Surroundings:
    """Gather what facts need beside the mail; companies are looked up only where they are asked for."""
    integrations: dict[int, Integration] = {one.id: one for one in application.integrations() if one.id is not None}
    asked = any(judge.asks_company for judge in judges)
    store = application.store
    companies = {
        key: store.control.company_id(one.company) for key, one in integrations.items() if asked and one.company
    }
    trusted = frozenset(application.settings.trusted_authserv_ids)
    return Surroundings(integrations, companies, application.now(), trusted, store.content.raw)


def stored_mail(application: Application, placements: Sequence[int], judges: Sequence[Judge]) -> Iterator[StoredMail]:
    """Stream stored mail with all that these judges read of it."""
    parts = frozenset(part for judge in judges for part in judge.parts)
    return application.store.content.judging.mail(placements, parts)


def tried(around: Surroundings, judges: Sequence[Judge]) -> Callable[[StoredMail], Tried]:
    """Answer what makes a stored message one to be judged, from its octets where these judges need them."""
    from_octets = any(judge.needs_octets for judge in judges)

    def make(mail: StoredMail) -> Tried:
        integration = around.integrations.get(mail.place.integration_id, NOBODY)
        facts = around.facts(mail, from_octets=from_octets)
        return Tried(str(mail.id), mail.subject, mail.sender, integration.name, mail.place.folder, facts)

    return make
