"""What every handler works with: the store, the clock, what is remembered; and one request as handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from inboxsync.httpapi.parameters import Values, row_id
from inboxsync.httpapi.refusals import not_found
from inboxsync.httpapi.standings import status_lines
from inboxsync.model.state import Totals

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings
    from inboxsync.httpapi.access import Access, Bearer
    from inboxsync.httpapi.counters import Counters
    from inboxsync.httpapi.health import Health
    from inboxsync.httpapi.remembered import Remembered
    from inboxsync.model.figures import Figures
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Owner
    from inboxsync.model.token import Sight
    from inboxsync.render.status import StatusLine
    from inboxsync.store.api_content import ApiContent
    from inboxsync.store.read_only import ReadOnlyStore


@dataclass(frozen=True)
class Service:
    """The parts of the endpoint, put together once."""

    store: ReadOnlyStore
    settings: Settings
    access: Access
    health: Health
    counters: Counters
    remembered: Remembered
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    zone: tzinfo
    is_dead: Callable[[Owner], bool]

    def totals(self) -> Mapping[int, Totals]:
        """Counts by integration, kept for a while where they are dear."""
        return self.remembered.answer("totals", self.store.control.totals)

    def figures(self) -> Figures:
        """Numbers of the whole store, kept for a while where they are dear."""
        return self.remembered.answer("figures", self.store.figures)

    def lines(self, integrations: Sequence[Integration], totals: Mapping[int, Totals]) -> list[StatusLine]:
        """How these integrations stand."""
        return status_lines(
            self.store.control, integrations, totals, now=self.now(), zone=self.zone, is_dead=self.is_dead
        )


@dataclass(frozen=True)
class Asked:
    """One request: by whom, for what. `path` and `query` are read and checked; `base` is the path it is mounted at."""

    service: Service
    bearer: Bearer
    path: Mapping[str, str]
    query: Values
    base: str = ""

    @property
    def sight(self) -> Sight:
        """What the asker may see."""
        return self.bearer.sight

    @property
    def content(self) -> ApiContent:
        """Messages and tickets."""
        return self.service.store.content

    def integrations(self) -> list[Integration]:
        """The integrations that the asker sees, by priority number, then name."""
        return [one for one in self.service.store.control.integrations() if self.sight.shows(one.id)]

    def integration(self, name: str) -> Integration:
        """The integration of this name, else of this id. Raises Refusal (404)."""
        seen = self.integrations()
        by_name = next((one for one in seen if one.name == name), None)
        found = by_name or next((one for one in seen if one.id == row_id(name)), None)
        if found is None:
            raise not_found("integration")
        return found

    def chosen_id(self) -> int | None:
        """The id of the integration that the parameter `integration` names; None where it is not given."""
        name = self.query["integration"]
        return None if name is None else self.integration(name).id

    def row_id(self, name: str, what: str) -> int:
        """The id in the path. Raises Refusal (404) for what cannot be one."""
        found = row_id(self.path[name])
        if found is None:
            raise not_found(what)
        return found
