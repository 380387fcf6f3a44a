"""Octets to ParsedMessage: the whole of a message, or its header alone. Total, bounded, pure.

One parser of our own for all mail: the structure is found on octets by `bytes.find` and transfer encodings are undone
by binascii, so that it runs near memory speed on large mail. What is well-formed beyond doubt takes a short way to the
same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from inboxsync.mail import authentication, dates, ids
from inboxsync.mail.addresses import parse_addresses
from inboxsync.mail.attachments import read_attachments
from inboxsync.mail.bodies import Bodies, read_bodies, select, snippet
from inboxsync.mail.charsets import codec_for
from inboxsync.mail.encoded_words import decode_fields
from inboxsync.mail.evidence import Evidence
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.mail.header_block import HeaderBlock, message_start, read_header, with_line_feeds
from inboxsync.mail.limits import DEFAULT_LIMITS, Defects, ParseLimits, Parsing
from inboxsync.mail.machine import NO_MACHINE, Machine, classify, has_sign
from inboxsync.mail.octet_work import OctetWork
from inboxsync.mail.parameters import parse_parameterised
from inboxsync.mail.plain_tree import read_plain
from inboxsync.mail.structure import Part, read_tree
from inboxsync.model.conversation import is_forward
from inboxsync.model.message import Address, Attachment, ParsedMessage

_NO_BODIES = Bodies()
_ONCE = ("from", "sender", "subject", "date", "message-id")


class _Digests(NamedTuple):
    """The hashes of a message. Taken before anything is decoded, so that large leaves are not held twice."""

    raw_sha256: str
    fingerprint: str

    @classmethod
    def of(cls, octets: bytes, work: OctetWork | None = None) -> _Digests:
        return cls(sha256(octets).hexdigest(), fingerprint(octets, work))


class _Content(NamedTuple):
    """What lies below the header: nothing of it where only a header was given."""

    bodies: Bodies = _NO_BODIES
    attachments: tuple[Attachment, ...] = ()


def parse_message(
    octets: bytes, limits: ParseLimits = DEFAULT_LIMITS, *, trusted_authserv_ids: Collection[str] = ()
) -> ParsedMessage:
    """Parse a whole message. Never raises: what cannot be read is left out and named in `defects`.

    `authentication` is what the servers of `trusted_authserv_ids` say, nothing without them: anybody can say it.
    """
    parsing = Parsing(limits, trusted_authserv_ids=trusted_authserv_ids)
    try:
        return _parse_message(octets, parsing)
    except Exception as error:  # noqa: BLE001  one bad message must cost one message; the raw octets are kept anyway
        return _minimal(octets, error, parsing.defects)


def parse_header(
    octets: bytes, limits: ParseLimits = DEFAULT_LIMITS, *, trusted_authserv_ids: Collection[str] = ()
) -> ParsedMessage:
    """Parse a header block alone: no bodies, no attachments, the fingerprint of the header. Never raises."""
    parsing = Parsing(limits, trusted_authserv_ids=trusted_authserv_ids)
    try:
        lines = with_line_feeds(octets, limits.header_block_bytes)
        header = read_header(lines, message_start(lines, parsing), len(lines), parsing)
        return _assemble(len(octets), _Digests.of(octets), header, _Content(), parsing)
    except Exception as error:  # noqa: BLE001  as above
        return _minimal(octets, error, parsing.defects)


def _minimal(octets: bytes, error: Exception, defects: Defects) -> ParsedMessage:
    """What can be said of a message that the parser failed on: a bug of ours, to be seen by its defect."""
    digests = _Digests.of(octets)
    failed = f"parser_failed:{type(error).__name__}"
    return ParsedMessage(len(octets), digests.raw_sha256, digests.fingerprint, defects=(*defects.as_tuple(), failed))


def _parse_message(octets: bytes, parsing: Parsing) -> ParsedMessage:
    digests, root = _digests_and_tree(octets, parsing)
    parsing.charset_hint = partial(_charset_hint, root)  # looked for where it is needed: hardly ever
    selection = select(root)
    bodies = read_bodies(selection, parsing)
    attachments = tuple(read_attachments(selection, bodies, parsing)) if selection.attachments else ()
    return _assemble(len(octets), digests, root.header, _Content(bodies, attachments), parsing)


def _digests_and_tree(octets: bytes, parsing: Parsing) -> tuple[_Digests, Part]:
    plain = read_plain(octets, parsing)
    if plain is not None:
        root, known = plain
        return _Digests(sha256(octets).hexdigest(), known), root
    digests = _Digests.of(octets, parsing.work)
    return digests, read_tree(with_line_feeds(octets, parsing.limits.header_block_bytes), parsing)


def _charset_hint(root: Part) -> str | None:
    """Suspect a charset in the raw octets of a message: the first that is declared in it, or what all of them look
    like together, since each value by itself says little."""
    return _declared_charset(root) or _guessed_charset(root.header)


def _guessed_charset(header: HeaderBlock) -> str | None:
    from inboxsync.mail.charset_guess import guess_codec  # as where it is used for one value

    raw = [value for values in header.fields.values() for value in values if not _is_utf8(value)]
    return guess_codec(b"\n".join(raw)) if len(raw) > 1 else None


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _declared_charset(root: Part) -> str | None:
    waiting = [root]
    while waiting:
        part = waiting.pop()
        label = part.content_type.label("charset")
        if label is not None and codec_for(label) is not None:
            return label
        if part.children:
            waiting.extend(reversed(part.children))
    return None


def _assemble(
    size_bytes: int, digests: _Digests, header: HeaderBlock, content: _Content, parsing: Parsing
) -> ParsedMessage:
    fields = header.fields
    headers = decode_fields(fields, parsing)
    if len(headers) < sum(map(len, headers.values())):
        _note_duplicates(headers, parsing)
    authors = header.all("from")
    at = _telling(authors, parsing) if len(authors) > 1 else 0
    from_, to = _people(authors[at : at + 1], parsing), _people(fields.get("to"), parsing)
    machine = _machine(header, headers, content, (from_, to), parsing)
    date_raw, subject = _first(headers, "date"), _first(headers, "subject") or ""
    text = content.bodies.text
    return ParsedMessage(
        size_bytes=size_bytes,
        raw_sha256=digests.raw_sha256,
        fingerprint=digests.fingerprint,
        message_id=ids.message_id(header.first("message-id"), parsing),
        in_reply_to=_references(fields.get("in-reply-to"), parsing),
        references=_references(fields.get("references"), parsing),
        subject=subject,
        from_raw=headers["from"][at] if authors else "",
        date_raw=date_raw,
        sent_at=dates.sent_at(date_raw, parsing),
        from_=from_,
        sender=_people(fields.get("sender", ())[:1], parsing),
        reply_to=_people(fields.get("reply-to"), parsing),
        to=to,
        cc=_people(fields.get("cc"), parsing),
        bcc=_people(fields.get("bcc"), parsing),
        headers=MappingProxyType(headers),
        body_text=text,
        body_html=content.bodies.html,
        reply_text=_reply_text(content.bodies, subject),
        snippet=snippet(text, parsing.limits.snippet_chars),
        attachments=content.attachments,
        is_auto_reply=machine.is_auto_reply,
        is_bounce=machine.is_bounce,
        is_bulk=machine.is_bulk,
        machine_signal=machine.signal,
        report=machine.report,
        delivery_reports=machine.delivery_reports,
        authentication=authentication.results(header.all("authentication-results"), parsing.trusted_authserv_ids),
        defects=parsing.defects.as_tuple(),
    )


def _note_duplicates(headers: Mapping[str, tuple[str, ...]], parsing: Parsing) -> None:
    for name in _ONCE:
        if len(headers.get(name, ())) > 1:
            parsing.defects.add(f"duplicate_header:{name}")


def _first(headers: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    values = headers.get(name)
    return values[0] if values else None


def _reply_text(bodies: Bodies, subject: str) -> str | None:
    """Give the new text; all of a forwarded message, whose header block looks like that of a quoted one in Outlook."""
    return bodies.text if bodies.new_text is not bodies.text and is_forward(subject) else bodies.new_text


def _telling(authors: list[bytes], parsing: Parsing) -> int:
    """Say which of several From fields counts: the first that has an address, since broken forms put in one without."""
    found = (at for at, value in enumerate(authors) if any(one.address for one in parse_addresses(value, parsing)))
    return next(found, 0)


def _references(values: list[bytes] | None, parsing: Parsing) -> tuple[str, ...]:
    """Read all occurrences of a field of ids as one: some gateways write a line for each."""
    return ids.references(values[0] if len(values) == 1 else b" ".join(values), parsing) if values else ()


def _people(values: Sequence[bytes] | None, parsing: Parsing) -> tuple[Address, ...]:
    """Read all occurrences of a recipient header as one list: some senders write a line for each recipient."""
    if not values:
        return ()
    return parse_addresses(values[0] if len(values) == 1 else b", ".join(values), parsing)


def _machine(
    header: HeaderBlock,
    headers: Mapping[str, tuple[str, ...]],
    content: _Content,
    people: tuple[tuple[Address, ...], tuple[Address, ...]],
    parsing: Parsing,
) -> Machine:
    """Judge by all that is known; `people` are the authors and those it was sent to."""
    authors, to = people
    author = authors[0] if authors else None
    subject = _first(headers, "subject") or ""
    report_type = _report_type(header.first("content-type"), parsing)
    if not report_type and not has_sign(headers, subject, author, content.attachments):
        return NO_MACHINE
    return classify(
        Evidence(
            headers=headers,
            report_type=report_type,
            subject=subject,
            author=author,
            recipients=to,
            attachments=content.attachments,
            text=content.bodies.text or "",
        )
    )


def _report_type(content_type: bytes | None, parsing: Parsing) -> str:
    """Name what a multipart/report reports, "" for any other type."""
    if content_type is None or content_type.lower().find(b"report") < 0:
        return ""
    parsed = parse_parameterised(content_type, parsing)
    return (parsed.label("report-type") or "").lower() if parsed.value == "multipart/report" else ""
