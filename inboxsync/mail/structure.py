"""The MIME tree of a message on its octets: an iterative, bounded split at boundary lines (RFC 2046 §5.1).

Parts are spans of the original octets; nothing is copied until a part is decoded. Well-formed and broken mail are read
alike (`plain_tree` reads the former faster, to the same tree): where parsers are known to differ (several boundaries,
several Content-Types) the first counts and the message is flagged `ambiguous_mime`, because such differences are used
to smuggle attachments past filters.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from inboxsync.mail.header_block import HeaderBlock, message_start, read_header
from inboxsync.mail.limits import Parsing
from inboxsync.mail.parameters import Parameterised, media_type, parse_parameterised
from inboxsync.mail.transfer import decode_transfer, encoding_of

_GUESSED_BOUNDARY = re.compile(rb"^--(\S[^\n]{0,199})\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\s{0,100}+--(\S[^\s]{0,199}+)[ \t\r]*+\n")
_QUOTED_FIELD = re.compile(rb"^content-[a-z-]{1,40}:[^\n]{0,500}=3D", re.MULTILINE | re.IGNORECASE)
_BLANKS = b" \t\r"
_GUESS_WITHIN_BYTES = 1024 * 1024
_BOUNDARY_MAX_BYTES = 1000
_OTHERS_MAX = 100  # lines that only begin as a boundary line does
_AS_IT_IS = ("identity", "binary")


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
    part = Part(
        header=header,
        type=type_,
        content_type=content_type,
        disposition=parse_parameterised(header.first("content-disposition"), parsing),
        encoding=encoding_of(transfer, parsing),
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
    boundary = (parent.content_type.raw("boundary") or b"").rstrip(_BLANKS)[:_BOUNDARY_MAX_BYTES]
    spans = _split_decoded(parent, boundary, room, parsing) if parent.octets is message else []
    spans = spans or (_split_at(parent, boundary, room, parsing) if boundary else [])
    spans = spans or _split_at_guess(parent, room, parsing)
    if not spans:
        parsing.defects.add("boundary_missing")
        parent.type = "text/plain"
        if parent.end - parent.start < _BOUNDARY_MAX_BYTES * 2:
            content = parent.octets[parent.start : parent.end].strip()
            parent.start = parent.end if content == b"--" + boundary + b"--" else parent.start  # closed, never opened
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
    spans = (_split_at(inner, boundary, room, parsing) if boundary else []) or _split_at_guess(inner, room, parsing)
    if spans:
        parent.octets, parent.start, parent.end, parent.encoding = inner.octets, 0, inner.end, "identity"
    return spans


def _stands_as_it_is(parent: Part, boundary: bytes, parsing: Parsing) -> bool:
    """Whether a boundary line stands there undecoded, and no header below it that has to be decoded."""
    if not boundary or next(_boundary_lines(parent, boundary, parsing), None) is None:
        return False
    is_quoted = parent.encoding == "quoted-printable"
    return not (is_quoted and _QUOTED_FIELD.search(parent.octets, parent.start, parent.end))


def _encoded_content(part: Part, parsing: Parsing) -> bytes:
    """Decode a part that may be no such thing after all: what is broken in it is noted when it is read as text."""
    own = Parsing(parsing.limits, work=parsing.work)
    return decode_transfer(part.octets, part.start, part.end, part.encoding, own)


def _split_at_guess(parent: Part, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Split at what looks like a boundary when the declared one never occurs: the first line before a part header, or
    the first line of all that is closed later as a boundary is."""
    octets, start, end = parent.octets, parent.start, min(parent.end, parent.start + _GUESS_WITHIN_BYTES)
    before_header = _GUESSED_BOUNDARY.search(octets, start, end)
    first = _FIRST_LINE.match(octets, start, end)
    if before_header is not None:
        boundary = before_header[1].rstrip(_BLANKS)
    elif first is not None and octets.find(b"\n--" + first[1] + b"--", start, end) >= 0:
        boundary = first[1]
    else:
        return []
    parsing.defects.add("boundary_guessed")
    return _split_at(parent, boundary, room, parsing)


def _split_at(parent: Part, boundary: bytes, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Give the spans between boundary lines; the line end before a boundary belongs to it (RFC 2046 §5.1.1)."""
    octets, opened = parent.octets, -1
    spans: list[tuple[int, int]] = []
    for line_start, line_end, is_close in _boundary_lines(parent, boundary, parsing):
        if opened >= 0:
            spans.append((opened, max(opened, _before_line_end(octets, line_start))))
        if is_close or len(spans) > room:
            return spans
        opened = line_end
    if opened >= 0:
        parsing.defects.add("boundary_unclosed")
        spans.append((opened, parent.end))
    return spans


def _before_line_end(octets: bytes, position: int) -> int:
    position -= 1
    return position - 1 if octets[position - 1 : position] == b"\r" else position


def _boundary_lines(parent: Part, boundary: bytes, parsing: Parsing) -> Iterator[tuple[int, int, bool]]:
    """Find the lines that are exactly `--boundary` or `--boundary--`, blanks at their end aside.

    A longer line that merely begins so is the boundary of another multipart, or text.
    """
    octets, start, end = parent.octets, parent.start, parent.end
    work, delimiter = parsing.work_on(octets), b"--" + boundary
    line, length = b"\n" + delimiter, len(delimiter)
    position = start if octets.startswith(delimiter, start) else work.find(line, start, end) + 1 or -1
    others = 0
    while position >= 0:
        newline = octets.find(b"\n", position + length, end)
        line_end = end if newline < 0 else newline + 1
        rest = octets[position + length : min(line_end, position + length + 200)].strip()
        if rest in (b"", b"--"):
            yield position, line_end, rest == b"--"
        else:
            others += 1
        find = work.find if others < _OTHERS_MAX else work.find_line
        position = find(line, line_end - 1, end) + 1 or -1
