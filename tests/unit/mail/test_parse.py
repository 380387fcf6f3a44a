from __future__ import annotations

import base64
import gc
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from inboxsync.mail.limits import ParseLimits
from inboxsync.mail.parse import parse_header, parse_message
from tests.unit.mail.samples import PNG, RICH, crlf, mail, multipart, values


def test_a_rich_message_comes_out_whole() -> None:
    parsed = parse_message(RICH)
    assert (parsed.subject, parsed.message_id) == ("Photo", "rich@example.com")
    assert [(a.name, a.address) for a in parsed.from_] == [("Renée", "renee@example.com")]
    assert parsed.sent_at == datetime(2026, 11, 20, 4, 49, tzinfo=UTC)
    assert parsed.body_text == "Voilà la photo"
    assert parsed.body_html == '<p>Voilà <img src="cid:logo@x"></p>'
    assert parsed.snippet == "Voilà la photo"
    assert [(a.filename, a.is_inline, a.content_id) for a in parsed.attachments] == [
        ("logo.png", True, "logo@x"),
        ("état.pdf", False, None),
        (None, False, None),
    ]
    assert [a.safe_name for a in parsed.attachments] == ["logo.png", "état.pdf", "The forwarded one.eml"]
    assert parsed.attachments[0].content == PNG
    assert parsed.attachments[1].sha256 == sha256(b"%PDF-" + PNG).hexdigest()
    assert parsed.attachments[2].content == b"Subject: The forwarded one\n\nInner text\n"
    assert parsed.defects == ()


@pytest.mark.parametrize("convert", [crlf, lambda octets: octets.replace(b"\n", b"\r")], ids=["crlf", "cr"])
def test_line_ends_do_not_matter(convert: object) -> None:
    assert callable(convert)
    assert values(parse_message(convert(RICH))) == values(parse_message(RICH))


def test_the_header_alone_gives_the_same_header_values() -> None:
    head = RICH[: RICH.index(b"\n\n") + 2]
    whole, header = parse_message(RICH), parse_header(head)
    assert (header.subject, header.from_, header.headers) == (whole.subject, whole.from_, whole.headers)
    assert (header.body_text, header.attachments) == (None, ())


@pytest.mark.parametrize(
    "junk", [b"\xef\xbb\xbf", b"\n", b"\r\n\r\n", b"From x@example.com Fri Nov 20 05:49:00 2026\n"]
)
def test_what_stands_before_the_header_is_skipped(junk: bytes) -> None:
    assert parse_message(junk + mail("Subject: yes")).subject == "yes"


def test_junk_in_the_header_costs_its_line_only() -> None:
    parsed = parse_message(mail("From: a@example.com", "no field here", "Subject : spaced", "To: b@example.com"))
    assert (parsed.subject, parsed.to[0].address, parsed.body_text) == ("spaced", "b@example.com", "Hello\n")
    assert "header_junk_line" in parsed.defects


def test_a_blank_before_the_colon_is_read_over_and_told() -> None:
    parsed = parse_message(mail("Subject : a", "To\t: b@example.com", "X-Note: one : two"))
    assert (parsed.subject, parsed.to[0].address) == ("a", "b@example.com")
    assert parsed.defects == ("header_blank_before_colon",)
    others = parse_message(mail("Subject: a", "no field", "X-Note: one : two\n three : four"))
    assert others.defects == ("header_junk_line",)


def test_text_without_a_blank_line_before_it_is_the_body() -> None:
    parsed = parse_message(b"Subject: x\nThis is no field\nnor this\n")
    assert (parsed.subject, parsed.body_text) == ("x", "This is no field\nnor this\n")


def test_a_single_part_that_is_no_text_is_an_attachment() -> None:
    parsed = parse_message(
        mail("Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", body="QUJD")
    )
    assert parsed.body_text is None
    assert [(a.filename, a.content) for a in parsed.attachments] == [("a.pdf", b"ABC")]


def test_html_alone_is_made_text() -> None:
    parsed = parse_message(mail("Content-Type: text/html", body="<p>One</p><p>Two</p>"))
    assert (parsed.body_text, parsed.body_html) == ("One\n\nTwo", "<p>One</p><p>Two</p>")


