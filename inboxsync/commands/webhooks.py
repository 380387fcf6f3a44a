"""`webhooks add|list|show|test|rotate|enable|disable|remove`: endpoints that are sent events."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync.commands import webhook_log
from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.directory import Yes, confirm
from inboxsync.commands.durations import duration_s
from inboxsync.commands.events import checked_name, checked_types, feed
from inboxsync.commands.shell import Shell
from inboxsync.commands.webhook_secrets import SecretFile, SecretStdin, given_secret, new_secret
from inboxsync.commands.webhook_store import checked_file, checked_url, named, shape_of, standing_of, webhooks_of
from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY, EXIT_UNAVAILABLE, UsageError
from inboxsync.model.secret import Secret
from inboxsync.model.webhook import DeliveryCounts, SealedSecrets, Webhook, WebhookStanding
from inboxsync.render.json_shapes import listing
from inboxsync.render.webhooks import needs_a_person, webhook_sentence, webhook_table, webhook_text

if TYPE_CHECKING:
    from inboxsync.delivery.retry import Answer, Fault

app = typer.Typer(help="Endpoints that are sent events, signed.", no_args_is_help=True)
app.add_typer(webhook_log.app)

WebhookName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the webhook.")]


@app.command(
    "add",
    cls=Command,
    epilog=example(
        "webhooks add crm --url https://crm.example.com/hooks/mail",
        "webhooks add chat --url https://10.0.0.5/in --allow-private --ca-file ca.pem --type ticket.created",
    ),
)
def add(
    ctx: typer.Context,
    name: WebhookName,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where to send: https://host/path.")],
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="T", help="Only this type of event; repeatable.")
    ] = None,
    integration: Annotated[
        list[str] | None, typer.Option("--integration", metavar="NAME", help="Only of this integration; repeatable.")
    ] = None,
    with_message: Annotated[bool, typer.Option("--with-message", help="Send the mail's own words along.")] = False,
    after: Annotated[
        int | None, typer.Option("--after", min=0, metavar="N", help="Send what is in the feed behind this id, too.")
    ] = None,
    secret_file: SecretFile = None,
    secret_stdin: SecretStdin = False,
    ca_file: Annotated[Path | None, typer.Option("--ca-file", metavar="FILE", help="CA of its certificate.")] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow addresses of private networks and of this machine.")
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow http, which anybody between can read.")
    ] = False,
    json: Json = False,
) -> None:
    """Add a webhook; it is sent what happens from now on.

    Without a secret of yours one is made and shown this once: the receiver checks signatures with it.
    """
    shell = shell_of(ctx)
    wanted = Webhook(
        uuid=str(uuid.uuid4()),
        name=checked_name(name),
        url=checked_url(url, allow_private=allow_private, allow_http=allow_http),
        event_types=checked_types(types),
        with_message=with_message,
        allow_private=allow_private,
        allow_http=allow_http,
        ca_file=checked_file(ca_file),
    )
    given = given_secret(shell, secret_file, from_stdin=secret_stdin)
    secret = given or new_secret(shell)
    with shell.application() as application:
        place = feed(application).newest_id() if after is None else after
        uuids = tuple(dict.fromkeys(application.integration(one).uuid for one in integration or ()))
        standing = WebhookStanding(event_cursor=place)
        wanted = replace(wanted, integrations=uuids, standing=standing, created_at=application.now())
        record = application.vault().seal_bound(secret, wanted.secret_place)
        added = webhooks_of(application).add(wanted, record)
        shape = shape_of(application, added, DeliveryCounts())
    told = f"{name}: added; `inboxsync webhooks test {name}` sends it a trial event"
    _answer(shell, shape, told, None if given else secret, as_json=json)


def _answer(shell: Shell, shape: dict[str, Any], told: str, made: Secret | None, *, as_json: bool) -> None:
    """Tell what was done, and a secret that was made: this once."""
    if as_json:
        shell.output.document(shape if made is None else {**shape, "secret": made.reveal()})
        return
    shell.output.line(told)
    if made is not None:
        shell.output.line(f"signing secret, shown only now: {made.reveal()}")


@app.command("list", cls=Command, epilog=example("webhooks list", "webhooks list --json"))
def list_webhooks(ctx: typer.Context, json: Json = False) -> None:
    """List webhooks and how they stand."""
    shell = shell_of(ctx)
    with shell.application() as application:
        lines = standing_of(application)
        if json:
            shapes = [shape_of(application, webhook, counts) for webhook, counts in lines]
            shell.output.document(listing("webhooks", shapes))
            return
        shell.output.table(webhook_table(lines), empty="no webhook: `inboxsync webhooks add NAME --url URL` makes one")
        for webhook, counts in lines:
            if needs_a_person(webhook, counts):
                shell.output.note(webhook_sentence(webhook, counts, application.now()))


@app.command("show", cls=Command, epilog=example("webhooks show crm"))
def show(ctx: typer.Context, name: WebhookName, json: Json = False) -> None:
    """Show one webhook; never its secret."""
    shell = shell_of(ctx)
    with shell.application() as application:
        webhook = named(application, name)
        shape = shape_of(application, webhook, webhooks_of(application).counts().get(webhook.id, DeliveryCounts()))
    if json:
        shell.output.document(shape)
    else:
        shell.output.block(webhook_text(shape))


@app.command("test", cls=Command, epilog=example("webhooks test crm"))
def send_trial(ctx: typer.Context, name: WebhookName, json: Json = False) -> int:
    """Send a trial event of type webhook.test, signed like all; it is in no feed and not repeated."""
    from inboxsync.delivery.deliverer import send_test
    from inboxsync.delivery.retry import Answer

    shell = shell_of(ctx)
    with shell.application() as application:
        webhook = named(application, name)
        answer = send_test(application.delivery_tools(), webhook, application.webhook_secrets(webhook))
    is_ok = isinstance(answer, Answer) and answer.is_success
    status = answer.status if isinstance(answer, Answer) else None
    told = f"answers {status}" if status is not None else str(answer)
    if json:
        shell.output.document({"ok": is_ok, "status_code": status, "error": None if is_ok else told})
    elif is_ok:
        shell.output.line(f"{name}: {told}")
    else:
        shell.output.error(f"{name}: {told}", hint="`inboxsync webhooks show` has its settings")
    return EXIT_OK if is_ok else _exit_code(answer)


def _exit_code(answer: Answer | Fault) -> int:
    from inboxsync.delivery.retry import Fault, FaultKind

    lasting = (FaultKind.TLS, FaultKind.FORBIDDEN)
    return EXIT_UNAVAILABLE if isinstance(answer, Fault) and answer.kind in lasting else EXIT_TEMPORARY


@app.command("rotate", cls=Command, epilog=example("webhooks rotate crm", "webhooks rotate crm --overlap 7d"))
def rotate(
    ctx: typer.Context,
    name: WebhookName,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="24h", help="So long the old one signs as well.")
    ] = "24h",
    secret_file: SecretFile = None,
    secret_stdin: SecretStdin = False,
    json: Json = False,
) -> None:
    """Give a webhook another signing secret; for a while each sending has a signature of both."""
    shell = shell_of(ctx)
    given = given_secret(shell, secret_file, from_stdin=secret_stdin)
    secret, overlap_s = given or new_secret(shell), duration_s(overlap)
    with shell.application() as application:
        webhook, store = named(application, name), webhooks_of(application)
        old = store.secrets(webhook)
        until = application.now() + timedelta(seconds=overlap_s)
        record = application.vault().seal_bound(secret, webhook.secret_place)
        if not store.replace_secrets(webhook, old, SealedSecrets(record, old.current, until)):
            raise UsageError(f"the secret of {name!r} was changed meanwhile", hint="try again")
    told = f"{name}: has another signing secret; the old one signs for {overlap} more"
    _answer(shell, {"name": name}, told, None if given else secret, as_json=json)


@app.command("enable", cls=Command, epilog=example("webhooks enable crm"))
def enable(ctx: typer.Context, name: WebhookName, json: Json = False) -> None:
    """Switch a webhook on; what has happened since it was off is sent."""
    shell = shell_of(ctx)
    with shell.application() as application:
        webhooks_of(application).enable(named(application, name), at=application.now())
    if json:
        shell.output.document({"name": name, "active": True})
    else:
        shell.output.line(f"{name}: on")


@app.command("disable", cls=Command, epilog=example("webhooks disable crm"))
def disable(ctx: typer.Context, name: WebhookName, json: Json = False) -> None:
    """Switch a webhook off; what it would be sent waits in the feed."""
    shell = shell_of(ctx)
    with shell.application() as application:
        webhooks_of(application).disable(named(application, name))
    if json:
        shell.output.document({"name": name, "active": False})
    else:
        shell.output.line(f"{name}: off")


@app.command("remove", cls=Command, epilog=example("webhooks remove crm --yes"))
def remove(ctx: typer.Context, name: WebhookName, yes: Yes = False, json: Json = False) -> None:
    """Remove a webhook with its secret and the record of what it was sent."""
    shell = shell_of(ctx)
    with shell.application() as application:
        webhook = named(application, name)
        confirm(shell, f"Remove webhook {name}?", name, yes=yes)
        webhooks_of(application).remove(webhook)
    if json:
        shell.output.document({"removed": name})
    else:
        shell.output.line(f"{name}: removed")
