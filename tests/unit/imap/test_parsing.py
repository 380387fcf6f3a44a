"""FETCH answers in every form that servers were seen to give, and what EXAMINE says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.imap.parsing import (
    MAX_SIZE_BYTES,
    UID_SET_CHARS,
    Items,
    Piece,
    group_pieces,
    parse_fetch,
    parse_folder_status,
    parse_internal_date,
    uid_sets,
)
from inboxsync.model.placement import FlagsSeen

DATE = b"17-Jul-2026 02:44:25 -0700"
MOMENT = datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)
WHOLE = Items(5, ("\\Seen",), DATE, 3, b"BODY[]", b"abc")


@pytest.mark.parametrize(
    "pieces",
    [
        [(b'1 (UID 5 FLAGS (\\Seen) INTERNALDATE "' + DATE + b'" RFC822.SIZE 3 BODY[] {3}', b"abc"), b")"],
        [(b"1 (BODY[] {3}", b"abc"), b' UID 5 RFC822.SIZE 3 INTERNALDATE "' + DATE + b'" FLAGS (\\Seen))'],
        [(b"1 (FLAGS (\\Seen) RFC822.SIZE 3 BODY[] {3}", b"abc"), b' INTERNALDATE "' + DATE + b'" UID 5)'],
        [
            (
                b'1 (UID 5 MODSEQ (9) FLAGS (\\Seen \\Recent) INTERNALDATE "' + DATE + b'" RFC822.SIZE 3 BODY[] {3}',
                b"abc",
            ),
            b")",
        ],
        [
            (b'1 (UID 5 X-ODD 12 FLAGS (\\Seen) INTERNALDATE "' + DATE + b'" RFC822.SIZE 3 BODY[] {3}', b"abc"),
            b")",
        ],
        [b'1 (UID 5 FLAGS (\\Seen) INTERNALDATE "' + DATE + b'" RFC822.SIZE 3 BODY[] "abc")'],
        [b'1 (uid 5 flags (\\Seen) internaldate "' + DATE + b'" rfc822.size 3 body[] "abc")'],
    ],
    ids=["usual", "body first", "uid last", "modseq", "unknown item", "quoted", "lower case"],
)
def test_items_come_in_any_order_and_form(pieces: list[Piece]) -> None:
    found = parse_fetch(pieces)
    assert found is not None
    assert replace(found, modseq=None) == WHOLE


@pytest.mark.parametrize(
    "line", [b"1 (UID 5 FLAGS (\\Seen) MODSEQ (9))", b"1 (MODSEQ (9) X-LAST (1) FLAGS (\\Seen) UID 5)"]
)
def test_flags_come_with_the_modseq_that_was_told(line: bytes) -> None:
    found = parse_fetch([line])
    assert found is not None
    assert found.flags_seen() == FlagsSeen(5, ("\\Seen",), 9)


def test_nil_is_none_and_empty_is_empty() -> None:
    nil = parse_fetch([b"1 (UID 5 BODY[] NIL)"])
    empty = parse_fetch([b'1 (UID 5 BODY[] "")'])
    literal = parse_fetch([(b"1 (UID 5 BODY[] {0}", b""), b")"])
    assert nil is not None
    assert (nil.section, nil.octets) == (b"BODY[]", None)
    assert empty is not None
    assert literal is not None
    assert empty.octets == literal.octets == b""


@pytest.mark.parametrize(
    "pieces",
    [
        [b"5 (FLAGS (\\Deleted))"],
        [b"5"],
        [b""],
        [b"5 (UID x)"],
        [b"5 (UID 5"],
        [b"5 ((((((("],
        [b"(" * 100_000],
        [b'5 (UID 5 ENVELOPE ("unescaped " quote"))'],
        [(b"1 (BODY[] {3}", b"abc"), b")"],
    ],
)
def test_what_has_no_uid_or_no_sense_is_none(pieces: list[Piece]) -> None:
    assert parse_fetch(pieces) is None


def test_a_keyword_that_looks_like_an_item_is_only_a_flag() -> None:
    found = parse_fetch([b"1 (FLAGS (UID 7 RFC822.SIZE 9) UID 5 RFC822.SIZE 3)"])
    assert found is not None
    assert (found.uid, found.size, found.flags) == (5, 3, ("UID", "7", "RFC822.SIZE", "9"))


def test_a_date_that_is_nil_counts_as_told() -> None:
    found = parse_fetch([b"1 (UID 5 FLAGS () INTERNALDATE NIL RFC822.SIZE 3)"])
    assert found is not None
    assert found.described
    assert found.meta().internal_date is None


def test_a_huge_size_is_clamped() -> None:
    found = parse_fetch([b"1 (UID 5 RFC822.SIZE 100000000000000000000)"])
    assert found is not None
    assert found.meta().size_bytes == MAX_SIZE_BYTES


def test_a_missing_size_is_that_of_the_octets() -> None:
    assert Items(5, section=b"BODY[]", octets=b"abcd").meta().size_bytes == 4


def test_split_answers_merge_and_the_later_wins() -> None:
    early = Items(5, flags=("a",), size=3)
    late = Items(5, flags=("b",), date=DATE, section=b"BODY[]", octets=b"abc")
    assert early.merged(late) == Items(5, ("b",), DATE, 3, b"BODY[]", b"abc")
    assert late.merged(early).octets == b"abc"


@given(
    st.lists(st.one_of(st.binary(max_size=60), st.tuples(st.binary(max_size=60), st.binary(max_size=20))), min_size=1)
)
@settings(deadline=None)
def test_parsing_never_raises(pieces: list[Piece]) -> None:
    for answer in group_pieces(pieces):
        parse_fetch(answer)


def test_answers_are_parted_after_their_last_literal() -> None:
    head = (b"1 (UID 1 BODY[] {1}", b"a")
    assert list(group_pieces([head, b")", b"2 (UID 2)", head, head, b")"])) == [
        [head, b")"],
        [b"2 (UID 2)"],
        [head, head, b")"],
    ]


class TestInternalDate:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            (DATE, MOMENT),
            (b" 1-Jan-1970 00:00:00 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
            (b"01-Jan-2026 00:30:00 +0200", datetime(2025, 12, 31, 22, 30, tzinfo=UTC)),
            (b"31-Dec-2016 23:59:60 +0000", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ],
    )
    def test_is_aware_utc(self, text: bytes, moment: datetime) -> None:
        assert parse_internal_date(text) == moment

    @pytest.mark.parametrize(
        "text",
        [
            None,
            b"",
            b"99-Foo-0000 00:00:00 +0000",
            b"01-Jan-0001 00:00:00 +0000",
            b"01-Jan-0000 00:00:00 +0000",
            b"31-Feb-2026 00:00:00 +0000",
            b"01-Jan-2026 25:00:00 +0000",
            b"01-Jan-2026 00:00:00 +9999",
            b"31-Dec-9999 23:59:59 -2300",
            b"01-Jan-2026 00:00:00",
            b"\xff",
        ],
    )
    def test_odd_ones_are_none(self, text: bytes | None) -> None:
        assert parse_internal_date(text) is None


class TestUidSets:
    def test_runs_are_joined(self) -> None:
        assert list(uid_sets([7, 1, 3, 2, 2])) == [("1:3,7", frozenset({1, 2, 3, 7}))]

    @pytest.mark.parametrize("uid", [0, -1, 2**32])
    def test_numbers_that_are_no_uids_are_a_bug(self, uid: int) -> None:
        with pytest.raises(ValueError, match="UID"):
            list(uid_sets([uid]))

    @given(st.lists(st.integers(1, 2**32 - 1), max_size=900))
    @settings(deadline=None)
    def test_every_uid_is_in_exactly_one_short_set(self, uids: list[int]) -> None:
        sets = list(uid_sets(uids))
        named = [uid for _, names in sets for uid in names]
        assert sorted(named) == sorted(set(uids))
        assert all(len(text) <= UID_SET_CHARS for text, _ in sets)
        for text, names in sets:
            bounds = [tuple(map(int, part.split(":"))) for part in text.split(",")]
            assert {uid for bound in bounds for uid in range(bound[0], bound[-1] + 1)} == names


class TestFolderStatus:
    def test_reads_what_examine_says(self) -> None:
        status = parse_folder_status(
            {
                "EXISTS": [b"3", b"4"],
                "UIDVALIDITY": [b"7"],
                "UIDNEXT": [b"10"],
                "HIGHESTMODSEQ": [b"99"],
                "MAILBOXID": [b"(F2212ea87-6097)"],
            }
        )
        assert (status.uidvalidity, status.uidnext, status.exists, status.highestmodseq) == (7, 10, 4, 99)
        assert (status.mailbox_id, status.uids_sticky, status.partial_view) == ("F2212ea87-6097", True, False)

    def test_nothing_said_is_none(self) -> None:
        status = parse_folder_status({})
        assert (status.uidvalidity, status.uidnext, status.exists, status.highestmodseq) == (None, None, 0, None)

    @pytest.mark.parametrize("values", [[b"0"], [b"x"], [b"7", b"8"], [b""]])
    def test_a_uidvalidity_that_means_nothing_is_none(self, values: list[bytes]) -> None:
        assert parse_folder_status({"UIDVALIDITY": values}).uidvalidity is None

    def test_the_same_uidvalidity_twice_is_fine(self) -> None:
        assert parse_folder_status({"UIDVALIDITY": [b"7", b"7"]}).uidvalidity == 7

    def test_unsteady_uids_and_partial_views_show(self) -> None:
        status = parse_folder_status({"UIDNOTSTICKY": [b""], "MESSAGELIMIT": [b"1000"]})
        assert (status.uids_sticky, status.partial_view) == (False, True)
