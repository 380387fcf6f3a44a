"""What a careful program makes of a message by the standard library alone, policy compat32: the baseline of parsing."""

from __future__ import annotations

import email
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from typing import Any

from inboxsync.mail.fingerprint import fingerprint
from inboxsync.model.message import ParsedMessage

_PEOPLE = ("from", "sender", "reply-to", "to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class Reading:
    """What both parsers give of well-formed mail, to be compared."""

    raw_sha256: str
    fingerprint: str
    message_id: str
    headers: dict[str, tuple[str, ...]]
    people: tuple[tuple[tuple[str, str], ...], ...]
    sent_at: datetime | None
    text: str | None
    html: str | None
    snippet: str
    attachments: tuple[tuple[str | None, str, int, str], ...]


def by_stdlib(octets: bytes) -> Reading:
    """Parse and decode with the standard library."""
    message = email.message_from_bytes(octets)
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), []).append(_decoded(value))
    texts, files = _leaves(message)
    return Reading(
        sha256(octets).hexdigest(),
        fingerprint(octets),
        (message["Message-ID"] or "").strip("<> "),
        {name: tuple(values) for name, values in headers.items()},
        tuple(_people(message, name) for name in _PEOPLE),
        parsedate_to_datetime(message["Date"]) if message["Date"] else None,
        texts.get("plain"),
        texts.get("html"),
        " ".join((texts.get("plain") or "")[:4000].split())[:100],
        tuple(files),
    )


def of_ours(parsed: ParsedMessage) -> Reading:
    """Show our result in the same shape."""
    people = (parsed.from_, parsed.sender, parsed.reply_to, parsed.to, parsed.cc, parsed.bcc)
    return Reading(
        parsed.raw_sha256,
        parsed.fingerprint,
        parsed.message_id or "",
        dict(parsed.headers),
        tuple(tuple((one.name, one.address) for one in several) for several in people),
        parsed.sent_at,
        parsed.body_text,
        parsed.body_html,
        parsed.snippet[:100],
        tuple((one.filename, one.content_type, one.size_bytes, one.sha256) for one in parsed.attachments),
    )


def _decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def _people(message: Message, name: str) -> tuple[tuple[str, str], ...]:
    return tuple((_decoded(shown), address) for shown, address in getaddresses(message.get_all(name, [])))


def _leaves(message: Message) -> tuple[dict[str, str], list[tuple[str | None, str, int, str]]]:
    texts: dict[str, str] = {}
    files = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content: Any = part.get_payload(decode=True)
        kind = part.get_content_subtype()
        if part.get_content_maintype() == "text" and kind not in texts and part.get_content_disposition() is None:
            charset = part.get_content_charset("utf-8")
            texts[kind] = content.decode(charset, "replace").replace("\r\n", "\n")
        else:
            name, digest = part.get_filename(), sha256(content).hexdigest()
            files.append((name and _decoded(name), part.get_content_type(), len(content), digest))
    return texts, files
