"""Every field of the language, read from one message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inboxsync.model.message import Address
from inboxsync.rules.fields import FIELDS, Values, field_names, find_field
from tests.unit.rules.samples import Situation, attachment, facts, message

SENT = datetime(2024, 5, 7, tzinfo=UTC)
RICH = message(
    headers={
        "list-id": ("<a>", "<b>"),
        "x-a.b": ("dotted",),
    },
    message_id="m1@example.org",
    subject="Invoice",
    from_=(Address("Ann Müller", "Ann.M@example.org"), "bob@example.net"),
    from_raw="Ann Müller <Ann.M@example.org>, bob@example.net",
    to=("Desk@example.com", "desk2@example.com"),
    cc=("c@example.com",),
    bcc=("b@example.net",),
    reply_to=("r@example.org",),
    sender=("s@example.org",),
    sent_at=SENT,
    in_reply_to=("m0@example.org",),
    body_text="text",
    body_html="<p>text</p>",
    attachments=(attachment("a.pdf", "Application/PDF"), attachment(None, "image/png", is_inline=True)),
    is_bulk=True,
    authentication={"dmarc": "fail", "arc": "none"},
)
WHERE = Situation(flags=("\\SEEN", "$Work"), folder="Größe", size_bytes=77, company_id=3)

EXPECTED: dict[str, Values] = {
    "subject": ("Invoice",),
    "body": ("text", "<p>text</p>"),
    "body_text": ("text",),
    "body_html": ("<p>text</p>",),
    "from.address": ("ann.m@example.org",),
    "from.localpart": ("ann.m",),
    "from.domain": ("example.org",),
    "from.name": ("Ann Müller",),
    "from.addresses": ("ann.m@example.org", "bob@example.net"),
    "from.domains": ("example.org", "example.net"),
    "from.raw": ("Ann Müller <Ann.M@example.org>, bob@example.net",),
    "to": ("desk@example.com", "desk2@example.com"),
    "cc": ("c@example.com",),
    "bcc": ("b@example.net",),
    "recipients": ("desk@example.com", "desk2@example.com", "c@example.com", "b@example.net"),
    "to_domains": ("example.com",),
    "cc_domains": ("example.com",),
    "bcc_domains": ("example.net",),
    "reply_to.addresses": ("r@example.org",),
    "reply_to.domains": ("example.org",),
    "sender.addresses": ("s@example.org",),
    "mailbox.folder": ("Größe",),
    "folder": ("Größe",),
    "mailbox.name": ("Support",),
    "account.id": (7,),
    "integration.id": (7,),
    "account.name": ("Support",),
    "integration.name": ("Support",),
    "account.company_id": (3,),
    "integration.company_id": (3,),
    "is_unread": (False,),
    "is_read": (True,),
    "is_flagged": (False,),
    "is_answered": (False,),
    "flags": ("\\SEEN", "$Work"),
    "message_id": ("<m1@example.org>",),
    "has_attachments": (True,),
    "attachments.count": (1,),
    "attachments.names": ("a.pdf",),
    "attachments.types": ("application/pdf", "image/png"),
    "size": (77,),
    "sent_at": (SENT,),
    "received_at": (datetime(2024, 5, 8, 12, tzinfo=UTC),),
    "age_days": (2.0,),
    "is_reply": (True,),
    "is_auto_reply": (False,),
    "is_bounce": (False,),
    "is_bulk": (True,),
    "authentication.spf": (),
    "authentication.dkim": (),
    "authentication.dmarc": ("fail",),
    "headers.list-id": ("<a>", "<b>"),
    "HEADERS.X-A.B": ("dotted",),
    "headers.none": (),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_field_reads_what_it_says(name: str) -> None:
    field = find_field(name)
    assert field is not None
    assert facts(RICH, WHERE).values(field) == EXPECTED[name]


def test_no_field_is_left_untested() -> None:
    assert set(field_names()) == {name for name in EXPECTED if not name.lower().startswith("headers.")}


def test_an_empty_message_has_only_what_every_message_has() -> None:
    empty = facts(message(), Situation(received_at=None))
    present = {field.name for field in FIELDS if empty.values(field)}
    always = {field.name for field in FIELDS if field.kind == "bool"}
    assert present == always | {
        "mailbox.folder", "mailbox.name", "account.id", "account.name", "attachments.count", "size",
    }  # fmt: skip


@pytest.mark.parametrize("subject", ["", " \t", "\u00a0"])
def test_a_blank_subject_is_missing(subject: str) -> None:
    field = find_field("subject")
    assert field is not None
    assert facts(subject=subject).values(field) == ()


@pytest.mark.parametrize(
    "name", ["", "headers", "headers.", "headers.a:b", "headers.a b", "headers.é", "from", "from.x"]
)
def test_what_is_no_field(name: str) -> None:
    assert find_field(name) is None


def test_an_author_without_address_has_no_address_fields() -> None:
    about = facts(from_=(Address("Somebody", ""),))
    for name in ("from.address", "from.domain", "from.localpart", "from.addresses", "from.domains"):
        field = find_field(name)
        assert field is not None
        assert about.values(field) == ()


def test_what_a_copy_or_the_hour_changes_is_marked() -> None:
    """All else a copy of the same octets in another folder has in common with the first, whenever it is asked."""
    varying = {field.name for field in FIELDS if field.varies}
    place = {"mailbox.folder", "is_unread", "is_read", "is_flagged", "is_answered", "flags"}
    assert varying == place | {"age_days"} | {name for name in field_names() if name.startswith("authentication.")}
