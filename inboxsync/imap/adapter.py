"""The one adapter between the session protocol and a real server.

Reading opens folders with EXAMINE and fetches with PEEK; SELECT and what changes a folder stand in `mark_seen`, `move`
and `remove`, and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from inboxsync.errors import MessageRefused, ServerUnavailable
from inboxsync.imap import folders, moving
from inboxsync.imap.client import Client
from inboxsync.imap.fetching import FetchStream, Request
from inboxsync.imap.login import log_in
from inboxsync.imap.object_ids import items_for
from inboxsync.imap.opening import Opening
from inboxsync.imap.parsing import MAX_UID, Items, uid_sets
from inboxsync.imap.session import Gone, SessionLimits
from inboxsync.imap.translate import Phase
from inboxsync.imap.vanished import parse_vanished
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.placement import MessageMeta, ServerIds

if TYPE_CHECKING:
    from inboxsync.imap.wire import Wire
    from inboxsync.model.placement import FetchedMessage, FlagsSeen, FolderInfo, FolderStatus
    from inboxsync.model.secret import Secret

_log = logging.getLogger(__name__)

DEFAULT_LIMITS = SessionLimits()
HEADERS_PER_COMMAND = 200

_FLAG_ITEMS = "(UID FLAGS)"
_META_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE{ids})"
_MESSAGE_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"
_HEADER_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"


def connect(endpoint: Endpoint, secret: Secret, limits: SessionLimits = DEFAULT_LIMITS) -> ImapSession:
    """Open a session: resolve, connect, encrypt, log in, read capabilities again.

    Raises Unreachable, TlsFailed, AuthFailed, Throttled, ServerUnavailable, ConnectionLost, DeadlineExceeded and
    ProtocolFault; no socket is left open then.
    """
    wire = Client(endpoint, limits).wire
    try:
        if endpoint.tls is TlsMode.STARTTLS:
            wire.upgrade()
        log_in(wire, endpoint.username, secret)
    except BaseException:
        wire.shutdown()
        raise
    return ImapSession(wire)


class ImapSession:
    """A logged-in connection to a server; see `Session` for what each method promises."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._opening = Opening(wire)
        self._validities: dict[str, int | None] = {}
        self._open_folder: str | None = None
        self._exists = 0
        self._id_items = items_for(self.capabilities)

    @property
    def capabilities(self) -> frozenset[str]:
        """Capabilities as read after login, in upper case."""
        return frozenset(self._wire.capabilities)

    # --- folders ----------------------------------------------------------------------------------------------------

    def list_folders(self) -> Sequence[FolderInfo]:
        """List all folders, with the server's marks; a name that does not decode never hides the others."""
        return self._opening.list_folders()

    def examine(self, folder: str) -> FolderStatus:
        """Open a folder read-only; the name is tried as it is, then as the listing of folders knows it."""
        self._open_folder = None
        status = self._opening.examine(folder)
        self._open_folder, self._exists = folder, status.exists
        self._validities[folder] = status.uidvalidity
        return status

    def unseen_count(self, folder: str) -> int | None:
        """Answer how many messages are unread, None where the server does not say."""
        return self._opening.unseen_count(folder)

    # --- messages ---------------------------------------------------------------------------------------------------

    def fetch_metadata(self, first_uid: int, last_uid: int) -> Iterator[MessageMeta]:
        """Stream metadata of the UIDs in the closed range; sends nothing where the folder is empty.

        The server's own ids come along where it has such. One that offers them and then refuses to tell is asked
        without from then on.
        """
        first, last = max(1, first_uid), min(last_uid, MAX_UID)
        if not self._exists or first > last:
            return
        answered = False
        try:
            for items in self._metadata(first, last):
                answered = True
                yield _with_ids(items)
        except MessageRefused as refused:
            if answered or not self._id_items:
                raise
            _log.warning("server_ids_refused", extra={"said": refused.message})
            self._id_items = ""
            yield from (items.meta() for items in self._metadata(first, last))

    def _metadata(self, first_uid: int, last_uid: int) -> Iterator[Items]:
        request = Request(f"{first_uid}:{last_uid}", range(first_uid, last_uid + 1))
        items = _META_ITEMS.format(ids=self._id_items)
        is_complete = attrgetter("identified" if self._id_items else "described")
        return iter(FetchStream(self._wire, [request], items, None, 1, is_complete=is_complete))

    def fetch_flags(
        self, first_uid: int, last_uid: int, changed_since: int | None, gone: Gone | None = None
    ) -> Iterator[FlagsSeen]:
        """Stream flags of the UIDs in the closed range, or of those that changed; nothing is sent for an empty folder.

        The answers of CHANGEDSINCE carry the MODSEQ without being asked for it (RFC 7162 §3.1.4.1).
        """
        first, last = max(1, first_uid), min(last_uid, MAX_UID)
        if not self._exists or first > last:
            return
        request = Request(f"{first}:{last}", range(first, last + 1))
        if changed_since is None:
            yield from self._flags([request], _FLAG_ITEMS)
        elif gone is None or not self._opening.tells_gone:
            yield from self._flags([request], f"{_FLAG_ITEMS} (CHANGEDSINCE {changed_since:d})")
        else:
            yield from self._changes(request, changed_since, gone)

    def _changes(self, request: Request, changed_since: int, gone: Gone) -> Iterator[FlagsSeen]:
        """Ask for what vanished too; a server that offers that and refuses it is asked without from then on."""
        self._wire.on_vanished = lambda told: gone(parse_vanished(told))
        try:
            yield from self._flags([request], f"{_FLAG_ITEMS} (CHANGEDSINCE {changed_since:d} VANISHED)")
        except MessageRefused as refused:
            _log.warning("vanished_refused", extra={"said": refused.message})
            self._opening.tells_gone = False
        finally:
            self._wire.on_vanished = None
        if not self._opening.tells_gone:
            yield from self._flags([request], f"{_FLAG_ITEMS} (CHANGEDSINCE {changed_since:d})")

    def fetch_flags_of(self, uids: Sequence[int]) -> Iterator[FlagsSeen]:
        """Stream the flags of these messages; nothing is sent for an empty folder."""
        if self._exists:
            yield from self._flags((Request(*each) for each in uid_sets(uids)), _FLAG_ITEMS)

    def _flags(self, requests: Iterable[Request], items: str) -> Iterator[FlagsSeen]:
        depth = self._wire.limits.pipeline_depth
        for told in FetchStream(self._wire, requests, items, None, depth, is_complete=_has_flags):
            yield told.flags_seen()

    def fetch_messages(self, chunks: Iterable[Sequence[int]]) -> Iterator[FetchedMessage]:
        """Stream whole messages, one command a chunk, `pipeline_depth` of them on their way."""
        requests = (Request(*uid_set) for chunk in chunks for uid_set in uid_sets(chunk))
        depth = self._wire.limits.pipeline_depth
        for items in FetchStream(self._wire, requests, _MESSAGE_ITEMS, b"BODY[]", depth):
            yield items.message()

    def fetch_headers(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        """Stream header blocks."""
        starts = range(0, len(uids), HEADERS_PER_COMMAND)
        requests = (Request(*each) for at in starts for each in uid_sets(uids[at : at + HEADERS_PER_COMMAND]))
        depth = self._wire.limits.pipeline_depth
        for items in FetchStream(self._wire, requests, _HEADER_ITEMS, b"BODY[HEADER]", depth):
            yield items.message()

    def mark_seen(self, folder: str, uids: Sequence[int]) -> None:
        r"""Set \Seen, and open the folder read-only again if it was open; nothing is sent for no UIDs.

        Raises ServerUnavailable when the folder was re-created since it was examined: its UIDs name other mail now.
        """
        if not uids:
            return
        with self._selected(folder):
            for uid_set, _ in uid_sets(uids):
                self._wire.call(Phase.STORE, "UID", "STORE", uid_set, "+FLAGS.SILENT", r"(\Seen)")

    def move(self, folder: str, uids: Sequence[int], target: str, copied: Callable[[], object]) -> None:
        """Move messages to another folder, or copy and then remove them; nothing is sent for no UIDs."""
        if uids:
            moving.check_offered(self.capabilities)
            wire_name = moving.target(self._opening, target)
            with self._selected(folder):
                moving.move(self._wire, uids, wire_name, copied)

    def remove(self, folder: str, uids: Sequence[int]) -> None:
        """Remove exactly these messages; nothing is sent for no UIDs."""
        if uids:
            moving.check_removal(self.capabilities)
            with self._selected(folder):
                moving.remove(self._wire, uids)

    @contextmanager
    def _selected(self, folder: str) -> Iterator[None]:
        """Open a folder for a change, and afterwards the one that was open read-only, unless the change failed."""
        reopen, self._open_folder = self._open_folder, None
        self._select_unchanged(folder)
        yield
        if reopen is not None:
            self.examine(reopen)

    def _select_unchanged(self, folder: str) -> None:
        if folder not in self._validities:
            self.examine(folder)
        status = self._opening.select(folder)
        if status.uidvalidity != self._validities[folder]:
            raise ServerUnavailable(
                "the folder was re-created meanwhile; nothing was changed, the next run maps it again"
            )
        if "READ-ONLY" in self._wire.untagged_responses:
            raise MessageRefused("this login may read the folder but not change messages in it")

    # --- end --------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Log out politely within two seconds, or drop the connection. Never raises."""
        self._wire.leave()

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _has_flags(items: Items) -> bool:
    return items.flags is not None


def _with_ids(items: Items) -> MessageMeta:
    """Give the values of the model, with the server's own ids where the octets have one."""
    meta, told = items.meta(), items.ids
    if told is None or told.email_id is None:
        return meta
    labels = None if told.labels is None else tuple(sorted({folders.decode_name(label) for label in told.labels}))
    return replace(meta, ids=ServerIds(told.email_id, told.thread_id, labels))
