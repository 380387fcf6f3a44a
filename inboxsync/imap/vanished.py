"""VANISHED, by which a server with QRESYNC tells the UIDs of messages that are gone (RFC 7162 §3.2.10). Pure."""

from __future__ import annotations

import re

from inboxsync.imap.parsing import MAX_UID

_UIDS = rb"\d{1,10}(?::\d{1,10})?"
_VANISHED = re.compile(rb"\s*(?:\(EARLIER\)\s+)?(" + _UIDS + rb"(?:," + _UIDS + rb")*)\s*", re.IGNORECASE)


def parse_vanished(told: bytes) -> tuple[range, ...]:
    """Read what follows the word: the UIDs as ranges, in the order told; empty where it makes no sense.

    Earlier and present ones alike. They may name UIDs that never were, and far more than somebody deleted.

    >>> parse_vanished(b"(EARLIER) 41,43:116"), parse_vanished(b"9:7"), parse_vanished(b"1:*")
    ((range(41, 42), range(43, 117)), (range(7, 10),), ())
    """
    found = _VANISHED.fullmatch(told)
    if found is None:
        return ()
    ends = (tuple(map(int, part.split(b":"))) for part in found[1].split(b","))
    ranges = (range(max(1, min(pair)), min(max(pair), MAX_UID) + 1) for pair in ends)
    return tuple(uids for uids in ranges if uids)
