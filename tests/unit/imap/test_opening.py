"""Opening folders on a scripted server: what is asked, what is switched on, and what a refusal costs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from devtools.scripted_imap import EXAMINED, ScriptedServer
from inboxsync.errors import MessageRefused, ProtocolFault
from inboxsync.imap.adapter import ImapSession
from inboxsync.model.placement import FlagsSeen
from tests.unit.imap.support import DONE, open_session

OFFERS = "IMAP4rev1 SASL-IR AUTH=PLAIN CONDSTORE ENABLE QRESYNC"
ENABLED = ("ENABLE", b"* ENABLED QRESYNC\r\n" + DONE)
OPENED = ("EXAMINE", b"* OK [HIGHESTMODSEQ 90] ok\r\n" + EXAMINED)
CHANGED = b"* 4 FETCH (UID 4 MODSEQ (88) FLAGS (\\Seen))\r\n"
GONE = b"* VANISHED (EARLIER) 1:2,6\r\n"


def changes(session: ImapSession) -> tuple[list[FlagsSeen], list[range]]:
    gone: list[range] = []
    return list(session.fetch_flags(1, 9, 80, gone=gone.extend)), gone


def sent(server: ScriptedServer, *verbs: str) -> list[bytes]:
    return [command for command in server.commands if command.split(b" ")[0].decode() in verbs]


# --- QRESYNC -------------------------------------------------------------------------------------------------------


def test_what_vanished_is_told_with_what_changed() -> None:
    script = [ENABLED, OPENED, ("UID FETCH", GONE + CHANGED + b"* VANISHED 9\r\n" + DONE)]
    with ScriptedServer(script, capabilities=OFFERS) as server, open_session(server) as session:
        assert session.examine("INBOX").highestmodseq == 90
        flags, gone = changes(session)
        assert sent(server, "UID") == [b"UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 80 VANISHED)"]
    assert flags == [FlagsSeen(4, ("\\Seen",), 88)]
    assert gone == [range(1, 3), range(6, 7), range(9, 10)]


def test_it_is_switched_on_once_and_in_the_round_trip_of_the_first_folder() -> None:
    """The server answers ENABLE only when EXAMINE has arrived too: whoever waits in between waits for ever."""
    held: list[bytes] = []

    def enable(_command: bytes) -> bytes:
        return b""

    def examine(_command: bytes) -> bytes:
        held.append(b"")
        first = b"* ENABLED QRESYNC\r\n%s OK enabled\r\n" % server.tags[-2] if len(held) == 1 else b""
        return first + EXAMINED

    with ScriptedServer([("ENABLE", enable), ("EXAMINE", examine)], capabilities=OFFERS) as server:
        with open_session(server) as session:
            session.examine("INBOX")
            session.examine("INBOX")
        assert sent(server, "ENABLE", "EXAMINE") == [b"ENABLE QRESYNC", *[b'EXAMINE "INBOX" (CONDSTORE)'] * 2]


@pytest.mark.parametrize(
    "refusal", [b"$TAG NO not now\r\n", b"$TAG BAD what\r\n", DONE, b"* ENABLED CONDSTORE\r\n" + DONE]
)
def test_a_server_that_does_not_switch_it_on_is_used_without(refusal: bytes) -> None:
    script = [("ENABLE", refusal), OPENED, ("UID FETCH", CHANGED + DONE)]
    with ScriptedServer(script, capabilities=OFFERS) as server, open_session(server) as session:
        assert session.examine("INBOX").exists == 9
        assert changes(session) == ([FlagsSeen(4, ("\\Seen",), 88)], [])
        assert sent(server, "UID") == [b"UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 80)"]


def test_a_server_that_refuses_vanished_is_asked_again_without() -> None:
    def fetch(command: bytes) -> bytes:
        return b"$TAG BAD no such modifier\r\n" if b"VANISHED" in command else CHANGED + DONE

    with ScriptedServer([ENABLED, OPENED, ("UID FETCH", fetch)], capabilities=OFFERS) as server:
        with open_session(server) as session:
            session.examine("INBOX")
            assert changes(session) == ([FlagsSeen(4, ("\\Seen",), 88)], [])
            changes(session)
        assert [b"VANISHED" in command for command in sent(server, "UID")] == [True, False, False]


def test_a_server_that_refuses_both_is_refused() -> None:
    script = [ENABLED, OPENED, ("UID FETCH", b"$TAG NO no\r\n")]
    with ScriptedServer(script, capabilities=OFFERS) as server, open_session(server) as session:
        session.examine("INBOX")
        with pytest.raises(MessageRefused):
            changes(session)


@pytest.mark.parametrize("offers", ["CONDSTORE", "CONDSTORE ENABLE", "QRESYNC", ""])
def test_without_the_offer_nothing_is_switched_on(offers: str) -> None:
    capabilities = f"IMAP4rev1 SASL-IR AUTH=PLAIN {offers}"
    with ScriptedServer([OPENED], capabilities=capabilities) as server, open_session(server) as session:
        session.examine("INBOX")
        assert sent(server, "ENABLE") == []


def test_nobody_who_does_not_listen_is_told() -> None:
    script = [ENABLED, OPENED, ("UID FETCH", GONE + CHANGED + DONE)]
    with ScriptedServer(script, capabilities=OFFERS) as server, open_session(server) as session:
        session.examine("INBOX")
        assert [seen.uid for seen in session.fetch_flags(1, 9, 80)] == [4]
        assert [seen.uid for seen in session.fetch_flags(1, 9, None)] == [4]
        assert all(b"VANISHED" not in command for command in server.commands)


def test_flags_of_single_messages_are_asked_in_sets() -> None:
    lines = b"".join(b"* %d FETCH (UID %d FLAGS ())\r\n" % (uid, uid) for uid in (3, 5, 7))
    with ScriptedServer([("UID FETCH", lines + DONE)]) as server, open_session(server) as session:
        session.examine("INBOX")
        assert [seen.uid for seen in session.fetch_flags_of([5, 3, 4])] == [3, 5]
        assert sent(server, "UID") == [b"UID FETCH 3:5 (UID FLAGS)"]
        assert list(session.fetch_flags_of([])) == []


# --- marks ---------------------------------------------------------------------------------------------------------

LISTED = b'* LIST (\\HasNoChildren \\Sent) "/" Gesendet\r\n' + DONE


def attributes(server: ScriptedServer) -> Sequence[str]:
    with open_session(server) as session:
        (folder,) = session.list_folders()
    return folder.attributes


@pytest.mark.parametrize(
    ("offers", "command"),
    [
        ("SPECIAL-USE LIST-EXTENDED", b'LIST "" "*" RETURN (SPECIAL-USE)'),
        ("SPECIAL-USE", b'LIST "" "*"'),
        ("", b'LIST "" "*"'),
    ],
)
def test_marks_are_asked_for_where_that_can_be_done(offers: str, command: bytes) -> None:
    with ScriptedServer([("LIST", LISTED)], capabilities=f"IMAP4rev1 SASL-IR AUTH=PLAIN {offers}") as server:
        assert "\\Sent" in attributes(server)
        assert sent(server, "LIST") == [command]


def test_a_server_that_refuses_to_be_asked_is_asked_plainly() -> None:
    script = [("LIST", lambda command: b"$TAG BAD what\r\n" if b"RETURN" in command else LISTED)]
    with ScriptedServer(script, capabilities="IMAP4rev1 SASL-IR AUTH=PLAIN SPECIAL-USE LIST-EXTENDED") as server:
        assert "\\Sent" in attributes(server)
    with ScriptedServer([("LIST", b"$TAG BAD what\r\n")]) as server, pytest.raises(ProtocolFault):
        attributes(server)
