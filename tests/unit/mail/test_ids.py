from __future__ import annotations

import pytest

from inboxsync.mail.ids import message_id, references
from inboxsync.mail.limits import ParseLimits, Parsing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<one@example.com>", "one@example.com"),
        (b"<one@exa mple.com>", "one@example.com"),  # folded where no fold may be
        (b"< one@example.com >", "one@example.com"),
        (b"one@example.com", "one@example.com"),
        (b"<one@example.com", "one@example.com"),
        (b"Re <one@example.com> of today", "one@example.com"),
        (b"one@example.com (added by relay@example.com)", "one@example.com"),
        (b"one two", "onetwo"),
        (b"=?utf-8?Q?=3Cone=40example=2Ecom=3E?=", "one@example.com"),
        (b"<a=?utf-8?Q?b?=@example.com>", "a=?utf-8?Q?b?=@example.com"),
        ("<ünö@example.com>".encode(), "ünö@example.com"),
        (b"<>", None),
        (b"  ", None),
        (None, None),
    ],
)
def test_message_id(value: bytes | None, expected: str | None) -> None:
    assert message_id(value, Parsing()) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<one@example.com> <two@example.com>", ("one@example.com", "two@example.com")),
        (b"<one@example.com><two@example.com>,<one@example.com>", ("one@example.com", "two@example.com")),
        (b"Your letter (of today) <one@example.com>", ("one@example.com",)),
        (b"one@example.com, two@example.com", ("one@example.com", "two@example.com")),
        (b"<one@example.com> <two@exam ple.com>", ("one@example.com", "two@example.com")),
        # Some servers make encoded words of long headers, blank for underscore, one word in the middle of an id.
        (
            b"=?us-ascii?Q?=3Cone=5Fa@example.com>_<t?= =?us-ascii?Q?wo=3Db@example.com>?= <three_c@example.com>",
            ("one_a@example.com", "two=b@example.com", "three_c@example.com"),
        ),
        (b'Message from "Jane Doe" <jane@example.com> of "Fri, 20 Nov 2026" <one@example.com>', ("one@example.com",)),
        (b"Message from Jane <one@example.com>", ("one@example.com",)),
        (b"<from@example.com> <two@example.com>", ("from@example.com", "two@example.com")),
        (b"no id at all", ()),
        (None, ()),
    ],
)
def test_references(value: bytes | None, expected: tuple[str, ...]) -> None:
    assert references(value, Parsing()) == expected


def test_of_too_many_the_first_and_the_latest_are_kept() -> None:
    parsing = Parsing(ParseLimits(message_ids=3))
    assert references(b"".join(b"<%d@x>" % n for n in range(9)), parsing) == ("0@x", "7@x", "8@x")
    assert parsing.defects.as_tuple() == ("message_ids_limit",)


def test_an_id_that_no_line_could_hold_is_none() -> None:
    parsing = Parsing(ParseLimits(message_id_chars=5))
    assert (message_id(b"<123456>", parsing), references(b"<1> <123456>", parsing)) == (None, ("1",))
    assert parsing.defects.as_tuple() == ("message_id_too_long",)
