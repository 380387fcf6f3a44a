"""Puts a deliverer's tools together from the parts that the composition root holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from inboxsync import system
from inboxsync.delivery.deliverer import Tools
from inboxsync.delivery.post import post
from inboxsync.store.outbox import outbox_of
from inboxsync.store.webhooks import webhooks_of

if TYPE_CHECKING:
    from inboxsync.credentials.vault import Vault
    from inboxsync.model.secret import Secret
    from inboxsync.model.state import Owner
    from inboxsync.model.views import MessageView
    from inboxsync.model.webhook import Webhook
    from inboxsync.store.ports import Store


class Shape(Protocol):
    """Gives a message under its public keys."""

    def __call__(self, message: MessageView, *, whole: bool) -> Mapping[str, Any]: ...


def delivery_tools(
    store: Store,
    secrets_of: Callable[[Webhook], Sequence[Secret]],
    now: Callable[[], datetime],
    owner: Owner,
    owner_is_dead: Callable[[Owner], bool],
    stopped: Callable[[], bool],
    *,
    shape: Shape,
) -> Tools:
    """Answer tools that send over the network and keep the outbox of this store. StoreError where it is damaged."""

    def message_of(message_id: int) -> Mapping[str, Any] | None:
        found = store.content.message(message_id)
        return None if found is None else shape(found, whole=True)

    return Tools(
        outbox=outbox_of(store.control),
        post=post,
        secrets_of=secrets_of,
        message_of=message_of,
        store_uuid=store.control.store_uuid,
        now=now,
        monotonic_s=system.monotonic_s,
        jitter=random.random,
        owner=owner,
        owner_is_dead=owner_is_dead,
        stopped=stopped,
    )


def signing_secrets(store: Store, vault: Vault, webhook: Webhook, now: datetime) -> Sequence[Secret]:
    """Open the secrets that sign for a webhook now. Raises KeyWrong, SecretUnreadable; UsageError where it is gone."""
    sealed = webhooks_of(store.control).secrets(webhook)
    what = f"the signing secret of webhook {webhook.name!r}"
    return [vault.open_bound(record, webhook.secret_place, what) for record in sealed.valid(now)]
