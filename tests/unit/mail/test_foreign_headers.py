"""Headers as other systems write them, read as part of whole mail, with both kinds of line ends; texts are our own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage
from tests.unit.mail.samples import crlf, mail


def read(*headers: str | bytes, body: str | bytes = "Hello\n") -> ParsedMessage:
    """Parse a mail with LF, and see that it says the same with CRLF."""
    octets = mail(*headers, body=body)
    found, other = parse_message(octets), parse_message(crlf(octets))
    assert found.headers == other.headers
    assert people(found) == people(other)
    assert (found.sent_at, found.message_id, found.references) == (other.sent_at, other.message_id, other.references)
    assert found.body_text == other.body_text
    return found


def people(message: ParsedMessage) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in (*message.from_, *message.to, *message.cc, *message.reply_to)]


def test_a_header_folded_wherever_it_may_be() -> None:
    found = read(
        'From: "Ada\n\tLovelace" (who\n wrote (all of) it) <ada@\n engine.example>',
        "To: Engine Room(all\n of it)\n\t: bob@engine.example,\n\tCarl\n <carl@engine.example>;",
        "Date: Fri,\n 20\n  Nov\n   2026 (a\n Friday)\n 05:49\n  +0000 (UTC)",
        "References: <one@engine.example>\n\t<two@engine.exa\n\tmple>",
        "Subject: =?utf-8?Q?Entwurf_f=C3=BCr_die_Br=C3?=\n =?utf-8?Q?=BCcke?=\n\tund mehr",
    )
    assert people(found) == [
        ("Ada Lovelace", "ada@engine.example"),
        ("", "bob@engine.example"),
        ("Carl", "carl@engine.example"),
    ]
    assert found.sent_at == datetime(2026, 11, 20, 5, 49, tzinfo=UTC)
    assert found.references == ("one@engine.example", "two@engine.example")
    assert found.subject.split() == ["Entwurf", "für", "die", "Brücke", "und", "mehr"]


@pytest.mark.parametrize(
    ("codec", "name", "subject"),
    [
        ("latin-1", "Müller, Jörg", "Größe"),
        ("koi8-r", "Михаил", "СРОЧНО"),
        ("cp1250", "Jiří Dvořák", "Dobrý den"),
        ("cp932", "山田", "会議"),
        ("utf-8", "Nicolà Voilà", "già"),
    ],
)
def test_raw_octets_of_a_header_speak_for_each_other(codec: str, name: str, subject: str) -> None:
    found = read(
        "From: Nicolà Voilà <n@example.org>",  # UTF-8 is what it is, whatever the others are
        f'To: "{name}" <j@example.org>'.encode(codec),
        f"Subject: {subject}".encode(codec),
    )
    assert people(found) == [("Nicolà Voilà", "n@example.org"), (name, "j@example.org")]
    assert found.subject == subject


@pytest.mark.parametrize(
    ("declared", "really"), [("iso-8859-2", "iso8859_2"), ("windows-1251", "cp1251"), ("gb2312", "gb18030")]
)
def test_the_charset_of_the_text_tells_that_of_the_header(declared: str, really: str) -> None:
    subject = {"iso8859_2": "Gdańsk", "cp1251": "СРОЧНО", "gb18030": "丁"}[really]
    found = read(f"Subject: {subject}".encode(really), f"Content-Type: text/plain; charset={declared}")
    assert found.subject == subject


def test_a_charset_of_two_octets_a_character_tells_nothing() -> None:
    found = read("Subject: Größe".encode("latin-1"), "Content-Type: text/plain; charset=utf-16", body=b"\xff\xfeH\0i\0")
    assert (found.subject, found.body_text) == ("Größe", "Hi")


def test_text_in_utf_8_whatever_its_label_says() -> None:
    found = read(
        "Subject: =?iso-8859-2?Q?Pozdrowienia_z_=C5=81odzi_i_Pozna=C5=84?=",
        "Content-Type: text/plain; charset=gb2312",
        "Content-Transfer-Encoding: 8bit",
        body="Ваш заказ № 12 готов.\n",
    )
    assert found.subject == "Pozdrowienia z Łodzi i Poznań"
    assert found.body_text == "Ваш заказ № 12 готов.\n"
    assert "charset_mislabelled" in found.defects


def test_nobody_is_addressed_by_what_only_looks_like_an_address() -> None:
    found = read(
        "From: =?utf-8?B?Ym9zc0BleGFtcGxlLmNvbQ==?=",
        'To: "boss@example.com" <clerk@example.org>, boss@example.com <page@example.org>',
        "Cc: =?utf-8?Q?boss=40example.com=2C?= <maid@example.org>, <=?utf-8?Q?boss=40example.com?=@example.org>",
        'Reply-To: <"">, ""',
    )
    assert people(found) == [
        ("boss@example.com", ""),
        ("boss@example.com", "clerk@example.org"),
        ("boss@example.com", "page@example.org"),
        ("boss@example.com,", "maid@example.org"),
        ("", "=?utf-8?Q?boss=40example.com?=@example.org"),
    ]


def test_a_message_id_that_a_server_encoded() -> None:
    found = read(
        "Message-ID: =?utf-8?Q?<a=5F1@example.com>?=",
        "References: =?us-ascii?Q?=3Croot@example.com>_<chi?=\n =?us-ascii?Q?ld=3D2@example.com>?=\n <last_3@x.test>",
    )
    assert found.message_id == "a_1@example.com"
    assert found.references == ("root@example.com", "child=2@example.com", "last_3@x.test")


def test_afternoon_is_afternoon() -> None:
    assert read("Date: Fri, 20 Nov 2026 5:49:00 PM +0100").sent_at == datetime(2026, 11, 20, 16, 49, tzinfo=UTC)
