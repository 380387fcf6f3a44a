"""A parsed message from its rows: the other way of `message_rows`, for what filters and rules read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inboxsync.model.judging import Part
from inboxsync.model.message import PARSER_VERSION, Address, Attachment, ParsedMessage
from inboxsync.store.dialect import read_json, read_time

_LIGHT = (
    *("fingerprint", "raw_sha256", "message_id", "subject", "from_address", "from_raw", "sent_at"),
    *("is_auto_reply", "is_bounce", "is_bulk", "parser_version"),
)
_OF_PARTS: Mapping[Part, tuple[str, ...]] = {
    Part.PEOPLE: ("recipients",),
    Part.HEADERS: ("headers",),
    Part.LINKS: ("in_reply_to", "reference_ids"),
    Part.BODIES: ("body_pruned_at",),
    Part.ATTACHMENTS: (),
}
_BODIES = ("body_text", "body_html")
# What `cleaning` writes where a column cannot hold a character, and how it ends an id that it had to shorten. A line
# feed that stands for NEL is not told from others: in a body the two differ for nothing but a pattern that names NEL.
_REPLACED = re.compile("[\u2400-\u241f\u2421\ufffd]")
_SHORTENED = re.compile(r"~[0-9a-f]{32}\Z")

People = Mapping[str, Sequence[Sequence[str]]]
Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns to be read for some parts: `names` in the order of the row, `sql` for the statement."""

    names: tuple[str, ...]
    sql: str
    with_bodies: bool

    @classmethod
    def of(cls, parts: Collection[Part]) -> Columns:
        """Choose them; messages are `m` in the statement, bodies `b`."""
        own = (*_LIGHT, *(name for part in _OF_PARTS if part in parts for name in _OF_PARTS[part]))
        with_bodies = Part.BODIES in parts
        bodies = _BODIES if with_bodies else ()
        sql = ", ".join([*(f"m.{name}" for name in own), *(f"b.{name}" for name in bodies)])
        return cls((*own, *bodies), sql, with_bodies)


def as_parsed(value: Mapping[str, Any], attached: Iterable[Sequence[Any]]) -> ParsedMessage | None:
    """Rebuild a message from the columns that were read; None where they cannot say exactly what its octets say."""
    people = read_json(value["recipients"]) if "recipients" in value else {}
    headers = read_json(value["headers"]) if "headers" in value else {}
    attachments = tuple(_attachment(*one) for one in attached)
    if value.get("body_pruned_at") is not None:
        return None
    if value["parser_version"] != PARSER_VERSION or _is_changed(_texts(value, people, headers, attachments)):
        return None
    if value["message_id"] is not None and _SHORTENED.search(value["message_id"]):
        return None
    return ParsedMessage(
        size_bytes=0,
        raw_sha256=value["raw_sha256"],
        fingerprint=value["fingerprint"],
        message_id=value["message_id"],
        subject=value["subject"],
        from_raw=value["from_raw"],
        from_=_addresses(people, "from"),
        sender=_addresses(people, "sender"),
        reply_to=_addresses(people, "reply_to"),
        to=_addresses(people, "to"),
        cc=_addresses(people, "cc"),
        bcc=_addresses(people, "bcc"),
        sent_at=read_time(value["sent_at"]),
        in_reply_to=_ids(value, "in_reply_to"),
        references=_ids(value, "reference_ids"),
        headers={name: tuple(values) for name, values in headers.items()},
        body_text=value.get("body_text"),
        body_html=value.get("body_html"),
        attachments=attachments,
        is_auto_reply=bool(value["is_auto_reply"]),
        is_bounce=bool(value["is_bounce"]),
        is_bulk=bool(value["is_bulk"]),
    )


def _texts(
    value: Mapping[str, Any], people: People, headers: Headers, attachments: Iterable[Attachment]
) -> Iterator[str | None]:
    yield from (value["subject"], value["from_raw"], value.get("body_text"), value.get("body_html"))
    for pairs in people.values():
        for pair in pairs:
            yield from pair
    for values in headers.values():
        yield from values
    for attachment in attachments:
        yield attachment.filename


def _is_changed(texts: Iterable[str | None]) -> bool:
    """Whether a text holds what cleaning puts in the place of others: then only the octets know what was there."""
    return any(not text.isascii() and _REPLACED.search(text) is not None for text in texts if text)


def _addresses(people: People, role: str) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in people.get(role, ()))


def _ids(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(read_json(value[name])) if name in value else ()


def _attachment(
    position: int, filename: str | None, content_type: str, size_bytes: int, sha256: str, is_inline: object
) -> Attachment:
    return Attachment(position, filename, content_type, size_bytes, sha256, is_inline=bool(is_inline))
