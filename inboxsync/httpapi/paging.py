"""Pages and cursors: which part of a list is asked for, and where the next one begins. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from inboxsync.httpapi.parameters import Values
from inboxsync.httpapi.refusals import bad_request
from inboxsync.model.api_query import Place, Stretch

T = TypeVar("T")
_WRONG = "after is not a cursor of this list; take it from next_cursor"


def stretch_of(values: Values, read_cursor: Callable[[str], Place | int]) -> Stretch:
    """Answer which part of a list is asked for. Raises Refusal (400)."""
    page, after = values["page"], values["after"]
    if page is not None and after is not None:
        raise bad_request("page and after are both given; give one of them")
    return Stretch(values["limit"], page or 1, None if after is None else read_cursor(after))


def page_of(key: str, shapes: Sequence[Any], total: int, stretch: Stretch, cursor: str | None) -> dict[str, Any]:
    """Give a page of a list; `cursor` is where the next one begins, None at the end.

    A page that was asked for by cursor has no number: `page` is null then.
    """
    by_page = stretch.after is None
    return {
        key: list(shapes),
        "total": total,
        "page": stretch.page if by_page else None,
        "has_next": cursor is not None,
        "has_prev": stretch.page > 1 if by_page else True,
        "next_cursor": cursor,
    }


def cut(found: Sequence[T], stretch: Stretch, cursor: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """Take off the one item that tells of more, and name the cursor behind the last that is shown."""
    items = found[: stretch.limit]
    return items, cursor(items[-1]) if len(found) > stretch.limit else None


def id_cursor(row_id: int) -> str:
    """Write the place behind an id."""
    return str(row_id)


def read_id_cursor(text: str) -> int:
    """Read what `id_cursor` wrote. Raises Refusal (400)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_request(_WRONG)
    return int(text)


def place_cursor(place: Place) -> str:
    """Write a place among messages; it says nothing but where."""
    micros = round(place.received_at.timestamp() * 1_000_000)
    octets = f"{micros}.{place.message_id}.{place.placement_id}".encode()
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def read_place_cursor(text: str) -> Place:
    """Read what `place_cursor` wrote. Raises Refusal (400)."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        micros, message_id, placement_id = (_number(part) for part in plain.split("."))
        at = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    except (ValueError, OverflowError, OSError, binascii.Error):
        raise bad_request(_WRONG) from None
    return Place(at, message_id, placement_id)


def _number(text: str) -> int:
    if len(text) > 18:
        raise ValueError(text)
    return int(text)
