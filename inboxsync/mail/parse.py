"""Octets to ParsedMessage: the whole of a message, or its header alone. Total, bounded, pure.

One parser of our own for all mail: the structure is found on octets by `bytes.find` and transfer encodings are undone
by binascii, so that it runs near memory speed on large mail, and what is odd takes no other way than what is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from inboxsync.mail import dates, ids
from inboxsync.mail.addresses import parse_addresses
from inboxsync.mail.attachments import read_attachments
from inboxsync.mail.bodies import Bodies, read_bodies, select, snippet
from inboxsync.mail.charsets import codec_for
from inboxsync.mail.encoded_words import decode_text
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.mail.header_block import HeaderBlock, message_start, read_header, with_line_feeds
from inboxsync.mail.limits import DEFAULT_LIMITS, Defects, ParseLimits, Parsing
from inboxsync.mail.machine import Evidence, Machine, classify
from inboxsync.mail.parameters import parse_parameterised
from inboxsync.mail.structure import Part, read_tree
from inboxsync.model.message import Address, Attachment, ParsedMessage

_ONCE = ("from", "sender", "subject", "date", "message-id")


@dataclass(frozen=True, slots=True)
class _Digests:
    """The hashes of a message. Taken before anything is decoded, so that large leaves are not held twice."""

    raw_sha256: str
    fingerprint: str

    @classmethod
    def of(cls, octets: bytes) -> _Digests:
        return cls(sha256(octets).hexdigest(), fingerprint(octets))


@dataclass(frozen=True, slots=True)
class _Content:
    """What lies below the header: nothing of it where only a header was given."""

    bodies: Bodies = field(default_factory=Bodies)
    attachments: tuple[Attachment, ...] = ()
    types: frozenset[str] = frozenset()


def parse_message(octets: bytes, limits: ParseLimits = DEFAULT_LIMITS) -> ParsedMessage:
    """Parse a whole message. Never raises: what cannot be read is left out and named in `defects`."""
    parsing = Parsing(limits)
    try:
        return _parse_message(octets, parsing)
    except Exception as error:  # noqa: BLE001  one bad message must cost one message; the raw octets are kept anyway
        return _minimal(octets, error, parsing.defects)


def parse_header(octets: bytes, limits: ParseLimits = DEFAULT_LIMITS) -> ParsedMessage:
    """Parse a header block alone: no bodies, no attachments, the fingerprint of the header. Never raises."""
    parsing = Parsing(limits)
    try:
        lines = with_line_feeds(octets, limits.header_block_bytes)
        header = read_header(lines, message_start(lines, parsing), len(lines), parsing)
        return _assemble(len(octets), _Digests.of(octets), header, _Content(), parsing)
    except Exception as error:  # noqa: BLE001  as above
        return _minimal(octets, error, parsing.defects)


def _minimal(octets: bytes, error: Exception, defects: Defects) -> ParsedMessage:
    """What can be said of a message that the parser failed on: a bug of ours, to be seen by its defect."""
    digests = _Digests.of(octets)
    failed = f"parser_failed:{type(error).__name__}"
    return ParsedMessage(len(octets), digests.raw_sha256, digests.fingerprint, defects=(*defects.as_tuple(), failed))


def _parse_message(octets: bytes, parsing: Parsing) -> ParsedMessage:
    digests = _Digests.of(octets)
    root = read_tree(with_line_feeds(octets, parsing.limits.header_block_bytes), parsing)
    parsing.charset_hint = _charset_hint(root)
    selection = select(root)
    bodies = read_bodies(selection, parsing)
    attachments = tuple(read_attachments(selection, bodies, parsing))
    types = frozenset(attachment.content_type for attachment in attachments)
    return _assemble(len(octets), digests, root.header, _Content(bodies, attachments, types), parsing)


def _charset_hint(root: Part) -> str | None:
    """Give the first charset declared in a message: raw octets in its header are most likely in that one too."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        label = part.content_type.label("charset")
        if codec_for(label) is not None:
            return label
        waiting.extend(reversed(part.children))
    return None


def _assemble(
    size_bytes: int, digests: _Digests, header: HeaderBlock, content: _Content, parsing: Parsing
) -> ParsedMessage:
    headers = {name: tuple(decode_text(value, parsing) for value in values) for name, values in header.fields.items()}
    for name in _ONCE:
        if len(headers.get(name, ())) > 1:
            parsing.defects.add(f"duplicate_header:{name}")
    from_ = parse_addresses(header.first("from") or b"", parsing)
    machine = _machine(header, headers, content.types, from_, parsing)
    values = dict(_decoded_fields(header, headers, parsing))
    return ParsedMessage(
        size_bytes=size_bytes,
        raw_sha256=digests.raw_sha256,
        fingerprint=digests.fingerprint,
        from_=from_,
        headers=MappingProxyType(headers),
        body_text=content.bodies.text,
        body_html=content.bodies.html,
        snippet=snippet(content.bodies.text, parsing.limits.snippet_chars),
        attachments=content.attachments,
        is_auto_reply=machine.is_auto_reply,
        is_bounce=machine.is_bounce,
        is_bulk=machine.is_bulk,
        machine_signal=machine.signal,
        defects=parsing.defects.as_tuple(),
        **values,
    )


def _decoded_fields(
    header: HeaderBlock, headers: Mapping[str, tuple[str, ...]], parsing: Parsing
) -> Iterator[tuple[str, Any]]:
    """Give the fields of ParsedMessage that come from single headers, by the name they have there."""
    yield "message_id", ids.message_id(header.first("message-id"), parsing)
    yield "in_reply_to", ids.references(header.first("in-reply-to"), parsing)
    yield "references", ids.references(header.first("references"), parsing)
    yield "subject", _first(headers, "subject") or ""
    yield "from_raw", _first(headers, "from") or ""
    yield "date_raw", _first(headers, "date")
    yield "sent_at", _sent_at(_first(headers, "date"), parsing)
    yield "sender", parse_addresses(header.first("sender") or b"", parsing)
    for name in ("reply-to", "to", "cc", "bcc"):
        yield name.replace("-", "_"), _merged(header.all(name), parsing)


def _first(headers: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    values = headers.get(name)
    return values[0] if values else None


def _merged(values: list[bytes], parsing: Parsing) -> tuple[Address, ...]:
    """Read all occurrences of a recipient header as one list: some senders write a line for each recipient."""
    return parse_addresses(b", ".join(values), parsing) if values else ()


def _sent_at(text: str | None, parsing: Parsing) -> datetime | None:
    moment = dates.parse_date(text) if text else None
    if moment is None or moment < dates.EARLIEST:
        if text:
            parsing.defects.add("date_unusable")
        return None
    return moment


def _machine(
    header: HeaderBlock,
    headers: Mapping[str, tuple[str, ...]],
    types: frozenset[str],
    from_: tuple[Address, ...],
    parsing: Parsing,
) -> Machine:
    content_type = parse_parameterised(header.first("content-type"), parsing)
    is_report = content_type.value == "multipart/report"
    return classify(
        Evidence(
            first=lambda name: _first(headers, name),
            count=lambda name: len(headers.get(name, ())),
            types=types,
            report_type=(content_type.label("report-type") or "").lower() if is_report else "",
            subject=_first(headers, "subject") or "",
            author=from_[0] if from_ else None,
        )
    )
