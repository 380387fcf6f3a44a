"""The first page: every mailbox at a glance, those that need a person first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.httpapi.pages.charts import Spark, spark
from inboxsync.httpapi.pages.habit import Habit, Pace, habit
from inboxsync.httpapi.pages.visit import Shown, Visit
from inboxsync.httpapi.parameters import PAGE
from inboxsync.render.standing import StateWord

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.httpapi.pages.rhythm import Rhythm
    from inboxsync.render.status import StatusLine

PARAMETERS = (PAGE,)
# A page has so many mailboxes, and fewer where many need a person: it is to be small in an outage too. Sizes are those
# of French, the longer language.
A_PAGE = 100
ROOM_BYTES, CARD_BYTES, ROW_BYTES = 55_000, 1_100, 490
# The states in which a person has to do something, in this order.
NEEDS = (StateWord.PAUSED, StateWord.FAILING, StateWord.STALE)


@dataclass(frozen=True, slots=True)
class Box:
    """One integration as the first page shows it. `look` is the word for its pill and its colour."""

    line: StatusLine
    address: str
    look: str
    habit: Habit | None
    spark: Spark | None
    open_tickets: int
    cause: str | None
    action: str | None

    @property
    def success_at(self) -> datetime | None:
        """When a run succeeded last."""
        return self.line.state.last_success_at if self.line.state else None

    @property
    def needs(self) -> bool:
        """Whether a person has to do something."""
        return self.line.integration.active and self.line.standing.state in NEEDS

    @property
    def unusual(self) -> str | None:
        """The word for how it differs where all seems well: hardly any mail comes, or very much; else None."""
        if not self.line.integration.active or self.needs or self.habit is None:
            return None
        return str(self.habit.pace) if self.habit.pace in (Pace.QUIET, Pace.BUSY) else None

    @property
    def apart(self) -> bool:
        """Whether it stands as a card above the table."""
        return self.needs or self.unusual is not None


def overview(visit: Visit) -> Shown:
    """Show how every integration stands."""
    asked = visit.asked
    lines = asked.service.lines(asked.integrations(), asked.service.totals())
    boxes = sorted(made(visit, lines), key=_place)
    pages = pages_of(boxes)
    page = min(asked.query["page"] or 1, len(pages))
    part = pages[page - 1]
    context = {
        "boxes": boxes,
        "part": part,
        "first": 1 + sum(map(len, pages[: page - 1])),
        "apart": any(box.apart for box in boxes),
        "needs": [box for box in part if box.needs],
        "unusual": [box for box in part if box.unusual],
        "others": [box for box in part if not box.apart],
        "needing": sum(box.needs for box in boxes),
        "quieter": sum(box.unusual == Pace.QUIET for box in boxes),
        "today": sum(box.habit.today for box in boxes if box.habit),
        "usual": _usual(boxes),
        "open_tickets": sum(box.open_tickets for box in boxes),
        "quarantined": sum(box.line.totals.quarantined for box in boxes),
        "page": page,
        "last_page": len(pages),
        "is_bound": asked.bearer.is_bound,
        "refreshes": True,
    }
    return Shown("overview.html", context)


def pages_of(boxes: Sequence[Box]) -> list[list[Box]]:
    """Cut what is listed into pages; an empty list is one page."""
    pages: list[list[Box]] = [[]]
    room = ROOM_BYTES
    for box in boxes:
        takes = CARD_BYTES if box.apart else ROW_BYTES
        if takes > room or len(pages[-1]) == A_PAGE:
            pages.append([])
            room = ROOM_BYTES
        pages[-1].append(box)
        room -= takes
    return pages


def made(visit: Visit, lines: Sequence[StatusLine]) -> list[Box]:
    """Put together what is shown of each of these integrations."""
    rhythm, open_tickets = visit.rhythm(), visit.open_tickets()
    return [
        Box(
            line=line,
            address=visit.address.integration(line.integration),
            look=look_of(line),
            habit=habit_of(rhythm, line.integration.id),
            spark=spark(rhythm.of_days(line.integration.id)),
            open_tickets=open_tickets.get(line.integration.id or 0, 0),
            cause=visit.say.cause(line),
            action=visit.say.action(line),
        )
        for line in lines
    ]


def look_of(line: StatusLine) -> str:
    """The word for an integration's pill: its state, or that it is switched off."""
    return str(line.standing.state) if line.integration.active else "off"


def habit_of(rhythm: Rhythm, integration_id: int | None) -> Habit | None:
    """Judge today's mail; None until it is counted."""
    today, weeks = rhythm.of_days(integration_id)[-1], rhythm.of_weeks(integration_id)
    return None if today is None or weeks is None else habit(today, weeks)


def _place(box: Box) -> tuple[bool, bool, bool, int]:
    """What needs a person first, then what is unusual, what is switched off last; the rest keeps its order."""
    active = box.line.integration.active
    state = NEEDS.index(box.line.standing.state) if box.needs else len(NEEDS)
    return not box.needs, not box.unusual, not active, state


def _usual(boxes: Sequence[Box]) -> int | None:
    """What is usual for all together; None where no habit is known."""
    known = [box.habit.usual for box in boxes if box.habit is not None and box.habit.usual is not None]
    return sum(known) if known else None
