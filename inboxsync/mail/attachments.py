"""Leaves that are not the body: content, name, and whether a person would call them attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from inboxsync.mail import encoded_words
from inboxsync.mail.header_block import message_start, read_header
from inboxsync.mail.limits import Parsing
from inboxsync.mail.transfer import decode_transfer
from inboxsync.model.message import Attachment

if TYPE_CHECKING:
    from inboxsync.mail.bodies import Bodies, Selection
    from inboxsync.mail.structure import Part

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_EXTENSION = re.compile(r"\.[^.\s/\\]{1,12}\Z")
_CONTENT_ID_MAX_CHARS = 998


def read_attachments(selection: Selection, bodies: Bodies, parsing: Parsing) -> Iterator[Attachment]:
    """Decode every attachment in the order of the message; `position` counts from 0."""
    for position, part in enumerate(selection.attachments):
        content = decode_transfer(part.octets, part.start, part.end, part.encoding, parsing)
        content_id = content_id_of(part)
        yield Attachment(
            position=position,
            filename=_filename(part, content, parsing),
            content_type=part.type,
            size_bytes=len(content),
            sha256=sha256(content).hexdigest(),
            content=content,
            is_inline=_is_inline(part, content_id, selection, bodies),
            content_id=content_id,
        )


def content_id_of(part: Part) -> str | None:
    """Give the Content-ID without angle brackets (RFC 2392), None where there is none."""
    value = part.header.first("content-id")
    if not value:
        return None
    text = encoded_words.clean(value.decode("utf-8", "replace")).strip().removeprefix("<").removesuffix(">").strip()
    return text[:_CONTENT_ID_MAX_CHARS] or None


def _is_inline(part: Part, content_id: str | None, selection: Selection, bodies: Bodies) -> bool:
    """Whether it is shown inside the body: referred to by it, of its multipart/related, or an image inline in HTML.

    `Content-Disposition: inline` alone does not count: Apple Mail sends documents so.
    """
    if content_id is not None and content_id in bodies.cids:
        return True
    if part.is_attachment:
        return False
    if id(part) in selection.related:
        return True
    is_shown_image = part.type.startswith("image/") and part.disposition.value == "inline"
    return is_shown_image and bodies.html is not None


def _filename(part: Part, content: bytes, parsing: Parsing) -> str | None:
    """Decode the name: Content-Disposition over Content-Type; a message without one is named by its subject."""
    name = part.disposition.text("filename", parsing) or part.content_type.text("name", parsing)
    if not name and part.type in _MESSAGE_TYPES:
        subject = _subject_of(content, parsing)
        name = f"{subject}.eml" if subject else None
    return _bounded(name.strip(), parsing) if name and name.strip() else None


def _subject_of(content: bytes, parsing: Parsing) -> str:
    inner = Parsing(parsing.limits)  # what is odd in a forwarded message is no defect of this one
    header = read_header(content, message_start(content, inner), len(content), inner)
    return encoded_words.decode_text(header.first("subject") or b"", inner)


def _bounded(name: str, parsing: Parsing) -> str:
    """Cut a name to the limit in its middle, so that its extension stays what it was."""
    limit = parsing.limits.filename_chars
    if len(name) <= limit:
        return name
    parsing.defects.add("filename_truncated")
    extension = _EXTENSION.search(name)
    suffix = extension.group() if extension else ""
    return name[: limit - len(suffix)] + suffix
