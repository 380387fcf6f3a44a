"""`providers`: what is known of each mail provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.render.json_shapes import listing
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.providers.preset import Preset

app = typer.Typer()


@app.command("providers", cls=Command, epilog=example("providers", "providers --json"))
def providers(ctx: typer.Context, json: Json = False) -> None:
    """List the known mail providers.

    Server, whether they still take passwords, and what to know before signing in.
    """
    from inboxsync.providers.presets import presets

    shell = shell_of(ctx)
    if json:
        shell.output.document(listing("providers", map(provider_json, presets())))
        return
    rows = [(p.key, p.name, f"{p.host}:{p.port}", p.tls.value, p.takes_passwords, p.auth_note) for p in presets()]
    shell.output.table(Table.of(("key", "name", "server", "tls", "passwords", "sign-in"), rows))


def provider_json(preset: Preset) -> dict[str, Any]:
    """Give a preset under its public keys."""
    return {
        "key": preset.key,
        "name": preset.name,
        "host": preset.host,
        "port": preset.port,
        "tls": preset.tls.value,
        "username": preset.username.value,
        "takes_passwords": preset.takes_passwords,
        "auth_note": preset.auth_note,
        "app_password_url": preset.app_password_url,
        "domains": list(preset.domains),
        "folder_roles": {role.value: list(names) for role, names in preset.folder_roles.items()},
        "quirks": [quirk.value for quirk in preset.quirks],
        "source": preset.source,
        "checked": preset.checked.isoformat(),
    }
