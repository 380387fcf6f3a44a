"""The columns of a ticket that people change, before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.ticketing import TicketEdit
from inboxsync.store.bulk import Row, dump_json
from inboxsync.store.cleaning import clean_json, clean_key, clean_text
from inboxsync.store.dialect import read_json

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

_READ = """
SELECT t.id, t.number, t.integration_id, i.name, t.status, t.priority, t.category, t.assignee, t.company, t.tags,
t.watchers FROM inboxsync_tickets AS t LEFT JOIN inboxsync_integrations AS i ON i.id = t.integration_id WHERE t.id = ?
"""
_WRITE = """
UPDATE inboxsync_tickets SET status = ?, priority = ?, category = ?, assignee = ?, company = ?, tags = ?, watchers = ?,
updated_at = ? WHERE id = ?
"""
_EDITABLE = ("status", "priority", "category", "assignee", "company", "tags", "watchers")


@dataclass(frozen=True, slots=True)
class Before:
    """A ticket as it is."""

    id: int
    number: str
    integration_id: int | None
    integration: str | None
    status: str
    priority: str
    category: str | None
    assignee: str | None
    company: str | None
    tags: tuple[str, ...]
    watchers: tuple[str, ...]

    def difference(self, after: Before) -> Row:
        """Name what differs, each with its new value; of watchers, who may be strangers, only that they do."""
        changed = {name: getattr(after, name) for name in _EDITABLE if getattr(after, name) != getattr(self, name)}
        return {name: True if name == "watchers" else clean_json(value) for name, value in changed.items()}


def read_before(work: Statements, ticket_id: int) -> Before | None:
    """Read a ticket; None where it is not there."""
    row = work.row(_READ, (ticket_id,))
    if row is None:
        return None
    values = [*row[:-2], tuple(read_json(row[-2])), tuple(read_json(row[-1]))]
    return Before(*values)


def edited(before: Before, change: TicketEdit) -> Before:
    """Answer the ticket as it shall be."""
    removed = set(map(clean_key, change.remove_watchers))
    watchers = dict.fromkeys((*before.watchers, *map(clean_key, change.add_watchers)))
    return replace(
        before,
        status=change.status or before.status,
        priority=change.priority or before.priority,
        category=_changed(before.category, change.category),
        assignee=_changed(before.assignee, change.assignee),
        company=_changed(before.company, change.company),
        tags=before.tags if change.tags is None else tuple(clean_json(change.tags)),
        watchers=tuple(one for one in watchers if one not in removed),
    )


def _changed(before: str | None, wanted: str | None) -> str | None:
    return before if wanted is None else clean_text(wanted) or None


def write_edited(work: Statements, after: Before, at: datetime) -> None:
    """Write a ticket as it shall be."""
    plain = (after.status, after.priority, after.category, after.assignee, after.company)
    work.run(_WRITE, (*plain, dump_json(list(after.tags)), dump_json(list(after.watchers)), at, after.id))
