"""Message identifiers (RFC 5322 §3.6.4), taken as they are: no syntax is demanded of them, real ones have none.

White space in one is none of it (RFC 5322 §4.5.4): it comes from a line that was folded where no fold may be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inboxsync.mail import charsets, encoded_words
from inboxsync.mail.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_PLAIN = re.compile(rb"<([!-;=?-~]{1,200})>\Z")
_BRACKETED = re.compile(r"<([^<>]++)>")
# `Message from Jane <jane@example.com> of Friday <id@example.com>`, as MH writes In-Reply-To: the first is no id.
_AUTHOR = re.compile(r"\bfrom\b[^<>]{0,200}<[^<>]++>(?=[^<>]*<)", re.IGNORECASE)


def message_id(value: bytes | None, parsing: Parsing) -> str | None:
    """Give the Message-ID without angle brackets and outer spaces; None when there is none that could identify."""
    if value is None:
        return None
    plain = _PLAIN.match(value)
    if plain is not None and parsing.limits is DEFAULT_LIMITS:
        return plain[1].decode("ascii")
    text = _text(value, parsing)
    found = _BRACKETED.search(text)
    bounded = _bounded([found[1] if found else _bare(text)], parsing)
    return bounded[0] if bounded else None


def references(value: bytes | None, parsing: Parsing) -> tuple[str, ...]:
    """Give the ids of In-Reply-To or References in order, each once; the first and the latest where too many."""
    if value is None:
        return ()
    plain = _PLAIN.match(value)
    if plain is not None and parsing.limits is DEFAULT_LIMITS:
        return (plain[1].decode("ascii"),)
    text = _text(value, parsing)
    if not text.startswith("<"):
        text = _AUTHOR.sub(" ", text)
    found = _BRACKETED.findall(text) or _bare_words(text)
    unique = list(dict.fromkeys(_bounded(found, parsing)))
    limit = parsing.limits.message_ids
    if len(unique) <= limit:
        return tuple(unique)
    parsing.defects.add("message_ids_limit")
    # The first names the thread and the last the message answered; what lies between is the least needed.
    return (unique[0], *unique[1 - limit :])


def _bare(text: str) -> str:
    """Give the id that no brackets mark: where there are more words, `id@example.com (added by a relay)`, the first
    that has an @."""
    return next(iter(_bare_words(text)), text.strip("<>")) if len(text.split(None, 1)) > 1 else text.strip("<>")


def _bare_words(text: str) -> list[str]:
    return [word.strip("<>,;") for word in text.split() if "@" in word]


def _text(value: bytes, parsing: Parsing) -> str:
    """Give the octets as text. Some servers make encoded words of long headers whatever they hold; an id that only
    looks like one stands in brackets."""
    if value.startswith(b"=?"):
        return encoded_words.decode_text(value, parsing)
    return encoded_words.clean(charsets.decode(value, None, parsing))


def _bounded(identifiers: list[str], parsing: Parsing) -> list[str]:
    """Leave out empty ids and those no line of mail could hold: cut ones would name another message."""
    joined = ["".join(identifier.split()) for identifier in identifiers]
    kept = [identifier for identifier in joined if len(identifier) <= parsing.limits.message_id_chars]
    if len(kept) != len(joined):
        parsing.defects.add("message_id_too_long")
    return [identifier for identifier in kept if identifier]
