from __future__ import annotations

import pytest

from inboxsync.mail.content_types import detected_type, disagrees

KINDS = {
    b"%PDF-1.7\n": "application/pdf",
    b"\x89PNG\r\n\x1a\n\0\0": "image/png",
    b"\xff\xd8\xff\xe0": "image/jpeg",
    b"GIF89a": "image/gif",
    b"RIFF\x10\0\0\0WEBPVP8 ": "image/webp",
    b"PK\x03\x04\x14\0": "application/zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/x-ole-storage",
    b"MZ\x90\0\x03": "application/vnd.microsoft.portable-executable",
    b"\x78\x9f\x3e\x22": "application/ms-tnef",
    b"0\x82\x05\x0a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": "application/pkcs7-mime",
    b"\r\n-----BEGIN PGP MESSAGE-----": "application/pgp-encrypted",
    b"BEGIN:VCALENDAR\r\n": "text/calendar",
    b"\xef\xbb\xbfBEGIN:VCARD\r\n": "text/vcard",
}


@pytest.mark.parametrize("content", KINDS)
def test_the_first_octets_tell(content: bytes) -> None:
    assert detected_type(content) == KINDS[content]
    assert detected_type(content + b"x" * 1000) == KINDS[content]
    assert not disagrees(content, KINDS[content])


@pytest.mark.parametrize("content", [b"", b"Hello", b"MZ", b"\0" * 100, "é".encode()])
def test_what_tells_nothing_has_no_type(content: bytes) -> None:
    assert detected_type(content) is None
    assert not disagrees(content, "image/png")


@pytest.mark.parametrize(
    ("content", "label", "expected"),
    [
        (b"MZ\x90\0", "image/png", True),
        (b"MZ\x90\0", "application/octet-stream", False),
        (b"MZ\x90\0", "application/x-msdownload", False),
        (b"%PDF-1.4", "text/plain", True),
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", False),
        (b"PK\x03\x04", "application/pdf", True),
        (b"\xff\xd8\xff\xdb", "image/jpg", False),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", False),
    ],
)
def test_a_label_that_says_another_thing_is_found_out(content: bytes, label: str, expected: bool) -> None:
    assert disagrees(content, label) is expected
