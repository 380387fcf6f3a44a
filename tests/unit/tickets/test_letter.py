"""What kind of mail it is, what it answers, whom it copies in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.model.message import Address, Attachment, MessageSummary, ParsedMessage, Report
from inboxsync.tickets.association import Sender
from inboxsync.tickets.letter import Kind, answered, kind_of, named_addresses, token_places, watchers_of

OURS = frozenset({"support@example.com", "sales@example.com"})
US = Sender("support@example.com")
ANA = Sender("ana@acme.example")
MAIL = ParsedMessage(1, "", "", from_=(Address("", "ana@acme.example"),))


@pytest.mark.parametrize(
    ("sender", "fields", "kind"),
    [
        (ANA, {}, Kind.PERSON),
        (ANA, {"is_bulk": True}, Kind.BULK),
        (ANA, {"is_auto_reply": True, "is_bulk": True}, Kind.AUTO_REPLY),
        (ANA, {"is_bounce": True, "is_auto_reply": True}, Kind.BOUNCE),
        (ANA, {"report": Report.READ}, Kind.AUTO_REPLY),
        (ANA, {"report": Report.ABUSE}, Kind.AUTO_REPLY),
        (US, {}, Kind.OWN),
        (US, {"is_auto_reply": True}, Kind.OWN),
        (US, {"reply_to": (Address("", "Sales@Example.com"),)}, Kind.OWN),
        (US, {"reply_to": (Address("", "customer@acme.example"),)}, Kind.PERSON),
        (replace(US, is_unverified=True), {}, Kind.PERSON),
    ],
)
def test_kinds(sender: Sender, fields: dict[str, object], kind: Kind) -> None:
    assert kind_of(replace(MAIL, **fields), sender, OURS) is kind  # type: ignore[arg-type]  # test fields by keyword


def test_what_is_answered_the_nearest_first_in_one_form() -> None:
    mail = replace(MAIL, in_reply_to=("c@EXAMPLE.com",), references=("a@x", "b@x", '"c"@example.com'))
    assert answered(mail) == ("c@example.com", "b@x", "a@x")


def test_a_report_answers_what_it_reports_of_and_a_forward_does_not() -> None:
    summary = MessageSummary(message_id="<sent@example.com>")
    attached = Attachment(0, None, "message/rfc822", 1, "", summary=summary)
    forward = replace(MAIL, attachments=(attached,))
    assert answered(forward) == ()
    assert answered(replace(forward, is_bounce=True)) == ("sent@example.com",)
    assert answered(replace(forward, report=Report.DELAYED)) == ("sent@example.com",)


def test_tokens_are_looked_for_in_the_own_id_too() -> None:
    mail = replace(MAIL, message_id="own@x", in_reply_to=("a@x",))
    assert token_places(mail) == ("a@x", "own@x")


def test_whom_a_person_copies_in() -> None:
    copied = tuple(
        Address("", one)
        for one in ("Kim@Example.org", "support@example.com", "ana@acme.example", "kim@example.org", "junk")
    )
    mail = replace(MAIL, cc=copied)
    assert watchers_of(mail, ANA, Kind.PERSON, OURS) == ("kim@example.org",)
    assert watchers_of(mail, ANA, Kind.AUTO_REPLY, OURS) == ()
    crowd = replace(MAIL, cc=tuple(Address("", f"p{n}@x.example") for n in range(500)))
    assert len(watchers_of(crowd, ANA, Kind.PERSON, OURS)) == 50
    assert named_addresses(mail) == {"ana@acme.example", "kim@example.org", "support@example.com", "junk"}
