"""FETCH answers against a scripted server: what servers were seen to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.scripted_imap import Answer, Cut, ScriptedServer
from inboxsync.errors import (
    ConnectionLost,
    MessageRefused,
    Throttled,
)
from tests.unit.imap.support import DONE, LIMITS, fetch, line, meta_line, open_session


def bodies(answer: Answer) -> dict[int, bytes | None]:
    return {message.meta.uid: message.octets for message in fetch(answer)}


class TestFetchAnswers:
    def test_an_unsolicited_answer_without_uid_is_not_taken_for_a_uid(self) -> None:
        answer = (
            b"* 5 FETCH (FLAGS (\\Deleted))\r\n" + line(5, b"five", seq=1) + b"* 6 FETCH (FLAGS (\\Deleted))\r\n" + DONE
        )
        (message,) = fetch(answer)
        assert (message.octets, message.meta.flags) == (b"five", ())

    def test_a_body_without_uid_is_nobody_s(self) -> None:
        assert bodies(b"* 5 FETCH (BODY[] {4}\r\nevil)\r\n" + DONE) == {}

    def test_uids_that_nobody_asked_for_are_dropped(self) -> None:
        assert bodies(line(7, b"seven") + line(5, b"five") + DONE) == {5: b"five"}

    def test_a_message_sent_twice_counts_once(self) -> None:
        assert bodies(line(5, b"one") + line(5, b"two") + DONE) == {5: b"one"}

    def test_other_responses_in_between_do_not_matter(self) -> None:
        noise = b"* 3 EXPUNGE\r\n* 8 EXISTS\r\n* OK [ALERT] hello\r\n* FLAGS (\\Seen)\r\n* X-NEW thing\r\n"
        assert bodies(noise + line(5, b"five") + noise + line(6, b"six") + noise + DONE) == {5: b"five", 6: b"six"}

    @pytest.mark.parametrize(
        ("form", "octets"),
        [
            (b"NIL", None),
            (b'""', b""),
            (b"{0}\r\n", b""),
            (b'"quoted \\"text\\""', b'quoted "text"'),
            (b'"NIL"', b"NIL"),
        ],
    )
    def test_bodies_in_every_form(self, form: bytes, octets: bytes | None) -> None:
        assert bodies(b"* 1 FETCH (UID 5 BODY[] " + form + b")\r\n" + DONE) == {5: octets}

    def test_split_answers_are_joined(self) -> None:
        answer = (
            b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n* 2 FETCH (UID 6 BODY[] {3}\r\nsix)\r\n"
            b"* 1 FETCH (UID 5 BODY[] {4}\r\nfive)\r\n* 1 FETCH (UID 5 RFC822.SIZE 9)\r\n" + DONE
        )
        got = {message.meta.uid: message for message in fetch(answer)}
        assert {uid: message.octets for uid, message in got.items()} == {5: b"five", 6: b"six"}
        assert (got[5].meta.flags, got[5].meta.size_bytes) == (("\\Seen",), 9)

    def test_nothing_is_an_empty_answer(self) -> None:
        assert bodies(DONE) == {}
        assert bodies(b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n" + DONE) == {}

    @pytest.mark.parametrize(
        "nonsense",
        [
            b'* 1 FETCH (UID 5 ENVELOPE ("unescaped " quote") BODY[] NIL)\r\n',
            b"* 1 FETCH (UID 5 BODY[] " + b"(" * 100_000 + b"\r\n",
            b"* 1 FETCH\r\n",
            b"* 1 FETCH (UID 99999999999999999999 BODY[] NIL)\r\n",
        ],
    )
    def test_a_senseless_line_costs_only_its_own_message(self, nonsense: bytes) -> None:
        assert bodies(nonsense + line(6, b"six") + DONE) == {6: b"six"}

    def test_what_came_before_a_no_is_kept(self) -> None:
        got: list[int] = []
        answer = line(5, b"five") + b"$TAG NO [EXPUNGEISSUED] some are gone\r\n"
        with ScriptedServer([("UID FETCH", answer), ("UID FETCH 6", DONE)]) as server, open_session(server) as session:
            session.examine("INBOX")
            with pytest.raises(MessageRefused):
                got.extend(message.meta.uid for message in session.fetch_messages([[5, 6]]))
            assert session.examine("INBOX").exists == 9
        assert got == [5]

    def test_a_no_does_not_cost_the_chunks_under_way(self) -> None:
        got: list[int] = []
        script = [("UID FETCH 5", b"$TAG NO bad message\r\n"), ("UID FETCH 6", line(6, b"six") + DONE)]
        with ScriptedServer(script) as server, open_session(server) as session:
            session.examine("INBOX")
            with pytest.raises(MessageRefused):
                got.extend(message.meta.uid for message in session.fetch_messages([[5], [6], [7]]))
            assert [command for command in server.commands if b"FETCH 7" in command] == []
        assert got == [6]

    def test_a_refusal_about_the_account_goes_before_one_about_messages(self) -> None:
        script = [("UID FETCH 5", b"$TAG NO bad\r\n"), ("UID FETCH 6", b"$TAG NO [THROTTLED] slow\r\n")]
        with ScriptedServer(script) as server, open_session(server) as session:
            session.examine("INBOX")
            with pytest.raises(Throttled):
                list(session.fetch_messages([[5], [6]]))

    def test_an_answer_in_part_is_not_silent(self) -> None:
        with pytest.raises(MessageRefused, match="MESSAGELIMIT"):
            fetch(line(5, b"five") + b"$TAG OK [MESSAGELIMIT 1 5] partial\r\n")

    def test_a_farewell_in_the_middle_keeps_its_words(self) -> None:
        with pytest.raises(ConnectionLost, match="Autologout"):
            fetch(Cut(line(5, b"five") + b"* BYE Autologout\r\n"))

    def test_headers_are_asked_for_by_their_own_name(self) -> None:
        answer = line(5, b"Subject: x\r\n\r\n", section=b"BODY[HEADER]") + line(6, b"whole") + DONE
        with ScriptedServer([("UID FETCH", answer)]) as server, open_session(server) as session:
            session.examine("INBOX")
            assert [message.meta.uid for message in session.fetch_headers([5, 6])] == [5]
            assert b"BODY.PEEK[HEADER]" in server.commands[-1]


class TestMetadata:
    def list(self, answer: bytes, first: int = 1, last: int = 9) -> list[int]:
        with ScriptedServer([("UID FETCH", answer)]) as server, open_session(server) as session:
            session.examine("INBOX")
            return [meta.uid for meta in session.fetch_metadata(first, last)]

    def test_uids_outside_the_range_are_dropped(self) -> None:
        assert self.list(meta_line(2) + meta_line(5) + meta_line(9) + DONE, first=4, last=8) == [5]

    def test_a_flag_change_reported_meanwhile_is_no_second_message(self) -> None:
        assert self.list(meta_line(2) + b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" + DONE) == [2]

    def test_incomplete_ones_are_listed_all_the_same(self) -> None:
        assert self.list(b"* 2 FETCH (UID 2 FLAGS ())\r\n" + meta_line(3) + DONE) == [3, 2]

    def test_an_empty_folder_is_not_asked(self) -> None:
        script = [("EXAMINE", b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n$TAG OK [READ-ONLY] done\r\n")]
        with ScriptedServer(script) as server, open_session(server) as session:
            session.examine("INBOX")
            assert list(session.fetch_metadata(1, 2**32)) == []
            assert "UID FETCH" not in server.verbs

    def test_the_range_is_bounded_and_asked_by_uid(self) -> None:
        with ScriptedServer([("UID FETCH", DONE)]) as server, open_session(server) as session:
            session.examine("INBOX")
            assert list(session.fetch_metadata(0, 2**40)) == []
            assert server.commands[-1] == b"UID FETCH 1:4294967295 (UID FLAGS INTERNALDATE RFC822.SIZE)"


class TestStreams:
    def test_commands_are_pipelined_no_deeper_than_allowed(self) -> None:
        seen: list[int] = []
        with ScriptedServer([("UID FETCH", DONE)]) as server:
            with open_session(server, replace(LIMITS, pipeline_depth=3)) as session:
                session.examine("INBOX")

                def chunks() -> object:
                    for uid in range(1, 7):
                        seen.append(uid)
                        yield [uid]

                stream = session.fetch_messages(chunks())  # type: ignore[arg-type]  # a generator, seen through object
                assert list(stream) == []
            assert seen == [1, 2, 3, 4, 5, 6]
            assert server.verbs.count("UID FETCH") == 6

    def test_a_stream_that_another_command_ended_does_not_go_on(self) -> None:
        script = [("UID FETCH", line(5, b"five") + line(6, b"six") + DONE)]
        with ScriptedServer(script) as server, open_session(server) as session:
            session.examine("INBOX")
            stream = session.fetch_messages([[5, 6]])
            assert next(stream).meta.uid == 5
            session.examine("INBOX")
            with pytest.raises(RuntimeError):
                list(stream)
