"""Which message under a new UID is which known one, by the server's id or by size and header. Pure (design §4).

Strong enough are an equal size and an equal header block: a copy that took another way has other trace fields. Where
the header holds no Message-ID, machines may write it over and over with another body below; then INTERNALDATE has to
agree too. What does not match costs a download and no more: its content is known by its fingerprint.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.remapping import Former, Newcomer, Takeover

if TYPE_CHECKING:
    from inboxsync.model.placement import FetchedMessage, MessageMeta

_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:(?:\r?\n[ \t]|[ \t])*\S", re.IGNORECASE | re.MULTILINE)

_Key = tuple[int, str | None]


def header_sha256(header: bytes) -> str | None:
    """Hash a header block: 64 hex digits, None for an empty one, which identifies nothing.

    Line ends and the blank line after it do not count: servers differ in both between BODY[] and BODY[HEADER].
    """
    lines = header.replace(b"\r\n", b"\n").rstrip(b"\r\n")
    return hashlib.sha256(lines).hexdigest() if lines else None


def newcomer(fetched: FetchedMessage, listed: MessageMeta) -> Newcomer:
    """Describe a message by its header as fetched; size and date are those of the listing."""
    header = fetched.octets or b""
    return Newcomer(listed, header_sha256(header), _MESSAGE_ID.search(header) is not None)


def match(newcomers: Iterable[Newcomer], formers: Sequence[Former]) -> tuple[Takeover, ...]:
    """Pair messages with the placements that they were, each with at most one.

    Newcomers choose in the order of their UIDs: first who has the same INTERNALDATE, then who stands first in
    `formers`. So a re-mapping that is cut and taken up again comes to the same pairs.
    """
    free: dict[_Key, list[Former]] = defaultdict(list)
    for former in formers:
        free[former.size_bytes, former.header_sha256].append(former)
    pairs: list[Takeover] = []
    for new in sorted(newcomers, key=lambda one: one.meta.uid):
        candidates = free.get((new.meta.size_bytes, new.header_sha256), [])
        chosen = _choose(new, candidates)
        if chosen is not None:
            candidates.remove(chosen)
            pairs.append(Takeover(chosen, new.meta.uid))
    return tuple(pairs)


def _choose(new: Newcomer, candidates: Sequence[Former]) -> Former | None:
    same_date = (former for former in candidates if former.internal_date == new.meta.internal_date)
    found = next(same_date, None)
    if found is None and new.has_message_id and new.header_sha256 is not None:
        return next(iter(candidates), None)
    return found


def match_by_id(metas: Iterable[MessageMeta], formers: Iterable[Former]) -> tuple[Takeover, ...]:
    """Pair messages with the placements that had the same id from the server, so that no header is needed.

    Size and INTERNALDATE have to agree too: they never change under one id (RFC 8474 §5.1), so a server whose ids are
    not worth their name is found out.
    """
    free: dict[tuple[str, int, datetime | None], list[Former]] = defaultdict(list)
    for former in formers:
        if former.email_id is not None:
            free[former.email_id, former.size_bytes, former.internal_date].append(former)
    pairs: list[Takeover] = []
    for meta in sorted(metas, key=lambda one: one.uid):
        candidates = free.get((meta.email_id or "", meta.size_bytes, meta.internal_date))
        if candidates:
            pairs.append(Takeover(candidates.pop(0), meta.uid))
    return tuple(pairs)


def worth_asking(
    metas: Iterable[MessageMeta], formers: Iterable[Former], *, same_date: bool = False
) -> tuple[MessageMeta, ...]:
    """Leave out messages of a size that none of the known ones has: their headers need not be fetched.

    With `same_date` also those of an INTERNALDATE that none of that size has.
    """
    known = {(former.size_bytes, former.internal_date if same_date else None) for former in formers}
    return tuple(meta for meta in metas if (meta.size_bytes, meta.internal_date if same_date else None) in known)


def stays_as_it_is(takeovers: Sequence[Takeover], formers: Sequence[Former]) -> bool:
    """Whether every known placement was met again under its own UID, so that nothing has to be renumbered."""
    return len(takeovers) == len(formers) and all(one.former.uid == one.uid for one in takeovers)
