"""The test of a login: what the account has, and how many messages wait. Reads only."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inboxsync.commands.ports import Application
from inboxsync.errors import FolderMissing
from inboxsync.imap.session import Session
from inboxsync.model.integration import Integration
from inboxsync.model.secret import Secret
from inboxsync.providers.presets import folder_names
from inboxsync.render.output import Output
from inboxsync.sync.folder_choice import Chosen, choose_folders

_SHOWN_FOLDERS = 30


@dataclass(frozen=True, slots=True)
class FolderFound:
    """A folder that the integration reads, as the server has it now. `unread` None where the server does not say."""

    name: str
    messages: int
    unread: int | None


@dataclass(frozen=True, slots=True)
class LoginTest:
    """What a login found: all folders that can be opened, and those that are read."""

    folders: tuple[str, ...]
    read: tuple[FolderFound, ...]

    @property
    def waiting(self) -> int:
        """How many messages lie in the folders that are read."""
        return sum(folder.messages for folder in self.read)


def try_login(application: Application, integration: Integration, secret: Secret) -> LoginTest:
    """Log in, list the folders, open those that are read. Raises ImapError; FolderMissing names what there is."""
    with application.open_session(integration, secret) as session:
        listed = session.list_folders()
        folders = tuple(folder.name for folder in listed if folder.selectable)
        names = functools.partial(folder_names, integration.provider)
        chosen, _ = choose_folders(integration.folders, lambda: listed, names)
        return LoginTest(folders, tuple(_open(session, one, folders) for one in chosen))


def _open(session: Session, chosen: Chosen, folders: Sequence[str]) -> FolderFound:
    try:
        if chosen.error is not None:
            raise chosen.error
        status = session.examine(chosen.name)
    except FolderMissing as error:
        raise FolderMissing(error.message, hint=f"this account has {_listed(folders)}; choose with --folder") from error
    return FolderFound(chosen.name, status.exists, session.unseen_count(chosen.name))


def _listed(folders: Sequence[str]) -> str:
    more = len(folders) - _SHOWN_FOLDERS
    return ", ".join(folders[:_SHOWN_FOLDERS]) + (f" and {more} more" if more > 0 else "") if folders else "no folder"


def login_json(test: LoginTest) -> dict[str, Any]:
    """Give the outcome of a login test under its public keys."""
    read = [{"name": one.name, "messages": one.messages, "unread": one.unread} for one in test.read]
    return {"ok": True, "folders_found": list(test.folders), "folders": read, "messages_waiting": test.waiting}


def tell_login(output: Output, integration: Integration, test: LoginTest) -> None:
    """Tell people what a login found."""
    endpoint = integration.endpoint
    provider = f" ({integration.provider})" if integration.provider else ""
    output.line(f"login at {endpoint.host}:{endpoint.port}{provider} works, TLS {endpoint.tls.value}")
    output.line(f"folders found: {_listed(test.folders)}")
    for one in test.read:
        unread = "" if one.unread is None else f", {one.unread} unread"
        output.line(f"{one.name}: {one.messages} messages{unread}")
    output.line(f"{test.waiting} messages wait")