def test_an_empty_plain_alternative_gives_way_to_html() -> None:
    body = multipart(
        "b", mail("Content-Type: text/plain", body=" \n"), mail("Content-Type: text/html", body="<p>Real</p>")
    )
    assert parse_message(mail("Content-Type: multipart/alternative; boundary=b", body=body)).body_text == "Real"


def test_a_footer_after_the_alternative_belongs_to_both_forms() -> None:
    alternative = multipart(
        "a", mail("Content-Type: text/plain", body="P"), mail("Content-Type: text/html", body="<p>H</p>")
    )
    body = multipart(
        "m",
        mail("Content-Type: multipart/alternative; boundary=a", body=alternative),
        mail("Content-Type: text/plain", body="list <footer>"),
    )
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=body))
    assert parsed.body_text == "P\nlist <footer>"
    assert parsed.body_html == "<p>H</p>\n<pre>list &lt;footer&gt;</pre>"


def test_a_named_text_beside_the_body_is_an_attachment() -> None:
    body = multipart("m", mail(body="Body"), mail("Content-Type: text/plain; name=log.txt", body="log"))
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=body))
    assert (parsed.body_text, [a.filename for a in parsed.attachments]) == ("Body", ["log.txt"])
    assert parsed.has_attachments


def test_a_document_sent_inline_still_is_an_attachment() -> None:
    document = mail("Content-Type: application/pdf", "Content-Disposition: inline; filename=a.pdf", body="x")
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", mail(), document)))
    assert parsed.has_attachments


def test_an_image_is_inline_when_the_html_refers_to_it() -> None:
    image = mail(
        "Content-Type: image/png", "Content-Disposition: attachment; filename=a.png", "Content-ID: <a@b>", body="x"
    )
    html = mail("Content-Type: text/html", body='<img src="cid:a%40b">')
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", html, image)))
    assert not parsed.has_attachments
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", mail(), image)))
    assert parsed.has_attachments


def test_partial_external_calendar_and_opaque_parts_are_kept_typed() -> None:
    types = [
        "message/partial",
        "message/external-body",
        "text/calendar",
        "application/pkcs7-mime",
        "application/ms-tnef",
    ]
    parts = [mail(f"Content-Type: {kind}", body="x") for kind in types]
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", mail(), *parts)))
    assert [a.content_type for a in parsed.attachments] == types


OUTLOOK_BLOCK = "From: Bob\nSent: Monday, January 5, 2026 10:00 AM\nTo: Ana\nSubject: The lamp\n\nIt flickers.\n"


@pytest.mark.parametrize(
    ("subject", "new"), [("RE: The lamp", "Thanks."), ("FW: The lamp", f"Thanks.\n\n{OUTLOOK_BLOCK}")]
)
def test_what_stands_below_a_header_block_is_a_quote_in_an_answer_and_news_in_a_forward(subject: str, new: str) -> None:
    octets = f"From: ana@example.com\nSubject: {subject}\n\nThanks.\n\n{OUTLOOK_BLOCK}".encode()
    assert parse_message(octets).reply_text == parse_message(crlf(octets)).reply_text == new


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        (b"From: [??????]\nFrom: Ana <ana@example.com>\n", "ana@example.com"),
        (b"From: Bob <bob@example.com>\nFrom: Ana <ana@example.com>\n", "bob@example.com"),
        (b"From: [??????]\nFrom: [???]\n", ""),
    ],
)
def test_of_several_authors_the_first_with_an_address_counts(fields: bytes, address: str) -> None:
    parsed = parse_message(fields + b"Subject: x\n\nx\n")
    assert [one.address for one in parsed.from_] == [address]
    assert address in parsed.from_raw
    assert "duplicate_header:from" in parsed.defects


def test_ids_of_one_line_each_are_merged() -> None:
    octets = b"References: <a@example.com>\nIn-Reply-To: <c@example.com>\nReferences: <b@example.com>\n\nx\n"
    parsed = parse_message(octets)
    assert parsed.references == ("a@example.com", "b@example.com")
    assert parsed.in_reply_to == ("c@example.com",)


def test_undeclared_octets_of_the_header_are_guessed_together() -> None:
    octets = "From: Jiří Dvořák <jiri@example.com>\nSubject: Dobrý den\n\nx\n".encode("cp1250")
    parsed = parse_message(octets)
    assert (parsed.subject, parsed.from_[0].name) == ("Dobrý den", "Jiří Dvořák")


