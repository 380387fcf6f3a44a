"""What a server calls a message apart from its UID, as FETCH tells it: octets to values. Pure.

EMAILID and THREADID are of RFC 8474 §5, X-GM-MSGID, X-GM-THRID and X-GM-LABELS of Gmail's IMAP extensions. What is
malformed counts as not told: it costs a download, while a wrong id would cost a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OBJECTID, GMAIL = "OBJECTID", "X-GM-EXT-1"
# Gmail's ids are 64-bit numbers; a colon is in no ObjectID, so the two never meet in one column.
GMAIL_PREFIX = "gm:"

_OBJECT_ID = rb"[A-Za-z0-9_-]{1,255}"
_GMAIL_ID = rb"[1-9]\d{0,19}"
ID_ITEMS = (
    rb"(?:EMAILID \((?P<email_id>" + _OBJECT_ID + rb")\)"
    rb"|THREADID (?:NIL|\((?P<thread_id>" + _OBJECT_ID + rb")\))"
    rb"|X-GM-MSGID (?P<gm_msgid>" + _GMAIL_ID + rb")"
    rb"|X-GM-THRID (?P<gm_thrid>" + _GMAIL_ID + rb")"
    rb'|X-GM-LABELS \((?P<gm_labels>(?:[^()"{}]|"(?:[^"\\]|\\.)*")*)\))'
)
"""The items as part of a regular expression; labels that are literals it leaves to the slow parser."""

_LABEL = re.compile(rb'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>[^ "]+)')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def items_for(capabilities: frozenset[str]) -> str:
    """Name the items to ask for along with the metadata, with a space before; empty where the server has none."""
    if GMAIL in capabilities:
        return " X-GM-MSGID X-GM-THRID X-GM-LABELS"
    return " EMAILID THREADID" if OBJECTID in capabilities else ""


@dataclass(frozen=True, slots=True)
class ToldIds:
    """What one answer tells; None is not told. `labels` are still encoded (modified UTF-7, RFC 9051 §A.1)."""

    email_id: str | None = None
    thread_id: str | None = None
    labels: tuple[bytes, ...] | None = None

    def merged(self, later: ToldIds | None) -> ToldIds:
        """Join a split answer; what came later wins."""
        if later is None:
            return self
        return ToldIds(
            email_id=self.email_id if later.email_id is None else later.email_id,
            thread_id=self.thread_id if later.thread_id is None else later.thread_id,
            labels=self.labels if later.labels is None else later.labels,
        )

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is to be waited for. A thread may be unknown for good (RFC 8474 §5.2)."""
        if self.email_id is None:
            return False
        return self.labels is not None or not self.email_id.startswith(GMAIL_PREFIX)


def ids_of_groups(told: Mapping[str, bytes | None]) -> ToldIds | None:
    """Read what the groups of `ID_ITEMS` matched; None where they matched nothing."""
    labels = told["gm_labels"]
    return _told(
        ToldIds(
            email_id=_text(told["email_id"]) or _gmail_id(told["gm_msgid"]),
            thread_id=_text(told["thread_id"]) or _gmail_id(told["gm_thrid"]),
            labels=None if labels is None else tuple(_labels(labels)),
        )
    )


def ids_of_pairs(told: Mapping[bytes, Any]) -> ToldIds | None:
    """Read what imapclient's parser made of an answer, item by item; None where it has none of them."""
    labels = told.get(b"X-GM-LABELS")
    return _told(
        ToldIds(
            email_id=_object_id(told.get(b"EMAILID")) or _gmail_id(_octets(told.get(b"X-GM-MSGID"))),
            thread_id=_object_id(told.get(b"THREADID")) or _gmail_id(_octets(told.get(b"X-GM-THRID"))),
            labels=_labels_of_tuple(labels) if isinstance(labels, tuple) else None,
        )
    )


def _told(ids: ToldIds) -> ToldIds | None:
    return None if ids == ToldIds() else ids


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("ascii")


def _object_id(value: object) -> str | None:
    only = _octets(value[0]) if isinstance(value, tuple) and len(value) == 1 else b""
    return only.decode("ascii") if re.fullmatch(_OBJECT_ID, only) else None


def _gmail_id(value: bytes | None) -> str | None:
    return f"{GMAIL_PREFIX}{value.decode('ascii')}" if value and re.fullmatch(_GMAIL_ID, value) else None


def _octets(value: object) -> bytes:
    """Give an atom back as it was sent: imapclient makes numbers of those that are digits without a leading 0."""
    if isinstance(value, int):
        return b"%d" % value
    return value if isinstance(value, bytes) else b""


def _labels(sent: bytes) -> list[bytes]:
    return [
        _ESCAPED.sub(rb"\1", found["quoted"]) if found["atom"] is None else found["atom"]
        for found in _LABEL.finditer(sent)
        if found["atom"] or found["quoted"]
    ]


def _labels_of_tuple(sent: tuple[object, ...]) -> tuple[bytes, ...]:
    return tuple(octets for octets in map(_octets, sent) if octets)
