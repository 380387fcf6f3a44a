"""The MIME tree of a message on its octets: an iterative, bounded split at boundary lines (RFC 2046 §5.1).

Parts are spans of the original octets; nothing is copied until a part is decoded. Well-formed and broken mail are read
alike (`plain_tree` reads the former faster, to the same tree): where parsers are known to differ (several boundaries,
several Content-Types) the first counts and the message is flagged `ambiguous_mime`, because such differences are used
to smuggle attachments past filters.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace

from inboxsync.mail import boundaries
from inboxsync.mail.header_block import HeaderBlock, message_start, read_header
from inboxsync.mail.limits import Parsing
from inboxsync.mail.parameters import Parameterised, media_type, parse_parameterised
from inboxsync.mail.transfer import decode_transfer, encoding_of

_QUOTED_FIELD = re.compile(rb"^content-[a-z-]{1,40}:[^\n]{0,500}=3D", re.MULTILINE | re.IGNORECASE)
_AS_IT_IS = ("identity", "binary")
_SENT_AS_LINES = ("text/", "message/")  # whatever their encoding, lines end in CRLF on the wire (RFC 2046 §4.1.1, §5.2)


@dataclass(slots=True)
class Part:
    """One node of the tree. `octets[start:end]` is its content as sent; `children` is empty for a leaf.

    `octets` are those of the message, or what a multipart encodes that was encoded as a whole.
    """

    header: HeaderBlock
    type: str
    content_type: Parameterised
    disposition: Parameterised
    encoding: str
    octets: bytes = field(repr=False)
    start: int = 0
    end: int = 0
    depth: int = 0
    children: list[Part] = field(default_factory=list)

    @property
    def subtype(self) -> str:
        """What stands after the slash of the type."""
        return self.type.partition("/")[2]

    @property
    def is_attachment(self) -> bool:
        """Whether the disposition asks for it; an unknown one does too (RFC 2183 §2.8)."""
        return self.disposition.value not in ("", "inline")


def read_tree(octets: bytes, parsing: Parsing) -> Part:
    """Split a message into its tree, outermost parts first, until depth or number of parts reaches its limit."""
    root = _read_part(octets, message_start(octets, parsing), len(octets), "text/plain", 0, parsing)
    waiting = deque([root])
    count = 1
    while waiting:
        parent = waiting.popleft()
        if not parent.type.startswith("multipart/") or not _may_descend(parent, parsing):
            continue
        for start, end in _child_spans(parent, octets, parsing.limits.parts - count, parsing):
            if count >= parsing.limits.parts:
                parsing.defects.add("parts_limit")
                return root
            count += 1
            default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
            parent.children.append(_read_part(parent.octets, start, end, default, parent.depth + 1, parsing))
        waiting.extend(parent.children)
    return root


def _may_descend(parent: Part, parsing: Parsing) -> bool:
    if parent.depth < parsing.limits.nesting:
        return True
    parsing.defects.add("nesting_limit")
    return False


def _read_part(octets: bytes, start: int, end: int, default: str, depth: int, parsing: Parsing) -> Part:
    header = read_header(octets, start, end, parsing)
    content_type = parse_parameterised(header.first("content-type"), parsing)
    type_ = media_type(content_type, default)
    transfer = parse_parameterised(header.first("content-transfer-encoding"), parsing).value
    encoding = encoding_of(transfer, parsing)
    if encoding == "binary" and type_.startswith(_SENT_AS_LINES):
        encoding = "identity"
    part = Part(
        header=header,
        type=type_,
        content_type=content_type,
        disposition=parse_parameterised(header.first("content-disposition"), parsing),
        encoding=encoding,
        octets=octets,
        start=min(header.body_start, end),
        end=end,
        depth=depth,
    )
    _flag_ambiguity(part, parsing)
    return part


def _flag_ambiguity(part: Part, parsing: Parsing) -> None:
    fields = part.header.fields
    repeated = _differ(fields.get("content-type")) or _differ(fields.get("content-transfer-encoding"))
    if repeated or part.content_type.is_ambiguous("boundary"):
        parsing.defects.add("ambiguous_mime")
    if part.type.startswith("multipart/") and part.encoding not in _AS_IT_IS:
        parsing.defects.add("multipart_encoded")


def _differ(values: list[bytes] | None) -> bool:
    return values is not None and len(values) > 1 and len(set(values)) > 1


def _child_spans(parent: Part, message: bytes, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Give the span of each child, one more than there is room for at most. Without a boundary line of its own the
    parent becomes plain text."""
    boundary = boundaries.boundary_of(parent.content_type)
    spans = _split_decoded(parent, boundary, room, parsing) if parent.octets is message else []
    spans = spans or boundaries.split(parent, boundary, room, parsing)
    if not spans:
        parsing.defects.add("boundary_missing")
        parent.type = "text/plain"
        parent.end = boundaries.end_of_preamble(parent, boundary, parsing)
    return spans


def _split_decoded(parent: Part, boundary: bytes, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Split a multipart that was encoded as a whole, which RFC 2045 §6.4 forbids: its parts stand in what it encodes.

    Mostly the label alone is wrong, and the parts stand there as they are. The caller asks outside of such a part only,
    so that each octet is decoded once and not once for each level.
    """
    if parent.encoding in _AS_IT_IS or _stands_as_it_is(parent, boundary, parsing):
        return []
    inner = replace(parent, octets=_encoded_content(parent, parsing), encoding="identity", start=0)
    inner.end = len(inner.octets)
    spans = boundaries.split(inner, boundary, room, parsing)
    if spans:
        parent.octets, parent.start, parent.end, parent.encoding = inner.octets, 0, inner.end, "identity"
    return spans


def _stands_as_it_is(parent: Part, boundary: bytes, parsing: Parsing) -> bool:
    """Whether a boundary line stands there undecoded, and no header below it that has to be decoded."""
    if not boundary or next(boundaries.lines(parent, boundary, parsing), None) is None:
        return False
    is_quoted = parent.encoding == "quoted-printable"
    return not (is_quoted and _QUOTED_FIELD.search(parent.octets, parent.start, parent.end))


def _encoded_content(part: Part, parsing: Parsing) -> bytes:
    """Decode a part that may be no such thing after all: what is broken in it is noted when it is read as text."""
    own = Parsing(parsing.limits, work=parsing.work)
    return decode_transfer(part.octets, part.start, part.end, part.encoding, own)
