"""The one adapter between the session protocol and a real server.

Reading opens folders with EXAMINE and fetches with PEEK; SELECT and STORE stand in `mark_seen` and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import FolderMissing, MessageRefused, ServerUnavailable
from inboxsync.imap import folders
from inboxsync.imap.client import Client
from inboxsync.imap.fetching import FetchStream, Request
from inboxsync.imap.login import log_in, quoted
from inboxsync.imap.parsing import MAX_UID, Items, parse_folder_status, uid_sets
from inboxsync.imap.session import SessionLimits
from inboxsync.imap.translate import Phase
from inboxsync.model.integration import Endpoint, TlsMode

if TYPE_CHECKING:
    from inboxsync.imap.wire import Wire
    from inboxsync.model.placement import FetchedMessage, FlagsSeen, FolderInfo, FolderStatus, MessageMeta
    from inboxsync.model.secret import Secret

DEFAULT_LIMITS = SessionLimits()
HEADERS_PER_COMMAND = 200

_FLAG_ITEMS = "(UID FLAGS)"
_META_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
_MESSAGE_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"
_HEADER_ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"
_UNSEEN = re.compile(rb".*\([^()]*\bUNSEEN (\d{1,19})", re.IGNORECASE | re.DOTALL)


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
        self._wire_names: dict[str, bytes] = {}
        self._validities: dict[str, int | None] = {}
        self._open_folder: str | None = None
        self._exists = 0

    @property
    def capabilities(self) -> frozenset[str]:
        """Capabilities as read after login, in upper case."""
        return frozenset(self._wire.capabilities)

    # --- folders ----------------------------------------------------------------------------------------------------

    def list_folders(self) -> Sequence[FolderInfo]:
        """List all folders; a name that does not decode never hides the others."""
        self._wire.call(Phase.OTHER, "LIST", '""', '"*"')
        return folders.parse_list(self._wire.take("LIST"))

    def examine(self, folder: str) -> FolderStatus:
        """Open a folder read-only; the name is tried as it is, then as the listing of folders knows it."""
        self._open_folder = None
        try:
            status = self._open("EXAMINE", self._wire_name(folder))
        except FolderMissing as refused:
            self._wire_names[folder] = self._look_up(folder, refused)
            status = self._open("EXAMINE", self._wire_names[folder])
        self._open_folder, self._exists = folder, status.exists
        self._validities[folder] = status.uidvalidity
        return status

    def _wire_name(self, folder: str) -> bytes:
        known = self._wire_names.get(folder)
        return folders.encode_name(folder) if known is None else known

    def _look_up(self, folder: str, refused: FolderMissing) -> bytes:
        """Find the name again in the listing; what was refused under the very same name is not asked for twice."""
        listed = self.list_folders()
        found = folders.choose(folder, listed, self._namespaces())
        if found is None:
            raise folders.missing(folder, listed) from refused
        if not found.selectable or found.wire_name == self._wire_name(folder):
            raise folders.missing(folder, listed, refused.message) from refused
        return found.wire_name

    def _namespaces(self) -> list[tuple[str, str]]:
        if "NAMESPACE" not in self._wire.capabilities:
            return [("INBOX.", "."), ("INBOX/", "/")]
        self._wire.call(Phase.OTHER, "NAMESPACE")
        return folders.parse_personal_namespaces(self._wire.take("NAMESPACE"))

    def _open(self, command: str, wire_name: bytes) -> FolderStatus:
        # After a refusal no folder is open (RFC 9051 §6.3.2).
        self._wire.state = "AUTH"
        self._wire.is_readonly = command == "EXAMINE"
        self._call_on_folder(Phase.OPEN, command, wire_name, *self._open_options(command, wire_name))
        self._wire.state = "SELECTED"
        return parse_folder_status(dict(self._wire.untagged_responses))

    def _open_options(self, command: str, wire_name: bytes) -> tuple[str, ...]:
        """Ask for HIGHESTMODSEQ where we read: Dovecot tells it only to those who ask (RFC 7162 §3.1.8)."""
        asks = command == "EXAMINE" and _is_plain(wire_name)
        return ("(CONDSTORE)",) if asks and {"CONDSTORE", "QRESYNC"} & self.capabilities else ()

    def _call_on_folder(self, phase: Phase, command: str, wire_name: bytes, *rest: str) -> None:
        """Send a command on a folder, its name quoted, or as a literal where it holds more than ASCII."""
        if _is_plain(wire_name):
            self._wire.call(phase, command, quoted(wire_name.decode("ascii")), *rest)
        elif rest:
            raise FolderMissing("this command cannot name a folder that is not ASCII")
        else:
            self._wire.call(phase, command, literal=wire_name)

    def unseen_count(self, folder: str) -> int | None:
        """Answer how many messages are unread, None where the server does not say."""
        try:
            self._call_on_folder(Phase.OPEN, "STATUS", self._wire_name(folder), "(UNSEEN)")
        except FolderMissing:
            return None
        told = self._wire.take("STATUS")
        line = told[-1] if told else b""
        found = _UNSEEN.match(line) if isinstance(line, bytes) else None
        return int(found[1]) if found else None

    # --- messages ---------------------------------------------------------------------------------------------------

    def fetch_metadata(self, first_uid: int, last_uid: int) -> Iterator[MessageMeta]:
        """Stream metadata of the UIDs in the closed range; sends nothing where the folder is empty."""
        first, last = max(1, first_uid), min(last_uid, MAX_UID)
        if self._exists and first <= last:
            request = Request(f"{first}:{last}", range(first, last + 1))
            for items in FetchStream(self._wire, [request], _META_ITEMS, None, 1):
                yield items.meta()

    def fetch_flags(self, first_uid: int, last_uid: int, changed_since: int | None) -> Iterator[FlagsSeen]:
        """Stream flags of the UIDs in the closed range, or of those that changed; nothing is sent for an empty folder.

        The answers of CHANGEDSINCE carry the MODSEQ without being asked for it (RFC 7162 §3.1.4.1).
        """
        first, last = max(1, first_uid), min(last_uid, MAX_UID)
        if self._exists and first <= last:
            request = Request(f"{first}:{last}", range(first, last + 1))
            items = _FLAG_ITEMS if changed_since is None else f"{_FLAG_ITEMS} (CHANGEDSINCE {changed_since:d})"
            for told in FetchStream(self._wire, [request], items, None, 1, is_complete=_has_flags):
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
        reopen, self._open_folder = self._open_folder, None
        self._select_unchanged(folder)
        for uid_set, _ in uid_sets(uids):
            self._wire.call(Phase.STORE, "UID", "STORE", uid_set, "+FLAGS.SILENT", r"(\Seen)")
        if reopen is not None:
            self.examine(reopen)

    def _select_unchanged(self, folder: str) -> None:
        if folder not in self._validities:
            self.examine(folder)
        status = self._open("SELECT", self._wire_name(folder))
        if status.uidvalidity != self._validities[folder]:
            raise ServerUnavailable(
                "the folder was re-created meanwhile; nothing was marked, the next run maps it again"
            )
        if "READ-ONLY" in self._wire.untagged_responses:
            raise MessageRefused("this login may read the folder but not mark messages in it")

    # --- end --------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Log out politely within two seconds, or drop the connection. Never raises."""
        self._wire.leave()

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _is_plain(wire_name: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in wire_name)


def _has_flags(items: Items) -> bool:
    return items.flags is not None
