"""What a careful program makes of a message by the standard library alone, policy compat32: the baseline of parsing.

It gives all that ours gives of well-formed mail. What is made of decoded text and has no counterpart there (the new
text of a reply, machine mail, safe names, types by content, the fingerprint) is made by the same functions for both.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from typing import Any

from inboxsync.mail.content_types import detected_type
from inboxsync.mail.evidence import Evidence
from inboxsync.mail.file_names import safe_name
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.mail.machine import classify
from inboxsync.mail.reply import new_text
from inboxsync.model.message import Address, Attachment, ParsedMessage

_PEOPLE = ("from", "sender", "reply-to", "to", "cc", "bcc")
_ID = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Reading:
    """What both parsers give of well-formed mail, to be compared."""

    raw_sha256: str
    fingerprint: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    headers: dict[str, tuple[str, ...]]
    people: tuple[tuple[Address, ...], ...]
    sent_at: datetime | None
    text: str | None
    html: str | None
    reply_text: str | None
    snippet: str
    attachments: tuple[Attachment, ...]
    machine: tuple[bool, bool, bool, str | None]
    has_defects: bool


def by_stdlib(octets: bytes) -> Reading:
    """Parse and decode with the standard library."""
    message = email.message_from_bytes(octets)
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), []).append(_decoded(value))
    shown = {name: tuple(values) for name, values in headers.items()}
    texts, files = _leaves(message)
    people = tuple(_people(message, name) for name in _PEOPLE)
    text = texts.get("plain")
    return Reading(
        raw_sha256=sha256(octets).hexdigest(),
        fingerprint=fingerprint(octets),
        message_id=(message["Message-ID"] or "").strip("<> "),
        in_reply_to=tuple(_ID.findall(message["In-Reply-To"] or "")),
        references=tuple(_ID.findall(message["References"] or "")),
        headers=shown,
        people=people,
        sent_at=parsedate_to_datetime(message["Date"]) if message["Date"] else None,
        text=text,
        html=texts.get("html"),
        reply_text=text and new_text(text),
        snippet=" ".join((text or "")[:4000].split())[:100],
        attachments=files,
        machine=_machine(message, shown, people, files, text or ""),
        has_defects=any(part.defects for part in message.walk()),
    )


def of_ours(parsed: ParsedMessage) -> Reading:
    """Show our result in the same shape."""
    return Reading(
        raw_sha256=parsed.raw_sha256,
        fingerprint=parsed.fingerprint,
        message_id=parsed.message_id or "",
        in_reply_to=parsed.in_reply_to,
        references=parsed.references,
        headers=dict(parsed.headers),
        people=(parsed.from_, parsed.sender, parsed.reply_to, parsed.to, parsed.cc, parsed.bcc),
        sent_at=parsed.sent_at,
        text=parsed.body_text,
        html=parsed.body_html,
        reply_text=parsed.reply_text,
        snippet=parsed.snippet[:100],
        attachments=parsed.attachments,
        machine=(parsed.is_auto_reply, parsed.is_bounce, parsed.is_bulk, parsed.machine_signal),
        has_defects=bool(parsed.defects),
    )


def _decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def _people(message: Message, name: str) -> tuple[Address, ...]:
    return tuple(Address(_decoded(shown), address) for shown, address in getaddresses(message.get_all(name, [])))


def _leaves(message: Message) -> tuple[dict[str, str], tuple[Attachment, ...]]:
    texts: dict[str, str] = {}
    files: list[Attachment] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content: Any = part.get_payload(decode=True)
        kind = part.get_content_subtype()
        if part.get_content_maintype() == "text" and kind not in texts and part.get_content_disposition() is None:
            charset = part.get_content_charset("utf-8")
            texts[kind] = content.decode(charset, "replace").replace("\r\n", "\n")
        else:
            files.append(_attachment(part, content, len(files), texts.get("html", "")))
    return texts, tuple(files)


def _attachment(part: Message, content: bytes, position: int, html: str) -> Attachment:
    name = part.get_filename()
    filename = name and _decoded(name)
    content_id = (part["Content-ID"] or "").strip("<> ") or None
    return Attachment(
        position=position,
        filename=filename,
        content_type=part.get_content_type(),
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
        content=content,
        is_inline=content_id is not None and f"cid:{content_id}" in html,
        content_id=content_id,
        safe_name=safe_name(filename, position),
        detected_type=detected_type(content),
    )


def _machine(
    message: Message,
    headers: dict[str, tuple[str, ...]],
    people: tuple[tuple[Address, ...], ...],
    files: tuple[Attachment, ...],
    text: str,
) -> tuple[bool, bool, bool, str | None]:
    is_report = message.get_content_type() == "multipart/report"
    told = classify(
        Evidence(
            headers=headers,
            report_type=str(message.get_param("report-type")) if is_report else "",
            subject=headers.get("subject", ("",))[0],
            author=people[0][0] if people[0] else None,
            recipients=people[3],
            attachments=files,
            text=text,
        )
    )
    return told.is_auto_reply, told.is_bounce, told.is_bulk, told.signal
