"""Where the parts of a multipart lie on its octets: at its boundary lines, or at what stands in their place.

A boundary line that is there as RFC 2046 §5.1.1 has it always counts before a guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inboxsync.mail.header_block import read_header
from inboxsync.mail.limits import Parsing
from inboxsync.mail.parameters import Parameterised, parse_parameterised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inboxsync.mail.structure import Part

_GUESSED = re.compile(rb"^--(\S[^\n]{0,199})\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_NO_MORE_THAN_DASHES = re.compile(rb"^--[ \t\r]*+\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\s{0,100}+--(\S[^\s]{0,199}+)[ \t\r]*+\n")
_PART_HEADER = re.compile(rb"\s{0,100}+(?=content-(?:type|disposition|transfer-encoding)[ \t]*+:)", re.IGNORECASE)
_INK = re.compile(rb"\S")
_BLANKS = b" \t\r"
_GUESS_WITHIN_BYTES = 1024 * 1024
_BOUNDARY_MAX_BYTES = 8192  # RFC 2046 §5.1.1 allows 70; what a header may have at most is read
_PART_HEADER_BYTES = 4096  # within which a part names its boundary
_OTHERS_MAX = 100  # lines that only begin as a boundary line does


def boundary_of(content_type: Parameterised) -> bytes:
    """Give the boundary that a multipart names, without the blanks at its end; b"" where it names none.

    A few send it as RFC 2231 lets any parameter be sent: `boundary*0=a; boundary*1=b`.
    """
    named = content_type.raw("boundary")
    if named is None:
        named = (content_type.text("boundary", Parsing()) or "").encode()
    return named.rstrip(_BLANKS)[:_BOUNDARY_MAX_BYTES]


def split(parent: Part, boundary: bytes, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Give the span of each part of a multipart, one more than there is room for at most; [] where there is none."""
    spans = _split_at(parent, boundary, room, parsing) if boundary else []
    return spans or _split_at_guess(parent, room, parsing) or _only_part(parent, boundary, parsing)


def end_of_preamble(parent: Part, boundary: bytes, parsing: Parsing) -> int:
    """Give where the text of a multipart without parts ends: before its last line if that closes what never opened."""
    line_start, line_end = _first_line(parent, boundary, parsing)
    if line_start < 0 or _INK.search(parent.octets, line_end, parent.end) is not None:
        return parent.end
    return max(parent.start, _before_line_end(parent.octets, line_start))


def _first_line(parent: Part, boundary: bytes, parsing: Parsing) -> tuple[int, int]:
    found = next(lines(parent, boundary, parsing), None) if boundary else None
    return (found[0], found[1]) if found else (-1, -1)


def _split_at_guess(parent: Part, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Split at what looks like a boundary when the declared one never occurs: the first line before a part header, or
    the first line of all that is closed later as a boundary is."""
    octets, start, end = parent.octets, parent.start, min(parent.end, parent.start + _GUESS_WITHIN_BYTES)
    before_header = _GUESSED.search(octets, start, end)
    first = _FIRST_LINE.match(octets, start, end)
    if before_header is not None:
        boundary = before_header[1].rstrip(_BLANKS)
    elif first is not None and octets.find(b"\n--" + first[1] + b"--", start, end) >= 0:
        boundary = first[1]
    elif parent.content_type.raw("boundary") == b"" and _NO_MORE_THAN_DASHES.search(octets, start, end):
        boundary = b""
    else:
        return []
    parsing.defects.add("boundary_guessed")
    return _split_at(parent, boundary, room, parsing)


def _only_part(parent: Part, boundary: bytes, parsing: Parsing) -> list[tuple[int, int]]:
    """Give the one part of a multipart that begins with the header of a part: its first boundary line was lost."""
    header = _PART_HEADER.match(parent.octets, parent.start, parent.end)
    if header is None:
        return []
    parsing.defects.add("boundary_guessed")
    line_start, _ = _first_line(parent, boundary, parsing)
    end = parent.end if line_start < 0 else _before_line_end(parent.octets, line_start)
    return [(header.end(), max(header.end(), end))]


def _split_at(parent: Part, boundary: bytes, room: int, parsing: Parsing) -> list[tuple[int, int]]:
    """Give the spans between boundary lines; the line end before a boundary belongs to it (RFC 2046 §5.1.1)."""
    octets, opened = parent.octets, -1
    spans: list[tuple[int, int]] = []
    for line_start, line_end, is_close in _own_lines(parent, boundary, parsing):
        if opened >= 0:
            spans.append((opened, max(opened, _before_line_end(octets, line_start))))
        if is_close or len(spans) > room:
            return spans
        opened = line_end
    if opened >= 0:
        parsing.defects.add("boundary_unclosed")
        spans.append((opened, _before_late_close(octets, opened, parent.end, boundary)))
    return spans


def _own_lines(parent: Part, boundary: bytes, parsing: Parsing) -> Iterator[tuple[int, int, bool]]:
    """Find the boundary lines of a multipart but for those of a part in it that names the same boundary, as an old
    Outlook wrote them: such a part reaches to the first line that closes."""
    octets, depth, begun, asked, inner = parent.octets, 0, -1, 0, 0
    for line in lines(parent, boundary, parsing):
        line_start, line_end, is_close = line
        head_end = min(line_start, begun + _PART_HEADER_BYTES)
        if begun >= 0 and asked < _OTHERS_MAX and octets.find(boundary, begun, head_end) >= 0:
            asked += 1
            if _names_boundary(octets, begun, line_start, boundary, parsing):
                parsing.defects.add("ambiguous_mime")
                depth += 1
        begun = -1 if is_close else line_end
        if depth == 0:
            yield line
            continue
        depth -= is_close
        inner += 1
        if inner > parsing.limits.parts:  # more than are read of that part
            return


def _names_boundary(octets: bytes, start: int, end: int, boundary: bytes, parsing: Parsing) -> bool:
    own = Parsing(parsing.limits)  # what is odd in the header of a part is noted when that is read
    content_type = parse_parameterised(read_header(octets, start, end, own).first("content-type"), own)
    named = content_type.raw("boundary") if content_type.value.startswith("multipart/") else None
    return named is not None and named.rstrip(_BLANKS) == boundary


def _before_late_close(octets: bytes, start: int, end: int, boundary: bytes) -> int:
    """Give where the last part of a multipart ends that is closed at its very end, but not on a line of its own."""
    close = b"--" + boundary + b"--"
    tail = octets[max(start, end - _BOUNDARY_MAX_BYTES * 2) : end]
    shown = tail.rstrip()
    return end - (len(tail) - len(shown)) - len(close) if shown.endswith(close) else end


def _before_line_end(octets: bytes, position: int) -> int:
    position -= 1
    return position - 1 if octets[position - 1 : position] == b"\r" else position


def lines(parent: Part, boundary: bytes, parsing: Parsing) -> Iterator[tuple[int, int, bool]]:
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
