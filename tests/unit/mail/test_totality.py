"""Nothing that arrives makes the parser raise, take long, or give out text that cannot be stored."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.html import sanitise
from inboxsync.mail.html_text import to_text
from inboxsync.mail.limits import DEFAULT_LIMITS
from inboxsync.mail.parse import parse_header, parse_message
from inboxsync.model.message import ParsedMessage
from tests.unit.mail.samples import RICH, crlf, mail, multipart, values

HEAD = b"From: a@example.com\n"
SEEDS = [
    RICH,
    crlf(RICH),
    mail("Content-Type: text/plain; charset=utf-16", "Subject: =?utf-16?B?//4=?=", body=b"\xff\xfeab\x00"),
    mail(
        "Content-Type: text/html; charset=shift_jis",
        "To: g: a@b (c \\) d), <@r:x@y>;",
        body="<p>a<b x='y'>\x82\xa0</p>",
    ),
    mail("Content-Transfer-Encoding: x-uuencode", body=b"begin 644 a\n#86)C\n`\nend\n"),
    mail("Content-Disposition: attachment; filename*0*=gb2312'x'%d6; filename*1=b; filename*3=c", body="=E9=\n=20"),
    mail(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r", body=multipart("r", mail(), mail())
    ),
]
SNIPPETS = [
    b"\0",
    b"\xff",
    b"--",
    b"\n\n",
    b"\r",
    b"=?",
    b"?=",
    b'"',
    b"(",
    b"<",
    b";",
    b"'",
    b"boundary=",
    b"charset=",
    b"\n ",
    b"%",
    b"&#",
]


def mutate(octets: bytes, chance: random.Random) -> bytes:
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            changed[at:at] = chance.choice(SNIPPETS)
        elif kind == 1:
            del changed[at : at + chance.randint(1, 40)]
        elif kind == 2:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 3:
            source = chance.randrange(len(changed) + 1)
            changed[at:at] = changed[source : source + chance.randint(1, 200)]
        else:
            del changed[at:]
    return bytes(changed)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))


def assert_sound(parsed: ParsedMessage) -> None:
    assert not [defect for defect in parsed.defects if defect.startswith("parser_failed")]
    for text in (*texts(parsed), *texts(tuple(parsed.headers.items()))):
        text.encode("utf-8")
    one_line = (parsed.subject, parsed.from_raw, parsed.message_id or "", *texts(tuple(parsed.headers.values())))
    assert not [text for text in one_line if set(text) & set("\r\n\0")]
    assert parsed.sent_at is None or parsed.sent_at.tzinfo is not None


def test_a_fault_of_the_parser_itself_costs_one_message() -> None:
    broken = dataclasses.replace(DEFAULT_LIMITS, header_fields=None)  # type: ignore[arg-type]  # to make it fail
    for parse in (parse_message, parse_header):
        parsed = parse(mail("Subject: x"), broken)
        assert parsed.defects == ("parser_failed:TypeError",)
        assert parsed.fingerprint == parse_message(mail("Subject: x")).fingerprint


def test_three_thousand_mutated_messages() -> None:
    chance = random.Random(20261120)
    for number in range(3000):
        octets = mutate(SEEDS[number % len(SEEDS)], chance)
        assert_sound(parse_message(octets))


@given(st.binary(max_size=600))
@settings(deadline=None, max_examples=150)
def test_any_octets(octets: bytes) -> None:
    assert_sound(parse_message(octets))
    assert_sound(parse_header(octets))


HEADER_NAMES = ["From", "To", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition"]
VALUES = st.text(alphabet=" \"()<>@,;:\\=?*'%-_.abqQButf8é\r\n\t\0", max_size=120).map(str.encode)


@given(
    st.lists(
        st.tuples(st.sampled_from([*HEADER_NAMES, "Content-Transfer-Encoding", "Auto-Submitted"]), VALUES), max_size=5
    )
)
@settings(deadline=None, max_examples=200)
def test_any_header_values(fields: list[tuple[str, bytes]]) -> None:
    assert_sound(parse_message(mail(*(name.encode() + b": " + value for name, value in fields))))


LINES = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=40), max_size=5)


@given(
    subject=LINES, body=LINES, encoding=st.sampled_from(["7bit", "8bit", "base64", "quoted-printable", "x-uuencode"])
)
@settings(deadline=None, max_examples=100)
def test_line_ends_never_matter(subject: list[str], body: list[str], encoding: str) -> None:
    octets = mail("Subject: " + "\n ".join(subject), f"Content-Transfer-Encoding: {encoding}", body="\n".join(body))
    expected = values(parse_message(octets))
    assert values(parse_message(crlf(octets))) == expected
    assert values(parse_message(octets.replace(b"\n", b"\r"))) == expected


DISPOSITION = HEAD + b"Content-Disposition: attachment"
HTML = HEAD + b"Content-Type: text/html\n\n"
HOSTILE = {
    "semicolons": HEAD + b"Content-Type: text/plain" + b";" * 10_000 + b"\n\nx",
    "quotes": HEAD + b"To: " + b'"' * 40_001 + b"\n\nx",
    "escaped quotes": HEAD + b"To: " + b'"\\' * 30_000 + b"\n\nx",
    "parentheses": HEAD + b"To: " + b"(" * 40_000 + b"\n\nx",
    "recipients": HEAD + b"To: " + b"a@b.example," * 20_000 + b"\n\nx",
    "encoded words": HEAD + b"Subject: " + b"=?utf-8?Q?a?= " * 50_000 + b"\n\nx",
    "open encoded words": HEAD + b"Subject: " + b"=?utf-8?Q?a " * 5_000 + b"\n\nx",
    "segments": DISPOSITION + b"".join(b"; filename*%d=a" % i for i in range(5_000)) + b"\n\nx",
    "fields": b"X: y\n" * 100_000 + b"\nx",
    "one long line": HEAD + b"\n" + b"a" * 10_000_000,
    "one long header": b"Subject: " + b"a" * 10_000_000 + b"\n\nx",
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "nesting": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(1_000)),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 5_000,
    "base64 junk": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"!@#A" * 500_000,
    "padding": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"AA==\n" * 200_000,
    "blanks in quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b" " * 1_000_000 + b"x",
    "flowed": HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"x \n" * 300_000,
    "div": HTML + b"<div>" * 100_000,
    "cells": HTML + b"<td>x" * 100_000,
    "open tags": HTML + b"<a " * 200_000,
    "open quotes": HTML + b'<a b="' * 100_000,
    "comments": HTML + b"<!--" * 200_000,
    "scripts": HTML + b"<script>" * 100_000,
    "links": HTML + b"<a href=http://example.com>" * 30_000,
    "attributes": HTML + b"<p " + b"a=1 " * 200_000 + b">",
    "huge reference": HTML + b"&#" + b"9" * 500_000 + b";",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_costs_little(name: str) -> None:
    """Each takes well under a second on an idle core; what is quadratic took minutes."""
    started = time.process_time()
    parsed = parse_message(HOSTILE[name])
    assert_sound(parsed)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "source", ["<div>" * 100_000, "".join(f"<font a={i}><p>" for i in range(20_000)), "<ul><li>" * 50_000]
)
def test_hostile_html_costs_little(source: str) -> None:
    started = time.process_time()
    sanitise(source)
    to_text(source)
    assert time.process_time() - started < 3
