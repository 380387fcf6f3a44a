"""The fields of the filter language as data: name, kind, what each holds, and how it is read.

A value is always a tuple: one element for a scalar, none where the message does not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from inboxsync.model.message import Address
from inboxsync.rules.nodes import Value
from inboxsync.rules.source import Source
from inboxsync.rules.times import aware

Values: TypeAlias = tuple[Value, ...]
Read: TypeAlias = Callable[[Source], Values]


class Kind(StrEnum):
    """What elements a field has; `LIST` is any number of texts."""

    TEXT = "text"
    LIST = "list"
    INT = "int"
    NUMBER = "number"
    BOOL = "bool"
    TIME = "time"

    @property
    def is_textual(self) -> bool:
        """Whether its elements are texts."""
        return self in (Kind.TEXT, Kind.LIST)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `needs_body` is false where header, flags, size, times and settings tell its value.

    `varies` is true where a copy of the same mail in another folder, or the same mail later, may have another value;
    `holds_domains` where its elements are addresses or domains, which are equal in each form of an international one.
    """

    name: str
    kind: Kind
    description: str
    read: Read
    needs_body: bool = False
    varies: bool = False
    aliases: tuple[str, ...] = ()
    holds_domains: bool = False


def _known(value: Value | None) -> Values:
    return () if value is None or value == "" else (value,)


def _distinct(values: Sequence[str]) -> Values:
    return tuple({value: None for value in values if value})


def _addresses(people: Iterable[Address]) -> Values:
    return _distinct([person.address.lower() for person in people])


def _domains(people: Iterable[Address]) -> Values:
    return _distinct([person.domain for person in people])


def _subject(source: Source) -> Values:
    # The one text that counts as missing when only blanks are in it: people mean "has no subject".
    return (source.parsed.subject,) if source.parsed.subject.strip() else ()


def _first_author(part: Callable[[Address], str]) -> Read:
    def read(source: Source) -> Values:
        author = source.parsed.first_author
        return () if author is None else _known(part(author))

    return read


def _recipients(source: Source) -> Values:
    return _addresses((*source.parsed.to, *source.parsed.cc, *source.parsed.bcc))


def _bodies(source: Source) -> Values:
    return tuple(body for body in (source.parsed.body_text, source.parsed.body_html) if body is not None)


def _flag(name: str, present: bool = True) -> Read:
    def read(source: Source) -> Values:
        return ((name in {flag.lower() for flag in source.flags}) is present,)

    return read


def _message_id(source: Source) -> Values:
    return (f"<{source.parsed.message_id}>",) if source.parsed.message_id else ()


def _attachment_count(source: Source) -> Values:
    return (sum(not attachment.is_inline for attachment in source.parsed.attachments),)


def _attachment_names(source: Source) -> Values:
    return tuple(attachment.filename for attachment in source.parsed.attachments if attachment.filename)


def _attachment_types(source: Source) -> Values:
    return _distinct([attachment.content_type.lower() for attachment in source.parsed.attachments])


_SECONDS_A_DAY = 86_400


def _age_days(source: Source) -> Values:
    if source.received_at is None:
        return ()
    return ((source.now - source.received_at).total_seconds() / _SECONDS_A_DAY,)


def _is_reply(source: Source) -> Values:
    return (bool(source.parsed.in_reply_to or source.parsed.references),)


def _verdict(method: str) -> Read:
    def read(source: Source) -> Values:
        return _known(source.parsed.authentication.get(method))

    return read


def _header(name: str) -> Read:
    def read(source: Source) -> Values:
        return tuple(source.parsed.headers.get(name, ()))

    return read


_TEXT, _LIST, _BOOL = Kind.TEXT, Kind.LIST, Kind.BOOL

