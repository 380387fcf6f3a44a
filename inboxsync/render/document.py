"""JSON documents: one a command, UTF-8 whatever the console speaks, nothing in them that acts on a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from inboxsync.render.printable import json_safe

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def encode(document: object) -> bytes:
    """Write a document as UTF-8 octets with a newline at its end; keys keep the order they were given in."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    return json_safe(text).encode() + b"\n"


def encode_line(document: object) -> bytes:
    """Write a document as one line of UTF-8 octets, for files with one a line (JSON lines)."""
    return json_safe(json.dumps(document, ensure_ascii=False, allow_nan=False)).encode() + b"\n"


def time_text(at: datetime | None) -> str | None:
    """Write an instant as RFC 3339 in UTC with a Z, fractions only where there are any; None stays None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
