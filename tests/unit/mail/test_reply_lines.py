"""What single lines of replies are."""

from __future__ import annotations

import pytest

from inboxsync.mail import reply_lines


def words(line: str) -> list[str]:
    """Give the lines of an introduction as they are compared."""
    return [reply_lines.comparable(part) for part in line.split("\n")]


@pytest.mark.parametrize(
    ("line", "unmarked", "marked"),
    [
        ("On 5 Jan 2026, Bo wrote:", True, True),
        ("On 5 Jan 2026, Bo <\nbo@example.com> wrote:", True, True),
        ("Bo <bo@example.com> wrote:", True, True),
        ("Bo <bo@example.com> schrieb am Mo., 5. Jan. 2026, 10:00:", True, True),
        ("5.1.2026, 10:00, Bo <bo@example.com>:", True, True),
        ("I met Bo <bo@example.com> and he wrote:", False, True),
        ("In the mail of 5 January 2026 Bo wrote:", False, True),
        ("On 5 January 2026 we met:", False, True),
        ("Bo <bo@example.com>:", False, True),
        ("On Mon, Jan 5, Bo\n<bo@example.com>\nwrote:", False, True),
        ("Bo wrote:", False, True),
        ("On Monday we said:", False, False),
        ("Things to do:", False, False),
    ],
)
def test_introductions(line: str, unmarked: bool, marked: bool) -> None:
    assert reply_lines.introduces_unmarked(words(line)) is unmarked
    assert reply_lines.introduces_marked(words(line)) is marked


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("Yes. On Mon, Jan 5, 2026 at 10:00 Bo wrote:", "Yes."),
        ("yes--- On 5 Jan 2026 Bo wrote:", "yes"),
        ("Gut Am 5.1.2026 um 10:00 schrieb Bo:", "Gut"),
        ("On Mon, Jan 5, 2026 at 10:00 Bo wrote:", ""),
        ("- On 5 Jan 2026 Bo wrote:", ""),
        ("bo@example.com On 5 Jan 2026 wrote:", ""),
        ("At 10:00 On 5 Jan 2026 Bo wrote:", ""),
        ("the road on 5 Jan", ""),
    ],
)
def test_new_text_on_the_line_of_an_introduction(line: str, new: str) -> None:
    assert reply_lines.new_before_introduction(line) == new


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from: bo", "from"),
        ("*betreff:* x", "subject"),
        ("发件人： bo", "from"),
        ("kopie (cc): x", "copy"),
        ("x: y", None),
    ],
)
def test_keys_of_a_header_block(text: str, kind: str | None) -> None:
    assert reply_lines.key_kind(text) == kind


def test_keys_further_on_in_a_line_make_a_block_only_if_there_are_four() -> None:
    line = "from: bo <bo@example.com> to: mia sent: monday subject: it"
    assert reply_lines.inline_kinds(line) == {"to", "sent", "subject"}
    kinds = dict.fromkeys(("from", "to", "subject"), "x")
    assert reply_lines.is_block(kinds, 3)
    assert not reply_lines.is_block(kinds, 1)
    assert reply_lines.is_block(kinds | {"sent": "x"}, 1)


@pytest.mark.parametrize(
    ("line", "divides", "forwards"),
    [
        ("-----original message-----", True, False),
        (">>> bo 5.1.2026 10:00 >>>", True, False),
        (">>> bo >>>", False, False),
        ("---- on 5.1.2026 bo wrote ----", True, False),
        ("---- bo wrote ----", False, False),
        ("---------- forwarded message ---------", False, True),
        ("forwarded message:", False, True),
        ("forwarded message", False, False),
    ],
)
def test_dividers(line: str, divides: bool, forwards: bool) -> None:
    assert reply_lines.is_divider(line) is divides
    assert reply_lines.is_forwarded(line) is forwards
