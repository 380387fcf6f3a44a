"""Address lists (RFC 5322 §3.4, §4.4) as senders really write them: one pass over tokens, linear, total.

Text is split into tokens before any encoded word is decoded: a display name that decodes to `, <other@example.org>`
stays a display name.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from inboxsync.mail import encoded_words
from inboxsync.mail.limits import DEFAULT_LIMITS
from inboxsync.model.message import Address

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

# Octets as latin-1 text. An encoded word is one piece whatever it holds; quotes and comments must be closed to count.
_TOKEN = re.compile(
    r"(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?\n]{0,998}\?=)|(?P<blank>\s++)"
    r"|(?P<special>[<>,;:\"()])|(?P<atom>[^\s<>,;:\"()=]++|=)"
)
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_BLANKS_BETWEEN = re.compile(r" ?([.@]) ?")  # obsolete, and still sent: `ada @ example . com` (RFC 5322 §4.4)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Mailbox:
    """What has been read of one mailbox: words of the phrase, comments, and what stands in angle brackets."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: list[str] | None = None
    in_angle: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.comments and self.angle is None

    @property
    def is_route(self) -> bool:
        """Whether a comma belongs to an obsolete route, `<@a,@b:user@c>` (RFC 5322 §4.4)."""
        return self.in_angle and bool(self.angle) and "".join(self.angle or ()).startswith("@")


_SHORT_BYTES = 200
# One mailbox as nearly all mail writes it: nothing in it could be read in two ways.
_PLAIN = re.compile(
    r"\s*+(?:\"([^\"\\=]*+)\"\s*+(?=<)|([^\"(),:;<>@\\]*+)(?=<))?"
    r"(<)?([^\s<>()\",:;@\\=?]++@[^\s<>()\",:;@\\=?]++)(?(3)>)\s*+(?:,|\Z)"
)


def parse_addresses(value: bytes, parsing: Parsing) -> tuple[Address, ...]:
    """Read an address list: groups are flattened, comments name nameless addresses, at most `limits.addresses`."""
    if not value:
        return ()
    if len(value) <= _SHORT_BYTES and parsing.limits is DEFAULT_LIMITS:
        found = _of_short(value)
    else:
        found = _plain_addresses(value) if value.isascii() else None
    if found is None or len(found) > parsing.limits.addresses:
        return _any_addresses(value, parsing)
    return tuple([_with_decoded_name(one, parsing) for one in found]) if b"=?" in value else found


def _plain_addresses(value: bytes) -> tuple[Address, ...] | None:
    """Read a list of nothing but plain mailboxes, None where there is anything else in it. A name that has `=?` is not
    yet decoded."""
    text = value.decode("ascii") if value.isascii() else ""
    if not text.isprintable():
        return None
    found: list[Address] = []
    position, end = 0, len(text)
    while position < end:
        match = _PLAIN.match(text, position)
        if match is None:
            return None
        quoted, phrase, _, address = match.groups()
        name = quoted or phrase or ""
        local, _, domain = address.partition("@")
        found.append(Address(_shown(name), f"{local}@{domain.lower()}"))
        position = match.end()
    return tuple(found) if found else None


def _shown(name: str) -> str:
    """Decode a name that reads alike in every parse; any other stays as it is, encoded."""
    decoded = encoded_words.decode_one_word(name.encode("ascii")) if "=?" in name else name
    return name if decoded is None or "=?" in decoded else " ".join(decoded.split())


# The same few people write to the same few addresses: most lists of a mailbox were read before.
_of_short = lru_cache(maxsize=2048)(_plain_addresses)


def _with_decoded_name(address: Address, parsing: Parsing) -> Address:
    if "=?" not in address.name:
        return address
    return Address(" ".join(encoded_words.decode_text(address.name.encode("ascii"), parsing).split()), address.address)


def _any_addresses(value: bytes, parsing: Parsing) -> tuple[Address, ...]:
    found: list[Address] = []
    for mailbox in _mailboxes(value.decode("latin-1")):
        address = _address_of(mailbox, parsing)
        if address is None:
            continue
        if len(found) >= parsing.limits.addresses:
            parsing.defects.add("addresses_limit")
            break
        found.append(address)
    return tuple(found)


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    current = _Mailbox()
    for kind, piece in _pieces(text):
        if kind == "special" and _ends_mailbox(piece, current):
            if not current.is_empty:
                yield current
            current = _Mailbox()
        else:
            _take(kind, piece, current)
    if not current.is_empty:
        yield current


def _ends_mailbox(piece: str, current: _Mailbox) -> bool:
    """Say whether a special ends what was read; the colon after a group's name drops that name."""
    if piece == ":" and not current.in_angle and current.words and "@" not in "".join(current.words):
        current.words.clear()
        current.comments.clear()
        return True
    return piece in ",;" and not current.is_route


