"""Send to webhooks after a sync, and by itself. Imports no typer: `sync-all` of cron comes here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.errors import InboxsyncError

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.commands.shell import Shell
    from inboxsync.delivery.deliverer import DeliveryReport

# Of a run of sync-all, after its work; the last attempt may take LONGEST_ATTEMPT_S more.
SHARE_S = 20.0
LONGEST_ATTEMPT_S = 20.0
_LOG = logging.getLogger(__name__)


def deliver_once(application: Application, end_s: float) -> DeliveryReport:
    """Send what is due now, beginning nothing after `end_s` on the monotonic clock. Raises StoreError, ConfigError."""
    from inboxsync.delivery.deliverer import Deliverer

    return Deliverer(application.delivery_tools()).run(end_s)


def deliver_after_sync(shell: Shell, application: Application, run_end_s: float) -> None:
    """Send what is due in a bounded share of time, within what the run has left.

    The mail is safe by now, so nothing that goes wrong here changes the run's exit code: `status` tells it.
    """
    end_s = min(system.monotonic_s() + SHARE_S, run_end_s - LONGEST_ATTEMPT_S)
    if end_s <= system.monotonic_s() or application.stop.is_set():
        return
    try:
        if not application.store.control.deliveries_due(application.now()):
            return
        report = deliver_once(application, end_s)
    except InboxsyncError as error:
        _LOG.warning("webhooks_not_served", extra={"error": error.code})
        return
    for turn in report.turns:
        counts = {"delivered": turn.delivered, "failed": turn.failed, "dead": turn.dead}
        _LOG.info("webhook_served", extra={"webhook": turn.webhook, **counts})
    if shell.output.on_terminal and report.turns:
        shell.output.note(f"webhooks: {report.delivered} events sent, {report.failed} attempts failed")
