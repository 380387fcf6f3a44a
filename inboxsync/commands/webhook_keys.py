"""What `key rotate` and `key check` do with the signing secrets of webhooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inboxsync.commands.ports import Application
from inboxsync.commands.webhook_store import webhooks_of
from inboxsync.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from inboxsync.credentials.ring import KeyRing
    from inboxsync.model.webhook import Webhook


def reseal_webhooks(application: Application, ring: KeyRing) -> int:
    """Seal every signing secret with the ring's first key; answers how many webhooks there are.

    UsageError where a secret was changed at the same time.
    """
    from inboxsync.credentials.vault import reseal_bound

    store = webhooks_of(application)
    found = store.all()
    for webhook in found:
        old = store.secrets(webhook)
        place, what = webhook.secret_place, _what(webhook)
        current = reseal_bound(old.current, place, what, ring)
        previous = None if old.previous is None else reseal_bound(old.previous, place, what, ring)
        new = replace(old, current=current or old.current, previous=previous or old.previous)
        if new != old and not store.replace_secrets(webhook, old, new):
            raise UsageError(f"{what} was changed meanwhile", hint="run `inboxsync key rotate` again")
    return len(found)


def unreadable_webhooks(application: Application) -> list[tuple[str, ConfigError]]:
    """Name the webhooks whose signing secret does not open, and why."""
    faults: list[tuple[str, ConfigError]] = []
    for webhook in webhooks_of(application).all():
        try:
            application.webhook_secrets(webhook)
        except ConfigError as error:
            faults.append((webhook.name, error))
    return faults


def _what(webhook: Webhook) -> str:
    return f"the signing secret of webhook {webhook.name!r}"