def _take(kind: str, piece: str, current: _Mailbox) -> None:
    if kind == "comment":
        current.comments.append(piece)
    elif piece == "<" and kind == "special":
        current.in_angle = current.angle is None
        current.angle = [] if current.angle is None else current.angle
    elif piece == ">" and kind == "special":
        current.in_angle = False
    elif current.in_angle and current.angle is not None:
        if kind != "blank":
            current.angle.append(f'"{piece}"' if kind == "quoted" else piece)
    else:
        current.words.append(f'"{piece}"' if kind == "quoted" else " " if kind == "blank" else piece)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Split into tokens. An opening quote or parenthesis that is never closed is an ordinary character, and so are
    all later ones: looking for their end again at each of them would be quadratic."""
    closed = {'"': True, "(": True}
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        kind, piece = match.lastgroup or "atom", match.group()
        end = _end_of_enclosed(text, position, piece) if kind == "special" and closed.get(piece) else -1
        if end > 0:
            yield (
                ("quoted", text[position + 1 : end - 1]) if piece == '"' else ("comment", text[position + 1 : end - 1])
            )
            position = end
            continue
        if piece in closed:
            closed[piece] = False
            kind = "atom"
        position = match.end()
        if piece not in '"()':
            yield kind, piece


def _end_of_enclosed(text: str, position: int, opener: str) -> int:
    """Find where a quoted string or comment ends, -1 if it does not."""
    if opener == '"':
        match = _QUOTED.match(text, position)
        return match.end() if match else -1
    return _end_of_comment(text, position)


_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)


def _end_of_comment(text: str, position: int) -> int:
    """Find the end of a comment, which may hold others (RFC 5322 §3.2.2), by counting instead of recursing."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.end()
    return -1


def _address_of(mailbox: _Mailbox, parsing: Parsing) -> Address | None:
    """Make an address of what was read; a comment alone is none (RFC 5322 §3.4)."""
    if mailbox.angle is None and not "".join(mailbox.words).strip():
        return None
    if mailbox.angle is not None:
        name, address = "".join(mailbox.words), _without_route("".join(mailbox.angle))
    else:
        name, address = _split_bare(mailbox.words)
    if not name.strip() and mailbox.comments:
        name = mailbox.comments[0]
    shown = _decode_name(name, parsing)
    if not shown and not address:
        return None
    return Address(name=shown, address=_normalise(address))


def _without_route(angle: str) -> str:
    return angle.rpartition(":")[2] if angle.startswith("@") else angle


def _split_bare(pieces: list[str]) -> tuple[str, str]:
    """Split what has no angle brackets into name and address: `a@b`, `a @ b`, `"a b" @ c`, `Name a@b`, or a
    name alone."""
    words = _words(pieces)
    quoted = words[0] if words[0].startswith('"') else ""  # a local part with blanks of its own, perhaps
    rest = _BLANKS_BETWEEN.sub(r"\1", " ".join(["", *words[1:]] if quoted else words))
    if " " not in rest and _is_address(quoted + rest):
        return "", quoted + rest
    found = next((index for index in reversed(range(len(words))) if _is_address(words[index])), None)
    if found is not None:
        return " ".join(words[:found] + words[found + 1 :]), words[found]
    return " ".join(words), ""


def _words(pieces: list[str]) -> list[str]:
    """Join tokens that have no blank between them; a quoted string stays whole, blanks and all."""
    words = [""]
    for piece in pieces:
        if piece == " ":
            words.append("")
        else:
            words[-1] += piece
    return [word for word in words if word]


def _is_address(word: str) -> bool:
    """Whether a word is local part, @ and domain; an @ inside a quoted name makes none."""
    local, _, domain = word.rpartition("@")
    return bool(local) and bool(domain) and '"' not in domain


def _decode_name(name: str, parsing: Parsing) -> str:
    """Take quotes and escapes off a display name, then decode it."""
    if '"' in name:
        name = _QUOTED.sub(lambda match: _QUOTED_PAIR.sub(r"\1", match[1]), name)
    if not name.strip():
        return ""
    return " ".join(encoded_words.decode_text(name.encode("latin-1"), parsing).split())


def _normalise(address: str) -> str:
    """Give the address with its domain in lower case, decoded where it is UTF-8 (RFC 6532), without controls or blanks
    around it."""
    if not address.isascii():
        octets = address.encode("latin-1")
        with contextlib.suppress(UnicodeDecodeError):
            address = octets.decode("utf-8")
    address = encoded_words.clean(address).strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    local, at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}" if at else address
