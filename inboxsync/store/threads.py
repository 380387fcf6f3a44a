"""Conversations in the database: what a batch's messages are tied to, and the conversations that they join.

A handful of statements a batch, whatever its size. Ties are remembered only where the message itself cannot be looked
up by them, so that mail which answers nothing costs no row (docs/adr/0016).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from inboxsync.model.conversation import Ties, ties
from inboxsync.store.bulk import Row, insert_rows
from inboxsync.store.cleaning import clean_key
from inboxsync.store.dialect import read_json, read_moment
from inboxsync.store.shapes import THREAD_TIES
from inboxsync.store.thread_plan import Begin, Member, Stored, ThreadPlan, plan_threads

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

_ANY = "SELECT tie FROM inboxsync_thread_ties WHERE scope = ? LIMIT 1"
_REMEMBERED = """
SELECT t.tie, m.thread_id FROM inboxsync_thread_ties AS t JOIN inboxsync_messages AS m ON m.id = t.message_id
WHERE t.scope = ? AND t.tie IN ({in})
"""
# Filtered by scope, and not searched by it: SQLite would take the index that begins with it, and so all its mail.
_BY_MESSAGE_ID = """
SELECT message_id, thread_id FROM inboxsync_messages WHERE scope || '' = ? AND message_id IN ({in})
"""
_BY_SUBJECT = """
SELECT DISTINCT subject_key, thread_id FROM inboxsync_messages WHERE scope || '' = ? AND subject_key IN ({in})
"""
_BEGINS = """
SELECT external_id, received_at, reference_ids, in_reply_to FROM inboxsync_messages
WHERE scope = ? AND external_id IN ({in})
"""
_RENAME = "UPDATE inboxsync_messages SET thread_id = ? WHERE scope || '' = ? AND thread_id = ?"
# No Message-ID looks like this: in canonical form they have no blanks.
_SUBJECT = "subject "


@dataclass(frozen=True, slots=True)
class Tied:
    """A message to be put into a conversation. `message_id` is its column; `server_thread` names the server's own."""

    row_id: int
    begin: Begin
    message_id: str | None
    ties: Ties
    server_thread: str | None = None
    thread_id: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Message-IDs that other stored messages may have. Its own is unique in the scope where it is its identity."""
        own = self.ties.own
        is_identity = own == self.message_id == self.begin[-1]
        return self.ties.references if own is None or is_identity else (own, *self.ties.references)

    @property
    def looks_for(self) -> tuple[str, ...]:
        """What it is tied to whether others know of it or not, but for its own Message-ID."""
        guesses = (_subject(guess) for guess in self.ties.guesses)
        server = () if self.server_thread is None else (self.server_thread,)
        return (*self.ties.references, *guesses, *server)

    @property
    def looked_for(self) -> tuple[str, ...]:
        """What others may be tied to it by."""
        found = (self.ties.own, None if self.ties.subject is None else _subject(self.ties.subject))
        return tuple(tie for tie in found if tie is not None)


def tied_by(row: Mapping[str, Any], server_thread: str | None, thread_id: str | None = None) -> Tied:
    """Take from the columns of a message what ties it to others: the same when it is stored and ever after."""
    recipients = row["recipients"].get("to", ())
    return Tied(
        row_id=row["id"],
        begin=(row["received_at"], len(row["reference_ids"]) + len(row["in_reply_to"]), row["external_id"]),
        message_id=row["message_id"],
        ties=ties(
            message_id=row["message_id"],
            answered=(*row["reference_ids"], *row["in_reply_to"]),
            subject="" if row["is_bulk"] else row["subject"],
            people=(row["from_address"], recipients[0][1] if recipients else ""),
            received_at=row["received_at"],
        ),
        server_thread=server_thread,
        thread_id=thread_id,
    )


def server_thread(integration_id: int, thread_id: str | None) -> str | None:
    """Name a server's own conversation: Gmail's number or THREADID (RFC 8474 §5.2), which hold within one account."""
    return None if thread_id is None else clean_key(f"server {integration_id} {thread_id}")


def _subject(key: int) -> str:
    return f"{_SUBJECT}{key}"


def _is_subject(tie: str) -> bool:
    return tie.startswith(_SUBJECT)


@dataclass(frozen=True, slots=True)
class Threads:
    """The conversation of each message by row id, and the ties to be remembered once the messages are stored."""

    thread_ids: Mapping[int, str]
    ties: Sequence[Row]


def thread(work: Statements, scope: str, tied: Sequence[Tied]) -> Threads:
    """Put messages into conversations; stored ones that turn out to be one become one. Needs the scope to be held."""
    sought = {tie for one in tied for tie in one.looks_for}
    remembered = _remembered(work, scope, sought.union(*(one.looked_for for one in tied)))
    by_id = _by_message_id(work, scope, tied)
    by_subject = _by_subject(work, scope, [tie for tie in sought.difference(remembered) if _is_subject(tie)])
    by_tie: dict[str, tuple[str, ...]] = {}
    for found in (remembered, by_id, by_subject):
        for tie, thread_ids in found.items():
            by_tie[tie] = (*by_tie.get(tie, ()), *thread_ids)
    plan = _plan(work, scope, tied, sought.union(by_tie, _twice(one.ties.own for one in tied)), by_tie)
    _rename(work, scope, plan)
    return Threads(plan.thread_ids, list(_to_remember(scope, tied, {*remembered, *by_id})))


def _plan(
    work: Statements, scope: str, tied: Sequence[Tied], in_use: Set[str], by_tie: Mapping[str, Sequence[str]]
) -> ThreadPlan:
    """Decide about the batch. Most mail answers nothing and is not answered yet: it is not worth a look."""
    members = [member for one in tied if (member := _member(one, in_use)).ties]
    known = set(chain.from_iterable(by_tie.values())).union(one.thread_id for one in tied if one.thread_id is not None)
    plan = plan_threads(members, Stored(by_tie, _begins(work, scope, known)))
    alone = {one.row_id: one.thread_id or one.begin[-1] for one in tied}
    return ThreadPlan({**alone, **plan.thread_ids}, plan.renamed)


def _twice(values: Iterable[str | None]) -> Iterator[str]:
    """The same Message-ID on other contents of the batch."""
    return (value for value, count in Counter(values).items() if value is not None and count > 1)


def remember(work: Statements, threads: Threads) -> None:
    """Write the ties of messages that are stored now."""
    insert_rows(work, THREAD_TIES, threads.ties, or_nothing=True)


def _member(one: Tied, in_use: Set[str]) -> Member:
    """Two mails with one subject are not a conversation: only a reply that looks for it makes the subject a tie."""
    found = tuple(tie for tie in one.looked_for if tie in in_use)
    return Member(one.row_id, one.begin, (*one.looks_for, *found), one.thread_id)


def _to_remember(scope: str, tied: Sequence[Tied], known: set[str]) -> Iterator[Row]:
    """Ties that no look at the messages themselves will find."""
    found = known.union(one.message_id for one in tied if one.message_id is not None)
    for one in tied:
        for tie in (*one.looks_for, one.ties.own):
            if tie is not None and tie not in found:
                found.add(tie)
                yield {"scope": scope, "tie": tie, "message_id": one.row_id}


# --- reading -------------------------------------------------------------------------------------------------------


def _remembered(work: Statements, scope: str, wanted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    if work.row(_ANY, (scope,)) is None:
        return {}  # as in the first sync of a mailbox where nobody answers: hundreds of values need not be bound
    return {tie: (thread_id,) for tie, thread_id in work.rows_in(_REMEMBERED, wanted, (scope,))}


def _by_message_id(work: Statements, scope: str, tied: Sequence[Tied]) -> dict[str, tuple[str, ...]]:
    """The same Message-ID may stand on several contents: one conversation all the same."""
    asked = chain.from_iterable(one.ids for one in tied)
    return _gathered(work.rows_in(_BY_MESSAGE_ID, asked, (scope,)))


def _by_subject(work: Statements, scope: str, asked: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Looked for once a subject in all: from then on it is remembered."""
    by_key = {int(tie.removeprefix(_SUBJECT)): tie for tie in asked}
    rows = work.rows_in(_BY_SUBJECT, by_key, (scope,))
    return _gathered((by_key[key], thread_id) for key, thread_id in rows)


def _gathered(pairs: Iterable[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for tie, thread_id in pairs:
        found[tie] = (*found.get(tie, ()), thread_id)
    return found


def _begins(work: Statements, scope: str, thread_ids: Iterable[str]) -> dict[str, Begin]:
    return {
        external_id: (read_moment(received_at), len(read_json(references)) + len(read_json(replied)), external_id)
        for external_id, received_at, references, replied in work.rows_in(_BEGINS, thread_ids, (scope,))
    }


def _rename(work: Statements, scope: str, plan: ThreadPlan) -> None:
    if plan.renamed:
        work.many(_RENAME, [(new, scope, old) for old, new in plan.renamed.items()])
