"""A header block on octets: fields, unfolded, in order, bounded, with broken lines repaired (RFC 5322 §2.2, §4.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

# Every quantifier is possessive: what one part of a pattern took is never tried again, so time stays linear.
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)", re.MULTILINE)
# A line that goes on with the field before it and lost its indent: a parameter behind a semicolon, an encoded word
# behind one, an address behind a comma.
_LOST_INDENT = (
    rb"(?:(?<=;\n)|(?<=;\r\n)|(?<=; \n)|(?<=; \r\n))(?=[a-zA-Z][a-zA-Z0-9-]*+[*0-9]*+[ \t]*+=)"
    rb"|(?:(?<=\?=\n)|(?<=\?=\r\n))(?==\?)"
    rb"|(?:(?<=,\n)|(?<=,\r\n)|(?<=, \n)|(?<=, \r\n))(?=[^\n:@]*+@[^\n:]*+(?:\n|\Z))"
)
# A field, where the first may have an indent that it should not have.
_MENDED_FIELD = re.compile(
    rb"(?:^|\A[ \t]++(?=(?i:content-|date|from|message-id|mime-version|received|return-path|subject|to)[^\n:]*+:))"
    rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n(?:[ \t]|" + _LOST_INDENT + rb")[^\n]*+)*+)(?:\n|\Z)",
    re.MULTILINE,
)
_NOTHING_BUT_FIELDS = re.compile(rb"(?:[!-9;-~]++[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))*+\Z")
_BLANK_BEFORE_COLON = re.compile(rb"^[!-9;-~]++[ \t]++:", re.MULTILINE)  # obsolete (RFC 5322 §4.5.8), read all the same
_BLANK_LINE = re.compile(rb"\n\r?\n")
_LEADING_BLANK = re.compile(rb"(?:[ \t]*+\r?\n)++")
_FOLD = re.compile(rb"\r?\n")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*+\n")
_DASHES = re.compile(rb"\n--([^\s]++)[ \t\r]*+(?=\n)")
_BASE64_LINE = re.compile(rb"(?=\w)(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2,3}={1,2})?+[ \t\r]*+(?:\n|\Z)")
_INK = re.compile(rb"\S")
_SHORT_BYTES = 1000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Fields of a header by lower-case name, each with every value in order, and where the body starts."""

    fields: Mapping[str, list[bytes]]
    body_start: int

    def first(self, name: str) -> bytes | None:
        """Give the first value of a field, None when it does not occur. `name` in lower case."""
        values = self.fields.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[bytes]:
        """Give every value of a field in order."""
        return self.fields.get(name, [])


def with_line_feeds(octets: bytes, limits_bytes: int) -> bytes:
    """Give octets whose lines end in LF or CRLF: those of a message of bare CRs become LF."""
    first = octets.find(b"\n", 0, limits_bytes)
    if first > 1 and octets.startswith(b"\r\r", first - 2):  # LF was made CRLF where it was CRLF already
        return octets.replace(b"\r\r\n", b"\r\n")
    if first >= 0 or octets.find(b"\r", 0, limits_bytes) < 0:
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def message_start(octets: bytes, parsing: Parsing) -> int:
    """Find where a message begins behind a byte order mark, an mbox `From ` line and blank lines before the header."""
    start = len(_BOM) if octets.startswith(_BOM) else 0
    blank = _LEADING_BLANK.match(octets, start)
    after_blank = blank.end() if blank else start
    envelope = _ENVELOPE_LINE.match(octets, after_blank)
    begin = envelope.end() if envelope else after_blank
    if begin > start and _FIELD.match(octets, begin) is None:
        return start
    if begin > 0:
        parsing.defects.add("leading_junk")
    return begin


def read_header(octets: bytes, start: int, end: int, parsing: Parsing) -> HeaderBlock:
    """Read the header that begins at `start`; without a blank line the body begins after the last field."""
    if octets.startswith((b"\n", b"\r\n"), start):
        return HeaderBlock({}, octets.index(b"\n", start) + 1)
    blank = _BLANK_LINE.search(octets, start, end)
    header_end, body_start = (blank.start() + 1, blank.end()) if blank else (end, end)
    limit = start + parsing.limits.header_block_bytes
    if header_end > limit:
        parsing.defects.add("header_block_truncated")
        return HeaderBlock(_read_fields(octets[start:limit], parsing)[0], body_start)
    fields, used = _read_fields(octets[start:header_end], parsing)
    if used < header_end - start:
        is_data = not _is_base64(fields) or _BASE64_LINE.match(octets, start + used, header_end) is not None
        if not is_data and _INK.search(octets, body_start, end):
            parsing.defects.add("header_junk_line")
        else:
            parsing.defects.add("header_unterminated")
            body_start = start + used
    return HeaderBlock(fields, body_start)


def _is_base64(fields: Mapping[str, list[bytes]]) -> bool:
    """Whether a part is labelled base64: then a line that is none belongs to its header, blank line or not."""
    return fields.get("content-transfer-encoding", [b""])[0].lower() == b"base64"


def _read_fields(block: bytes, parsing: Parsing) -> tuple[dict[str, list[bytes]], int]:
    """Give the fields of a block and how many octets they reach; lines between them that are no fields are dropped."""
    fields: dict[str, list[bytes]] = {}
    used, field = len(block), _FIELD
    if not _NOTHING_BUT_FIELDS.match(block):
        block, field = _before_boundary(block), _MENDED_FIELD
        used = _reach(block, parsing)
    found = field.findall(block)
    if (b" :" in block or b"\t:" in block) and _BLANK_BEFORE_COLON.search(block):
        parsing.defects.add("header_blank_before_colon")
    if len(found) > parsing.limits.header_fields:
        parsing.defects.add("header_fields_limit")
        del found[parsing.limits.header_fields :]
    short = min(_SHORT_BYTES, parsing.limits.header_bytes)
    for name, value in found:
        key = name.decode("ascii").lower()
        plain = value.strip() if len(value) <= short and b"\n" not in value else _unfold(value, parsing)
        if key in fields:
            fields[key].append(plain)
        else:
            fields[key] = [plain]
    return fields, used


def _before_boundary(block: bytes) -> bytes:
    """Cut a block at the boundary line it declares: the blank line before that was lost, one behind it was found."""
    match = _DASHES.search(block)
    declared = match is not None and (b"=" + match[1] in block or b'="' + match[1] + b'"' in block)
    return block[: match.start() + 1] if match is not None and declared else block


def _reach(block: bytes, parsing: Parsing) -> int:
    used = 0
    for match in _MENDED_FIELD.finditer(block):
        if match.start() != used:
            parsing.defects.add("header_junk_line")
        used = match.end()
    return used


def _unfold(value: bytes, parsing: Parsing) -> bytes:
    """Join folded lines (RFC 5322 §2.2.3) and strip the outer white space."""
    if len(value) > parsing.limits.header_bytes:
        parsing.defects.add("header_truncated")
        value = value[: parsing.limits.header_bytes]
    if b"\n" in value:
        value = _FOLD.sub(b"", value)
    return value.strip()
