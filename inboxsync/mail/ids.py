"""Message identifiers (RFC 5322 §3.6.4), taken as they are: no syntax is demanded of them, real ones have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inboxsync.mail import charsets, encoded_words
from inboxsync.mail.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_PLAIN = re.compile(rb"<([!-;=?-~]{1,200})>\Z")
_BRACKETED = re.compile(r"<([^<>]++)>")


def message_id(value: bytes | None, parsing: Parsing) -> str | None:
    """Give the Message-ID without angle brackets and outer spaces; None when there is none that could identify."""
    if value is None:
        return None
    plain = _PLAIN.match(value)
    if plain is not None and parsing.limits is DEFAULT_LIMITS:
        return plain[1].decode("ascii")
    text = _text(value, parsing)
    found = _BRACKETED.search(text)
    identifier = (found[1] if found else text.strip("<>")).strip()
    return _bounded([identifier], parsing)[0] if _bounded([identifier], parsing) else None


def references(value: bytes | None, parsing: Parsing) -> tuple[str, ...]:
    """Give the ids of In-Reply-To or References in order, each once; the first and the latest where too many."""
    if value is None:
        return ()
    plain = _PLAIN.match(value)
    if plain is not None and parsing.limits is DEFAULT_LIMITS:
        return (plain[1].decode("ascii"),)
    text = _text(value, parsing)
    found = _BRACKETED.findall(text) or [word.strip("<>,;") for word in text.split() if "@" in word]
    unique = list(dict.fromkeys(_bounded([identifier.strip() for identifier in found], parsing)))
    limit = parsing.limits.message_ids
    if len(unique) <= limit:
        return tuple(unique)
    parsing.defects.add("message_ids_limit")
    # The first names the thread and the last the message answered; what lies between is the least needed.
    return (unique[0], *unique[1 - limit :])


def _text(value: bytes, parsing: Parsing) -> str:
    return encoded_words.clean(charsets.decode(value, None, parsing))


def _bounded(identifiers: list[str], parsing: Parsing) -> list[str]:
    """Leave out empty ids and those no line of mail could hold: cut ones would name another message."""
    kept = [identifier for identifier in identifiers if len(identifier) <= parsing.limits.message_id_chars]
    if len(kept) != len(identifiers):
        parsing.defects.add("message_id_too_long")
    return [identifier for identifier in kept if identifier]
