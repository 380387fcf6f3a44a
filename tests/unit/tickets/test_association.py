"""Whose mail it is, in its order, and whether From can be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.model.directory import ContactKind
from inboxsync.model.message import Address, ParsedMessage
from inboxsync.model.routing import KnownContact
from inboxsync.tickets.association import associate, domain_names, is_forged

CONTACTS = {
    "ana@acme.example": KnownContact(1, ContactKind.USER, "Contact Ltd"),
    "bob@acme.example": KnownContact(2, ContactKind.STAFF),
}
COMPANIES = {"acme.example": "ACME", "*.wide.example": "Wide", "deep.wide.example": "Deep"}
MAIL = ParsedMessage(1, "", "")


def mail(address: str, **verdicts: str) -> ParsedMessage:
    return replace(MAIL, from_=(Address("", address),), authentication=verdicts)


@pytest.mark.parametrize(
    ("address", "contact", "own", "company"),
    [
        ("Ana@ACME.example", 1, "Contact Ltd", "Contact Ltd"),
        ("bob@acme.example", 2, "ACME", "ACME"),
        ("kim@acme.example", None, "ACME", "ACME"),
        ("kim@mail.acme.example", None, None, "Mailbox"),
        ("kim@acme.example.evil.example", None, None, "Mailbox"),
        ("kim@notacme.example", None, None, "Mailbox"),
        ("kim@wide.example", None, None, "Mailbox"),
        ("kim@a.b.wide.example", None, "Wide", "Wide"),
        ("kim@deep.wide.example", None, "Deep", "Deep"),
        ("kim@x.deep.wide.example", None, "Wide", "Wide"),
        ("", None, None, "Mailbox"),
        ("no address", None, None, "Mailbox"),
    ],
)
def test_contact_then_domain_then_mailbox(address: str, contact: int | None, own: str | None, company: str) -> None:
    sender = associate(mail(address), CONTACTS, COMPANIES, "Mailbox")
    assert (sender.contact_id, sender.own_company, sender.company) == (contact, own, company)
    assert sender.is_staff is (contact == 2)
    assert not sender.is_unverified


def test_mail_without_author_is_the_mailboxs() -> None:
    sender = associate(MAIL, CONTACTS, COMPANIES, None)
    assert (sender.address, sender.company) == ("", None)


def test_domains_are_asked_from_the_nearest() -> None:
    assert list(domain_names("x@a.b.example.com")) == [
        "a.b.example.com", "*.b.example.com", "*.example.com",
    ]  # fmt: skip
    assert list(domain_names("x")) == list(domain_names("x@")) == []


@pytest.mark.parametrize(
    ("verdicts", "forged"),
    [
        ({}, False),
        ({"dmarc": "pass", "spf": "fail", "dkim": "fail"}, False),
        ({"dmarc": "fail", "spf": "pass"}, True),
        ({"dmarc": "none", "spf": "fail", "dkim": "none"}, True),
        ({"spf": "softfail"}, True),
        ({"spf": "fail", "dkim": "pass"}, False),
        ({"spf": "pass", "dkim": "fail"}, False),
        ({"spf": "neutral", "dkim": "none"}, False),
        ({"dmarc": "temperror"}, False),
    ],
)
def test_what_counts_as_forged(verdicts: dict[str, str], forged: bool) -> None:
    assert is_forged(verdicts) is forged
    assert associate(mail("ana@acme.example", **verdicts), {}, {}, None).is_unverified is forged
