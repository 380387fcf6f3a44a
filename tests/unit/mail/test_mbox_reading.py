"""What was written as an mbox comes back; what others write is read too."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.mbox import mbox_entry
from inboxsync.mail.mbox_reading import is_mbox, mbox_messages

AT = datetime(2026, 3, 1, tzinfo=UTC)
LINES = st.lists(
    st.sampled_from([b"", b"From x", b">From x", b">>From ", b"Subject: a", b"text", b"from x"]), max_size=6
)


def read(octets: bytes) -> list[bytes]:
    return list(mbox_messages(octets.splitlines(keepends=True)))


@settings(deadline=None)
@given(st.lists(LINES.map(lambda lines: b"".join(line + b"\n" for line in lines)), max_size=4))
def test_what_was_written_comes_back(messages: list[bytes]) -> None:
    octets = b"".join(mbox_entry(b"Subject: s\n\n" + one + b"end\n", "a@example.com", AT) for one in messages)
    assert read(octets) == [b"Subject: s\n\n" + one + b"end\n" for one in messages]


def test_a_from_line_counts_only_after_an_empty_one() -> None:
    octets = b"From a Thu\nSubject: 1\n\nsaid:\nFrom here on\n\nFrom b Thu\r\nSubject: 2\r\n\r\nx\r\n"
    assert read(octets) == [b"Subject: 1\n\nsaid:\nFrom here on\n", b"Subject: 2\r\n\r\nx\r\n"]


def test_other_files_are_no_mbox() -> None:
    assert is_mbox(b"From a Thu")
    assert not is_mbox(b"From: a@example.com")
    assert read(b"") == []
