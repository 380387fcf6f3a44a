"""`key status|init|rotate|check`: the master key that opens the stored passwords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.commands.shell import Shell
from inboxsync.commands.webhook_keys import reseal_webhooks, unreadable_webhooks
from inboxsync.commands.webhook_store import webhooks_of
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, ConfigError, KeyMissing, UsageError

if TYPE_CHECKING:
    from inboxsync.credentials.keys import FoundKey, KeySources
    from inboxsync.credentials.ring import KeyRing

app = typer.Typer(help="The master key of the stored passwords.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Which source is used and what each one said; never a key. `fault` is why a source must not be used."""

    source: str | None
    place: str | None
    key_ids: tuple[str, ...]
    findings: tuple[str, ...]
    fault: ConfigError | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it under its public keys."""
        fault = (
            {"code": self.fault.code, "message": self.fault.message, "hint": self.fault.hint} if self.fault else None
        )
        ids = list(self.key_ids)
        return {
            "source": self.source,
            "place": self.place,
            "key_ids": ids,
            "sources": list(self.findings),
            "fault": fault,
        }


def key_status(sources: KeySources) -> KeyStatus:
    """Ask every source for a key and make none."""
    from inboxsync.credentials.keys import choose_source, describe, survey
    from inboxsync.credentials.ring import parse_key_ring

    asked = tuple(survey(sources))
    try:
        used = choose_source(asked)
        if used is None or used.text is None:
            return KeyStatus(None, None, (), describe(asked))
        ring = parse_key_ring(used.text, str(used.path or used.kind))
    except ConfigError as error:
        return KeyStatus(None, None, (), describe(asked), error)
    return KeyStatus(used.kind.value, used.place, tuple(key.key_id for key in ring.keys), describe(asked, used=used))


@app.command("status", cls=Command, epilog=example("key status"))
def status(ctx: typer.Context, json: Json = False) -> int:
    """Show where the master key comes from and what the other sources say; never the key itself."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = key_status(application.key_sources)
    if json:
        shell.output.document(found.as_json())
    else:
        for line in found.findings:
            shell.output.line(line)
        shell.output.line(f"keys: {', '.join(found.key_ids)}" if found.key_ids else "no key yet")
        if found.fault:
            shell.output.error(found.fault.message, hint=found.fault.hint)
    return found.fault.exit_code if found.fault else EXIT_OK


@app.command("init", cls=Command, epilog=example("key init"))
def init(ctx: typer.Context, json: Json = False) -> None:
    """Make a master key before the first password needs one; an existing key is never replaced."""
    from inboxsync.credentials.keys import make_key_file

    shell = shell_of(ctx)
    with shell.application() as application:
        sources = application.key_sources
        path = sources.key_file or sources.data_dir_file
        _refuse_second_key(application, key_status(sources), is_missing_file=not path.exists())
        make_key_file(path)
        application.vault()
    if json:
        shell.output.document({"created": str(path)})
    else:
        shell.output.line(f"{path}: master key made; back it up in another place")


def _refuse_second_key(application: Application, found: KeyStatus, *, is_missing_file: bool) -> None:
    """A second key would not open what the first one sealed."""
    if found.source is not None:
        raise UsageError(
            f"there is a key already: {found.source}, {found.place}", hint="`inboxsync key rotate` adds one"
        )
    if application.store.control.secrets():
        raise KeyMissing("the store holds passwords that a new key would not open")
    if found.fault is not None and not is_missing_file:
        raise found.fault


@app.command("rotate", cls=Command, epilog=example("key rotate", "key rotate --retire-old"))
def rotate(
    ctx: typer.Context,
    retire_old: Annotated[
        bool, typer.Option("--retire-old", help="Drop the old keys once nothing is sealed with them.")
    ] = False,
    json: Json = False,
) -> None:
    """Seal every password with a new key.

    The new key is written first and both keys open, so nothing is lost at any point. Run it again if it is interrupted.
    """
    from inboxsync.credentials.keys import new_key, write_key_ring

    shell = shell_of(ctx)
    with shell.application() as application:
        application.vault()
        found = application.find_key()
        found = write_key_ring(found, found.ring.rotated(new_key()))
    with shell.application() as application:  # anew, so that it finds the new key first
        count = _reseal(application, found.ring)
    if retire_old:
        _retire(shell, found)
    if json:
        shell.output.document({"key_id": found.ring.primary.key_id, "resealed": count, "retired": retire_old})
    else:
        shell.output.line(
            f"{count} passwords are sealed with the key {found.ring.primary.key_id}; back up {found.place}"
        )


def _retire(shell: Shell, found: FoundKey) -> None:
    """Drop the old keys; put them back where a process that still had the old ring sealed a password meanwhile."""
    from inboxsync.credentials.keys import write_key_ring

    write_key_ring(found, found.ring.retired())
    with shell.application() as application:
        faults = unreadable(application)
    if faults:
        write_key_ring(found, found.ring)
        raise UsageError("a password was sealed with the old key meanwhile", hint="run `inboxsync key rotate` again")


def _reseal(application: Application, ring: KeyRing) -> int:
    """Seal every record with the ring's first key; UsageError where passwords were changed at the same time."""
    from inboxsync.credentials.vault import reseal, reseal_canary

    control = application.store.control
    records = control.secrets()
    for integration, old in records:
        new = reseal(old, integration, ring)
        if new is not None and not control.replace_secret(integration, old, new):
            raise UsageError(
                f"the password of {integration.name!r} was changed meanwhile", hint="run `inboxsync key rotate` again"
            )
    count = len(records) + reseal_webhooks(application, ring)
    canary = control.canary()
    moved = reseal_canary(canary, control.store_uuid, ring) if canary is not None else None
    if moved is not None:
        control.set_canary(moved)
    return count


@app.command("check", cls=Command, epilog=example("key check"))
def check(ctx: typer.Context, json: Json = False) -> int:
    """Prove that the key opens every stored password."""
    shell = shell_of(ctx)
    with shell.application() as application:
        faults = unreadable(application)
        count = len(application.store.control.secrets()) + len(webhooks_of(application).all())
    if json:
        shapes = [{"integration": name, "code": fault.code, "message": fault.message} for name, fault in faults]
        shell.output.document({"ok": not faults, "checked": count, "faults": shapes})
    else:
        for name, fault in faults:
            shell.output.error(f"{name}: {fault.message}", hint=fault.hint)
        shell.output.line(f"{count - len(faults)} of {count} stored passwords open")
    return EXIT_CONFIG if faults else EXIT_OK


def unreadable(application: Application) -> list[tuple[str, ConfigError]]:
    """Name the integrations and webhooks whose stored secret does not open, and why."""
    vault, faults = application.vault(), []
    for integration, record in application.store.control.secrets():
        try:
            vault.open(record, integration)
        except ConfigError as error:
            faults.append((integration.name, error))
    return faults + unreadable_webhooks(application)
