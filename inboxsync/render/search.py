"""What a search found, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.render.json_shapes import Shape, message_json

if TYPE_CHECKING:
    from inboxsync.model.search import SearchPage


def search_json(found: SearchPage, *, query: str, folder: str | None, not_indexed: int) -> Shape:
    """Give a page of what was found in the shape of http-api.md, with its place among the pages."""
    return {
        "results": [message_json(message) for message in found.items],
        "total": found.total,
        "query": query,
        "folder": folder,
        "limited": found.limited,
        "page": found.page,
        "has_next": found.has_next,
        "has_prev": found.page > 1,
        "not_indexed": not_indexed,
    }
