"""Which mail is which under new UIDs: by size and header, one old for one new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.placement import Fate, FetchedMessage, MessageMeta, ServerIds
from inboxsync.model.remapping import Former, Newcomer
from inboxsync.sync.remap import header_sha256, match, match_by_id, newcomer, stays_as_it_is, worth_asking

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(days=1)


def former(uid: int, digest: str | None = "h", size: int = 10, at: datetime | None = AT) -> Former:
    return Former(6, uid, size, at, digest, Fate.STORED)


def new(
    uid: int, digest: str | None = "h", size: int = 10, at: datetime | None = AT, *, named: bool = True
) -> Newcomer:
    return Newcomer(MessageMeta(uid, (), at, size), digest, has_message_id=named)


def pairs(newcomers: list[Newcomer], formers: list[Former]) -> list[tuple[int, int]]:
    return [(one.former.uid, one.uid) for one in match(newcomers, formers)]


def test_size_and_header_decide_whatever_the_uid_and_the_date() -> None:
    assert pairs([new(1), new(2, "x"), new(3, size=11)], [former(7, at=LATER), former(8, "y")]) == [(7, 1)]


def test_equal_candidates_match_in_the_order_of_their_uids_and_never_twice() -> None:
    assert pairs([new(3), new(1), new(2)], [former(7), former(8)]) == [(7, 1), (8, 2)]


def test_the_internal_date_breaks_ties() -> None:
    assert pairs([new(1, at=LATER), new(2)], [former(7), former(8, at=LATER)]) == [(8, 1), (7, 2)]


@pytest.mark.parametrize(("at", "expected"), [(AT, [(7, 1)]), (LATER, [])])
def test_a_header_without_message_id_has_to_agree_on_the_date_too(at: datetime, expected: list[object]) -> None:
    assert pairs([new(1, at=at, named=False)], [former(7)]) == expected


@pytest.mark.parametrize(("at", "expected"), [(AT, [(7, 1)]), (LATER, [])])
def test_mail_without_a_header_is_known_by_date_and_size_alone(at: datetime, expected: list[object]) -> None:
    assert pairs([new(1, None, at=at)], [former(7, None)]) == expected


@given(
    olds=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.sampled_from([AT, LATER])), max_size=12),
    news=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.sampled_from([AT, LATER])), max_size=12),
    cut=st.integers(0, 12),
)
@settings(deadline=None)
def test_a_matching_that_is_cut_and_taken_up_again_comes_to_the_same(
    olds: list[tuple[str, int, datetime]], news: list[tuple[str, int, datetime]], cut: int
) -> None:
    formers = [former(uid, digest, size, at) for uid, (digest, size, at) in enumerate(olds, 1)]
    newcomers = [new(uid, digest, size, at) for uid, (digest, size, at) in enumerate(news, 1)]
    whole = match(newcomers, formers)
    first = match(newcomers[:cut], formers)
    taken = {one.former.uid for one in first}
    second = match(newcomers[cut:], [one for one in formers if one.uid not in taken])
    assert (*first, *second) == whole
    assert len({one.former.uid for one in whole}) == len({one.uid for one in whole}) == len(whole)


def test_only_headers_of_a_known_size_are_worth_asking_for() -> None:
    metas = [new(1).meta, new(2, size=11).meta, new(3, at=LATER).meta]
    assert [meta.uid for meta in worth_asking(metas, [former(7)])] == [1, 3]
    assert [meta.uid for meta in worth_asking(metas, [former(7)], same_date=True)] == [1]


def test_line_ends_and_the_blank_line_do_not_count() -> None:
    header = b"From: a@example.com\r\nSubject: x\r\n"
    hashes = {header_sha256(each) for each in (header, header + b"\r\n", header.replace(b"\r\n", b"\n") + b"\n")}
    assert len(hashes) == 1
    assert header_sha256(header + b"X: y\r\n") not in hashes


@pytest.mark.parametrize("header", [b"", b"\r\n", b"\n"])
def test_an_empty_header_identifies_nothing(header: bytes) -> None:
    assert header_sha256(header) is None


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (b"Subject: x\r\nmessage-ID :<a@example.com>\r\n\r\n", True),
        (b"Message-ID:\r\n <a@example.com>\r\n\r\n", True),
        (b"Subject: Message-ID: <a@example.com>\r\n\r\n", False),
        (b"Message-ID:\r\nSubject: x\r\n\r\n", False),
    ],
)
def test_a_message_id_is_looked_for_at_the_start_of_a_line(header: bytes, named: bool) -> None:
    meta = new(1).meta
    assert newcomer(FetchedMessage(meta, header), meta).has_message_id is named


def test_numbers_stay_where_all_are_met_under_their_own() -> None:
    formers = [former(1), former(2, "x")]
    assert stays_as_it_is(match([new(1), new(2, "x")], formers), formers)
    assert not stays_as_it_is(match([new(1)], formers), formers)
    assert not stays_as_it_is(match([new(1), new(3, "x")], formers), formers)


# --- by the server's own id ----------------------------------------------------------------------------------------


def called(uid: int, email_id: str | None, size: int = 10, at: datetime | None = AT) -> MessageMeta:
    return MessageMeta(uid, (), at, size, ServerIds.of(email_id))


def known_as(uid: int, email_id: str | None) -> Former:
    return replace(former(uid, None), email_id=email_id)


@pytest.mark.parametrize(
    ("metas", "formers", "expected"),
    [
        ([called(1, "M1"), called(2, "M2")], [known_as(7, "M2"), known_as(8, "M1")], [(8, 1), (7, 2)]),
        ([called(2, "M1"), called(1, "M1"), called(3, "M1")], [known_as(7, "M1"), known_as(8, "M1")], [(7, 1), (8, 2)]),
        ([called(1, "M1", size=11), called(2, "M1", at=LATER)], [known_as(7, "M1")], []),
        ([called(1, None)], [known_as(7, None), known_as(8, "M1")], []),
    ],
    ids=["any order", "each once, by uid", "size and date agree", "no id"],
)
def test_an_id_of_the_server_names_a_message(
    metas: list[MessageMeta], formers: list[Former], expected: list[tuple[int, int]]
) -> None:
    assert [(one.former.uid, one.uid) for one in match_by_id(metas, formers)] == expected
