"""The endpoint itself: statistics, settings, metrics, its own description."""

from __future__ import annotations

from inboxsync.httpapi.answers import Answer, Document, Text
from inboxsync.httpapi.operations import PREFIX, Operation
from inboxsync.httpapi.service import Asked
from inboxsync.render.http_shapes import settings_json, stored_json


def stats(asked: Asked) -> Answer:
    """What the endpoint did, and how much each integration holds."""
    service, counters = asked.service, asked.service.counters
    seen, totals, figures = asked.integrations(), service.totals(), service.figures()
    lines = service.lines(seen, totals)
    leases = [lease for lease in service.store.control.leases() if lease.expires_at > service.now()]
    return Document(
        {
            "emails_fetched": sum(line.totals.messages for line in lines),
            "active_connections": counters.active_connections,
            "uptime_seconds": round(service.monotonic_s() - counters.began_s, 3),
            "requests_total": counters.total,
            "requests_successful": counters.successful,
            "requests_failed": counters.failed,
            "last_request_time": counters.last_request_time,
            "active_sessions": sum(asked.sight.shows(lease.integration_id) for lease in leases),
            "integrations": [stored_json(line, figures.of(line.integration.id)) for line in lines],
        }
    )


def config(asked: Asked) -> Answer:
    """The effective settings without secrets."""
    return Document(settings_json(asked.service.settings))


def metrics(asked: Asked) -> Answer:
    """Prometheus text."""
    from inboxsync.httpapi.metrics import CONTENT_TYPE, Snapshot, exposition

    service = asked.service
    lines = service.lines(asked.integrations(), service.totals())
    counters = None if asked.bearer.is_bound else service.counters
    text = exposition(Snapshot(lines, service.figures(), whole_store=not asked.bearer.is_bound, counters=counters))
    return Text(text, CONTENT_TYPE)


def openapi(asked: Asked) -> Answer:
    """This description as OpenAPI 3.1."""
    from inboxsync.httpapi.openapi import document

    return Document(document())


def docs(asked: Asked) -> Answer:
    """This description as a page that needs no script and loads nothing."""
    from inboxsync.httpapi.docs_page import PAGE_CSP, page
    from inboxsync.httpapi.openapi import document

    return Text(page(document()).encode(), "text/html; charset=utf-8", {"content-security-policy": PAGE_CSP})


OPERATIONS = (
    Operation("read_stats", f"{PREFIX}/stats", stats, "Statistics", "Stats"),
    Operation("read_config", f"{PREFIX}/config", config, "Effective settings", "Config", whole_store=True),
    Operation("read_metrics", "/metrics", metrics, "Prometheus metrics", "text/plain"),
    Operation("read_openapi", "/openapi.json", openapi, "This description", "OpenApi"),
    Operation("read_docs", "/docs", docs, "This description as a page", "text/html"),
)
