"""`add edit show list clone enable disable remove test`: the life of an integration."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from inboxsync.commands import settings_given as given
from inboxsync.commands.arguments import Json, Name
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.enrolment import Enrolled, change, duplicate, enrol, forget, switch
from inboxsync.commands.login import login_json, tell_login, try_login
from inboxsync.commands.secrets import SecretSource
from inboxsync.commands.shell import Shell
from inboxsync.commands.status import NO_INTEGRATION
from inboxsync.errors import UsageError
from inboxsync.model.integration import Integration
from inboxsync.render.json_shapes import integration_json, listing
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table

app = typer.Typer()


@app.command(
    "add",
    cls=Command,
    epilog=example(
        "add support --email support@example.com",
        "add sales --email sales@example.com --host imap.example.com --password-file FILE --every 2m",
    ),
)
def add(
    ctx: typer.Context,
    name: Name,
    email: Annotated[str, typer.Option("--email", metavar="A", help="Address of the account.")],
    provider: given.Provider = None,
    host: given.Host = None,
    port: given.Port = None,
    tls: given.Tls = None,
    insecure_plaintext: given.Insecure = False,
    username: given.Username = None,
    password_stdin: given.PasswordStdin = False,
    password_file: given.PasswordFile = None,
    folder: given.Folders = None,
    every: given.Every = None,
    cron: given.Cron = None,
    priority: given.Priority = None,
    filter: given.Filter = None,  # noqa: A002  the option's name
    rules: given.Rules = None,
    dedup: given.Dedup = None,
    unread_only: given.UnreadOnly = None,
    mark_read: given.MarkRead = None,
    known_senders_only: given.KnownSenders = None,
    company: given.Company = None,
    since: given.Since = None,
    tickets_since: given.TicketsSince = None,
    tickets: given.Tickets = None,
    closed_ticket: given.ClosedTicket = None,
    subject_window: given.SubjectWindow = None,
    ticket_tag: given.TicketTag = None,
    sender_cap: given.SenderCap = None,
    thread_cap: given.ThreadCap = None,
    bulk: given.Bulk = None,
    ca_file: given.CaFile = None,
    pin_sha256: given.Pin = None,
    inactive: given.Inactive = False,
    no_test: given.NoTest = False,
    json: Json = False,
) -> None:
    """Add an account and test its login.

    Finds the provider from the address, asks for the password, says what the login found and how many messages wait.
    """
    shell = shell_of(ctx)
    options = {**ctx.params, "active": not inactive}
    source = SecretSource(password_stdin, password_file)
    with shell.application() as application:
        _answer(shell, enrol(shell, application, name, options, source, test=not no_test), "added", as_json=json)


@app.command(
    "edit",
    cls=Command,
    epilog=example("edit support --every 2m --folder INBOX --folder Archive", "edit support --password-file FILE"),
)
def edit(
    ctx: typer.Context,
    name: Name,
    email: given.Email = None,
    provider: given.Provider = None,
    host: given.Host = None,
    port: given.Port = None,
    tls: given.Tls = None,
    insecure_plaintext: given.Insecure = False,
    username: given.Username = None,
    password_stdin: given.PasswordStdin = False,
    password_file: given.PasswordFile = None,
    folder: given.Folders = None,
    every: given.Every = None,
    cron: given.Cron = None,
    priority: given.Priority = None,
    filter: given.Filter = None,  # noqa: A002  the option's name
    rules: given.Rules = None,
    dedup: given.Dedup = None,
    unread_only: given.UnreadOnly = None,
    mark_read: given.MarkRead = None,
    known_senders_only: given.KnownSenders = None,
    company: given.Company = None,
    since: given.Since = None,
    tickets_since: given.TicketsSince = None,
    tickets: given.Tickets = None,
    closed_ticket: given.ClosedTicket = None,
    subject_window: given.SubjectWindow = None,
    ticket_tag: given.TicketTag = None,
    sender_cap: given.SenderCap = None,
    thread_cap: given.ThreadCap = None,
    bulk: given.Bulk = None,
    ca_file: given.CaFile = None,
    pin_sha256: given.Pin = None,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NEW", help="Give it another name.")] = None,
    no_filter: Annotated[bool, typer.Option("--no-filter", help="Take the filter away.")] = False,
    no_rules: Annotated[bool, typer.Option("--no-rules", help="Take the rules away.")] = False,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Switch it on or off.")] = None,
    no_test: given.NoTest = False,
    json: Json = False,
) -> None:
    """Change what is given and keep the rest.

    Without any option it asks for a new password. An empty text takes a value away.
    """
    shell = shell_of(ctx)
    source = SecretSource(password_stdin, password_file)
    with shell.application() as application:
        _answer(shell, change(shell, application, name, ctx.params, source, test=not no_test), "changed", as_json=json)


def _answer(shell: Shell, enrolled: Enrolled, what: str, *, as_json: bool) -> None:
    integration = enrolled.integration
    if as_json:
        test = login_json(enrolled.test) if enrolled.test else None
        shell.output.document({**integration_json(integration), "test": test, "notes": list(enrolled.notes)})
        return
    if enrolled.test:
        tell_login(shell.output, integration, enrolled.test)
    shell.output.line(f"{integration.name}: {what}")
    if integration.makes_tickets and integration.tickets_since is not None and what == "added":
        shell.output.note(f"tickets are made of mail from {integration.tickets_since:%Y-%m-%d %H:%M} UTC on")


@app.command("list", cls=Command, epilog=example("list", "list --json"))
def list_integrations(ctx: typer.Context, json: Json = False) -> None:
    """List all integrations with their settings."""
    shell = shell_of(ctx)
    with shell.application() as application:
        integrations = application.integrations()
    if json:
        shell.output.document(listing("integrations", map(integration_json, integrations)))
        return
    rows = [_row(integration) for integration in integrations]
    headings = ("name", "email", "server", "folders", "when", "priority", "active")
    shell.output.table(Table.of(headings, rows, right=(5,)), empty=NO_INTEGRATION)


def _row(integration: Integration) -> tuple[object, ...]:
    endpoint = integration.endpoint
    when = integration.cron or f"every {integration.interval_s} s"
    folders = ", ".join(integration.folders)
    server = f"{endpoint.host}:{endpoint.port}"
    return (integration.name, integration.email, server, folders, when, integration.priority, integration.active)


@app.command("show", cls=Command, epilog=example("show support", "show support --json"))
def show(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Show every setting of an integration but its password."""
    shell = shell_of(ctx)
    with shell.application() as application:
        shape = integration_json(application.integration(name))
    if json:
        shell.output.document(shape)
    else:
        shell.output.block(facts_text(tuple((key, _shown(value)) for key, value in shape.items())))


