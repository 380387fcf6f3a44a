"""The MIME tree of a message as data to be shown: made on demand, never for a message that is stored."""

from __future__ import annotations

from inboxsync.mail import encoded_words
from inboxsync.mail.file_names import names_of
from inboxsync.mail.header_block import with_line_feeds
from inboxsync.mail.limits import DEFAULT_LIMITS, ParseLimits, Parsing
from inboxsync.mail.parameters import parse_parameterised
from inboxsync.mail.structure import Part, read_tree
from inboxsync.mail.transfer import decode_transfer
from inboxsync.model.structure import PartStructure

_LABEL_MAX_CHARS = 100


def structure_of(octets: bytes, limits: ParseLimits = DEFAULT_LIMITS) -> PartStructure:
    """Give the structure of a message, the same tree that its bodies and attachments were read from.

    Total; at most `limits.nesting` levels and `limits.parts` parts. An attached message is a leaf.
    """
    parsing = Parsing(limits)
    root = read_tree(with_line_feeds(octets, limits.header_block_bytes), parsing)
    return _shown(root, parsing)


def _shown(part: Part, parsing: Parsing) -> PartStructure:
    """Show a part; recursion goes as deep as the tree, whose depth is bounded."""
    names = names_of(part, parsing)
    return PartStructure(
        content_type=part.type,
        disposition=_label(part.disposition.value),
        filename=names[0] if names else None,
        charset=_label((part.content_type.label("charset") or "").lower()),
        transfer_encoding=_label(_transfer_encoding(part, parsing)) or "7bit",
        size_bytes=part.end - part.start if part.children else _decoded_bytes(part, parsing),
        children=tuple(_shown(child, parsing) for child in part.children),
    )


def _decoded_bytes(part: Part, parsing: Parsing) -> int:
    own = Parsing(parsing.limits)  # so that no decoded content is kept for the next part
    return len(decode_transfer(part.octets, part.start, part.end, part.encoding, own))


def _transfer_encoding(part: Part, parsing: Parsing) -> str:
    return parse_parameterised(part.header.first("content-transfer-encoding"), parsing).value


def _label(text: str) -> str | None:
    return encoded_words.clean(text)[:_LABEL_MAX_CHARS].strip() or None
