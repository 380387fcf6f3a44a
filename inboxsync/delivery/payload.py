"""What is sent: the event as the feed shows it, thin; with the mail's own words only where a webhook asks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inboxsync.model.event import Event

MAX_BODY_BYTES = 256 * 1024
TEST_TYPE = "webhook.test"
_BODIES = ("body_text", "body_html")


def message_key(event: Event) -> int | None:
    """Answer our id of the message that an event is about, or None."""
    found = event.data.get("message_id")
    return found if isinstance(found, int) else None


def body(event: Event, message: Mapping[str, Any] | None = None) -> bytes:
    """Write an event as JSON, the same octets each time for the same content, at most MAX_BODY_BYTES.

    A message goes into `data.message`; where that is too long its bodies are null and `bodies_left_out` says so.
    """
    plain = event.as_dict()
    if message is None:
        return _encode(plain)
    whole = _encode(_with(plain, message))
    if len(whole) <= MAX_BODY_BYTES:
        return whole
    short = _encode(_with(plain, {**message, **dict.fromkeys(_BODIES), "bodies_left_out": True}))
    return short if len(short) <= MAX_BODY_BYTES else _encode(plain)


def delivery_id(store_uuid: str, event_id: int | str) -> str:
    """Name a delivery for its receiver: the same for every attempt, and for no other event of any store."""
    return f"evt_{store_uuid.replace('-', '')[:12]}_{event_id}"


def _with(plain: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    return {**plain, "data": {**plain["data"], "message": message}}


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
