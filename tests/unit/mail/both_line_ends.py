"""Messages read with LF and with CRLF, which must give the same."""

from __future__ import annotations

from inboxsync.mail.parse import parse_message
from inboxsync.mail.part_structure import structure_of
from inboxsync.model.message import ParsedMessage
from inboxsync.model.structure import PartStructure
from tests.unit.mail.samples import crlf, values


def shape(part: PartStructure) -> object:
    """A leaf by its type, a multipart as its type and the list of its children."""
    return (part.content_type, [shape(child) for child in part.children]) if part.children else part.content_type


def read(octets: bytes) -> ParsedMessage:
    """Parse a message, which reads the same whether its lines end in LF or CRLF."""
    parsed = parse_message(octets)
    assert values(parse_message(crlf(octets))) == values(parsed)
    assert shape(structure_of(crlf(octets))) == shape(structure_of(octets))
    return parsed


def files(parsed: ParsedMessage) -> list[tuple[str | None, bytes]]:
    return [(attachment.filename, attachment.content) for attachment in parsed.attachments]
