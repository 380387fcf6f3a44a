"""The adapter against a scripted server: folders, marking, and what is sent at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from devtools.scripted_imap import EXAMINED, ScriptedServer, wait_for
from inboxsync.errors import (
    FolderMissing,
    ImapError,
    MessageRefused,
    ServerUnavailable,
)
from inboxsync.imap.adapter import ImapSession
from tests.unit.imap.support import DONE, line, open_session

READING = {"CAPABILITY", "AUTHENTICATE", "LOGIN", "LIST", "NAMESPACE", "EXAMINE", "STATUS", "UID FETCH", "LOGOUT"}


class TestFolders:
    def test_nothing_said_about_uids_is_none(self) -> None:
        script = [("EXAMINE", b"* 2 EXISTS\r\n* OK [UIDVALIDITY 0] x\r\n$TAG OK done\r\n")]
        with ScriptedServer(script) as server, open_session(server) as session:
            status = session.examine("INBOX")
        assert (status.uidvalidity, status.uidnext, status.exists) == (None, None, 2)

    def test_a_part_of_a_mailbox_is_known_as_such(self) -> None:
        answer = b"* 2 EXISTS\r\n* OK [MESSAGELIMIT 1000] part\r\n* OK [UIDNOTSTICKY] x\r\n" + DONE
        with ScriptedServer([("EXAMINE", answer)]) as server, open_session(server) as session:
            status = session.examine("INBOX")
        assert (status.partial_view, status.uids_sticky) == (True, False)

    def test_a_prefix_is_found_once_and_then_known(self) -> None:
        script = [
            ('EXAMINE "ARCHIVE"', b"$TAG NO [NONEXISTENT] no\r\n"),
            ("LIST", b'* LIST () "." INBOX\r\n* LIST () "." INBOX.Archive\r\n$TAG OK done\r\n'),
            ("NAMESPACE", b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n$TAG OK done\r\n'),
        ]
        with ScriptedServer(script) as server, open_session(server) as session:
            assert session.examine("Archive").exists == 9
            assert session.examine("Archive").exists == 9
            assert server.verbs[-5:] == ["EXAMINE", "LIST", "NAMESPACE", "EXAMINE", "EXAMINE"]
            assert server.commands[-1] == b'EXAMINE "INBOX.Archive"'

    def test_a_name_in_raw_octets_is_sent_as_they_are(self) -> None:
        script = [
            ('EXAMINE "CAF', b"$TAG NO [NONEXISTENT] no\r\n"),
            ("LIST", b'* LIST () "/" "caf\xe9"\r\n$TAG OK done\r\n'),
        ]
        with ScriptedServer(script) as server, open_session(server) as session:
            assert session.examine("caf\\xe9").exists == 9
            assert server.commands[-1] == b"EXAMINE {4}\r\ncaf\xe9"

    def test_a_folder_without_rights_is_not_asked_twice(self) -> None:
        with ScriptedServer([("EXAMINE", b"$TAG NO [NOPERM] keep out\r\n")]) as server, open_session(server) as session:
            with pytest.raises(FolderMissing, match="keep out"):
                session.examine("INBOX")
            assert server.verbs.count("EXAMINE") == 1

    def test_a_busy_folder_is_not_a_missing_one(self) -> None:
        with ScriptedServer([("EXAMINE", b"$TAG NO [INUSE] busy\r\n")]) as server, open_session(server) as session:
            with pytest.raises(ServerUnavailable):
                session.examine("INBOX")
            assert "LIST" not in server.verbs

    @pytest.mark.parametrize("answer", [b"$TAG NO no\r\n", DONE, b"* STATUS INBOX (MESSAGES 3)\r\n" + DONE])
    def test_no_count_of_unseen_is_none(self, answer: bytes) -> None:
        with ScriptedServer([("STATUS", answer)]) as server, open_session(server) as session:
            assert session.unseen_count("INBOX") is None

    def test_unseen_is_read_whatever_the_name(self) -> None:
        answer = b'* STATUS "x (UNSEEN 9)" (MESSAGES 30 UNSEEN 4)\r\n' + DONE
        with ScriptedServer([("STATUS", answer)]) as server, open_session(server) as session:
            assert session.unseen_count("INBOX") == 4


class TestMarkSeen:
    def test_selects_stores_and_goes_back_to_reading(self) -> None:
        script = [
            ("SELECT", EXAMINED.replace(b"READ-ONLY", b"READ-WRITE")),
            ("UID STORE", DONE),
        ]
        with ScriptedServer(script) as server, open_session(server) as session:
            session.examine("INBOX")
            session.mark_seen("INBOX", [3, 1, 2])
            assert server.commands[-3:] == [
                b'SELECT "INBOX"',
                b"UID STORE 1:3 +FLAGS.SILENT (\\Seen)",
                b'EXAMINE "INBOX"',
            ]

    def test_a_folder_that_may_only_be_read_is_said_so(self) -> None:
        with ScriptedServer([("SELECT", EXAMINED)]) as server, open_session(server) as session:
            with pytest.raises(MessageRefused, match="may read the folder"):
                session.mark_seen("INBOX", [1])
            assert "UID STORE" not in server.verbs

    def test_nothing_is_marked_under_another_uidvalidity(self) -> None:
        with ScriptedServer([("SELECT", EXAMINED.replace(b"VALIDITY 7", b"VALIDITY 8"))]) as server:
            with open_session(server) as session:
                session.examine("INBOX")
                with pytest.raises(ServerUnavailable, match="re-created"):
                    session.mark_seen("INBOX", [1])
            assert "UID STORE" not in server.verbs


def test_reading_sends_only_commands_that_change_nothing() -> None:
    script = [("UID FETCH", line(5, b"five") + DONE), ("STATUS", b"* STATUS INBOX (UNSEEN 1)\r\n" + DONE)]
    with ScriptedServer(script) as server:
        with open_session(server) as session:
            session.list_folders()
            session.examine("INBOX")
            with pytest.raises(FolderMissing):
                session.examine("a\r\nb")
            session.unseen_count("INBOX")
            list(session.fetch_metadata(1, 9))
            list(session.fetch_messages([[5]]))
            list(session.fetch_headers([5]))
        assert wait_for(lambda: "LOGOUT" in server.verbs)
        assert set(server.verbs) <= READING
        assert all(b"PEEK" in command for command in server.commands if b"BODY" in command)


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session.examine("INBOX\r\nA9 DELETE INBOX"),
        lambda session: session.unseen_count("x\ny"),
        lambda session: session.mark_seen("x\0y", [1]),
        lambda session: session._wire.call("other", "LIST", '""', '"*"\r\nA9 DELETE INBOX'),
        lambda session: session._wire.call("other", "LIST", b"a\nb"),
        lambda session: session._wire.call("other", "EXAMINE", literal=b"a\r\nb"),
    ],
)
def test_no_line_break_ever_reaches_the_server(use: Callable[[ImapSession], object]) -> None:
    with ScriptedServer() as server, open_session(server) as session:
        before = len(server.commands)
        with contextlib.suppress(ImapError):
            assert use(session) is None
        assert not [command for command in server.commands[before:] if b"DELETE" in command or b"\n" in command]
        assert session.examine("INBOX").exists == 9
