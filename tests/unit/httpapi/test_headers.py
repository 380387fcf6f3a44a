"""Names and types of downloads cannot say anything but a name and a type."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.headers import content_disposition, download_name, download_type

SHAPE = re.compile(
    r"attachment; filename=\"([A-Za-z0-9!#$&+.^_`|~ -]*)\"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)"
)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80))
def test_any_name_stays_a_name(name: str) -> None:
    found = SHAPE.fullmatch(content_disposition(download_name(name, 0)))
    assert found is not None
    exact = unquote(found[2])
    assert not re.search(r"[/\\\x00-\x1f\x7f]", exact)
    assert not exact.startswith(".")


def test_both_forms_are_written() -> None:
    assert content_disposition('Rechnung "März".pdf') == (
        "attachment; filename=\"Rechnung _M_rz_.pdf\"; filename*=UTF-8''Rechnung%20%22M%C3%A4rz%22.pdf"
    )


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\windows\\x.exe", "con.txt", "a\r\nSet-Cookie: x=1", "\u202efdp.exe", ""]
)
def test_hostile_names(name: str) -> None:
    header = content_disposition(download_name(name, 2))
    assert SHAPE.fullmatch(header)
    assert ".." not in header
    assert "/" not in header


def test_active_and_malformed_types_become_octets() -> None:
    for kind in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "a\r\nb/c", "", "pdf"):
        assert download_type(kind) == "application/octet-stream"
    for kind in ("application/pdf", "image/png", "text/plain"):
        assert download_type(kind) == kind
