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


class MoveAction(StrEnum):
    """How far a placement's move to another folder is; no value where none was asked for.

    `COPIED`: it lies in the target already and is still to be removed here, on servers without MOVE (RFC 6851).
    `KEPT`: it stays, because its content was moved in this account before: rules of two folders may name each other.
    """

    WANTED = "wanted"
    COPIED = "copied"
    DONE = "done"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class WantedMove:
    """A message that is still to be moved on the server. `moved_before`: its content was moved in this account once."""

    uid: int
    target: str
    action: MoveAction
    moved_before: bool = False


@dataclass(frozen=True, slots=True)
class ServerIds:
    """What the server itself calls a message, in each of its folders alike.

    `email_id` names its octets for ever: EMAILID (RFC 8474 §5.1), or `gm:` and Gmail's X-GM-MSGID; a colon is in no
    EMAILID. `thread_id` likewise: THREADID (§5.2) or X-GM-THRID. `labels` are Gmail's, None elsewhere.
    """

    email_id: str
    thread_id: str | None = None
    labels: tuple[str, ...] | None = None

    @classmethod
    def of(cls, email_id: str | None) -> ServerIds | None:
        """Give what a ledger's line remembers for looking copies up."""
        return None if email_id is None else cls(email_id)


@dataclass(frozen=True, slots=True)
class MessageMeta:
    """What one light fetch tells of a message: no body, no header. `internal_date` is aware UTC or None if unusable.

    `ids` where the server has such and the message was listed by them.
    """

    uid: int
    flags: tuple[str, ...]
    internal_date: datetime | None
    size_bytes: int
    ids: ServerIds | None = None

    @property
    def email_id(self) -> str | None:
        """The server's own id for the octets."""
        return None if self.ids is None else self.ids.email_id


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
