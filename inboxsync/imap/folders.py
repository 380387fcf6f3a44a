"""Folder names: from LIST to text and back, and which folder a configured name means. Pure.

Each name is decoded by itself, so that one broken name costs nobody the listing; the octets stay the key to the server.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from imapclient import imap_utf7
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from inboxsync.errors import FolderMissing
from inboxsync.imap.parsing import Piece, group_pieces
from inboxsync.imap.translate import printable
from inboxsync.model.placement import FolderInfo

INBOX = "INBOX"
LISTED_IN_MESSAGES = 10

_LINE = re.compile(rb'\((?P<attributes>[^()]*)\) (?P<delimiter>NIL|"(?:\\.|[^"\\])") ?(?P<name>.*)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def parse_list(pieces: Sequence[Piece]) -> list[FolderInfo]:
    """Read LIST answers as imaplib delivers them; a line that makes no sense is left out, the others stay."""
    return [folder for answer in group_pieces(pieces) if (folder := _parse_line(answer)) is not None]


def _parse_line(answer: Sequence[Piece]) -> FolderInfo | None:
    first = answer[0]
    found = _LINE.fullmatch(first[0] if isinstance(first, tuple) else first)
    if found is None:
        return None
    name = first[1] if isinstance(first, tuple) else _unquoted(found["name"])
    if not name:
        return None
    delimiter = None if found["delimiter"] == b"NIL" else _unquoted(found["delimiter"]).decode("utf-8", "replace")
    attributes = tuple(word.decode("ascii", "replace") for word in found["attributes"].split())
    return FolderInfo(decode_name(name), name, delimiter, attributes)


def _unquoted(text: bytes) -> bytes:
    if len(text) >= 2 and text[:1] == text[-1:] == b'"':
        return _ESCAPED.sub(rb"\1", text[1:-1])
    return text


def decode_name(wire_name: bytes) -> str:
    """Decode modified UTF-7 (RFC 9051 §A.1); what is not that is shown as UTF-8, else with its odd octets escaped.

    Names that would hold control characters or lone surrogates are shown as they came. INBOX is always `INBOX`.
    """
    if wire_name.upper() == b"INBOX":
        return INBOX
    try:
        text: str = imap_utf7.decode(wire_name.decode("ascii").encode("ascii"))
        if text.isprintable():
            return text
    except ValueError:
        pass
    try:
        return printable(wire_name.decode("utf-8"))
    except UnicodeDecodeError:
        return printable(wire_name.decode("ascii", "backslashreplace"))


def encode_name(name: str) -> bytes:
    """Write a configured name as it goes to the server. Raises FolderMissing for one that no folder can have."""
    if not name or any(ch in name for ch in "\0\r\n"):
        raise FolderMissing(f"no folder can be named {printable(name)!r}: it is empty or holds a line break or NUL")
    if name.upper() == INBOX:
        return b"INBOX"
    try:
        encoded: bytes = imap_utf7.encode(name)
    except UnicodeEncodeError as error:
        raise FolderMissing(f"no folder can be named {printable(name)}: it is not valid Unicode") from error
    return encoded


def parse_personal_namespaces(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """Read prefix and delimiter of each personal namespace (RFC 2342 §5); empty where the answer makes no sense."""
    try:
        parsed = parse_response(list(pieces))
    except (ProtocolError, ValueError, RecursionError):
        return []
    personal = parsed[0] if parsed and isinstance(parsed[0], tuple) else ()
    return [
        (decode_name(entry[0]) if entry[0] else "", entry[1].decode("ascii", "replace"))
        for entry in personal
        if isinstance(entry, tuple) and len(entry) >= 2 and all(isinstance(part, bytes) for part in entry[:2])
    ]


def choose(name: str, folders: Iterable[FolderInfo], namespaces: Sequence[tuple[str, str]]) -> FolderInfo | None:
    """Find the folder that a configured name means: as it is, then with the account's prefix and level delimiter."""
    by_name: dict[str, FolderInfo] = {}
    for folder in folders:
        by_name.setdefault(unicodedata.normalize("NFC", folder.name), folder)
    return next((by_name[variant] for variant in _variants(name, namespaces) if variant in by_name), None)


def _variants(name: str, namespaces: Sequence[tuple[str, str]]) -> Iterator[str]:
    name = INBOX if name.upper() == INBOX else unicodedata.normalize("NFC", name)
    yield name
    for prefix, delimiter in namespaces:
        levels = name.replace("/", delimiter).replace(".", delimiter) if delimiter else name
        yield from (prefix + name, levels, prefix + levels)


def missing(name: str, folders: Sequence[FolderInfo], said: str = "") -> FolderMissing:
    """Make the error that lists what there is instead."""
    names = [printable(folder.name) for folder in folders if folder.selectable]
    shown = ", ".join(names[:LISTED_IN_MESSAGES]) or "none"
    more = f" and {len(names) - LISTED_IN_MESSAGES} more" if len(names) > LISTED_IN_MESSAGES else ""
    reason = f" ({said})" if said else ""
    return FolderMissing(f"folder {printable(name)} cannot be opened{reason}; this account has: {shown}{more}")
