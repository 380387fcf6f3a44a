"""Names of attachments: all that a part has, the one to show, and one that every file system takes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing
    from inboxsync.mail.structure import Part

_SAFE_BYTES = 200  # file systems take 255; what is left is for the prefix or suffix that somebody adds
_NAMES_MAX = 10
_EXTENSION = re.compile(r"\.[^.\s/\\]{1,12}\Z")
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,200})", re.MULTILINE)
_UU_WITHIN_BYTES = 4096
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
# Windows takes these for devices, whatever extension follows.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE)


def names_of(part: Part, parsing: Parsing) -> list[str]:
    """Give every name a part has, the one to believe first: Content-Disposition over Content-Type, extended over plain
    (RFC 2231), then what some mistake for these parameters, and the name in a uuencoded body last."""
    names = [*part.disposition.texts("filename", parsing), *part.content_type.texts("name", parsing)]
    if not names:
        names = [*part.disposition.texts("name", parsing), *part.content_type.texts("filename", parsing)]
    if part.encoding == "uuencode":
        begin = _UU_BEGIN.search(part.octets, part.start, min(part.end, part.start + _UU_WITHIN_BYTES))
        names += [begin[1].decode("utf-8", "replace")] if begin else []
    bounded = [bounded_name(name.strip(), parsing) for name in names if name.strip()]
    return list(dict.fromkeys(bounded))[:_NAMES_MAX]


def bounded_name(name: str, parsing: Parsing) -> str:
    """Cut a name to the limit in its middle, so that its extension stays what it was."""
    limit = parsing.limits.filename_chars
    if len(name) <= limit:
        return name
    parsing.defects.add("filename_truncated")
    suffix = _extension(name)
    return name[: limit - len(suffix)] + suffix


def _extension(name: str) -> str:
    found = _EXTENSION.search(name)
    return found.group() if found else ""


def safe_name(name: str | None, position: int) -> str:
    """Give a name that can be written on any file system and hides nothing: no folder, no control or direction mark, no
    device, no dot or blank at its end, no option or hidden file at its start, at most 200 octets of UTF-8.

    A name of which nothing is left becomes `attachment-N`, counted from 1. Two names may become one.
    """
    shown = unicodedata.normalize("NFC", name or "")
    base = re.split(r"[/\\]", shown)[-1]
    kept = "".join([character for character in base if unicodedata.category(character)[0] != "C"])
    kept = " ".join(kept.translate(_FORBIDDEN).split()).rstrip(". ")
    if not kept.strip("._ "):
        return f"attachment-{position + 1}"
    if kept.startswith((".", "-", "~")) or _RESERVED.match(kept):
        kept = f"_{kept}"
    return _within_octets(kept)


def _within_octets(name: str) -> str:
    octets = name.encode("utf-8", "replace")
    if len(octets) <= _SAFE_BYTES:
        return name
    suffix = _extension(name)
    room = _SAFE_BYTES - len(suffix.encode())
    return octets[:room].decode("utf-8", "ignore").rstrip(". ") + suffix
