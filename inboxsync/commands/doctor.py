"""`doctor`: the whole set-up looked at, fault by fault, each with its remedy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.keys import key_status
from inboxsync.commands.login import try_login
from inboxsync.commands.ports import Application
from inboxsync.errors import EXIT_OK, InboxsyncError, KeyMissing, StoreCorrupt, StoreUnwritable, worst_exit_code
from inboxsync.model.integration import Integration
from inboxsync.render.tables import Table
from inboxsync.system.files import make_private_dir

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    message: str
    hint: str = ""
    code: str | None = None
    exit_code: int = EXIT_OK

    @property
    def is_well(self) -> bool:
        """Whether nothing is to be done."""
        return self.exit_code == EXIT_OK

    def as_json(self) -> dict[str, Any]:
        """Give it under its public keys."""
        return {"name": self.name, "ok": self.is_well, "code": self.code, "message": self.message, "hint": self.hint}


@app.command("doctor", cls=Command, epilog=example("doctor", "doctor --offline --json"))
def doctor(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Do not log in anywhere.")] = False,
    json: Json = False,
) -> int:
    """Look at the whole set-up.

    Settings, data directory, database, key and every login: what is wrong and what to do.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        checks = list(_checks(application, offline=offline))
    if json:
        shell.output.document({"ok": all(c.is_well for c in checks), "checks": [c.as_json() for c in checks]})
    else:
        rows = [(c.name, "ok" if c.is_well else "error", c.message) for c in checks]
        shell.output.table(Table.of(("what", "state", "found"), rows))
        for check in checks:
            if check.hint and not check.is_well:
                shell.output.note(f"{check.name}: {check.hint}")
    return worst_exit_code([check.exit_code for check in checks])


def _checks(application: Application, *, offline: bool) -> Iterator[Check]:
    yield looked_at("settings", lambda: _settings(application))
    yield looked_at("data directory", lambda: _data_dir(application))
    database = looked_at("database", lambda: _database(application))
    yield database
    if not database.is_well:
        return
    yield looked_at("master key", lambda: _key(application))
    for integration in application.integrations():
        if integration.active and not offline:
            yield looked_at(integration.name, lambda one=integration: _login(application, one))  # type: ignore[misc]  # mypy cannot infer a lambda's default


def looked_at(name: str, look: Callable[[], str]) -> Check:
    """Look, and make a check of the answer or of the error."""
    try:
        return Check(name, look())
    except InboxsyncError as error:
        return Check(name, error.message, error.hint, error.code, error.exit_code)


def _settings(application: Application) -> str:
    settings = application.settings
    file = settings.config_file or "no settings file"
    return f"{file}; database {settings.redacted_url()}"


def _data_dir(application: Application) -> str:
    path = application.settings.data_dir
    try:
        make_private_dir(path)
    except OSError as error:
        raise StoreUnwritable(f"{path}: {error.strerror}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise StoreUnwritable(f"{path} cannot be written")
    return str(path)


def _database(application: Application) -> str:
    faults = application.store.schema.check()
    if faults:
        raise StoreCorrupt("; ".join(faults))
    return f"schema version {application.store.schema.current()}"


def _key(application: Application) -> str:
    found = key_status(application.key_sources)
    if found.fault:
        raise found.fault
    if found.source is None:
        if application.store.control.secrets():
            raise KeyMissing("; ".join(found.findings))
        return "none yet; it is made with the first password"
    application.vault()
    return f"{found.source}, {found.place}"


def _login(application: Application, integration: Integration) -> str:
    found = try_login(application, integration, application.secret_of(integration))
    return f"login works, {found.waiting} messages in {len(found.read)} folders"
