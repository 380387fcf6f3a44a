"""The only bodies that are taken: small forms, from our own pages."""

from __future__ import annotations

import pytest

from inboxsync.httpapi.forms import FORM_BYTES, FORM_TYPE, form_refusal, read_form
from inboxsync.httpapi.refusals import Refusal

GOOD = {
    "host": "localhost:8025", "content-type": FORM_TYPE, "content-length": "10", "sec-fetch-site": "same-origin",
}  # fmt: skip


def status(**changes: str | None) -> int | None:
    given = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    headers = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    refusal = form_refusal(headers)
    return None if refusal is None else refusal.status


def test_a_form_of_ours_is_taken() -> None:
    assert status() is None
    assert status(content_type="Application/X-WWW-Form-Urlencoded; charset=UTF-8") is None
    assert status(content_length=str(FORM_BYTES)) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_form_from_elsewhere_is_not(site: str) -> None:
    assert status(sec_fetch_site=site) == 403
    assert status(sec_fetch_site=site, origin="http://localhost:8025") == 403, "the browser's own word counts first"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:8025", None),
        ("https://LOCALHOST:8025", None),
        ("http://localhost:3000", 403),
        ("http://localhost", 403),
        ("http://evil.example.com", 403),
        ("http://localhost:8025.evil.example.com", 403),
        ("http://user@localhost:8025", 403),
        ("null", 403),
        ("", 403),
        (None, 403),
    ],
)
def test_without_fetch_metadata_the_origin_decides(origin: str | None, expected: int | None) -> None:
    assert status(sec_fetch_site=None, origin=origin) == expected


def test_other_bodies_are_refused() -> None:
    assert status(content_type="multipart/form-data; boundary=x") == 415
    assert status(content_type="text/plain") == 415
    assert status(content_type=None) == 415
    assert status(content_length=None) == 411
    assert status(content_length="-1") == 411
    assert status(content_length=str(FORM_BYTES + 1)) == 413
    assert status(content_length="9" * 5_000) == 413
    assert status(host=None, sec_fetch_site=None, origin="http://localhost:8025") == 403


def test_fields_are_read_and_nothing_else_is() -> None:
    assert read_form(b"token=isx_a&next=%2Ftickets%3Fa%3Db&empty=") == {
        "token": "isx_a", "next": "/tickets?a=b", "empty": "",
    }  # fmt: skip
    for bad in (b"\xff=1", b"a=%ff", b"&".join(b"a=1" for _ in range(20)), b"x" * (FORM_BYTES + 1)):
        with pytest.raises(Refusal) as refused:
            read_form(bad)
        assert refused.value.status == 400
