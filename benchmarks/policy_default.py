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
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.model.message import Address, Attachment, ParsedMessage
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Order


def parse(octets: bytes) -> ParsedMessage:
    """What the standard library's default policy makes of a message, in our shape."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    sent_at = message["Date"].datetime if message["Date"] else None
    return ParsedMessage(
        size_bytes=len(octets),
        raw_sha256=hashlib.sha256(octets).hexdigest(),
        fingerprint=fingerprint(octets),
        message_id=str(message["Message-ID"] or "").strip("<> ") or None,
        subject=str(message["Subject"] or ""),
        from_=addresses(message, "From"),
        to=addresses(message, "To"),
        cc=addresses(message, "Cc"),
        sent_at=sent_at if isinstance(sent_at, datetime) and sent_at.tzinfo else None,
        headers={name.lower(): (str(value),) for name, value in message.items()},
        body_text=text(message, "plain"),
        body_html=text(message, "html"),
        attachments=tuple(attachments(message)),
    )


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
        found.append(Attachment(position, part.get_filename(), kind, len(octets), digest, octets))
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
