"""What the commands about webhooks share: the way to them, by name, and how they are checked and shown."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.model.webhook import DeliveryCounts, Webhook
from inboxsync.render.webhooks import webhook_json

if TYPE_CHECKING:
    from inboxsync.store.webhooks import Webhooks


def webhooks_of(application: Application) -> Webhooks:
    """Open the webhooks of the application's store."""
    from inboxsync.store import webhooks

    return webhooks.webhooks_of(application.store.control)


def named(application: Application, name: str) -> Webhook:
    """Answer the webhook of this name; UsageError with the nearest name where there is none."""
    store = webhooks_of(application)
    found = store.by_name(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, [webhook.name for webhook in store.all()], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`inboxsync webhooks list` shows all of them"
    raise UsageError(f"there is no webhook {name!r}", hint=hint)


def standing_of(application: Application) -> Sequence[tuple[Webhook, DeliveryCounts]]:
    """Answer all webhooks by name, each with what waits for it."""
    store = webhooks_of(application)
    found = store.all()
    counts = store.counts() if found else {}
    return [(webhook, counts.get(webhook.id, DeliveryCounts())) for webhook in found]


def shape_of(application: Application, webhook: Webhook, counts: DeliveryCounts) -> dict[str, Any]:
    """Give a webhook under its public keys, with the names that its integrations have now."""
    names = {one.uuid: one.name for one in application.integrations()} if webhook.integrations else {}
    return webhook_json(webhook, counts, lambda uuid: names.get(uuid, uuid))


def checked_url(url: str, *, allow_private: bool, allow_http: bool) -> str:
    """Accept the URL of an endpoint; UsageError that does not repeat it, for it may hold a token."""
    from inboxsync.delivery.addresses import refusal
    from inboxsync.delivery.target import read_target

    host = read_target(url, allow_http=allow_http).host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return url  # a name: judged at each sending, by the addresses it has then
    why = refusal(host, allow_private=allow_private)
    if why is not None:
        raise UsageError(f"{host} {why}", hint="say --allow-private where that is meant")
    return url


def checked_file(path: Path | None) -> str | None:
    """Answer the absolute path of a file that is there; UsageError where it is not."""
    if path is None:
        return None
    if not path.is_file():
        raise UsageError(
            f"{path} cannot be read: there is no such file",
            hint="give the file of the CA that signed the endpoint's certificate",
        )
    return str(path.absolute())
