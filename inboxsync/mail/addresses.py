"""Address lists (RFC 5322 §3.4, §4.4) as senders really write them: one pass over tokens, linear, total.

Text is split into tokens before any encoded word is decoded: a display name that decodes to `, <other@example.org>`
stays a display name.
"""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from inboxsync.mail import encoded_words
from inboxsync.mail.address_tokens import BLANK, Token, show, spell, words_of
from inboxsync.mail.limits import DEFAULT_LIMITS
from inboxsync.mail.mailboxes import Mailbox, mailboxes
from inboxsync.model.message import Address

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing


_SHORT_BYTES = 200
_ONE_WORD = re.compile(r'(?:"(?:[^"\\]++|\\.)*+"|[^\s"]++)++\Z', re.DOTALL | re.ASCII)
_WITHIN_QUOTES = re.compile(r'[^"]*+(?:"\Z|(?<= )")')  # the next is the closing one, or the opening one of others
_LOCAL_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~.-]++\Z")
# `"jane"@example.com` is jane@example.com; `<'jane@example.com'>` and `<"jane@example.com">` mean no other either.
_NEEDLESS_QUOTES = re.compile(
    r"""\A(?:(["'])([^\s"'()<>,;:@\\]++@[^\s"'()<>,;:@\\]++)\1\Z"""
    r"""|"((?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\.(?!["\.]))?)++)"(?=@[^@]*\Z))"""
)
# One mailbox as nearly all mail writes it: nothing in it could be read in two ways.
_PLAIN = re.compile(
    r"\s*+(?:\"([^\"\\=]*+)\"\s*+(?=<)|([^\"(),:;<>@\\]*+)(?=<))?"
    r"(<)?([^\s<>()\",:;@\\=?\[]++@[^\s<>()\",:;@\\=?']++)(?(3)>)\s*+(?:,|\Z)"
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
    return tuple([_with_decoded_name(one, parsing) for one in found]) if value.find(b"=?") >= 0 else found


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
    return name if decoded is None or "=?" in decoded else _tidy(decoded) if "=?" in name else " ".join(decoded.split())


def _tidy(name: str) -> str:
    """Put a decoded name on one line; quotes around it that were encoded along with it are none of it."""
    name = " ".join(name.split())
    is_quoted = len(name) > 2 and name[0] == name[-1] == '"' and _WITHIN_QUOTES.match(name, 1)
    return name[1:-1].strip() if is_quoted else name


# The same few people write to the same few addresses: most lists of a mailbox were read before.
_of_short = lru_cache(maxsize=2048)(_plain_addresses)


def _with_decoded_name(address: Address, parsing: Parsing) -> Address:
    if "=?" not in address.name:
        return address
    return Address(_tidy(encoded_words.decode_text(address.name.encode("ascii"), parsing)), address.address)


def _any_addresses(value: bytes, parsing: Parsing) -> tuple[Address, ...]:
    found: list[Address] = []
    for mailbox in mailboxes(value.decode("latin-1")):
        found += _addresses_of(mailbox, parsing)
        if len(found) > parsing.limits.addresses:
            parsing.defects.add("addresses_limit")
            del found[parsing.limits.addresses :]
            break
    return tuple(found)


def _addresses_of(mailbox: Mailbox, parsing: Parsing) -> list[Address]:
    """Make addresses of what was read; a comment alone is none (RFC 5322 §3.4)."""
    if mailbox.angle is not None:
        found = [_address([*mailbox.phrase, BLANK, *mailbox.behind], spell(mailbox.angle), mailbox, parsing)]
    else:
        found = _bare_addresses(mailbox, parsing)
    return [address for address in found if address.name or address.address]


def _bare_addresses(mailbox: Mailbox, parsing: Parsing) -> list[Address]:
    """Read what has no angle brackets: `a@b`, `a @ b`, `"a b" @ c`, `Name a@b`, `a@b c@d`, or a name alone. A word
    that a comment names is a mailbox of that very system, as cron and old daemons have it: `root (Cron Daemon)`."""
    words = words_of(mailbox.phrase)
    if not words:
        return []
    if mailbox.begins_bare or len(words) == 1:
        whole = spell(mailbox.phrase)
        is_local = mailbox.comments and _LOCAL_MAILBOX.match(whole) and "@" not in mailbox.comments[0].piece
        if is_local or (_ONE_WORD.match(whole) and _is_address(whole)):
            return [_address([], whole, mailbox, parsing)]
    if mailbox.begins_bare:
        spelled = [spell(word) for word in words]
        found = [index for index, word in enumerate(spelled) if _is_address(word)]
        if len(found) == len(words):  # commas were left out
            return [_address([], word, mailbox, parsing) for word in spelled]
        if found:
            name = [*words[: found[-1]], *words[found[-1] + 1 :]]
            return [_address(_with_blanks(name), spelled[found[-1]], mailbox, parsing)]
    return _named_only(mailbox, parsing)


def _named_only(mailbox: Mailbox, parsing: Parsing) -> list[Address]:
    """Read what has no address but perhaps in a comment, `"Jane Doe" (jane@example.com)`, or all of it encoded."""
    comment = show(mailbox.comments[:1])
    if _ONE_WORD.match(comment) and _is_address(comment):
        return [_address(mailbox.phrase, comment, mailbox, parsing)]
    if all(token.kind in ("word", "blank") for token in mailbox.phrase):
        return _encoded_addresses(mailbox, parsing)
    return [_address(mailbox.phrase, "", mailbox, parsing)]


def _with_blanks(words: list[list[Token]]) -> list[Token]:
    return [token for word in words for token in (*word, BLANK)]


def _encoded_addresses(mailbox: Mailbox, parsing: Parsing) -> list[Address]:
    """Read a mailbox of nothing but encoded words: a name, or a name and an address in brackets, encoded as one,
    which RFC 2047 §5 forbids. An address alone stays a name: nobody encodes one but to have it taken for another."""
    name = encoded_words.decode_text(show(mailbox.phrase).encode("latin-1"), parsing)
    if "@" in name and "=?" not in name:
        inner = list(mailboxes(name.encode().decode("latin-1")))
        if all(one.has_address for one in inner):
            return [address for one in inner for address in _addresses_of(one, parsing)]
    return [Address(_tidy(name), "")]


def _address(name: list[Token], address: str, mailbox: Mailbox, parsing: Parsing) -> Address:
    shown = show(name) or show(mailbox.comments[:1])
    return Address(_decode_name(shown, parsing), _normalise(_without_route(address), parsing))


def _without_route(address: str) -> str:
    return address.rpartition(":")[2] if address.startswith("@") else address


def _is_address(word: str) -> bool:
    """Whether a word is local part, @ and domain; an @ inside a quoted name makes none."""
    local, _, domain = word.rpartition("@")
    return bool(local) and bool(domain) and '"' not in domain


def _decode_name(name: str, parsing: Parsing) -> str:
    decoded = encoded_words.decode_text(name.encode("latin-1"), parsing) if name else ""
    return _tidy(decoded) if "=?" in name else " ".join(decoded.split())


def _unquoted(match: re.Match[str]) -> str:
    return match[2] or match[3]


def _normalise(address: str, parsing: Parsing) -> str:
    """Give the address with its domain in lower case, decoded where it is UTF-8 (RFC 6532) or wrongly an encoded word,
    without controls, blanks or quotes around it, nor quotes that its local part has no need of (RFC 5322 §3.4.1)."""
    if "=?" in address and "?=" in address:
        decoded = encoded_words.decode_text(address.encode("latin-1"), parsing)
        # An @ in an encoded word beside another would change whose address it is.
        address = decoded if decoded.count("@") == max(address.count("@"), 1) else address
    elif not address.isascii():
        octets = address.encode("latin-1")
        with contextlib.suppress(UnicodeDecodeError):
            address = octets.decode("utf-8")
    address = encoded_words.clean(address).strip()
    if address == '""':
        return ""
    if address[:1] == "[" and address[-1:] == "]" and "@" in address:  # `Jane [jane@example.com]`, as text shows it
        address = address[1:-1]
    if address[:7].lower() == "mailto:":
        address = address[7:]
    address = _NEEDLESS_QUOTES.sub(_unquoted, address)
    local, at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}" if at else address
