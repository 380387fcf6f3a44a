"""A mail server in memory that implements the session protocol and passes its contract suite.

Faults are switches on the server: drop the connection after n items, refuse a UID, answer NIL for one, fail a login.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from inboxsync.errors import AuthFailed, ConnectionLost, FolderMissing, ImapError, MessageRefused, ServerUnavailable
from inboxsync.imap.session import Gone, SessionLimits
from inboxsync.model.integration import Endpoint
from inboxsync.model.placement import FetchedMessage, FlagsSeen, FolderInfo, FolderStatus, MessageMeta, ServerIds
from inboxsync.model.secret import Secret

SOME_TIME = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass(slots=True)
class FakeMessage:
    """A message on the server; `size_bytes` may lie, `internal_date` may be missing.

    `ids` are told in listings by a server that offers such.
    """

    octets: bytes
    flags: tuple[str, ...] = ()
    internal_date: datetime | None = SOME_TIME
    size_bytes: int | None = None
    modseq: int | None = None
    ids: ServerIds | None = None

    def meta(self, uid: int) -> MessageMeta:
        """Give the metadata as a server tells it."""
        size = len(self.octets) if self.size_bytes is None else self.size_bytes
        return MessageMeta(uid, self.flags, self.internal_date, size)


@dataclass(slots=True)
class FakeFolder:
    """A folder: messages by UID, and the switches that make single ones fail.

    Listings of flags leave `hidden` ones out; `exists_told` is what the next EXAMINEs say instead of the truth.
    EXISTS counts those `not_shown`, which no listing has; a listing answers `most_shown` messages and then refuses
    (RFC 9738).
    """

    uidvalidity: int | None = 1
    uidnext: int = 1
    messages: dict[int, FakeMessage] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    nil: set[int] = field(default_factory=set)
    unlisted: set[int] = field(default_factory=set)
    highestmodseq: int | None = None
    uids_sticky: bool = True
    partial_view: bool = False
    attributes: tuple[str, ...] = ()
    mailbox_id: str | None = None
    not_shown: set[int] = field(default_factory=set)
    most_shown: int | None = None
    is_read_only: bool = False
    refuses_changed_since: bool = False
    hidden: set[int] = field(default_factory=set)
    exists_told: list[int] = field(default_factory=list)
    expunged_at: dict[int, int] = field(default_factory=dict)
    gone_told: tuple[range, ...] | None = None

    def changed(self, *messages: FakeMessage) -> None:
        """Count a change where the folder keeps count (RFC 7162)."""
        if self.highestmodseq is not None:
            self.highestmodseq += 1
            for message in messages:
                message.modseq = self.highestmodseq

    def gone_since(self, modseq: int, last_uid: int) -> tuple[range, ...]:
        """Answer what VANISHED tells: what went after this MODSEQ, unless `gone_told` lies."""
        if self.gone_told is not None:
            return self.gone_told
        gone = (uid for uid, at in sorted(self.expunged_at.items()) if at > modseq and uid <= last_uid)
        return tuple(range(uid, uid + 1) for uid in gone)


class FakeServer:
    """One account. `calls` logs each call as (method, argument); `connect` is an `imap.session.Connect`."""

    def __init__(self, password: str = "secret", username: str = "ana@example.com") -> None:
        self.username = username
        self.password = password
        self.folders: dict[str, FakeFolder] = {"INBOX": FakeFolder()}
        self.calls: list[tuple[str, object]] = []
        self.login_fault: ImapError | None = None
        self.connected = self.most_connected = 0
        # Of OBJECTID (RFC 8474) and X-GM-EXT-1: what the server offers. New mail is given ids then.
        self.offers: frozenset[str] = frozenset()
        # What else the server can do: MOVE (RFC 6851), UIDPLUS (RFC 4315).
        self.can: frozenset[str] = frozenset()
        # Whether VANISHED is told where somebody listens (QRESYNC).
        self.tells_gone = False
        # What happens instead of taking messages out of a folder, once for each.
        self.cut_removal: list[ImapError] = []
        self._drop_after: int | None = None

    # --- what happens on the server ---------------------------------------------------------------------------------

    def add_folder(self, name: str) -> FakeFolder:
        """Make an empty folder."""
        return self.folders.setdefault(name, FakeFolder(uidvalidity=len(self.folders) + 1))

    def append(
        self,
        octets: bytes,
        folder: str = "INBOX",
        flags: Sequence[str] = (),
        internal_date: datetime | None = SOME_TIME,
        size_bytes: int | None = None,
    ) -> int:
        """Deliver a message and answer its UID."""
        place = self.folders[folder]
        uid = place.uidnext
        place.uidnext += 1
        place.messages[uid] = FakeMessage(octets, tuple(flags), internal_date, size_bytes)
        place.messages[uid].ids = self._new_ids(octets) if self.offers else None
        place.changed(place.messages[uid])
        return uid

    def _new_ids(self, octets: bytes) -> ServerIds:
        """Name octets by their hash, as servers do that have EMAILID."""
        digest = hashlib.sha256(octets).hexdigest()
        if "X-GM-EXT-1" in self.offers:
            number = int(digest[:15], 16) + 1
            return ServerIds(f"gm:{number}", f"gm:{number}", ())
        return ServerIds(f"M{digest[:20]}", f"T{digest[:20]}")

    def copy(self, uid: int, folder: str, to: str) -> int:
        """Show a message in another folder too, under the same ids (COPY, or a label); answers its UID there."""
        source = self.folders[folder].messages[uid]
        copied = self.append(source.octets, to, source.flags, source.internal_date, source.size_bytes)
        self.folders[to].messages[copied].ids = source.ids
        return copied

    def expunge(self, uid: int, folder: str = "INBOX") -> None:
        """Remove a message for ever."""
        place = self.folders[folder]
        del place.messages[uid]
        place.changed()
        place.expunged_at[uid] = place.highestmodseq or 0

    def set_flags(self, uid: int, *flags: str, folder: str = "INBOX") -> None:
        """Give a message these flags, as another mail program would."""
        place = self.folders[folder]
        place.messages[uid].flags = flags
        place.changed(place.messages[uid])

    def keep_modseqs(self, folder: str = "INBOX") -> None:
        """Count changes from now on, as a server with CONDSTORE does."""
        place = self.folders[folder]
        place.highestmodseq = 1
        for message in place.messages.values():
            message.modseq = 1

    def renumber(self, folder: str = "INBOX") -> None:
        """Change UIDVALIDITY and give the messages new UIDs in the same order."""
        place = self.folders[folder]
        kept = [place.messages[uid] for uid in sorted(place.messages)]
        place.uidvalidity = (place.uidvalidity or 0) + 1
        place.messages = dict(enumerate(kept, 1))
        place.uidnext = len(kept) + 1

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name; all else stays, as RFC 9051 §6.3.6 wants it."""
        self.folders[new] = self.folders.pop(old)

    def flags(self, uid: int, folder: str = "INBOX") -> tuple[str, ...]:
        """Answer the flags of a message."""
        return self.folders[folder].messages[uid].flags

    # --- faults -----------------------------------------------------------------------------------------------------

    def drop_after(self, items: int) -> None:
        """Lose the connection after this many more metadata or messages were yielded; once."""
        self._drop_after = items

    def refuse(self, uid: int, folder: str = "INBOX") -> None:
        """Answer NO to every fetch of this message's content."""
        self.folders[folder].refused.add(uid)

    def answer_nil(self, uid: int, folder: str = "INBOX") -> None:
        """Answer NIL for this message's content."""
        self.folders[folder].nil.add(uid)

    def leave_out(self, uid: int, folder: str = "INBOX") -> None:
        """List this message but leave it out of every answer about content."""
        self.folders[folder].unlisted.add(uid)

    def dropping(self) -> bool:
        """Count one yielded item; answer whether the connection is to be lost before it."""
        if self._drop_after is None:
            return False
        if self._drop_after == 0:
            self._drop_after = None
            return True
        self._drop_after -= 1
        return False

    def connect(self, endpoint: Endpoint, secret: Secret, limits: SessionLimits | None = None) -> FakeSession:
        """Log in. Raises AuthFailed for a wrong login, or the fault that was set."""
        self.calls.append(("connect", endpoint))
        if self.login_fault is not None:
            raise self.login_fault
        if (endpoint.username, secret.reveal()) != (self.username, self.password):
            raise AuthFailed("login refused")
        self._count_connection(1)
        return FakeSession(self)

    def _count_connection(self, by: int) -> None:
        self.connected += by
        self.most_connected = max(self.most_connected, self.connected)

    def disconnected(self) -> None:
        """Note that a session ended."""
        self._count_connection(-1)


