"""The same first sync through `email.policy.default` and one commit a message: our engine with those two choices.

As a program it syncs all integrations of the environment's store once.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.mail import parse as parse_module
from inboxsync.mail.evidence import Evidence
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.mail.html_text import to_text
from inboxsync.mail.machine import classify
from inboxsync.mail.reply import new_text
from inboxsync.model.message import Address, Attachment, ParsedMessage
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Order

SNIPPET_CHARS = 200


def parse(octets: bytes, **_: object) -> ParsedMessage:
    """What the standard library's default policy makes of a message: all that our own parser answers, in its shape."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    sent_at = message["Date"].datetime if message["Date"] else None
    headers = every_header(message)
    html = text(message, "html")
    plain = text(message, "plain") or (to_text(html) if html else None)
    files = tuple(attachments(message))
    authors, to = addresses(message, "From"), addresses(message, "To")
    subject = str(message["Subject"] or "")
    machine = classify(
        Evidence(
            headers=headers,
            report_type=str(message.get_param("report-type") or ""),
            subject=subject,
            author=authors[0] if authors else None,
            recipients=to,
            attachments=files,
            text=plain or "",
        )
    )
    return ParsedMessage(
        size_bytes=len(octets),
        raw_sha256=hashlib.sha256(octets).hexdigest(),
        fingerprint=fingerprint(octets),
        message_id=str(message["Message-ID"] or "").strip("<> ") or None,
        in_reply_to=identifiers(message, "In-Reply-To"),
        references=identifiers(message, "References"),
        subject=subject,
        from_raw=str(message["From"] or ""),
        date_raw=str(message["Date"] or "") or None,
        sent_at=sent_at if isinstance(sent_at, datetime) and sent_at.tzinfo else None,
        from_=authors,
        sender=addresses(message, "Sender"),
        reply_to=addresses(message, "Reply-To"),
        to=to,
        cc=addresses(message, "Cc"),
        bcc=addresses(message, "Bcc"),
        headers=headers,
        body_text=plain,
        body_html=html,
        reply_text=new_text(plain) if plain else None,
        snippet=" ".join((plain or "").split())[:SNIPPET_CHARS],
        attachments=files,
        is_auto_reply=machine.is_auto_reply,
        is_bounce=machine.is_bounce,
        is_bulk=machine.is_bulk,
        machine_signal=machine.signal,
    )


def every_header(message: EmailMessage) -> dict[str, tuple[str, ...]]:
    """All values of each header, decoded."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in message.items():
        found[name.lower()] = (*found.get(name.lower(), ()), str(value))
    return found


def identifiers(message: EmailMessage, name: str) -> tuple[str, ...]:
    """The message ids in a header."""
    return tuple(one.strip("<>") for one in str(message[name] or "").split())


def addresses(message: EmailMessage, name: str) -> tuple[Address, ...]:
    """The mailboxes of an address header."""
    header = message[name]
    return tuple(Address(one.display_name, one.addr_spec) for one in header.addresses) if header else ()


def text(message: EmailMessage, kind: str) -> str | None:
    """The body of a kind."""
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else None


def attachments(message: EmailMessage) -> list[Attachment]:
    """The attached files, decoded."""
    found = []
    for position, part in enumerate(message.iter_attachments()):
        content = part.get_payload(decode=True)
        octets = content if isinstance(content, bytes) else b""
        digest = hashlib.sha256(octets).hexdigest()
        kind = part.get_content_type()
        content_id = str(part["Content-ID"] or "").strip("<> ") or None
        is_inline = part.get_content_disposition() == "inline"
        name = part.get_filename()
        found.append(Attachment(position, name, kind, len(octets), digest, octets, is_inline, content_id))
    return found


class OneByOne(App):
    """The application, but for batches of one message."""

    @property
    def engine_limits(self) -> EngineLimits:
        """One commit a message."""
        return replace(super().engine_limits, batch_messages=1)


def main() -> None:
    """Sync once."""
    setattr(parse_module, "parse_message", parse)  # noqa: B010  the baseline is our engine with another parser
    environ = dict(os.environ)
    with OneByOne(load_settings(environ), environ) as app:
        report = app.sync([], Order(force=True))
    assert not any(part.error for part in report.integrations), report


if __name__ == "__main__":
    main()
