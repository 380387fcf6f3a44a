"""`companies list|add|edit|remove|import`: the companies that mailboxes and contacts belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.directory import Csv, DryRun, File, Yes, confirm, directory_of, import_file, one_format
from inboxsync.commands.ports import Application
from inboxsync.commands.shell import Shell
from inboxsync.errors import UsageError
from inboxsync.model.directory import Company, company_domain
from inboxsync.render.json_shapes import id_text, listing
from inboxsync.render.tables import Table

app = typer.Typer(help="Companies and their mail domains.", no_args_is_help=True)

CompanyName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the company.")]


def _domains(name: str, text: str) -> Any:
    return typer.Option(name, metavar="D", help=text, show_default=False)


@app.command("list", cls=Command, epilog=example("companies list", "companies list --csv > companies.csv"))
def list_companies(ctx: typer.Context, json: Json = False, csv: Csv = False) -> None:
    """List companies with their domains."""
    one_format(as_json=json, as_csv=csv)
    shell = shell_of(ctx)
    with shell.application() as application:
        companies = directory_of(application).companies()
    if json:
        shell.output.document(listing("companies", map(company_json, companies)))
    elif csv:
        from inboxsync.config.directory_file import companies_csv

        shell.output.octets(companies_csv(companies).encode())
    else:
        rows = [(company.name, ", ".join(company.domains)) for company in companies]
        shell.output.table(Table.of(("name", "domains"), rows), empty="no companies")


@app.command("add", cls=Command, epilog=example("companies add ACME --domain acme.example --domain acme.test"))
def add(
    ctx: typer.Context,
    name: CompanyName,
    domain: Annotated[list[str] | None, _domains("--domain", "A mail domain of it; repeatable.")] = None,
    json: Json = False,
) -> None:
    """Add a company.

    Domains are matched exactly: subdomains are others; *.acme.example are all of them. A domain belongs to one company.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        added = directory_of(application).add_company(Company(name, tuple(domain or ())), at=application.now())
    _answer(shell, added, "added", as_json=json)


@app.command(
    "edit",
    cls=Command,
    epilog=example("companies edit ACME --add-domain acme.test", "companies edit ACME --rename Acme"),
)
def edit(
    ctx: typer.Context,
    name: CompanyName,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NEW", help="Give it another name.")] = None,
    domain: Annotated[list[str] | None, _domains("--domain", "Its domains, all of them; repeatable.")] = None,
    add_domain: Annotated[list[str] | None, _domains("--add-domain", "One more domain; repeatable.")] = None,
    remove_domain: Annotated[list[str] | None, _domains("--remove-domain", "One domain less; repeatable.")] = None,
    json: Json = False,
) -> None:
    """Change what is given and keep the rest.

    An empty --domain takes all domains away.
    """
    if rename is None and not (domain or add_domain or remove_domain):
        raise UsageError("nothing to change is given", hint="`inboxsync companies edit --help` lists what can be")
    shell = shell_of(ctx)
    change = _change(rename, domain or [], add_domain or [], remove_domain or [])
    with shell.application() as application:
        changed = directory_of(application).edit_company(name, change, at=application.now())
        if changed.name != name:
            _tell_who_names(shell, application, name, changed.name)
    _answer(shell, changed, "changed", as_json=json)


def _change(rename: str | None, given: list[str], more: list[str], less: list[str]) -> Callable[[Company], Company]:
    """Make the change that the options ask for. It raises UsageError for a domain that the company has not."""

    def change(company: Company) -> Company:
        domains = [one for one in given if one.strip()] if given else list(company.domains)
        wanted = list(map(company_domain, domains + more))
        for gone in map(company_domain, less):
            if gone not in wanted:
                hint = f"it has {', '.join(wanted)}" if wanted else "it has none"
                raise UsageError(f"{company.name!r} has no domain {gone!r}", hint=hint)
            wanted = [one for one in wanted if one != gone]
        return replace(company, name=company.name if rename is None else rename, domains=tuple(wanted))

    return change


@app.command("remove", cls=Command, epilog=example("companies remove ACME --yes"))
def remove(ctx: typer.Context, name: CompanyName, yes: Yes = False, json: Json = False) -> None:
    """Remove a company and its domains.

    Its contacts stay, without a company. Tickets keep its name.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        directory = directory_of(application)
        found = directory.company(name)
        confirm(shell, f"Remove company {found.name} (its contacts stay)?", found.name, yes=yes)
        removed = directory.remove_company(found.name)
        _tell_who_names(shell, application, removed.name, None)
    if json:
        shell.output.document({"removed": removed.name})
    else:
        shell.output.line(f"{removed.name}: removed")


@app.command(
    "import", cls=Command, epilog=example("companies import companies.csv --dry-run", "companies import companies.json")
)
def import_companies(ctx: typer.Context, file: File, dry_run: DryRun = False, json: Json = False) -> int:
    """Add and change companies from a file; import it again and nothing changes.

    CSV has the columns name and domains (blanks between them). What the file does not name stays as it is.
    """
    from inboxsync.config.directory_file import COMPANIES

    return import_file(shell_of(ctx), file, COMPANIES, dry_run=dry_run, as_json=json)


def _answer(shell: Shell, company: Company, what: str, *, as_json: bool) -> None:
    if as_json:
        shell.output.document(company_json(company))
    else:
        shell.output.line(f"{company.name}: {what}")


def _tell_who_names(shell: Shell, application: Application, name: str, new: str | None) -> None:
    """Say which integrations go on naming a company: their name for it decides about dedup, so it is not ours."""
    for integration in application.integrations():
        if integration.company == name:
            remedy = f"`inboxsync edit {integration.name} --company NAME` changes that"
            now = "" if new is None else f", not {new!r}"
            shell.output.note(f"integration {integration.name} goes on naming company {name!r}{now}; {remedy}")


def company_json(company: Company) -> dict[str, Any]:
    """Give a company under its public keys."""
    return {"id": id_text(company.id), "name": company.name, "domains": list(company.domains)}
