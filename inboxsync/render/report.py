"""A sync report for people: one row an integration, and the words beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inboxsync.model.report import FolderReport, IntegrationReport, RunStatus, SyncReport
from inboxsync.render.tables import Table

# Fates that need no column of their own unless they occur.
_RARE = ("filtered", "unknown_sender", "too_large", "quarantined", "vanished", "pending", "remapped")


def report_table(parts: Iterable[IntegrationReport]) -> Table:
    """Lay out what a run did."""
    headings = ("name", "status", "fetched", "stored", "duplicate", "tickets", "also")
    return Table.of(headings, [_row(part) for part in parts], right=(2, 3, 4, 5))


def _row(part: IntegrationReport) -> tuple[object, ...]:
    counts = part.counts
    status = f"{part.status.value} ({part.reason})" if part.reason else part.status.value
    also = ", ".join(f"{getattr(counts, fate)} {fate.replace('_', ' ')}" for fate in _RARE if getattr(counts, fate))
    tickets = counts.tickets_created + counts.tickets_updated
    return (part.name, status, counts.fetched, counts.stored, counts.duplicate, tickets, also)


def plan_table(report: SyncReport) -> Table:
    """Lay out what a run would do (`--dry-run`): one row a folder."""
    rows = [_plan_row(part, folder) for part in report.integrations for folder in part.folders]
    return Table.of(("name", "folder", "plan", "to list", "to fetch"), rows, right=(3, 4))


def _plan_row(part: IntegrationReport, folder: FolderReport) -> tuple[object, ...]:
    plan = ", ".join(word.replace("_", " ") for word in (folder.plan.value, *folder.notes))
    return (part.name, folder.name, plan, folder.counts.listed, folder.counts.pending)


def failures(parts: Sequence[IntegrationReport]) -> list[IntegrationReport]:
    """Pick the parts that a person must be told about: those with an error, or that ended in one.

    Not those left out because the store failed another: that one tells it for all.
    """
    faulty = [part for part in parts if part.error is not None or part.status is RunStatus.ERROR]
    return [part for part in faulty if part.reason != "store"]
