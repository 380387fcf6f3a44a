"""`contacts list|add|edit|remove|import`: the people whom known-senders-only integrations take mail from."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.directory import Csv, DryRun, File, Yes, confirm, directory_of, import_file, one_format
from inboxsync.commands.shell import Shell
from inboxsync.errors import UsageError
from inboxsync.model.directory import Contact, contact_kind
from inboxsync.render.json_shapes import id_text, listing
from inboxsync.render.tables import Table

app = typer.Typer(help="Known people: customers and staff.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address of the contact.")]
DisplayName = Annotated[str | None, typer.Option("--name", metavar="N", help="Display name.", show_default=False)]
Kind = Annotated[
    str | None, typer.Option("--kind", metavar="K", help="user (a customer) or staff.", show_default=False)
]
OfCompany = Annotated[
    str | None, typer.Option("--company", metavar="C", help="Name of a stored company.", show_default=False)
]


@app.command("list", cls=Command, epilog=example("contacts list", "contacts list --csv > contacts.csv"))
def list_contacts(ctx: typer.Context, json: Json = False, csv: Csv = False) -> None:
    """List contacts."""
    one_format(as_json=json, as_csv=csv)
    shell = shell_of(ctx)
    with shell.application() as application:
        contacts = directory_of(application).contacts()
    if json:
        shell.output.document(listing("contacts", map(contact_json, contacts)))
    elif csv:
        from inboxsync.config.directory_file import contacts_csv

        shell.output.octets(contacts_csv(contacts).encode())
    else:
        rows = [(one.email, one.name, one.kind.value, one.company) for one in contacts]
        shell.output.table(Table.of(("email", "name", "kind", "company"), rows), empty="no contacts")


@app.command(
    "add",
    cls=Command,
    epilog=example(
        "contacts add ana@example.com", "contacts add bob@example.org --name Bob --kind staff --company ACME"
    ),
)
def add(
    ctx: typer.Context,
    email: Email,
    name: DisplayName = None,
    kind: Kind = None,
    company: OfCompany = None,
    json: Json = False,
) -> None:
    """Add a contact; from then on known-senders-only integrations take their mail."""
    shell = shell_of(ctx)
    contact = Contact(email, name or "", contact_kind(kind or ""), company or None)
    with shell.application() as application:
        added = directory_of(application).add_contact(contact, at=application.now())
    _answer(shell, added, "added", as_json=json)


@app.command(
    "edit",
    cls=Command,
    epilog=example("contacts edit ana@example.com --company ACME", "contacts edit bob@example.org --kind staff"),
)
def edit(
    ctx: typer.Context,
    email: Email,
    new_email: Annotated[
        str | None, typer.Option("--email", metavar="NEW", help="Give another address.", show_default=False)
    ] = None,
    name: DisplayName = None,
    kind: Kind = None,
    company: OfCompany = None,
    json: Json = False,
) -> None:
    """Change what is given and keep the rest.

    An empty text takes a value away.
    """
    given: dict[str, Any] = {"email": new_email, "name": name, "company": company}
    given["kind"] = None if kind is None else contact_kind(kind)
    fields = {field: value for field, value in given.items() if value is not None}
    if not fields:
        raise UsageError("nothing to change is given", hint="`inboxsync contacts edit --help` lists what can be")
    shell = shell_of(ctx)
    with shell.application() as application:
        changed = directory_of(application).edit_contact(
            email, lambda contact: replace(contact, **fields), at=application.now()
        )
    _answer(shell, changed, "changed", as_json=json)


@app.command("remove", cls=Command, epilog=example("contacts remove ana@example.com --yes"))
def remove(ctx: typer.Context, email: Email, yes: Yes = False, json: Json = False) -> None:
    """Remove a contact.

    Stored messages and tickets stay; known-senders-only integrations take no more of their mail.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        directory = directory_of(application)
        found = directory.contact(email)
        confirm(shell, f"Remove contact {found.email}?", found.email, yes=yes)
        removed = directory.remove_contact(found.email)
    if json:
        shell.output.document({"removed": removed.email})
    else:
        shell.output.line(f"{removed.email}: removed")


@app.command(
    "import", cls=Command, epilog=example("contacts import contacts.csv --dry-run", "contacts import contacts.json")
)
def import_contacts(ctx: typer.Context, file: File, dry_run: DryRun = False, json: Json = False) -> int:
    """Add and change contacts from a file; import it again and nothing changes.

    CSV has the columns email, name, kind and company. Whom the file does not name stays as they are.
    """
    from inboxsync.config.directory_file import CONTACTS

    return import_file(shell_of(ctx), file, CONTACTS, dry_run=dry_run, as_json=json)


def _answer(shell: Shell, contact: Contact, what: str, *, as_json: bool) -> None:
    if as_json:
        shell.output.document(contact_json(contact))
    else:
        shell.output.line(f"{contact.email}: {what}")


def contact_json(contact: Contact) -> dict[str, Any]:
    """Give a contact under its public keys."""
    return {
        "id": id_text(contact.id),
        "email": contact.email,
        "name": contact.name,
        "kind": contact.kind.value,
        "company": contact.company,
    }