class FakeSession:
    """A session on a FakeServer."""

    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self._open: str | None = None
        self._validities: dict[str, int | None] = {}
        self._alive = True
        self._closed = False

    @property
    def capabilities(self) -> frozenset[str]:
        """The least that RFC 9051 asks for, CONDSTORE where changes are counted, and what the server offers."""
        counts = any(folder.highestmodseq is not None for folder in self._server.folders.values())
        more = {"CONDSTORE": counts, "QRESYNC": self._server.tells_gone}
        return (
            frozenset({"IMAP4REV1"})
            | self._server.offers
            | self._server.can
            | {word for word, offered in more.items() if offered}
        )

    def _call(self, method: str, argument: object = None) -> None:
        self._server.calls.append((method, argument))
        if not self._alive:
            raise ConnectionLost("the connection is closed")

    def _folder(self, name: str) -> FakeFolder:
        known = self._server.folders
        found = known.get("INBOX" if name.upper() == "INBOX" else name)
        if found is None or "\\Noselect" in found.attributes:
            raise FolderMissing(f"folder {name} cannot be opened; this account has: {', '.join(sorted(known)[:10])}")
        return found

    def _opened(self) -> FakeFolder:
        if self._open is None:
            raise RuntimeError("no folder is open")
        return self._folder(self._open)

    def list_folders(self) -> Sequence[FolderInfo]:
        """List all folders."""
        self._call("list_folders")
        return [
            FolderInfo(name, name.encode(), "/", folder.attributes) for name, folder in self._server.folders.items()
        ]

    def examine(self, folder: str) -> FolderStatus:
        """Open a folder read-only."""
        self._call("examine", folder)
        self._open = None
        place = self._folder(folder)
        self._open = folder
        self._validities[folder] = place.uidvalidity
        return FolderStatus(
            uidvalidity=place.uidvalidity,
            uidnext=place.uidnext,
            exists=place.exists_told.pop(0) if place.exists_told else len(place.messages),
            highestmodseq=place.highestmodseq,
            uids_sticky=place.uids_sticky,
            partial_view=place.partial_view,
            mailbox_id=place.mailbox_id,
        )

    def unseen_count(self, folder: str) -> int | None:
        """Count the messages without the Seen flag."""
        self._call("unseen_count", folder)
        try:
            messages = self._folder(folder).messages.values()
        except FolderMissing:
            return None
        return sum("\\Seen" not in message.flags for message in messages)

    def _count(self) -> None:
        if self._server.dropping():
            self._alive = False
            raise ConnectionLost("the server closed the connection in the middle of an answer")

    def fetch_metadata(self, first_uid: int, last_uid: int) -> Iterator[MessageMeta]:
        """Stream metadata in UID order."""
        self._call("fetch_metadata", (first_uid, last_uid))
        place = self._opened()
        shown = sorted(uid for uid in place.messages.keys() - place.not_shown if first_uid <= uid <= last_uid)
        for uid in shown[: place.most_shown]:
            self._count()
            message = place.messages[uid]
            yield replace(message.meta(uid), ids=message.ids if self._server.offers else None)
        if len(shown[: place.most_shown]) < len(shown):
            raise MessageRefused("the server answered a part of the request only: [MESSAGELIMIT]")

    def fetch_flags(
        self, first_uid: int, last_uid: int, changed_since: int | None, gone: Gone | None = None
    ) -> Iterator[FlagsSeen]:
        """Stream flags in UID order."""
        self._call("fetch_flags", (first_uid, last_uid, changed_since))
        place = self._opened()
        if changed_since is not None and place.refuses_changed_since:
            raise MessageRefused("the server does not know CHANGEDSINCE")
        if changed_since is not None and gone is not None and self._server.tells_gone:
            gone(place.gone_since(changed_since, last_uid))
        for uid in sorted(uid for uid in place.messages.keys() - place.hidden if first_uid <= uid <= last_uid):
            message = place.messages[uid]
            if changed_since is None or (message.modseq or 0) > changed_since:
                self._count()
                yield FlagsSeen(uid, message.flags, None if changed_since is None else message.modseq)

    def fetch_flags_of(self, uids: Sequence[int]) -> Iterator[FlagsSeen]:
        """Stream flags of these messages in UID order."""
        self._call("fetch_flags_of", tuple(uids))
        place = self._opened()
        if place.refuses_changed_since:
            raise MessageRefused("the server refuses sets of UIDs")
        for uid in sorted(set(uids) & (place.messages.keys() - place.hidden)):
            self._count()
            yield FlagsSeen(uid, place.messages[uid].flags)

    def fetch_messages(self, chunks: Iterable[Sequence[int]]) -> Iterator[FetchedMessage]:
        """Stream whole messages, chunk by chunk in UID order."""
        for chunk in chunks:
            self._call("fetch_messages", tuple(chunk))
            yield from self._fetch(chunk, header_only=False)

    def fetch_headers(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        """Stream header blocks in UID order."""
        self._call("fetch_headers", tuple(uids))
        yield from self._fetch(uids, header_only=True)

    def _fetch(self, uids: Sequence[int], *, header_only: bool) -> Iterator[FetchedMessage]:
        place = self._opened()
        for uid in sorted(set(uids) & (place.messages.keys() - place.unlisted)):
            if uid in place.refused:
                raise MessageRefused("the server refuses to send messages")
            self._count()
            message = place.messages[uid]
            octets = _header(message.octets) if header_only else message.octets
            yield FetchedMessage(message.meta(uid), None if uid in place.nil else octets)

    def mark_seen(self, folder: str, uids: Sequence[int]) -> None:
        """Set the Seen flag; refuses when the folder was re-created since it was examined."""
        if not uids:
            return
        self._call("mark_seen", (folder, tuple(uids)))
        place = self._changeable(folder)
        for uid in set(uids) & place.messages.keys():
            message = place.messages[uid]
            message.flags = (*(flag for flag in message.flags if flag != "\\Seen"), "\\Seen")
            place.changed(message)

    def move(self, folder: str, uids: Sequence[int], target: str, copied: Callable[[], object]) -> None:
        """Move messages, as copies that are then removed where the server has no MOVE."""
        if not uids:
            return
        self._call("move", (folder, tuple(uids), target))
        if not {"MOVE", "UIDPLUS"} & self.capabilities:
            raise MessageRefused("the server offers neither MOVE nor UIDPLUS, so mail cannot be moved safely")
        place = self._changeable(folder)
        if target not in self._server.folders:
            raise MessageRefused(f"mail cannot be moved there: folder {target} cannot be opened")
        there = sorted(set(uids) & place.messages.keys())
        for uid in there:
            self._server.copy(uid, folder, target)
        if "MOVE" not in self.capabilities:
            copied()
        self._take_out(folder, there)

    def remove(self, folder: str, uids: Sequence[int]) -> None:
        """Remove exactly these messages."""
        if not uids:
            return
        self._call("remove", (folder, tuple(uids)))
        place = self._changeable(folder)
        if "UIDPLUS" not in self.capabilities:
            raise MessageRefused("the server offers no UIDPLUS any more, so the copied mail cannot be removed safely")
        self._take_out(folder, sorted(set(uids) & place.messages.keys()))

    def _take_out(self, folder: str, uids: Sequence[int]) -> None:
        if self._server.cut_removal:
            raise self._server.cut_removal.pop()
        for uid in uids:
            self._server.expunge(uid, folder)

    def _changeable(self, folder: str) -> FakeFolder:
        place = self._folder(folder)
        if place.is_read_only:
            raise MessageRefused("this login may read the folder but not change messages in it")
        if self._validities.setdefault(folder, place.uidvalidity) != place.uidvalidity:
            raise ServerUnavailable("the folder was re-created meanwhile; nothing was changed")
        return place

    def close(self) -> None:
        """End the session."""
        if self._alive:
            self._server.calls.append(("close", None))
        if not self._closed:
            self._server.disconnected()
        self._alive, self._closed = False, True

    def __enter__(self) -> FakeSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _header(octets: bytes) -> bytes:
    head, blank, _ = octets.partition(b"\r\n\r\n")
    return head + blank
