"""The short way for well-formed mail: its MIME tree and its fingerprint in one walk.

What is accepted leaves no room for two readings, so that the tree is what `structure.read_tree` makes, without a
defect, and the fingerprint what `fingerprint.fingerprint` says: each header is nothing but fields whose lines end as
the first line does, and ends in a blank line; each multipart names one boundary, its boundary lines bear nothing else,
and the last one closes it; each transfer encoding is written as RFC 2045 §6.1 has it. Everything else is declined and
goes the general way. A differential test holds both ways together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from inboxsync.mail.fingerprint import IDENTITY, Items, boundary_of
from inboxsync.mail.header_block import HeaderBlock
from inboxsync.mail.limits import DEFAULT_LIMITS, Parsing
from inboxsync.mail.octet_work import OctetWork, evened
from inboxsync.mail.parameters import SHORT_BYTES, Parameterised, media_type, parse_short
from inboxsync.mail.structure import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER_MAX_BYTES = 16 * 1024
_KNOWN_HEADER_MAX_BYTES = 500
_FIELDS_MAX = 500
_DEPTH_MAX = 10
_PARTS_MAX = 100
_EVENED_BYTES = 32 * 1024  # of a message whose lines are made to end in LF all at once; a larger one is mostly base64
_CR: Final = 0x0D
# No blank before the colon, so no envelope line of an mbox; no CR, and no white space that one reader takes off the
# ends of a value and the other leaves.
_FIELD = re.compile(rb"^([!-9;-~]++):([^\n\r\x0b\x0c]*+(?:\n[ \t][^\n\r\x0b\x0c]*+)*+)\n", re.MULTILINE)
_ENCODINGS: Final[Mapping[bytes, str]] = {
    b"": "identity", b"7bit": "identity", b"8bit": "identity", b"quoted-printable": "quoted-printable",
    b"base64": "base64",
}  # fmt: skip


class _DeclinedError(Exception):
    """There is something that might be read in two ways."""


def read_plain(octets: bytes, parsing: Parsing) -> tuple[Part, str] | None:
    """Give the tree and the fingerprint of a well-formed message, None where it is not.

    Nothing is added to the defects; the work done on the octets is left in `parsing`, whatever comes of it. The tree
    of a small message stands on its octets with LF for CRLF. Total; linear in the size for each level.
    """
    newline = octets.find(b"\n", 0, _HEADER_MAX_BYTES)
    is_crlf = newline > 0 and octets[newline - 1] == _CR
    with_line_feeds = evened(octets) if is_crlf and len(octets) <= _EVENED_BYTES else None
    work = parsing.work = OctetWork(octets if with_line_feeds is None else with_line_feeds)
    is_usual = parsing.limits is DEFAULT_LIMITS
    plain = _walked(_Walk(work, is_crlf=is_crlf and with_line_feeds is None)) if is_usual else None
    if plain is None and with_line_feeds is not None:
        parsing.work = OctetWork(octets)
    return plain


def _walked(walk: _Walk) -> tuple[Part, str] | None:
    try:
        root = walk.part(0, len(walk.octets), "text/plain", 0)
    except _DeclinedError:
        return None
    return root, walk.fingerprint(root)


class _Walk:
    """One walk over the parts of a message, depth first."""

    __slots__ = ("blank_line", "is_crlf", "leaves", "octets", "parts", "work")

    def __init__(self, work: OctetWork, *, is_crlf: bool) -> None:
        self.work = work
        self.octets = work.octets
        self.is_crlf = is_crlf
        self.blank_line = b"\r\n\r\n" if is_crlf else b"\n\n"
        self.leaves: list[Part] = []
        self.parts = 0

    def part(self, start: int, end: int, default: str, depth: int) -> Part:
        """Read the part that stands at a span, and those in it."""
        blank = self.octets.find(self.blank_line, start, min(end, start + _HEADER_MAX_BYTES))
        self.parts += 1
        if blank < 0 or self.parts > _PARTS_MAX:
            raise _DeclinedError
        head = self._head(start, blank + len(self.blank_line) // 2, is_root=not depth)
        body = blank + len(self.blank_line)
        type_ = head.type or default
        header = HeaderBlock(head.fields, body)
        part = Part(header, type_, head.content_type, head.disposition, head.encoding, self.octets, body, end, depth)
        if type_.startswith("multipart/") or head.says_multipart:
            self._read_children(part)
        elif end > body and self.octets[end - 1] == _CR:
            raise _DeclinedError
        else:
            self.leaves.append(part)
        return part

    def _head(self, start: int, end: int, *, is_root: bool) -> _Head:
        block = self.octets[start:end]
        if self.is_crlf:
            block = block.replace(b"\r\n", b"\n")
        if is_root or len(block) > _KNOWN_HEADER_MAX_BYTES or block.find(b"boundary") >= 0:
            return _read_head(block)
        return _known_head(block)

    def _read_children(self, part: Part) -> None:
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in self._spans(part):
            part.children.append(self.part(start, end, default, part.depth + 1))

    def _spans(self, part: Part) -> list[tuple[int, int]]:
        """Give the spans between the boundary lines of a multipart, the line end before each left out."""
        boundary = boundary_of(part.header.first("content-type") or b"")
        named = part.content_type.raw("boundary")
        is_plain = part.type.startswith("multipart/") and part.encoding == "identity" and part.depth < _DEPTH_MAX
        if not boundary or boundary != named or not is_plain:
            raise _DeclinedError
        octets, end, line = self.octets, part.end, b"\n--" + boundary
        find, length = self.work.find, len(line)
        spans: list[tuple[int, int]] = []
        opened = -1
        at = find(line, part.start - 1, end)
        while at >= 0:
            if opened >= 0:
                spans.append((opened, at - (octets[at - 1] == _CR)))
            if len(spans) > _PARTS_MAX:
                break
            after = at + length
            rest = octets[after : min(after + 4, end)]
            if rest[:1] == b"\n":
                opened = after + 1
            elif rest[:2] == b"\r\n":
                opened = after + 2
            elif spans and (rest == b"--" or rest.startswith((b"--\n", b"--\r\n"))):
                return spans
            else:
                break
            at = find(line, opened - 1, end)
        raise _DeclinedError

    def fingerprint(self, root: Part) -> str:
        """Give the fingerprint of the leaves that were read."""
        first = root.header.first
        items = Items([first(name) for name in IDENTITY])
        for leaf in self.leaves:
            items.add_leaf(self.work, leaf.encoding.encode(), leaf.start, leaf.end)
        return items.hexdigest()


class _Head(NamedTuple):
    """The header of a part, read; `type` is "" where it names none."""

    fields: Mapping[str, list[bytes]]
    type: str
    content_type: Parameterised
    disposition: Parameterised
    encoding: str
    says_multipart: bool


def _read_head(block: bytes) -> _Head:
    fields = _read_fields(block)
    raw_type = _only(fields, "content-type")
    content_type = parse_short(raw_type)
    encoding = _ENCODINGS.get(_only(fields, "content-transfer-encoding").lower())
    if encoding is None or content_type.is_ambiguous("boundary"):
        raise _DeclinedError
    disposition = parse_short(_only(fields, "content-disposition"))
    says_multipart = raw_type[:10].lower() == b"multipart/"
    return _Head(fields, media_type(content_type, ""), content_type, disposition, encoding, says_multipart)


# The same few headers of text parts make up most of any mailbox.
_known_head = lru_cache(maxsize=512)(_read_head)


def _read_fields(block: bytes) -> Mapping[str, list[bytes]]:
    """Read a header of nothing but fields, as `header_block.read_header` does."""
    pieces = _FIELD.split(block)
    if any(pieces[::3]) or len(pieces) > 3 * _FIELDS_MAX:  # what stands between fields
        raise _DeclinedError
    names, values = pieces[1::3], pieces[2::3]
    fields = {_key(name): [value.replace(b"\n", b"").strip()] for name, value in zip(names, values, strict=True)}
    if len(fields) < len(names):
        fields = {name: [] for name in fields}
        for name, value in zip(names, values, strict=True):
            fields[_key(name)].append(value.replace(b"\n", b"").strip())
    return fields


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str:
    return name.decode("ascii").lower()


def _only(fields: Mapping[str, list[bytes]], name: str) -> bytes:
    """Give the one value of a structured field that reaches no limit, b"" where there is none."""
    values = fields.get(name)
    if values is None:
        return b""
    if len(values) > 1 or len(values[0]) > SHORT_BYTES:
        raise _DeclinedError
    return values[0]
