"""Hostile amounts, slow servers and cut connections end in an error, never in a hang or a short message."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from devtools.scripted_imap import Cut, Drip, ScriptedServer, Silence
from devtools.tcp_proxy import TcpProxy
from inboxsync.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ProtocolFault,
)
from inboxsync.imap.adapter import connect
from inboxsync.model.placement import FetchedMessage
from inboxsync.model.secret import Secret
from tests.unit.imap.support import DONE, LIMITS, PASSWORD, endpoint, fetch, line, meta_line, open_session


class TestHostileAmounts:
    @pytest.mark.parametrize("size", [b"10000000000", b"9" * 30, b"9" * 5_000, b"536870913"])
    def test_a_literal_too_large_is_refused_before_memory_is_taken(self, size: bytes) -> None:
        with pytest.raises(ProtocolFault):
            fetch(b"* 1 FETCH (UID 5 BODY[] {" + size + b"}\r\n")

    @pytest.mark.parametrize("extra", [b"", b"X-UNKNOWN 1 "])
    def test_a_message_over_the_limit_costs_itself_alone(self, extra: bytes) -> None:
        large = (
            b"* 1 FETCH (UID 5 FLAGS (\\Seen) " + extra + b"RFC822.SIZE 0 BODY[] {5000}\r\n" + b"x" * 5_000 + b")\r\n"
        )
        got = fetch(large + line(6, b"six") + DONE, limits=replace(LIMITS, max_literal_bytes=1_000))
        assert {message.meta.uid: message.octets for message in got} == {5: None, 6: b"six"}
        assert {message.meta.uid: message.meta.size_bytes for message in got} == {5: 5_000, 6: 3}

    def test_a_line_without_end_is_refused(self) -> None:
        with pytest.raises(ProtocolFault, match="line of more than 5000"):
            fetch(b"* OK " + b"x" * 6_000 + b"\r\n" + DONE, limits=replace(LIMITS, max_line_bytes=5_000))

    def test_lines_without_end_are_refused(self) -> None:
        with pytest.raises(ProtocolFault, match="more than 1000 lines"):
            fetch(b"* OK\r\n* OK still\r\n" * 600 + DONE, limits=replace(LIMITS, max_untagged_lines=1_000))

    def test_untagged_data_outside_a_stream_is_bounded_too(self) -> None:
        flood = b'* LIST () "/" {90000}\r\n' + b"x" * 90_000 + b"\r\n"
        limits = replace(LIMITS, max_literal_bytes=100_000, max_line_bytes=10_000)
        with (
            ScriptedServer([("LIST", flood * 6 + DONE)]) as server,
            open_session(server, limits) as session,
            pytest.raises(ProtocolFault, match="more untagged data"),
        ):
            session.list_folders()

    def test_many_messages_do_not_count_as_kept(self) -> None:
        limits = replace(LIMITS, max_literal_bytes=100_000, max_line_bytes=1_000)
        uids = list(range(1, 31))
        answer = b"".join(line(uid, b"x" * 90_000) for uid in uids) + DONE
        assert len(fetch(answer, [uids], limits)) == 30

    def test_a_bare_line_feed_is_no_imap(self) -> None:
        with pytest.raises(ProtocolFault):
            fetch(b"* OK bare\n" + DONE)

    @pytest.mark.parametrize(
        "answer", [b"$TAG OK\r\n", b"nonsense\r\n", b"X99 OK unknown tag\r\n", b"\xff\xfe\r\n", b"\r\n"]
    )
    def test_what_is_no_imap_is_a_protocol_fault(self, answer: bytes) -> None:
        with pytest.raises(ProtocolFault):
            fetch(answer)


class TestTime:
    QUICK = replace(LIMITS, command_timeout_s=0.4, silence_timeout_s=0.3)

    def test_silence_ends(self) -> None:
        with pytest.raises(DeadlineExceeded, match="silent"):
            fetch(Silence(), limits=self.QUICK)

    @pytest.mark.parametrize("answer", [line(5, b"x" * 500), b"* OK " + b"x" * 500 + b"\r\n"])
    def test_dripping_ends(self, answer: bytes) -> None:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            fetch(Drip(answer, 0.02), limits=self.QUICK)
        assert time.monotonic() - started < 3

    def test_the_session_has_an_end(self) -> None:
        limits = replace(LIMITS, session_timeout_s=0.4)
        with pytest.raises(DeadlineExceeded, match="session"):
            fetch(Drip(line(5, b"x" * 500), 0.02), limits=limits)

    def test_closing_waits_no_longer_than_two_seconds(self) -> None:
        with ScriptedServer([("LOGOUT", Silence())]) as server:
            session = open_session(server, replace(LIMITS, silence_timeout_s=30))
            started = time.monotonic()
            session.close()
            assert time.monotonic() - started < 3

    def test_a_silent_greeting_ends(self) -> None:
        with ScriptedServer(greeting=Silence()) as server, pytest.raises(DeadlineExceeded):
            open_session(server, self.QUICK)


class TestCut:
    ANSWER = meta_line(5)[:-3] + b" BODY[] {14}\r\nhello\r\nworld\r\n)\r\n"

    def test_at_every_octet_nothing_short_is_ever_given(self) -> None:
        whole = self.ANSWER + b"A OK done\r\n"
        answers = iter([Cut(whole[:at]) for at in range(len(whole) - 2)])
        with ScriptedServer([("UID FETCH", lambda _: next(answers))]) as server:
            for at in range(len(whole) - 2):
                got: list[FetchedMessage] = []
                with open_session(server) as session:
                    session.examine("INBOX")
                    with pytest.raises((ConnectionLost, ProtocolFault)):
                        got.extend(session.fetch_messages([[5]]))
                assert [message.octets for message in got] == (
                    [b"hello\r\nworld\r\n"] if at >= len(self.ANSWER) else []
                )

    @pytest.mark.parametrize("reset", [False, True])
    def test_by_a_proxy_in_the_middle_of_a_body(self, reset: bool) -> None:
        answer = line(5, b"x" * 200_000) + DONE
        with ScriptedServer([("UID FETCH", answer)]) as server, TcpProxy(server.port) as proxy:
            where = replace(endpoint(server), port=proxy.port)
            with connect(where, Secret(PASSWORD), LIMITS) as session:
                session.examine("INBOX")
                (proxy.reset_after if reset else proxy.cut_after)(100_000)
                with pytest.raises(ConnectionLost):
                    list(session.fetch_messages([[5]]))

    def test_a_blackhole_ends(self) -> None:
        with ScriptedServer([("UID FETCH", DONE)]) as server, TcpProxy(server.port) as proxy:
            where = replace(endpoint(server), port=proxy.port)
            with connect(where, Secret(PASSWORD), TestTime.QUICK) as session:
                session.examine("INBOX")
                proxy.blackhole_after(0)
                with pytest.raises(DeadlineExceeded):
                    list(session.fetch_messages([[5]]))
