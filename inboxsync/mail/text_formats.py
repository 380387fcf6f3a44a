"""Formats of plain text whose lines are not yet what people read: flowed and enriched."""

from __future__ import annotations

import re

_PARAMETER = re.compile(r"<param>[^<]*+(?:</param>)?", re.IGNORECASE)
_COMMAND = re.compile(r"</?[a-zA-Z0-9-]{1,60}>")
_NOT_FILLED = re.compile(r"<nofill>(.*?)(?:</nofill>|\Z)", re.IGNORECASE | re.DOTALL)
_LINE_ENDS = re.compile(r"\n++")
_TWO_LESS_THAN = "\x00"


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join the lines of format=flowed text into its paragraphs (RFC 3676 §4), quotes kept apart by their depth.

    An empty line always ends a paragraph and stays: by the letter it would be the paragraph's last line and vanish.
    `delsp`: the blank at the end of a flowed line is no part of the text (§4.1).
    """
    lines: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content and content != "-- ":
            lines[-1].append(content)
        else:
            lines.append([">" * depth + (" " if depth and content else "") + content])
        is_open = content.endswith(" ") and content != "-- "
        open_depth = depth if is_open else None
        if is_open and delsp:
            lines[-1][-1] = lines[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in lines)


def from_enriched(text: str) -> str:
    """Give the text of text/enriched (RFC 1896): commands left out, one line end a blank, n of them n-1 lines, but
    lines as they are where they are not to be filled."""
    text = _PARAMETER.sub("", text.replace("\x00", "").replace("<<", _TWO_LESS_THAN))
    filled_and_not = _NOT_FILLED.split(text)
    filled_and_not[::2] = [_LINE_ENDS.sub(_filled, _COMMAND.sub("", piece)) for piece in filled_and_not[::2]]
    return _COMMAND.sub("", "".join(filled_and_not)).replace(_TWO_LESS_THAN, "<")


def _filled(ends: re.Match[str]) -> str:
    return "\n" * (len(ends[0]) - 1) or " "
