"""One mail as routing sees it: who sent it, what kind of mail it is, what it answers. Pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from inboxsync.model.conversation import canonical_id
from inboxsync.model.directory import sender_key
from inboxsync.model.message import Address, ParsedMessage
from inboxsync.tickets.association import Sender
from inboxsync.tickets.tokens import holds_token

WATCHERS_MAX = 50


class Kind(Enum):
    """Whether a person sent it, we ourselves, or a machine (RFC 3834, RFC 3464, RFC 2369)."""

    PERSON = "person"
    OWN = "own"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be routed. `received_at` is the only time that counts: a backlog is judged as it came."""

    sender: Sender
    kind: Kind
    received_at: datetime
    watchers: tuple[str, ...] = ()


def kind_of(parsed: ParsedMessage, sender: Sender, ours: Set[str]) -> Kind:
    """Tell the kind of a mail; `ours` are the addresses of our integrations among those it names."""
    if _is_own(parsed, sender, ours):
        return Kind.OWN
    if parsed.is_bounce:
        return Kind.BOUNCE
    if parsed.is_auto_reply or parsed.report is not None:
        return Kind.AUTO_REPLY
    return Kind.BULK if parsed.is_bulk else Kind.PERSON


def _is_own(parsed: ParsedMessage, sender: Sender, ours: Set[str]) -> bool:
    """Whether we sent it. A web form writes our address into From and the customer's into Reply-To: that is not ours.

    Who forges our address can keep his mail from becoming a ticket, no more.
    """
    if sender.address not in ours or sender.is_unverified:
        return False
    return all(sender_key(one.address) in ours for one in parsed.reply_to)


def answered(parsed: ParsedMessage) -> tuple[str, ...]:
    """Answer the Message-IDs it answers, the nearest first, in canonical form, each once.

    Of a report that is the mail it reports of, which comes attached.
    """
    attached = (one.summary.message_id for one in parsed.attachments if one.summary) if _is_report(parsed) else ()
    named = (*parsed.in_reply_to, *reversed(parsed.references), *(one for one in attached if one))
    return tuple(dict.fromkeys(canonical_id(identifier) for identifier in named))


def _is_report(parsed: ParsedMessage) -> bool:
    return parsed.is_bounce or parsed.report is not None


def token_places(parsed: ParsedMessage) -> tuple[str, ...]:
    """Answer every id of a mail that may hold a reply token."""
    own = () if parsed.message_id is None else (canonical_id(parsed.message_id),)
    return (*answered(parsed), *own)


def may_hold_token(parsed: ParsedMessage) -> bool:
    """Whether it is worth asking for the keys of tokens."""
    return holds_token(token_places(parsed))


def watchers_of(parsed: ParsedMessage, sender: Sender, kind: Kind, ours: Set[str]) -> tuple[str, ...]:
    """Answer whom a person copied in, but for ourselves and the author; at most fifty."""
    if kind is not Kind.PERSON or not parsed.cc:
        return ()
    addresses = dict.fromkeys(sender_key(one.address) for one in parsed.cc if "@" in one.address)
    return tuple(one for one in addresses if one not in ours and one != sender.address)[:WATCHERS_MAX]


def named_addresses(parsed: ParsedMessage) -> set[str]:
    """Answer the addresses of which it matters whether they are ours."""
    named: tuple[Address, ...] = (*parsed.from_[:1], *parsed.reply_to, *parsed.cc)
    return {sender_key(one.address) for one in named if one.address}
