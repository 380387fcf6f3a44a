"""What the engine needs of a mail server, and nothing more. The real adapter and the fake pass one contract suite.

Reading never changes the server: folders are opened with EXAMINE and bodies fetched with BODY.PEEK (RFC 9051 §6.3.3,
§6.4.5). No method takes or answers sequence numbers. Every method raises only `ImapError` subclasses for what the
server or the network did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from inboxsync.model.integration import Endpoint
from inboxsync.model.secret import Secret

if TYPE_CHECKING:
    from inboxsync.model.placement import FetchedMessage, FlagsSeen, FolderInfo, FolderStatus, MessageMeta


Gone = Callable[[Sequence[range]], None]
"""Somebody who is told UIDs that are gone, some at a time, while a stream is read."""


def never() -> bool:
    """Say no: nobody stops this session."""
    return False


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Wall-clock deadlines and sizes that no server can exceed (P9). Reaching one is an `ImapError`, never a hang.

    `stopped` is asked at least once a second in every wait for the server; when it says yes, the wait ends as
    ConnectionLost.
    """

    connect_timeout_s: float = 15.0
    tls_timeout_s: float = 15.0
    command_timeout_s: float = 120.0
    silence_timeout_s: float = 30.0
    session_timeout_s: float = 540.0
    min_rate_bytes_per_s: float = 2_000.0
    max_literal_bytes: int = 64 * 1024 * 1024
    max_line_bytes: int = 1_000_000
    max_untagged_lines: int = 2_000_000
    pipeline_depth: int = 2
    stopped: Callable[[], bool] = never


class Session(Protocol):
    """A logged-in connection. Use as a context manager: leaving it logs out, or closes if that does not go fast."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Capabilities as read after login, in upper case (RFC 9051 §6.1.1)."""

    def list_folders(self) -> Sequence[FolderInfo]:
        """List all folders; a name that does not decode never hides the others."""

    def examine(self, folder: str) -> FolderStatus:
        """Open a folder read-only. The name is matched as listed, INBOX in any case; raises FolderMissing."""

    def unseen_count(self, folder: str) -> int | None:
        """Answer how many messages are unread (STATUS UNSEEN), None where the server does not say."""

    def fetch_metadata(self, first_uid: int, last_uid: int) -> Iterator[MessageMeta]:
        """Stream UID, FLAGS, INTERNALDATE, RFC822.SIZE of the open folder's UIDs in the closed range, as served.

        With the server's own `ids` where it offers OBJECTID (RFC 8474) or X-GM-EXT-1; no other method tells them.
        """

    def fetch_flags(
        self, first_uid: int, last_uid: int, changed_since: int | None, gone: Gone | None = None
    ) -> Iterator[FlagsSeen]:
        """Stream the flags of the open folder's UIDs in the closed range, as served.

        With `changed_since` only of those that changed after this MODSEQ; for servers with CONDSTORE (RFC 7162 §3.1.4).
        With `gone` too, a server with QRESYNC tells it which UIDs vanished since (§3.2.6): a hint, never a proof.
        """

    def fetch_flags_of(self, uids: Sequence[int]) -> Iterator[FlagsSeen]:
        """Stream the flags of these messages, as far as they are still there."""

    def fetch_messages(self, chunks: Iterable[Sequence[int]]) -> Iterator[FetchedMessage]:
        """Stream whole messages, one command a chunk, pipelined. What the server leaves out is not yielded.

        When the server answers NO to a chunk, what was received has been yielded and MessageRefused is raised;
        the caller falls back to single fetches.
        """

    def fetch_headers(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        """Stream header blocks only (BODY.PEEK[HEADER]); `octets` is the header block."""

    def mark_seen(self, folder: str, uids: Sequence[int]) -> None:
        """Set \\Seen (UID STORE +FLAGS.SILENT) on these UIDs; with `move` and `remove` all that changes the server."""

    def move(self, folder: str, uids: Sequence[int], target: str, copied: Callable[[], object]) -> None:
        """Move these messages to another folder, with UID MOVE (RFC 6851) or else as a copy that is then removed here.

        In the second case `copied` is called between the two, for only `remove` is left to be done from then on.
        Raises MessageRefused where the target is not there, or the server has neither MOVE nor UIDPLUS.
        """

    def remove(self, folder: str, uids: Sequence[int]) -> None:
        """Remove exactly these messages (UID EXPUNGE, RFC 4315 §2.1), which were copied elsewhere before.

        Raises MessageRefused where the server has no UIDPLUS: a plain EXPUNGE would take what others have marked too.
        """

    def close(self) -> None:
        """Log out politely within two seconds, or drop the connection. Never raises."""

    def __enter__(self) -> Session: ...

    def __exit__(self, *exc: object) -> None: ...


Connect = Callable[[Endpoint, Secret, SessionLimits], Session]
"""Open a session: resolve, connect, encrypt, log in, read capabilities again."""
