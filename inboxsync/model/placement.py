"""A placement names one immutable message on a server for ever: (folder, UIDVALIDITY, UID) (RFC 9051 §2.3.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fate(StrEnum):
    """What became of a placement (P2). All but `PENDING` are final."""

    PENDING = "pending"
    STORED = "stored"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    UNKNOWN_SENDER = "unknown_sender"
    TOO_LARGE = "too_large"
    QUARANTINED = "quarantined"
    VANISHED = "vanished"

    @property
    def is_final(self) -> bool:
        """Whether the cursor may pass a placement of this fate."""
        return self is not Fate.PENDING


class SeenAction(StrEnum):
    """Whether a placement is still to be marked read on the server; a ledger state that a later run can finish."""

    NONE = "none"
    WANTED = "wanted"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class MessageMeta:
    """What one light fetch tells of a message: no body, no header. `internal_date` is aware UTC or None if unusable."""

    uid: int
    flags: tuple[str, ...]
    internal_date: datetime | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FlagsSeen:
    """The flags of a message as they are now. `modseq` where the server keeps one (RFC 7162)."""

    uid: int
    flags: tuple[str, ...]
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """A message as the server sent it. `octets` is None where the server answered NIL, b'' where it sent nothing."""

    meta: MessageMeta
    octets: bytes | None


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """What EXAMINE said. None where the server did not say it; UIDVALIDITY 0 counts as not said (hazards §2.1)."""

    uidvalidity: int | None
    uidnext: int | None
    exists: int
    highestmodseq: int | None = None
    mailbox_id: str | None = None
    uids_sticky: bool = True
    partial_view: bool = False


@dataclass(frozen=True, slots=True)
class FolderInfo:
    """A line of LIST. `name` is decoded for people and settings, `wire_name` the octets that name it to the server."""

    name: str
    wire_name: bytes
    delimiter: str | None
    attributes: tuple[str, ...] = ()

    @property
    def selectable(self) -> bool:
        """Whether it can hold messages (RFC 9051 §7.3.1)."""
        return not {a.lower() for a in self.attributes} & {"\\noselect", "\\nonexistent"}
