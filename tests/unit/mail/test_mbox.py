"""Messages as mbox entries (RFC 4155, mboxrd)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxsync.mail.mbox import mbox_entry

AT = datetime(2026, 3, 2, 9, 5, 7, tzinfo=timezone(timedelta(hours=2)))


def test_the_from_line_is_in_utc_and_c_locale() -> None:
    assert mbox_entry(b"A: b\r\n\r\nx\r\n", "ann@example.com", AT) == (
        b"From ann@example.com Mon Mar  2 07:05:07 2026\nA: b\n\nx\n\n"
    )


@pytest.mark.parametrize("sender", ["", "a b@example.com", "ann@exämple.com", "x\nFrom y@z", "ann"])
def test_a_sender_that_would_break_the_line_is_not_named(sender: str) -> None:
    assert mbox_entry(b"", sender, AT).startswith(b"From MAILER-DAEMON Mon")


@given(
    st.lists(
        st.sampled_from([b"From x", b">From x", b">>From ", b"text", b"", b"> From", b"from"]), min_size=1, max_size=8
    )
)
def test_unquoting_gives_the_lines_back(lines: list[bytes]) -> None:
    octets = b"".join(line + b"\r\n" for line in lines)
    entry = mbox_entry(octets, "a@example.com", datetime(1999, 12, 31, tzinfo=UTC))
    head, _, rest = entry.partition(b"\n")
    assert head == b"From a@example.com Fri Dec 31 00:00:00 1999"
    assert not re.search(rb"(?m)^From ", rest)
    assert re.sub(rb"(?m)^>(>*From )", rb"\1", rest.removesuffix(b"\n")) == octets.replace(b"\r\n", b"\n")
