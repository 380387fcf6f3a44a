"""What ties messages into conversations: canonical Message-IDs, and where there are none, subject and people.

Every tie is a text that two messages have in common, so the conversations are the connected parts of one graph: the
same whatever the order in which the messages arrive (docs/adr/0016).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

# The first reference names the conversation, the last ones the messages answered; those between are tied already.
# A bound of its own, for a stranger's mail must not look up, remember or merge hundreds of conversations.
LAST_REFERENCES = 20
SUBJECT_WINDOW = timedelta(days=30)
_SUBJECT_CHARS = 300
_PREFIXES = 10

_QUOTED_LOCAL = re.compile(r'"([^"\\]*+)"')
_ANSWER = "re|r|aw|antw|sv|vs|odp|odg|od|rif|res|resp|rép|ref|ynt|atb|bls|vá|回复|答复|回覆|答覆"
_FORWARD = "fwd?|wg|doorst|vb|vl|tr|rv|enc|i|pd|ilt|přep|továbbítás|转发|轉寄|転送"
_TAGS = re.compile(r"(?:\[[^\[\]]{0,64}+\]\s*+)*+")
_PREFIX = re.compile(
    _TAGS.pattern + rf"(?:(?P<answer>{_ANSWER})|{_FORWARD})\s*+(?:\[\d{{1,4}}\]|\(\d{{1,4}}\))?\s*+[:：]\s*+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ties:
    """What one message has in common with others, as texts.

    `own` is its canonical Message-ID, `references` the ids it answers to, bounded. `subject` is where a reply without
    references would look for it, `guesses` are where it looks itself, being such a reply.
    """

    own: str | None = None
    references: tuple[str, ...] = ()
    subject: int | None = None
    guesses: tuple[int, ...] = ()


def canonical_id(text: str) -> str:
    """Give a Message-ID as it is compared: no brackets or folds, no needless quotes, the domain in lower case.

    RFC 5322 §3.6.4 makes quoted and plain forms equal and RFC 1035 §2.3.3 domains alike in any case; mail programs
    rewrite both when they answer. The local part keeps its case. Idempotent; never raises.
    """
    identifier = "".join(text.split()).strip("<>")
    local, at, domain = identifier.rpartition("@")
    if not at:
        return identifier
    if local[:1] == '"' and (plain := _QUOTED_LOCAL.fullmatch(local)) and plain[1]:
        local = plain[1]
    return f"{local}@{domain.lower()}"


def has_prefix(subject: str) -> bool:
    """Whether a subject begins as people's programs begin those of what they answer and forward."""
    return _first_prefix(subject) is not None


def is_forward(subject: str) -> bool:
    """Whether a subject says first of all that something is forwarded, not that it is answered."""
    found = _first_prefix(subject)
    return found is not None and found["answer"] is None


def _first_prefix(subject: str) -> re.Match[str] | None:
    return _PREFIX.match(subject[:_SUBJECT_CHARS].strip())


def base_subject(subject: str) -> tuple[str, bool]:
    """Give a subject without reply and forward prefixes, for comparing, and whether it answers (RFC 5256 §2.1)."""
    rest, answers = subject[:_SUBJECT_CHARS].strip(), False
    for _ in range(_PREFIXES):
        found = _PREFIX.match(rest) if ":" in rest or "：" in rest else None
        if found is None:
            break
        answers = answers or found["answer"] is not None
        rest = rest[found.end() :]
    if rest.startswith("["):
        rest = _TAGS.sub("", rest, count=1) or rest
    return " ".join(rest.casefold().split()), answers


def ties(
    *,
    message_id: str | None,
    answered: Iterable[str],
    subject: str,
    people: tuple[str, str],
    received_at: datetime,
) -> Ties:
    """Tell what a message may have in common with others.

    `answered` is References, then In-Reply-To; `people` the addresses of author and first recipient, '' where none;
    `subject` is '' for mail whose subject ties nothing.
    """
    own = canonical_id(message_id) if message_id else None
    references = _bounded([canonical_id(one) for one in answered], own)
    if references:
        return Ties(own, references)
    base, answers = base_subject(subject)
    addresses = sorted(address.lower() for address in people)
    if not base or "" in addresses:
        return Ties(own)
    window = int(received_at.timestamp() // SUBJECT_WINDOW.total_seconds())
    subject_key = _subject_key(base, addresses, window)
    return Ties(own, (), subject_key, (subject_key, _subject_key(base, addresses, window - 1)) if answers else ())


def _bounded(identifiers: list[str], own: str | None) -> tuple[str, ...]:
    unique = [one for one in dict.fromkeys(identifiers) if one and one != own]
    return tuple(unique if len(unique) <= LAST_REFERENCES + 1 else (unique[0], *unique[-LAST_REFERENCES:]))


def _subject_key(base: str, addresses: list[str], window: int) -> int:
    """Name a subject between two people in a window of time: 64 bits, signed as databases hold them."""
    text = "\n".join((base, *addresses, str(window)))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
