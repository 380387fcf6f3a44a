"""`providers`: what is known of each mail provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.render.json_shapes import listing
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table, cell

if TYPE_CHECKING:
    from inboxsync.commands.shell import Shell
    from inboxsync.providers.preset import Preset

app = typer.Typer()


Key = Annotated[str | None, typer.Argument(metavar="[KEY]", help="Key of a provider. All without.")]


@app.command("providers", cls=Command, epilog=example("providers", "providers gmail", "providers --json"))
def providers(ctx: typer.Context, key: Key = None, json: Json = False) -> None:
    """List the known mail providers, or show all that is known of one.

    Server, whether they still take passwords, and what to know before signing in. Of one also its limits: connections,
    commands sent ahead and download in 24 hours, which every run keeps to.
    """
    from inboxsync.providers.presets import lookup, presets

    shell = shell_of(ctx)
    if key is not None:
        _show(shell, lookup(key), as_json=json)
        return
    if json:
        shell.output.document(listing("providers", map(provider_json, presets())))
        return
    rows = [(p.key, p.name, f"{p.host}:{p.port}", p.tls.value, p.takes_passwords, p.auth_note) for p in presets()]
    shell.output.table(Table.of(("key", "name", "server", "tls", "passwords", "sign-in"), rows))


def _show(shell: Shell, preset: Preset, *, as_json: bool) -> None:
    shape = provider_json(preset)
    if as_json:
        shell.output.document(shape)
    else:
        shell.output.block(facts_text(tuple((name, _shown(value)) for name, value in shape.items())))


def _shown(value: object) -> str:
    """Write a fact for people, lists with commas."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(each)}" for name, each in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return cell(value)


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
        "pipeline_depth": preset.pipeline_depth,
        "max_connections": preset.max_connections,
        "max_connections_per_host": preset.max_connections_per_host,
        "daily_bytes": preset.daily_bytes,
        "quirks": [quirk.value for quirk in preset.quirks],
        "source": preset.source,
        "checked": preset.checked.isoformat(),
    }
