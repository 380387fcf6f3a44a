"""The same first sync without routing: our engine where every mail of a content makes a ticket and nothing is asked.

As a program it syncs all integrations of the environment's store once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.model.ingest import Prepared, TicketDecision, TicketEffect
from inboxsync.sync import batch as batch_module
from inboxsync.sync.engine import Order
from inboxsync.sync.ingest import Screened
from inboxsync.sync.routing import Desk
from inboxsync.tickets.association import Sender
from inboxsync.tickets.decide import Wish

NOBODY = Sender()


class NoDesk(Desk):
    """Knows nothing and makes a ticket of everything."""

    def sender_of(self, parsed: object) -> Sender:
        """Ask nobody."""
        return NOBODY

    def decide(
        self, mail: Prepared, sender: Sender, wish: Wish, external_id: str, *, has_effect: bool
    ) -> TicketDecision:
        """Make a ticket, once a content."""
        if has_effect:
            return TicketDecision(TicketEffect.NONE, "already_has_ticket")
        author = mail.parsed.first_author
        return TicketDecision(TicketEffect.CREATED, "new_message", subject=mail.parsed.subject, requester=author)


def no_desk(batch: batch_module.Batch, _transaction: object, _items: Sequence[Screened]) -> Desk:
    """A desk without a look at the store."""
    return NoDesk(batch.integration)


def main() -> None:
    """Sync once."""
    setattr(batch_module.Batch, "_desk", no_desk)  # noqa: B010  the baseline is our engine without this part
    environ = dict(os.environ)
    with App(load_settings(environ), environ) as app:
        report = app.sync([], Order(force=True))
    assert not any(part.error for part in report.integrations), report


if __name__ == "__main__":
    main()
