"""The page of one integration: how it stands, its mail day by day, its runs, folders, last messages and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inboxsync.httpapi.pages import overview
from inboxsync.httpapi.pages.charts import Bar, bars
from inboxsync.httpapi.pages.visit import Shown, Visit
from inboxsync.model.api_query import MessageFilter, Stretch
from inboxsync.model.integration import DEFAULT_INTERVAL_S
from inboxsync.providers.presets import folder_role

if TYPE_CHECKING:
    from datetime import date

    from inboxsync.model.integration import Integration
    from inboxsync.model.state import FolderState, RunRecord
    from inboxsync.model.views import MessageView

RUNS, MESSAGES = 60, 8
# Fewer runs than these stand at the right end.
SLOTS = 30
_LISTED_RUNS = 20


@dataclass(frozen=True, slots=True)
class RunsPlot:
    """The last runs, oldest first: how long each took above, how much mail it brought below."""

    runs: tuple[RunRecord, ...]
    durations: tuple[Bar, ...]
    stored: tuple[Bar, ...]
    longest_s: float
    most_stored: int


@dataclass(frozen=True, slots=True)
class DaysPlot:
    """Mail day by day, oldest first; None where it is not counted yet."""

    days: tuple[tuple[date, int | None], ...]
    bars: tuple[Bar, ...]
    most: int


def integration(visit: Visit) -> Shown:
    """Show one integration."""
    asked = visit.asked
    one = asked.integration(asked.path["integration"])
    (line,) = asked.service.lines([one], asked.service.totals())
    (box,) = overview.made(visit, [line])
    store, integration_id = asked.service.store, one.id or 0
    runs = store.history.runs(integration_id, Stretch(limit=RUNS))[:RUNS]
    context = {
        "box": box,
        "line": line,
        "one": one,
        "interval": timedelta(seconds=one.interval_s or DEFAULT_INTERVAL_S),
        "days": days_plot(visit, one),
        "plot": runs_plot(list(reversed(runs))),
        "runs": runs[:_LISTED_RUNS],
        "folders": [(folder, _role(one, folder)) for folder in store.control.folders(integration_id)],
        "messages": _last_messages(visit, one),
        "failures": store.pages.failures(integration_id),
        "refreshes": True,
    }
    return Shown("integration.html", context)


def days_plot(visit: Visit, one: Integration) -> DaysPlot:
    """Lay out the mail of an integration day by day."""
    rhythm = visit.rhythm()
    counts = rhythm.of_days(one.id)
    days = tuple(zip(rhythm.days, counts, strict=True))
    return DaysPlot(days, bars(counts), max((count for count in counts if count is not None), default=0))


def runs_plot(runs: Sequence[RunRecord]) -> RunsPlot:
    """Lay out runs, oldest first."""
    durations = [(run.finished_at - run.started_at).total_seconds() for run in runs]
    stored = [run.counts.stored for run in runs]
    return RunsPlot(
        runs=tuple(runs),
        durations=bars(durations, slots=SLOTS),
        stored=bars(stored, slots=SLOTS),
        longest_s=max(durations, default=0.0),
        most_stored=max(stored, default=0),
    )


def _role(one: Integration, folder: FolderState) -> str | None:
    return folder.role or folder_role(one.provider, folder.name)


def _last_messages(visit: Visit, one: Integration) -> Sequence[MessageView]:
    content, sight = visit.asked.content, visit.asked.sight
    wanted = MessageFilter(sight=sight, integration_id=one.id)
    places = content.places(wanted, Stretch(limit=MESSAGES))[:MESSAGES]
    return content.listed([place.placement_id for place in places], sight)