FIELDS: tuple[Field, ...] = (
    Field("subject", _TEXT, "decoded Subject; missing if blank", _subject),
    Field("body", _LIST, "the text body and the HTML source, as many as exist", _bodies, needs_body=True),
    Field("body_text", _TEXT, "the plain text, made from the HTML where there is none",
          lambda s: _known(s.parsed.body_text), needs_body=True),
    Field("body_html", _TEXT, "the HTML source", lambda s: _known(s.parsed.body_html), needs_body=True),
    Field("from.address", _TEXT, "address of the first author, in lower case",
          _first_author(lambda author: author.address.lower()), holds_domains=True),
    Field("from.localpart", _TEXT, "what stands before the @ in it", _first_author(lambda author: author.localpart)),
    Field("from.domain", _TEXT, "what stands after the @ in it",
          _first_author(lambda author: author.domain), holds_domains=True),
    Field("from.name", _TEXT, "display name of the first author", _first_author(lambda author: author.name)),
    Field("from.addresses", _LIST, "addresses of all authors",
          lambda s: _addresses(s.parsed.from_), holds_domains=True),
    Field("from.domains", _LIST, "domains of all authors", lambda s: _domains(s.parsed.from_), holds_domains=True),
    Field("from.raw", _TEXT, "the From header, encoded words decoded", lambda s: _known(s.parsed.from_raw)),
    Field("to", _LIST, "addresses of To, in lower case", lambda s: _addresses(s.parsed.to), holds_domains=True),
    Field("cc", _LIST, "addresses of Cc, in lower case", lambda s: _addresses(s.parsed.cc), holds_domains=True),
    Field("bcc", _LIST, "addresses of Bcc, in lower case", lambda s: _addresses(s.parsed.bcc), holds_domains=True),
    Field("recipients", _LIST, "addresses of To, Cc and Bcc together", _recipients, holds_domains=True),
    Field("to_domains", _LIST, "domains of To", lambda s: _domains(s.parsed.to), holds_domains=True),
    Field("cc_domains", _LIST, "domains of Cc", lambda s: _domains(s.parsed.cc), holds_domains=True),
    Field("bcc_domains", _LIST, "domains of Bcc", lambda s: _domains(s.parsed.bcc), holds_domains=True),
    Field("reply_to.addresses", _LIST, "addresses of Reply-To",
          lambda s: _addresses(s.parsed.reply_to), holds_domains=True),
    Field("reply_to.domains", _LIST, "domains of Reply-To", lambda s: _domains(s.parsed.reply_to), holds_domains=True),
    Field("sender.addresses", _LIST, "address of Sender", lambda s: _addresses(s.parsed.sender), holds_domains=True),
    Field("mailbox.folder", _TEXT, "the folder as the server names it, decoded", lambda s: _known(s.folder),
          varies=True, aliases=("folder",)),
    Field("mailbox.name", _TEXT, "name of the integration", lambda s: _known(s.integration.name)),
    Field("account.id", Kind.INT, "our number of the integration", lambda s: _known(s.integration.id),
          aliases=("integration.id",)),
    Field("account.name", _TEXT, "name of the integration", lambda s: _known(s.integration.name),
          aliases=("integration.name",)),
    Field("account.company_id", Kind.INT, "our number of the integration's company", lambda s: _known(s.company_id),
          aliases=("integration.company_id",)),
    Field("is_unread", _BOOL, r"without the flag \Seen when it was fetched", _flag("\\seen", present=False),
          varies=True),
    Field("is_read", _BOOL, r"with the flag \Seen when it was fetched", _flag("\\seen"), varies=True),
    Field("is_flagged", _BOOL, r"with the flag \Flagged when it was fetched", _flag("\\flagged"), varies=True),
    Field("is_answered", _BOOL, r"with the flag \Answered when it was fetched", _flag("\\answered"), varies=True),
    Field("flags", _LIST, r"flags as sent by the server, \Seen and keywords", lambda s: tuple(s.flags), varies=True),
    Field("message_id", _TEXT, "Message-ID with its angle brackets", _message_id),
    Field("has_attachments", _BOOL, "whether it has attachments other than inline images",
          lambda s: (s.parsed.has_attachments,), needs_body=True),
    Field("attachments.count", Kind.INT, "how many, without inline images", _attachment_count, needs_body=True),
    Field("attachments.names", _LIST, "decoded file names, inline images too", _attachment_names, needs_body=True),
    Field("attachments.types", _LIST, "type/subtype in lower case, inline images too", _attachment_types,
          needs_body=True),
    Field("size", Kind.INT, "octets of the whole message", lambda s: (s.size_bytes,)),
    Field("sent_at", Kind.TIME, "the Date header", lambda s: _known(aware(s.parsed.sent_at))),
    Field("received_at", Kind.TIME, "when the server received it (INTERNALDATE)", lambda s: _known(s.received_at)),
    Field("age_days", Kind.NUMBER, "days from received_at to now", _age_days, varies=True),
    Field("is_reply", _BOOL, "it names another message in In-Reply-To or References", _is_reply),
    # These two also look at the types of the parts: many servers send reports without saying so in the header.
    Field("is_auto_reply", _BOOL, "an automatic answer (RFC 3834)", lambda s: (s.parsed.is_auto_reply,),
          needs_body=True),
    Field("is_bounce", _BOOL, "a report that mail was not delivered (RFC 3464)", lambda s: (s.parsed.is_bounce,),
          needs_body=True),
    Field("is_bulk", _BOOL, "sent to a list or in bulk (RFC 2919, RFC 2369)", lambda s: (s.parsed.is_bulk,)),
    *(
        Field(f"authentication.{method}", _TEXT, f"{method.upper()} verdict of a trusted server", _verdict(method),
              varies=True)  # which servers are trusted is a setting
        for method in ("spf", "dkim", "dmarc")
    ),
)  # fmt: skip
"""Every field with a fixed name, in the order in which people read about them."""

HEADER_PREFIX = "headers."
HEADER_FIELD = Field(
    "headers.<name>",
    Kind.LIST,
    "every occurrence of that header, decoded; the name may contain dots",
    _header("<name>"),
)
"""Stands in listings for the family of header fields."""

_BY_NAME: Mapping[str, Field] = MappingProxyType(
    {name: field for field in FIELDS for name in (field.name, *field.aliases)}
)


def field_names() -> tuple[str, ...]:
    """Name every field with a fixed name, aliases included."""
    return tuple(_BY_NAME)


def find_field(name: str) -> Field | None:
    """Answer the field of that name, in whatever case it is written, None where there is none.

    A header name is what RFC 5322 §3.6.8 allows: printable ASCII without the colon.
    """
    name = name.lower()
    if name.startswith(HEADER_PREFIX):
        header = name.removeprefix(HEADER_PREFIX)
        valid = bool(header) and all("!" <= character <= "~" and character != ":" for character in header)
        return Field(name, Kind.LIST, HEADER_FIELD.description, _header(header)) if valid else None
    return _BY_NAME.get(name)
