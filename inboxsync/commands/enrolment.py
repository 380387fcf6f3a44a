"""How an integration comes to be and changes: built, secret read, login tested, stored; or nothing is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inboxsync import schedule
from inboxsync.commands.login import LoginTest, try_login
from inboxsync.commands.ports import Application
from inboxsync.commands.secrets import SecretSource, read_secret
from inboxsync.commands.settings_given import decoded, preset_for, provider_notes
from inboxsync.commands.shell import Shell
from inboxsync.errors import ImapError, UsageError
from inboxsync.model.integration import Integration
from inboxsync.model.placement import Fate
from inboxsync.model.secret import Secret

ENVIRONMENT_PROVIDER = "environment"
NOTHING_STORED = "nothing was stored; --no-test stores it without the test"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What was stored, what the login test found (None where it was not asked for), what a person should know."""

    integration: Integration
    test: LoginTest | None
    notes: tuple[str, ...] = ()


def enrol(
    shell: Shell, application: Application, name: str, given: Mapping[str, Any], source: SecretSource, *, test: bool
) -> Enrolled:
    """Make a new integration. Raises UsageError and FilterInvalid, key errors before any login, ImapError."""
    built, notes = _build(application, name, given)
    if application.store.control.integration(name) is not None:
        raise UsageError(
            f"there is an integration {name!r} already", hint="choose another name, or `inboxsync edit` it"
        )
    for note in notes:
        shell.output.note(note)
    secret = read_secret(source, shell, who=built.endpoint.username)
    record = application.vault().seal(secret, built)
    found = _tested(application, built, secret) if test else None
    stored = application.store.control.add_integration(built, record)
    return Enrolled(stored, found, notes)


def _build(application: Application, name: str, given: Mapping[str, Any]) -> tuple[Integration, tuple[str, ...]]:
    from inboxsync.config.integration import IntegrationOptions, build_integration

    now = application.now()
    # INTERNALDATE has whole seconds: mail of this very second is new.
    fields = {"tickets_since": now.replace(microsecond=0), **decoded(given, now)}
    preset = preset_for(fields.get("email"), given.get("provider"), fields.get("host"))
    if preset is not None and fields.get("host"):
        fields["host"] = preset.host_for(fields["host"])
    options = IntegrationOptions(name=name, **fields)
    built = build_integration(options, preset, now, lambda: str(uuid.uuid4()))
    return built, tuple(provider_notes(preset))


def _tested(application: Application, integration: Integration, secret: Secret) -> LoginTest:
    try:
        return try_login(application, integration, secret)
    except ImapError as error:
        error.hint = f"{error.hint}; {NOTHING_STORED}" if error.hint else NOTHING_STORED
        raise


def change(
    shell: Shell, application: Application, name: str, given: Mapping[str, Any], source: SecretSource, *, test: bool
) -> Enrolled:
    """Change an integration. Where server or login change, the stored secret is sealed anew for the new place."""
    before = _own(application, name)
    after = _changed(application, before, given)
    secret = _new_secret(shell, source, before, after)
    moved = after.endpoint != before.endpoint
    record = None
    if secret is not None or moved:
        usable = secret or application.secret_of(before)
        record = application.vault().seal(usable, after)
    found = None
    if test and (record is not None or after.folders != before.folders):
        found = _tested(application, after, secret or application.secret_of(before))
    stored = application.store.control.update_integration(after, record)
    _reschedule(application, stored, at_once=record is not None)
    notes = tuple(_about_earlier_mail(application, before, stored))
    for note in notes:
        shell.output.note(note)
    return Enrolled(stored, found, notes)


def _about_earlier_mail(application: Application, before: Integration, after: Integration) -> Iterator[str]:
    """Ask again for mail that an earlier start takes in; of mail that another filter might take, only tell."""
    if after.since != before.since:
        content = application.store.content
        # Were this killed before: `messages refetch --fate filtered` takes in the same.
        opened = content.reopen(content.settled(after, Fate.FILTERED, reason="before_since"), at=application.now())
        if opened:
            yield f"messages from before the old start that the next run fetches: {opened}"
    if after.filter_json != before.filter_json:
        refused = len(application.store.content.settled(after, Fate.FILTERED, reason="filter"))
        if refused:
            yield (
                f"messages that the old filter refused and that stay so: {refused};"
                f" `inboxsync messages refetch --integration {after.name} --fate filtered` has them judged anew"
            )


def _own(application: Application, name: str) -> Integration:
    """Give a stored integration; the environment's mailbox is changed where it is set."""
    integration = application.integration(name)
    if integration.provider == ENVIRONMENT_PROVIDER:
        raise UsageError(
            f"integration {name!r} comes from the environment", hint="change INBOXSYNC_IMAP_HOST and its like"
        )
    return integration


def _changed(application: Application, before: Integration, given: Mapping[str, Any]) -> Integration:
    from inboxsync.config.integration import apply_changes

    now = application.now()
    fields = decoded(given, now)
    preset = preset_for(None, given.get("provider"), None)
    if preset is not None:
        fields["host"] = preset.host_for(fields.get("host"))
        fields = {"port": preset.port, "tls": preset.tls.value, **fields}
    changed = apply_changes(before, fields, now=now)
    return replace(changed, provider=preset.key) if preset else changed


def _new_secret(shell: Shell, source: SecretSource, before: Integration, after: Integration) -> Secret | None:
    """Read a new password where one is given, or where nothing else was: then the password is what is edited."""
    nothing_else = replace(after, updated_at=before.updated_at) == before
    if not source.is_given and not nothing_else:
        return None
    if not source.is_given and not shell.stdin.isatty():
        raise UsageError("nothing to change is given", hint="name what to change; `inboxsync edit --help` lists it")
    return read_secret(source, shell, who=after.endpoint.username)


def _reschedule(application: Application, integration: Integration, *, at_once: bool) -> None:
    """Let the schedule follow the change; a new secret or server ends a pause, and a failure is tried again at once."""
    control = application.store.control
    state = control.states().get(integration.id or 0)
    if state is None:
        return
    now = application.now()
    if at_once:
        state = replace(state, paused=False, auth_failures=0, next_attempt_at=now)
    elif state.last_error is not None and not state.paused:
        state = replace(state, next_attempt_at=now)
    control.save_state(replace(state, due_at=schedule.next_due(integration, state, now, application.zone)))


def duplicate(application: Application, source: str, name: str) -> Integration:
    """Copy an integration under another name, switched off, its secret sealed anew for the copy."""
    from inboxsync.config.integration import apply_changes

    original, now = _own(application, source), application.now()
    named = apply_changes(original, {"name": name, "active": False}, now=now)
    copy = replace(named, id=None, uuid=str(uuid.uuid4()), created_at=now)
    control = application.store.control
    if control.integration(name) is not None:
        raise UsageError(f"there is an integration {name!r} already", hint="choose another name")
    has_secret = control.secret(original) is not None
    record = application.vault().seal(application.secret_of(original), copy) if has_secret else None
    return control.add_integration(copy, record)


def switch(application: Application, name: str, *, active: bool) -> Integration:
    """Switch an integration on or off."""
    before = _own(application, name)
    after = replace(before, active=active, updated_at=application.now())
    stored = application.store.control.update_integration(after)
    _reschedule(application, stored, at_once=False)
    return stored


def forget(application: Application, name: str, *, purge: bool) -> Integration:
    """Remove an integration; its messages and tickets stay unless `purge`."""
    integration = _own(application, name)
    application.store.control.remove_integration(integration, purge=purge)
    return integration