def _shown(value: Any) -> str:
    from json import dumps

    if value is None:
        return "-"
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


@app.command("clone", cls=Command, epilog=example("clone support support-archive"))
def clone(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="Name of the integration to copy.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Name of the copy.")],
    json: Json = False,
) -> None:
    """Copy an integration under another name.

    The password is copied too. The copy is switched off.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        copy = duplicate(application, source, new)
    if json:
        shell.output.document(integration_json(copy))
    else:
        shell.output.line(f"{copy.name}: copied from {source}, switched off; `inboxsync enable {copy.name}` starts it")


@app.command("enable", cls=Command, epilog=example("enable support"))
def enable(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Switch an integration on."""
    _switch(ctx, name, active=True, as_json=json)


@app.command("disable", cls=Command, epilog=example("disable support"))
def disable(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Switch an integration off; nothing of it is lost."""
    _switch(ctx, name, active=False, as_json=json)


def _switch(ctx: typer.Context, name: str, *, active: bool, as_json: bool) -> None:
    shell = shell_of(ctx)
    with shell.application() as application:
        stored = switch(application, name, active=active)
    if as_json:
        shell.output.document(integration_json(stored))
    else:
        shell.output.line(f"{name}: switched {'on' if active else 'off'}")


@app.command("remove", cls=Command, epilog=example("remove support", "remove support --purge --yes"))
def remove(
    ctx: typer.Context,
    name: Name,
    purge: Annotated[bool, typer.Option("--purge", help="Delete its messages and tickets too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Remove an integration and its password.

    Stored messages and tickets stay unless --purge is given.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        application.integration(name)
        _confirm(shell, name, purge=purge, yes=yes)
        forget(application, name, purge=purge)
    if json:
        shell.output.document({"removed": name, "purged": purge})
    else:
        shell.output.line(f"{name}: removed" + (" with its messages and tickets" if purge else ""))


def _confirm(shell: Shell, name: str, *, purge: bool, yes: bool) -> None:
    if yes:
        return
    if not shell.stdin.isatty():
        raise UsageError(f"removing {name!r} needs a confirmation", hint="add --yes")
    what = "and delete all its messages and tickets" if purge else "and its password (messages and tickets stay)"
    typer.confirm(f"Remove {name} {what}?", abort=True, err=True)


@app.command("test", cls=Command, epilog=example("test support", "test support --json"))
def try_out(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Test the login of an integration.

    Says the cause and the remedy in plain words, or the folders and how many messages wait.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        integration = application.integration(name)
        found = try_login(application, integration, application.secret_of(integration))
    if json:
        endpoint = integration.endpoint
        place = {"name": name, "provider": integration.provider, "host": endpoint.host, "port": endpoint.port}
        shell.output.document({**place, "tls": endpoint.tls.value, **login_json(found)})
    else:
        tell_login(shell.output, integration, found)
