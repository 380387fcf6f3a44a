"""Events, webhooks and deliveries under their public keys, and as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inboxsync.delivery.target import shown_url
from inboxsync.render.document import time_text
from inboxsync.render.status import age_text, facts_text
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.delivery.deliverer import DeliveryReport, Turn
    from inboxsync.model.event import Event
    from inboxsync.model.webhook import DeliveryCounts, DeliveryRecord, Webhook

Shape = dict[str, Any]
FAILURES_TOLD = 3  # one or two are weather
_ABOUT = ("number", "external_id", "code")


def event_table(events: Iterable[Event]) -> Table:
    """Lay events out: what happened, where and to what."""
    rows = [(e.id, time_text(e.at), e.type, e.data.get("integration"), _about(e)) for e in events]
    return Table.of(("id", "at", "type", "integration", "about"), rows, right=(0,))


def event_line(event: Event) -> str:
    """Write an event on one line, for following."""
    words = (event.id, time_text(event.at), event.type, event.data.get("integration"), _about(event))
    return "  ".join(str(word) for word in words if word is not None)


def _about(event: Event) -> object:
    return next((event.data[name] for name in _ABOUT if name in event.data), None)


def webhook_json(webhook: Webhook, counts: DeliveryCounts, name_of: Callable[[str], str]) -> Shape:
    """Give a webhook under its public keys; never a secret, nor the query of its URL."""
    standing = webhook.standing
    return {
        "name": webhook.name,
        "url": shown_url(webhook.url),
        "active": webhook.active,
        "state": state_of(webhook),
        "disabled_reason": webhook.disabled_reason,
        "event_types": list(webhook.event_types),
        "integrations": [name_of(uuid) for uuid in webhook.integrations],
        "with_message": webhook.with_message,
        "allow_private": webhook.allow_private,
        "allow_http": webhook.allow_http,
        "ca_file": webhook.ca_file,
        "created_at": time_text(webhook.created_at),
        "event_cursor": standing.event_cursor,
        "failures": standing.failures,
        "failing_since": time_text(standing.failing_since),
        "last_error": standing.last_error,
        "last_attempt_at": time_text(standing.last_attempt_at),
        "last_success_at": time_text(standing.last_success_at),
        "next_attempt_at": time_text(standing.due_at),
        "pending": counts.pending,
        "delivered": counts.delivered,
        "dead": counts.dead,
    }


def state_of(webhook: Webhook) -> str:
    """Say how an endpoint stands in one word: ok, never, failing or disabled."""
    if not webhook.active:
        return "disabled"
    if webhook.standing.failures:
        return "failing"
    return "never" if webhook.standing.last_attempt_at is None else "ok"


def needs_a_person(webhook: Webhook, counts: DeliveryCounts) -> bool:
    """Whether status names it: it keeps failing, switched itself off, or events were given up."""
    keeps_failing = webhook.active and webhook.standing.failures >= FAILURES_TOLD
    return keeps_failing or webhook.disabled_reason is not None or counts.dead > 0


def webhook_sentence(webhook: Webhook, counts: DeliveryCounts, now: datetime) -> str:
    """Say what is wrong with a webhook and what to do."""
    standing, name = webhook.standing, webhook.name
    if webhook.disabled_reason is not None:
        return f"webhook {name} was switched off: {webhook.disabled_reason}; `inboxsync webhooks enable {name}`"
    again = f"; `inboxsync webhooks replay {name} --dead` sends them again" if counts.dead else ""
    waiting = f"{counts.pending} events wait, {counts.dead} were given up{again}"
    if webhook.active and standing.failures >= FAILURES_TOLD:
        since = f" for {age_text(now - standing.failing_since)}" if standing.failing_since else ""
        return f"webhook {name} fails{since}: {standing.last_error}; {waiting}"
    return f"webhook {name}: {waiting}"


def webhook_table(lines: Sequence[tuple[Webhook, DeliveryCounts]]) -> Table:
    """Lay webhooks out: one row each."""
    rows = [
        (w.name, state_of(w), shown_url(w.url), c.pending, c.delivered, c.dead, time_text(w.standing.last_success_at))
        for w, c in lines
    ]
    headings = ("name", "state", "url", "pending", "delivered", "dead", "last success")
    return Table.of(headings, rows, right=(3, 4, 5))


def webhook_text(shape: Shape) -> str:
    """Tell everything about one webhook, one fact a line."""
    return facts_text(tuple((name.replace("_", " "), _fact(value)) for name, value in shape.items()))


def _fact(value: object) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def delivery_json(record: DeliveryRecord) -> Shape:
    """Give a delivery under its public keys."""
    return {
        "webhook": record.webhook,
        "event_id": record.event_id,
        "event_type": record.event_type,
        "state": record.state.value,
        "attempts": record.attempts,
        "status_code": record.status_code,
        "error": record.error,
        "last_attempt_at": time_text(record.last_attempt_at),
        "next_attempt_at": time_text(record.next_attempt_at),
        "finished_at": time_text(record.finished_at),
    }


def delivery_table(records: Iterable[DeliveryRecord]) -> Table:
    """Lay deliveries out, newest event first."""
    rows = [
        (r.event_id, r.webhook, r.event_type, r.state.value, r.attempts, time_text(r.last_attempt_at), r.error)
        for r in records
    ]
    return Table.of(("event", "webhook", "type", "state", "attempts", "last attempt", "error"), rows, right=(0, 4))


def delivery_report_json(report: DeliveryReport) -> Shape:
    """Give what was sent under its public keys."""
    return {
        "delivered": report.delivered,
        "failed": report.failed,
        "webhooks": [_turn_json(turn) for turn in report.turns],
    }


def _turn_json(turn: Turn) -> Shape:
    counts = {"delivered": turn.delivered, "failed": turn.failed, "dead": turn.dead}
    return {"name": turn.webhook, **counts, "disabled": turn.disabled, "error": turn.error}


def delivery_report_table(report: DeliveryReport) -> Table:
    """Lay out what was sent: one row a webhook."""
    rows = [(turn.webhook, turn.delivered, turn.failed, turn.dead, turn.error) for turn in report.turns]
    return Table.of(("webhook", "delivered", "failed", "given up", "error"), rows, right=(1, 2, 3))
