"""One visit of a page: who asks, for what, in which language; and what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from inboxsync.httpapi.pages.rhythm import Rhythm, Rhythms
    from inboxsync.httpapi.pages.speaker import Speaker
    from inboxsync.httpapi.service import Asked
    from inboxsync.model.integration import Integration


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template and what stands in it."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of pages below where they are mounted."""

    root: str

    def __call__(self, path: str, /, **query: object) -> str:
        """Make the address of a page; what is None is left out of the query."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return f"{self.root}{path}{'?' * bool(given)}{urlencode(given)}"

    def integration(self, integration: Integration) -> str:
        """Make the address of an integration's page: by its name, by its id where a path could not carry that."""
        name = integration.name
        return self.named(str(integration.id) if "/" in name or name.strip(".") == "" else name)

    def named(self, name: str) -> str:
        """Make the address of an integration's page by a name as messages and tickets have it."""
        return f"{self.root}/integrations/{quote(name, safe='')}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit by somebody who is signed in."""

    asked: Asked
    say: Speaker
    address: Addresses
    rhythms: Rhythms

    def rhythm(self) -> Rhythm:
        """How much mail came on each day until now."""
        return self.rhythms.look(self.say.now.astimezone(self.say.zone))

    def open_tickets(self) -> Mapping[int, int]:
        """Open tickets by integration id, kept for a while where counting is dear."""
        service = self.asked.service
        return service.remembered.answer("open tickets", service.store.pages.open_tickets)
