"""`token create|list|revoke`: who may read over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.events import checked_name
from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.token import AccessToken
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import listing
from inboxsync.render.tables import Table
from inboxsync.schedule import parse_interval
from inboxsync.store.tokens import tokens_of

app = typer.Typer(help="Tokens of the HTTP endpoint.", no_args_is_help=True)

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the token.")]


@app.command(
    "create",
    cls=Command,
    epilog=example("token create helpdesk", "token create crm --integration sales --expires 90d --json"),
)
def create(
    ctx: typer.Context,
    name: TokenName,
    integration: Annotated[
        list[str] | None, typer.Option("--integration", metavar="NAME", help="Shows only this one; repeatable.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="90d", help="Not taken after so long; for ever without.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a token and show it: this once.

    Without --integration it shows everything; with it nothing of the others, not even how many there are.
    """
    shell = shell_of(ctx)
    made = new_token()
    with shell.application() as application:
        now = application.now()
        uuids = tuple(dict.fromkeys(application.integration(one).uuid for one in integration or ()))
        expires_at = None if expires is None else now + timedelta(seconds=parse_interval(expires))
        wanted = AccessToken(
            name=checked_name(name),
            token_id=made.token_id,
            sha256=made.sha256,
            integrations=uuids or None,
            created_at=now,
            expires_at=expires_at,
        )
        tokens_of(application.store.control).add(wanted)
        shape = _shape(application, wanted)
    if json:
        shell.output.document({"token": made.text, **shape})
    else:
        shell.output.line(made.text)
        shell.output.note(f"{name}: shown only now; send it as `Authorization: Bearer TOKEN`")


@app.command("list", cls=Command, epilog=example("token list", "token list --json"))
def list_tokens(ctx: typer.Context, json: Json = False) -> None:
    """List tokens: their names and what they show, never the tokens themselves."""
    shell = shell_of(ctx)
    with shell.application() as application:
        shapes = [_shape(application, token) for token in tokens_of(application.store.control).all()]
    if json:
        shell.output.document(listing("tokens", shapes))
        return
    headings = ("name", "id", "shows", "created", "expires")
    shell.output.table(Table.of(headings, [_row(shape) for shape in shapes]), empty="there is no token yet")


@app.command("revoke", cls=Command, epilog=example("token revoke crm"))
def revoke(ctx: typer.Context, name: TokenName, json: Json = False) -> None:
    """Take a token back; the next request with it is refused."""
    shell = shell_of(ctx)
    with shell.application() as application:
        if not tokens_of(application.store.control).remove(name):
            raise UsageError(f"there is no token {name!r}", hint="`inboxsync token list` shows all")
    if json:
        shell.output.document({"revoked": name})
    else:
        shell.output.line(f"{name}: revoked")


def _shape(application: Application, token: AccessToken) -> dict[str, Any]:
    """Give a token under its public keys; integrations by the names they have now, null for all."""
    names = {one.uuid: one.name for one in application.store.control.integrations()}
    bound = None if token.integrations is None else [names[uuid] for uuid in token.integrations if uuid in names]
    return {
        "name": token.name,
        "id": token.token_id,
        "integrations": bound,
        "created_at": time_text(token.created_at),
        "expires_at": time_text(token.expires_at),
        "expired": token.is_expired(application.now()),
    }


def _row(shape: dict[str, Any]) -> tuple[object, ...]:
    shows = "everything" if shape["integrations"] is None else ", ".join(shape["integrations"]) or "nothing any more"
    expires = "expired" if shape["expired"] else shape["expires_at"] or "never"
    return shape["name"], shape["id"], shows, shape["created_at"], expires
