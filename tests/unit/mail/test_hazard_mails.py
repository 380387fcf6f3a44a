"""What must come of each known hazard; that all are stored beside good mail is shown where the engine is tested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage
from tests.unit.mail.hazard_mails import HAZARDS, NAMES
from tests.unit.mail.samples import crlf, values
from tests.unit.mail.test_totality import assert_sound


def parsed(name: str) -> ParsedMessage:
    return parse_message(HAZARDS[name])


@pytest.mark.parametrize("name", HAZARDS)
def test_it_is_read_soundly_and_alike_with_either_line_end(name: str) -> None:
    found = parsed(name)
    assert_sound(found)
    if b"\r" not in HAZARDS[name]:
        assert values(parse_message(crlf(HAZARDS[name]))) == values(found)


TOLD = {
    "H1 nesting": "nesting_limit",
    "H2 parts": "parts_limit",
    "H2 empty parts": "parts_limit",
    "H3 one huge header": "header_truncated",
    "H3 many headers": "header_fields_limit",
    "H5 a codec that is none": "charset_unknown",
    "H7 segments": "parameter_segments_gap",
    "H8 two types": "ambiguous_mime",
    "H8 two boundaries": "ambiguous_mime",
    "H8 blanks behind, prefixes, no end": "boundary_unclosed",
    "H9 names": "filename_truncated",
    "H13 several authors": "duplicate_header:from",
    "H16 year 0": "date_unusable",
    "H16 year 99999": "date_unusable",
    "H16 no date": "date_unusable",
    "H22 broken base64": "base64_junk",
    "H23 odd ids": "duplicate_header:message-id",
    "H36 envelope line": "leading_junk",
}


@pytest.mark.parametrize("name", TOLD)
def test_every_limit_and_repair_is_told(name: str) -> None:
    assert TOLD[name] in parsed(name).defects


READ: dict[str, dict[str, Any]] = {
    "H5 utf-7": {"body_text": "+ADw-script+AD4-"},
    "H5 a codec that is none": {"body_text": "xé"},
    "H5 a charset with NUL": {"body_text": "é"},
    "H6 line break in a word": {"subject": "a Bcc: e@example.org"},
    "H6 words split inside a character": {"subject": "€"},
    "H8 blanks behind, prefixes, no end": {"body_text": "one\n--bb\ntext\ntwo"},
    "H13 nobody": {"from_": (), "subject": "from nobody"},
    "H16 no date": {"sent_at": None, "date_raw": "yesterday"},
    "H21 uuencode in text": {"body_text": "begin 644 a\n#86)C\n`\nend\n", "attachments": ()},
    "H23 no id": {"message_id": None},
    "H23 odd ids": {"message_id": "a@[", "in_reply_to": ("x",), "references": ("a@b",)},
    "H36 bare CR": {"subject": "bare", "body_text": "Hello\n"},
    "H36 doubled CR": {"subject": "doubled", "body_text": "Hello\n"},
    "H36 envelope line": {"subject": "mbox", "body_text": "Hello\n"},
    "H36 byte order mark": {"from_raw": "Ana <ana@example.com>", "subject": "marked"},
    "H36 blank line first": {"subject": "after a blank line", "body_text": "Hello\n"},
    "H36 no line end": {"body_text": "x"},
}


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is(name: str) -> None:
    found = parsed(name)
    assert {field: getattr(found, field) for field in READ[name]} == READ[name]


SAID = {
    "H14 an automatic answer": (None, True, False),
    "H14 a loop": (None, True, False),
    "H15 failed": ("dsn_failed", False, True),
    "H15 delayed": ("dsn_delayed", True, False),
    "H15 a receipt": ("mdn", True, False),
    "H15 a complaint": ("arf", True, False),
}


@pytest.mark.parametrize("name", SAID)
def test_what_machines_say_is_told_from_what_people_do(name: str) -> None:
    found = parsed(name)
    assert (found.report, found.is_auto_reply, found.is_bounce) == SAID[name]


TYPED = {
    "H10 an archive": ("application/zip", "application/zip"),
    "H17 a piece": ("message/partial", None),
    "H17 elsewhere": ("message/external-body", None),
    "H18 winmail.dat": ("application/ms-tnef", "application/ms-tnef"),
    "H19 sealed": ("application/pkcs7-mime", None),
    "H20 an invitation": ("text/calendar", "text/calendar"),
}


@pytest.mark.parametrize("name", TYPED)
def test_what_is_not_opened_is_kept_with_its_type(name: str) -> None:
    (attachment,) = parsed(name).attachments
    assert (attachment.content_type, attachment.detected_type) == TYPED[name]


def test_names_are_shown_as_sent_and_safe_besides() -> None:
    found = parsed("H9 names").attachments
    assert len(found) == len(NAMES)
    assert [each.safe_name for each in found][:7] == ["x", "x", "x", "_con.txt", "_nul", "x", "x_stream"]
    assert [each.safe_name for each in found][8:] == ["attachment-9", "a b", "gpj.exe"]
    assert found[10].filename == "gpj.\u202eexe"


def test_people_are_read_whatever_they_are_called() -> None:
    found = parsed("H35 people")
    assert [each.address for each in found.from_] == ['"ü"@bücher.example']
    assert [each.address for each in found.to] == [
        "A+tag@example.com", '"a b"@example.com', "x@y", "e\u0301@x.example",
    ]  # fmt: skip


def test_a_date_beyond_the_calendar_never_becomes_a_moment() -> None:
    assert parsed("H16 year 0").sent_at is None
    offset = parse_message(b"Date: Fri, 20 Nov 2026 05:49:00 +9999\n\n").sent_at
    assert offset is not None
    assert offset.utcoffset() == timedelta()
