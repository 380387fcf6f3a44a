"""The page of what was set aside."""

from __future__ import annotations

from inboxsync.httpapi.pages.visit import Shown, Visit
from inboxsync.httpapi.parameters import INTEGRATION, PAGE
from inboxsync.model.api_query import Stretch

PARAMETERS = (INTEGRATION, PAGE)
A_PAGE = 25


def quarantine(visit: Visit) -> Shown:
    """Show what was set aside, newest first."""
    asked = visit.asked
    page = asked.query["page"] or 1
    found, total = asked.service.store.history.set_aside(asked.sight, asked.chosen_id(), Stretch(A_PAGE, page))
    context = {
        "items": found[:A_PAGE],
        "total": total,
        "page": page,
        "has_next": len(found) > A_PAGE,
        "chosen": asked.query["integration"],
        "refreshes": True,
    }
    return Shown("quarantine.html", context)
