"""A generated message and what a right reader makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Enclosed:
    """An attachment as it was written."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Specimen:
    """Octets with CRLF lines and the values they were made from. `broken` mail is not expected to read back exactly."""

    kind: str
    octets: bytes = field(repr=False)
    message_id: str | None
    subject: str
    from_name: str
    from_address: str
    text: str | None
    attachments: tuple[Enclosed, ...]
    sent_at: datetime
    in_reply_to: str | None = None
    broken: bool = False