RAW_HEADERS = "From: Jiří Dvořák <jiri@example.com>\nSubject: Dobrý den\n\nDobrý den\n".encode("cp1250")


@pytest.mark.parametrize("octets", [RICH, crlf(RICH), RAW_HEADERS], ids=["rich", "crlf", "raw headers"])
def test_what_was_parsed_leaves_no_cycle_behind(octets: bytes) -> None:
    """A run looks for cycles rarely (`collect_rarely`), so that each would hold the octets of its message."""
    parse_message(octets)  # what is imported or kept once
    gc.collect()
    gc.disable()
    try:
        parse_message(octets)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_persons_mail_needs_nothing_that_reads_bounces_quotes_and_odd_charsets() -> None:
    """Their expressions take as long to make as all the rest that parses, in each run that has new mail."""
    dear = [
        f"inboxsync.mail.{name}" for name in ("bounces", "bounce_phrases", "reply_walk", "reply_lines", "charset_guess")
    ]
    code = f"""
import sys
from inboxsync.mail.parse import parse_message
parse_message({RICH!r})
print([name for name in {dear!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_recipient_headers_of_one_line_each_are_merged() -> None:
    parsed = parse_message(mail("To: a@example.com", "To: b@example.com", "From: x@example.com", "From: y@example.com"))
    assert [a.address for a in parsed.to] == ["a@example.com", "b@example.com"]
    assert [a.address for a in parsed.from_] == ["x@example.com"]
    assert "duplicate_header:from" in parsed.defects


def test_ids_lose_their_brackets_and_keep_their_odd_forms() -> None:
    parsed = parse_message(
        mail("Message-ID: <a@[", "In-Reply-To: Your message <p@x> of today", "References: <r1@x>\n <r2@x>")
    )
    assert parsed.message_id == "a@["
    assert (parsed.in_reply_to, parsed.references) == (("p@x",), ("r1@x", "r2@x"))


@pytest.mark.parametrize("value", ["", "<>", "< >", "<" + "a" * 999 + "@x>"])
def test_an_id_that_identifies_nothing_is_none(value: str) -> None:
    assert parse_message(mail(f"Message-ID: {value}")).message_id is None


def test_raw_octets_in_headers_are_taken_in_the_charset_of_the_body() -> None:
    subject = "Zażółć".encode("cp1250")
    parsed = parse_message(mail(b"Subject: " + subject, "Content-Type: text/plain; charset=windows-1250"))
    assert parsed.subject == "Zażółć"


def test_limits_are_reported_and_never_fatal() -> None:
    limits = ParseLimits(header_fields=2, parts=3, addresses=1, filename_chars=10)
    parts = [mail("Content-Disposition: attachment; filename=averyveryverylongname.pdf", body="x")] * 5
    octets = mail("Content-Type: multipart/mixed; boundary=m", "To: a@b.c, d@e.f", "X: y", body=multipart("m", *parts))
    parsed = parse_message(octets, limits)
    assert {"header_fields_limit", "parts_limit", "addresses_limit", "filename_truncated"} <= set(parsed.defects)
    assert [a.filename for a in parsed.attachments] == ["averyv.pdf", "averyv.pdf"]


def test_the_plain_text_kept_is_capped() -> None:
    parsed = parse_message(mail(body=b"x" * 1_000_001))
    assert parsed.body_text is not None
    assert (len(parsed.body_text), parsed.defects) == (1_000_000, ("text_truncated",))
    assert len(parsed.snippet) <= 200


def test_header_text_never_holds_a_line_break() -> None:
    encoded = base64.b64encode(b"a\r\nBcc: evil@example.org\0").decode()
    parsed = parse_message(mail(f"Subject: =?utf-8?B?{encoded}?="))
    assert parsed.subject == "a Bcc: evil@example.org"


def test_flowed_text_is_joined() -> None:
    parsed = parse_message(mail("Content-Type: text/plain; format=flowed", body="One \ntwo\n> q \n> r\n-- \nme\n"))
    assert parsed.body_text == "One two\n> q r\n-- \nme\n"
