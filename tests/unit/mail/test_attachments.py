from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import Address, Attachment, MessageSummary
from tests.unit.mail.samples import PNG, crlf, mail, multipart


def one(*headers: str | bytes, body: str | bytes = b"x") -> Attachment:
    """The one attachment of a message that has this part beside its text."""
    part = mail(*headers, body=body)
    octets = mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", mail(), part))
    (attachment,) = parse_message(octets).attachments
    (other,) = parse_message(crlf(octets)).attachments
    assert attachment == other
    return attachment


def test_every_name_a_part_has_is_kept() -> None:
    found = one(
        "Content-Type: application/pdf; name=third.pdf; name*=utf-8''fourth.pdf",
        "Content-Disposition: attachment; filename=second.exe; filename*=utf-8''first.pdf",
    )
    assert (found.filename, found.other_names) == ("first.pdf", ("second.exe", "fourth.pdf", "third.pdf"))


def test_pieces_of_a_name_are_one_name_and_the_same_name_counts_once() -> None:
    found = one(
        "Content-Type: application/pdf; name=ab.pdf",
        "Content-Disposition: attachment; filename*0=a; filename*1=b.pdf; filename=ab.pdf",
    )
    assert (found.filename, found.other_names) == ("ab.pdf", ())


def test_the_name_is_shown_as_sent_and_written_safely() -> None:
    found = one('Content-Disposition: attachment; filename="..\\\\..\\\\con.txt"')
    assert (found.filename, found.safe_name) == ("..\\..\\con.txt", "_con.txt")


def test_an_attached_message_has_a_summary_of_its_own() -> None:
    inner = mail(
        "From: =?utf-8?Q?Zo=C3=AB?= <zoe@Example.ORG>",
        "Subject: Quarterly figures",
        "Date: Fri, 20 Nov 2026 05:49:00 +0100",
        "Message-ID: <inner@example.org>",
    )
    expected = MessageSummary(
        subject="Quarterly figures",
        from_=(Address("Zoë", "zoe@example.org"),),
        message_id="inner@example.org",
        date_raw="Fri, 20 Nov 2026 05:49:00 +0100",
        sent_at=datetime(2026, 11, 20, 4, 49, tzinfo=UTC),
    )
    plain = one("Content-Type: message/rfc822", body=inner)
    encoded = one("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", body=base64.encodebytes(inner))
    for found in (plain, encoded):
        assert (found.summary, found.filename, found.content) == (expected, None, inner)
        assert found.safe_name == "Quarterly figures.eml"


@pytest.mark.parametrize(
    ("subject", "name"),
    [("a/b\\c", "a_b_c.eml"), ("x" * 300, "x" * 196 + ".eml"), ("", "attachment-1"), ("..", "_...eml")],
)
def test_the_safe_name_of_an_attached_message_is_its_subject(subject: str, name: str) -> None:
    found = one("Content-Type: message/rfc822", body=f"Subject: {subject}\n\nx\n".encode())
    assert (found.filename, found.safe_name) == (None, name)


@pytest.mark.parametrize("inner", [b"", b"\n", b"no header at all", b"Subject:\n\n"])
def test_an_attached_message_without_a_header_is_summed_up_as_nothing(inner: bytes) -> None:
    found = one("Content-Type: message/rfc822", body=inner)
    assert (found.summary, found.filename, found.safe_name) == (MessageSummary(), None, "attachment-1")


def test_what_contradicts_its_label_is_told() -> None:
    part = mail("Content-Type: image/png; name=a.png", body=b"MZ\x90\0")
    parsed = parse_message(mail("Content-Type: multipart/mixed; boundary=m", body=multipart("m", mail(), part)))
    assert parsed.attachments[0].content_type == "image/png"
    assert parsed.attachments[0].detected_type == "application/vnd.microsoft.portable-executable"
    assert parsed.defects == ("content_type_disagrees",)


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable"])
@pytest.mark.parametrize("kind", ["text/csv", "application/json"])
def test_content_sent_as_lines_ends_them_in_lf_whatever_the_copy(encoding: str, kind: str) -> None:
    found = one(
        f"Content-Type: {kind}",
        "Content-Disposition: attachment",
        f"Content-Transfer-Encoding: {encoding}",
        body="a\nb\n",
    )
    assert found.content == b"a\nb\n"


def test_base64_and_binary_content_is_exact() -> None:
    found = one("Content-Type: text/csv; name=a.csv", "Content-Transfer-Encoding: base64", body=b"YQ0KYg0K")
    assert found.content == b"a\r\nb\r\n"
    octets = mail("Content-Type: image/png", "Content-Transfer-Encoding: binary", body=PNG + b"\r\n\n\r")
    assert parse_message(octets).attachments[0].content == PNG + b"\r\n\n\r"


def test_a_uuencoded_part_is_named_by_its_first_line() -> None:
    found = one(
        "Content-Type: application/octet-stream",
        "Content-Transfer-Encoding: x-uuencode",
        body="begin 644 letter.txt\n#86)C\n`\nend\n",
    )
    assert (found.filename, found.content) == ("letter.txt", b"abc")


def test_a_raw_or_encoded_name_is_read() -> None:
    assert one("Content-Disposition: attachment; filename=état.pdf").filename == "état.pdf"
    assert one('Content-Disposition: attachment; filename="=?utf-8?Q?=C3=A9tat.pdf?="').filename == "état.pdf"
    assert one("Content-Disposition: attachment; filename=my long name.pdf").filename == "my long name.pdf"
    assert one("Content-Disposition: filename=only.pdf", "Content-Type: application/pdf").filename == "only.pdf"
