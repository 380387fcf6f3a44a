"""The server's own ids: what RFC 8474 and Gmail's extensions put on the wire, and what servers may make of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtools.scripted_imap import Answer, ScriptedServer
from inboxsync.errors import MessageRefused
from inboxsync.imap.object_ids import ToldIds, items_for
from inboxsync.imap.parsing import Piece, parse_fetch
from inboxsync.model.placement import MessageMeta, ServerIds
from tests.unit.imap.support import DONE, meta_line, open_session

DATE = b'INTERNALDATE "17-Jul-2026 02:44:25 +0000"'
OBJECTID = "IMAP4rev1 AUTH=PLAIN OBJECTID"
GMAIL = "IMAP4rev1 AUTH=PLAIN X-GM-EXT-1"


def told(items: bytes, *more: Piece) -> ToldIds | None:
    """Read the ids of an answer that has these items behind the usual ones."""
    found = parse_fetch([b"1 (UID 5 FLAGS () " + DATE + b" RFC822.SIZE 3 " + items + b")"])
    assert found is not None
    assert (found.uid, found.size, found.flags) == (5, 3, ())
    return found.ids


# --- one answer ----------------------------------------------------------------------------------------------------


def test_an_answer_without_ids_tells_none() -> None:
    assert told(b"MODSEQ (7)") is None


@pytest.mark.parametrize(
    ("items", "ids"),
    [
        (b"EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9)", ToldIds("M6d99ac3275bb4e", "T64b478a75b7ea9")),
        (b"THREADID NIL EMAILID (M-_0)", ToldIds("M-_0")),
        (b"EMAILID (" + b"m" * 255 + b")", ToldIds("m" * 255)),
        (b"EMAILID (007)", ToldIds("007")),
        (b"X-GM-THRID 1266894439832287888 X-GM-MSGID 1278455344230334865",
         ToldIds("gm:1278455344230334865", "gm:1266894439832287888")),
        (b"X-GM-MSGID 18446744073709551615", ToldIds("gm:18446744073709551615")),
    ],
)  # fmt: skip
def test_ids_as_servers_write_them(items: bytes, ids: ToldIds) -> None:
    assert told(items) == ids


@pytest.mark.parametrize("odd", [b' X-ODD "slow"', b""], ids=["slow parser", "fast parser"])
@pytest.mark.parametrize(
    ("items", "ids"),
    [
        (b"EMAILID (M1) THREADID (T1)", ToldIds("M1", "T1")),
        (b"EMAILID (12) THREADID NIL", ToldIds("12")),
        (b"X-GM-MSGID 12 X-GM-THRID 13", ToldIds("gm:12", "gm:13")),
        (b'X-GM-LABELS (\\Inbox "\\\\Sent" Work "Muy Importante" 2026 007 "a\\"b")',
         ToldIds(labels=(b"\\Inbox", b"\\Sent", b"Work", b"Muy Importante", b"2026", b"007", b'a"b'))),
        (b"X-GM-LABELS ()", ToldIds(labels=())),
        (b'X-GM-LABELS ("" x)', ToldIds(labels=(b"x",))),
    ],
)  # fmt: skip
def test_both_parsers_read_the_same(items: bytes, ids: ToldIds, odd: bytes) -> None:
    assert told(items + odd) == ids


def test_a_label_may_be_a_literal() -> None:
    pieces: list[Piece] = [
        (b"1 (X-GM-MSGID 12 X-GM-LABELS (Work {9}", b'it ("is")'),
        b" \\Inbox) UID 5 FLAGS () " + DATE + b" RFC822.SIZE 3)",
    ]
    found = parse_fetch(pieces)
    assert found is not None
    assert found.ids == ToldIds("gm:12", labels=(b"Work", b'it ("is")', b"\\Inbox"))


@pytest.mark.parametrize(
    "hostile",
    [
        b"EMAILID M1",
        b"EMAILID ()",
        b"EMAILID NIL",
        b"EMAILID (M1 M2)",
        b"EMAILID ((M1))",
        b'EMAILID ("M 1")',
        b"EMAILID (M:1)",
        b"EMAILID (gm:12)",
        b"EMAILID (" + b"m" * 256 + b")",
        b"EMAILID (M\xe9)",
        b"X-GM-MSGID 0",
        b"X-GM-MSGID -1",
        b"X-GM-MSGID NIL",
        b"X-GM-MSGID (12)",
        b"X-GM-MSGID 184467440737095516150",
        b"X-GM-LABELS NIL",
        b"X-GM-LABELS Work",
    ],
)
def test_what_is_no_id_counts_as_not_told(hostile: bytes) -> None:
    assert told(hostile) is None


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_octets_break_the_parser(octets: bytes) -> None:
    for item in (b"EMAILID (%b)", b"X-GM-LABELS (%b)", b"X-GM-MSGID %b"):
        found = parse_fetch([b"1 (UID 5 FLAGS () " + DATE + b" RFC822.SIZE 3 " + item % octets + b")"])
        assert found is None or found.ids is None or isinstance(found.ids, ToldIds)


def test_long_lists_of_labels_that_never_end_are_refused() -> None:
    labels = b"a " * 200_000 + b'"' + b"\\\\" * 200_000  # hours, if the expression went back and forth
    assert parse_fetch([b"1 (UID 5 X-GM-LABELS (" + labels + b")"]) is None


def test_split_answers_are_joined_and_the_later_one_wins() -> None:
    first = ToldIds("M1", "T1", (b"a",))
    assert first.merged(None) == first
    assert first.merged(ToldIds(labels=(b"b",))) == ToldIds("M1", "T1", (b"b",))
    assert ToldIds(labels=(b"a",)).merged(ToldIds("gm:1", "gm:2")) == ToldIds("gm:1", "gm:2", (b"a",))


@pytest.mark.parametrize(
    ("capabilities", "items"),
    [
        ({"IMAP4REV1"}, ""),
        ({"OBJECTID"}, " EMAILID THREADID"),
        ({"X-GM-EXT-1"}, " X-GM-MSGID X-GM-THRID X-GM-LABELS"),
        ({"X-GM-EXT-1", "OBJECTID"}, " X-GM-MSGID X-GM-THRID X-GM-LABELS"),
    ],
)
def test_only_what_is_offered_is_asked_for(capabilities: set[str], items: str) -> None:
    assert items_for(frozenset(capabilities)) == items


# --- a session -----------------------------------------------------------------------------------------------------


def listed(capabilities: str, answer: Answer, *more: Answer) -> tuple[list[MessageMeta], list[bytes]]:
    """List a folder of a server that answers like this; also what it was asked."""
    script = [("UID FETCH", each) for each in (answer, *more)]
    with ScriptedServer(script, capabilities=capabilities) as server, open_session(server) as session:
        session.examine("INBOX")
        metas = list(session.fetch_metadata(1, 9))
    return metas, [command for command in server.commands if command.startswith(b"UID FETCH")]


def with_items(uid: int, items: bytes) -> bytes:
    return meta_line(uid).replace(b")\r\n", b" " + items + b")\r\n")


def test_gmails_ids_and_labels_are_kept_with_the_metadata() -> None:
    items = b'X-GM-THRID 13 X-GM-MSGID 12 X-GM-LABELS ("\\\\Inbox" Werk "R&AOk-clamations" R&AOk- "2 words" &bad)'
    metas, commands = listed(GMAIL, with_items(5, items) + DONE)
    labels = ("&bad", "2 words", "Ré", "Réclamations", "Werk", "\\Inbox")
    assert [(meta.uid, meta.ids) for meta in metas] == [(5, ServerIds("gm:12", "gm:13", labels))]
    assert commands == [b"UID FETCH 1:9 (UID FLAGS INTERNALDATE RFC822.SIZE X-GM-MSGID X-GM-THRID X-GM-LABELS)"]


def test_object_ids_are_kept_with_the_metadata() -> None:
    answer = with_items(5, b"EMAILID (M1) THREADID (T1)") + with_items(6, b"THREADID NIL EMAILID (M2)") + DONE
    metas, commands = listed(OBJECTID, answer)
    assert [meta.ids for meta in metas] == [ServerIds("M1", "T1"), ServerIds("M2")]
    assert commands == [b"UID FETCH 1:9 (UID FLAGS INTERNALDATE RFC822.SIZE EMAILID THREADID)"]


def test_a_server_that_offers_none_is_asked_for_none() -> None:
    metas, commands = listed("IMAP4rev1 AUTH=PLAIN", with_items(5, b"EMAILID (M1)") + meta_line(6) + DONE)
    assert commands == [b"UID FETCH 1:9 (UID FLAGS INTERNALDATE RFC822.SIZE)"]
    assert [meta.uid for meta in metas] == [5, 6]
    assert metas[1].ids is None


def test_ids_may_come_in_an_answer_of_their_own() -> None:
    answer = meta_line(5) + b"* 5 FETCH (UID 5 X-GM-LABELS (a))\r\n" + b"* 5 FETCH (UID 5 X-GM-MSGID 12)\r\n" + DONE
    metas, _ = listed(GMAIL, answer)
    assert [meta.ids for meta in metas] == [ServerIds("gm:12", None, ("a",))]


def test_a_message_without_an_id_is_listed_all_the_same() -> None:
    metas, _ = listed(OBJECTID, meta_line(5) + with_items(6, b"EMAILID NIL") + with_items(7, b"EMAILID (M7)") + DONE)
    assert {meta.uid: meta.email_id for meta in metas} == {5: None, 6: None, 7: "M7"}


def test_a_server_that_refuses_what_it_offers_is_asked_without() -> None:
    refusals: list[Answer] = [b"$TAG BAD unknown item\r\n", b"$TAG NO not today\r\n"]
    for refusal in refusals:
        metas, commands = listed(OBJECTID, refusal, meta_line(5) + DONE)
        assert [(meta.uid, meta.ids) for meta in metas] == [(5, None)]
        assert commands[-1] == b"UID FETCH 1:9 (UID FLAGS INTERNALDATE RFC822.SIZE)"


def test_it_is_not_asked_for_them_again_in_that_session() -> None:
    script = [("UID FETCH", b"$TAG BAD no\r\n"), ("UID FETCH", meta_line(5) + DONE)]
    with ScriptedServer(script, capabilities=OBJECTID) as server, open_session(server) as session:
        session.examine("INBOX")
        assert len(list(session.fetch_metadata(1, 9))) == len(list(session.fetch_metadata(1, 9))) == 1
        assert [b"EMAILID" in command for command in server.commands if b"FETCH" in command] == [True, False, False]


def test_an_answer_in_part_is_still_told() -> None:
    answer = with_items(5, b"EMAILID (M1)") + b"$TAG OK [MESSAGELIMIT 1 5] partial\r\n"
    with pytest.raises(MessageRefused, match="MESSAGELIMIT"):
        listed(OBJECTID, answer)
