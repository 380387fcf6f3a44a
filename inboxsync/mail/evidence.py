"""What is looked at to tell whether a machine wrote a message."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from inboxsync.model.message import Address, Attachment

_TOKEN = re.compile(r"[a-z0-9_-]+")
_DAEMONS = frozenset(
    {
        *("mailer-daemon", "mailerdaemon", "mailer_daemon", "mail-daemon", "mdaemon"),
        *("postmaster", "post_master", "mail.delivery.system"),
    }
)
_WORDS_BYTES = 64 * 1024
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is looked at: decoded headers by lower-case name, the report type, subject, author, whom it was sent to,
    attachments and text."""

    headers: Mapping[str, Sequence[str]]
    report_type: str
    subject: str
    author: Address | None
    recipients: Sequence[Address] = ()
    attachments: Sequence[Attachment] = ()
    text: str = ""

    def first(self, name: str) -> str | None:
        """Give the first value of a header."""
        values = self.headers.get(name)
        return values[0] if values else None

    def token(self, name: str) -> str:
        """Give the first word of a header in lower case, before any parameter or comment."""
        value = self.first(name)
        match = _TOKEN.match(value.strip().lower()) if value else None
        return match.group() if match else ""

    def contents(self, types: Collection[str]) -> list[bytes]:
        """Give what the attachments of some types hold, in order."""
        return [attachment.content for attachment in self.attachments if attachment.content_type in types]

    @property
    def statuses(self) -> list[bytes]:
        """The parts that say to machines what became of mail (RFC 3464 §2.1, RFC 6533 §4)."""
        return self.contents(_STATUS_TYPES)

    @property
    def words(self) -> str:
        """What it says to people: some systems label even that as a file."""
        if self.text:
            return self.text
        files = self.contents({"text/plain"})
        return files[0][:_WORDS_BYTES].decode("utf-8", "replace") if files else ""

    @property
    def returned(self) -> list[bytes]:
        """The messages, or headers of messages, that it gives back."""
        return self.contents(_RETURNED_TYPES)

    @property
    def gives_mail_back(self) -> bool:
        """Whether it gives a message back that a mail system did not write: people attach the bounces they got, and
        the mail that came back to them as a file with a name."""
        is_of_daemon = self.daemon is not None or self.returns_to_daemon
        returned = (one for one in self.attachments if one.content_type in _RETURNED_TYPES)
        given = (one for one in returned if is_of_daemon or one.filename is None)
        authors = (one.summary.from_[:1] if one.summary else () for one in given)
        return any(not from_ or daemon_of(from_[0]) is None for from_ in authors)

    @property
    def has_null_return_path(self) -> bool:
        """Whether nobody wants an answer to it, as RFC 5321 §4.5.5 asks of every report."""
        return (self.first("return-path") or "").replace(" ", "") == "<>"

    @property
    def daemon(self) -> str | None:
        """The local part of its author where that is a mail system; `<>` where it has none, as in the envelope."""
        named = daemon_of(self.author) if self.author else None
        return named or ("<>" if has_null_author(self.headers, self.author) else None)

    @property
    def returns_to_daemon(self) -> bool:
        """Whether answers go to nobody, or to a mail system, as those of old systems do."""
        path = (self.first("return-path") or "").strip(" <>").lower()
        return self.has_null_return_path or (path.partition("@")[0] in _DAEMONS)


def has_null_author(headers: Mapping[str, Sequence[str]], author: Address | None) -> bool:
    """Whether a mail system has taken the empty address of reports (RFC 5321 §4.5.5) for its author's."""
    if author is not None and author.address:
        return False
    return headers.get("from", ("",))[0].rstrip().endswith("<>")


def daemon_of(author: Address) -> str | None:
    """Give the local part of an address where that is a mail system; some of these have no domain."""
    name = (author.address or author.name).lower()
    localpart = name.rpartition("@")[0] or name
    return localpart if localpart in _DAEMONS else None
