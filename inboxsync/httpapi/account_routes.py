"""Integrations, their runs and folders; what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.httpapi.answers import Answer, Document
from inboxsync.httpapi.operations import PREFIX, Operation
from inboxsync.httpapi.paging import cut, id_cursor, page_of, read_id_cursor, stretch_of
from inboxsync.httpapi.parameters import AFTER, INTEGRATION, PAGE, limit
from inboxsync.httpapi.service import Asked
from inboxsync.providers.presets import folder_role
from inboxsync.render.http_shapes import account_json
from inboxsync.render.json_shapes import folder_json, listing, quarantine_json, run_json

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.render.status import StatusLine


def integrations(asked: Asked) -> Answer:
    """List integrations, by priority number, then name."""
    return Document(listing("integrations", map(account_json, _lines(asked, asked.integrations()))))


def integration(asked: Asked) -> Answer:
    """One integration by name or id."""
    (line,) = _lines(asked, [asked.integration(asked.path["integration"])])
    return Document(account_json(line))


def _lines(asked: Asked, chosen: Sequence[Integration]) -> list[StatusLine]:
    return asked.service.lines(chosen, asked.service.totals())


def runs(asked: Asked) -> Answer:
    """What runs did with an integration, newest first."""
    one = asked.integration(asked.path["integration"])
    history = asked.service.store.history
    stretch = stretch_of(asked.query, read_id_cursor)
    found, cursor = cut(history.runs(one.id or 0, stretch), stretch, lambda run: id_cursor(run.id))
    total = history.count_runs(one.id or 0)
    return Document(page_of("runs", [run_json(run) for run in found], total, stretch, cursor))


def folders(asked: Asked) -> Answer:
    """Folders that are read, with the counts of their last listing."""
    control = asked.service.store.control
    name = asked.query["integration"]
    chosen = asked.integrations() if name is None else [asked.integration(name)]
    shapes = [
        folder_json(folder, integration=one.name, role=folder.role or folder_role(one.provider, folder.name))
        for one in chosen
        for folder in control.folders(one.id or 0)
    ]
    return Document(listing("folders", shapes))


def quarantine(asked: Asked) -> Answer:
    """What was set aside, newest first."""
    stretch = stretch_of(asked.query, read_id_cursor)
    found, total = asked.service.store.history.set_aside(asked.sight, asked.chosen_id(), stretch)
    items, cursor = cut(found, stretch, lambda item: id_cursor(item.id))
    return Document(page_of("quarantine", [quarantine_json(item) for item in items], total, stretch, cursor))


_PAGED = (limit(20), PAGE, AFTER)
OPERATIONS = (
    Operation("list_integrations", f"{PREFIX}/integrations", integrations, "Integrations", "IntegrationList"),
    Operation(
        "read_integration", f"{PREFIX}/integrations/{{integration}}", integration, "One, by name or id", "Integration"
    ),
    Operation("list_runs", f"{PREFIX}/integrations/{{integration}}/runs", runs, "Its runs", "RunPage", _PAGED),
    Operation("list_folders", f"{PREFIX}/folders", folders, "Folders", "FolderList", (INTEGRATION,)),
    Operation(
        "list_quarantine", f"{PREFIX}/quarantine", quarantine, "What was set aside", "QuarantinePage",
        (INTEGRATION, *_PAGED),
    ),
)  # fmt: skip
