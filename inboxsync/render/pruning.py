"""What was or would be given up, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inboxsync.render.sizes import size_text
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.model.pruning import PruneReport

_WORDS = {
    "raw": "octets of stored mail",
    "headers": "headers of mail not taken",
    "quarantine": "octets of quarantined mail",
    "attachments": "files of attachments",
    "bodies": "texts of messages",
    "runs": "runs",
    "deliveries": "deliveries to webhooks that are over",
    "events": "events",
}


def prune_json(report: PruneReport) -> dict[str, Any]:
    """Give all of it; sizes in bytes, as they are stored."""
    lines = [
        {"what": line.what, "items": line.items, "size_bytes": line.size_bytes, "held": line.held or None}
        for line in report.lines
    ]
    return {"applied": report.applied, "finished": report.finished, "lines": lines}


def prune_table(report: PruneReport) -> Table:
    """Give a line for each kind of thing; what takes hardly any room has no size."""
    rows = [
        (_WORDS[line.what], line.items, size_text(line.size_bytes) if line.size_bytes else None)
        for line in report.lines
    ]
    return Table.of(("pruned" if report.applied else "would be pruned", "items", "size"), rows, right=(1, 2))
