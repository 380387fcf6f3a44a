"""Lists of messages for the command line: by page, with the names that people give."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from inboxsync.model.api_query import MessageFilter, Stretch
from inboxsync.model.views import MessageQuery, MessageView, Page
from inboxsync.store import api_messages, reading
from inboxsync.store.core_tables import INTEGRATIONS


def messages(connection: Connection, query: MessageQuery) -> Page[MessageView]:
    """One page of messages, newest first; empty for an integration that is not there."""
    wanted = _filter(connection, query)
    if wanted is None:
        return Page(items=(), total=0, page=query.page, has_next=False)
    places = api_messages.found_places(connection, wanted, Stretch(query.limit, query.page))[: query.limit]
    total = api_messages.count(connection, wanted)
    return Page(
        items=reading.shown(connection, [place.placement_id for place in places]),
        total=total,
        page=query.page,
        has_next=query.page * query.limit < total,
    )


def _filter(connection: Connection, query: MessageQuery) -> MessageFilter | None:
    wanted = MessageFilter(folder=query.folder, fate=query.fate, text=query.text or None)
    if query.integration is None:
        return wanted
    named = select(INTEGRATIONS.c.id).where(INTEGRATIONS.c.name == query.integration)
    found = connection.execute(named).scalar_one_or_none()
    return None if found is None else replace(wanted, integration_id=found)
