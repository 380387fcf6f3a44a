"""What servers were seen to do, as data: how the scripted mailbox is spoiled, and what a sync has to make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.faults.mailbox import DONE, ScriptedMailbox

ALL_STORED = {"stored": 3}
MANY = 9  # more than a test asks for: the script's last entry of a prefix is the mailbox itself


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour: how the mailbox is spoiled, and what the first run makes of it.

    `later` are the fates after three more runs, hours apart; None where they stay. `moves`: what the server has changed
    meanwhile, so that the second run has something to note.
    """

    name: str
    spoil: Callable[[ScriptedMailbox], object]
    fates: Mapping[str, int] = field(default_factory=lambda: ALL_STORED)
    code: str | None = None
    exit_code: int = 0
    later: Mapping[str, int] | None = None
    moves: bool = False


def items(uid: int, **values: bytes | None) -> Callable[[ScriptedMailbox], object]:
    """Tell other values of one message; `BODY` stands for the whole message, `SIZE` for RFC822.SIZE."""
    names = {"BODY": b"BODY[]", "SIZE": b"RFC822.SIZE", "DATE": b"INTERNALDATE", "FLAGS": b"FLAGS", "X": b"X-NEW"}
    return lambda box: box.items.update({uid: {names[name]: value for name, value in values.items()}})


def noise(octets: bytes) -> Callable[[ScriptedMailbox], object]:
    """Say this around every FETCH answer."""
    return lambda box: setattr(box, "noise", octets)


def opened(octets: bytes) -> Callable[[ScriptedMailbox], object]:
    """Say this to EXAMINE."""
    return lambda box: setattr(box, "opened", octets)


def body_line(uid: int, line: Callable[[ScriptedMailbox, bytes], bytes]) -> Callable[[ScriptedMailbox], object]:
    """Answer for this message by other octets where its body is asked for."""

    def spoil(box: ScriptedMailbox) -> None:
        box.lines[uid] = lambda command: line(box, command) if b"PEEK[]" in command else box.plain_line(uid, command)

    return spoil


def split(box: ScriptedMailbox, command: bytes) -> bytes:
    """Part one message's answer over three lines, the body first."""
    told = box.told(2, command)
    body, rest = told.pop(b"BODY[]") or b"", b" ".join(name + b" " + (told[name] or b"") for name in told)
    return b"* 2 FETCH (BODY[] %s UID 2)\r\n* 2 FETCH (UID 2)\r\n* 2 FETCH (%s)\r\n" % (body, rest)


def gone_when_asked(answer: bytes) -> Callable[[ScriptedMailbox], object]:
    """Let another session expunge UID 2 when its body is asked for: the command is answered so."""

    def spoil(box: ScriptedMailbox) -> None:
        plain = box.fetch

        def fetch(command: bytes) -> bytes:
            if b"PEEK[]" not in command or 2 not in box.messages or 2 not in set(box.wanted(command)):
                return plain(command)
            line, box.ending = answer, lambda _command: DONE
            del box.messages[2]
            whole = plain(command)
            return whole.replace(DONE, line) if b"$TAG" in line else line + whole

        box.fetch = fetch  # type: ignore[method-assign]  # the test's own object

    return spoil


def refusing(uid: int, answer: bytes) -> Callable[[ScriptedMailbox], object]:
    """Answer NO (or BAD) to every command that asks for the body of this message, after what comes before it."""

    def spoil(box: ScriptedMailbox) -> None:
        def asked(command: bytes) -> bool:
            return b"PEEK[]" in command and uid in set(box.wanted(command))

        box.lines[uid] = lambda command: b"" if asked(command) else box.plain_line(uid, command)
        box.ending = lambda command: answer if asked(command) else DONE

    return spoil


def refusing_all(answer: bytes) -> Callable[[ScriptedMailbox], object]:
    """Answer so to every command that asks for a body."""
    return lambda box: setattr(
        box, "fetch", lambda command: answer if b"PEEK[]" in command else box_fetch(box, command)
    )


def box_fetch(box: ScriptedMailbox, command: bytes) -> bytes:
    """What a mailbox answers by itself."""
    return ScriptedMailbox.fetch(box, command)


def on(prefix: str, answer: bytes) -> Callable[[ScriptedMailbox], object]:
    """Always answer so to commands that begin with this."""
    return lambda box: box.first.extend([(prefix, answer)] * MANY)


OPENED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\n"
STORM = (
    b"* 2 FETCH (FLAGS (\\Deleted))\r\n* 9 EXISTS\r\n* 9 RECENT\r\n* OK [ALERT] hello\r\n* SEARCH 1 2\r\n* SEARCH 3\r\n"
)
PENDING = {"stored": 2, "pending": 1}
SET_ASIDE = {"stored": 2, "quarantined": 1}
VANISHED = {"stored": 2, "vanished": 1}
NOTHING: Mapping[str, int] = {}
THROTTLED = b"$TAG BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"

ROWS = (
    Row("plain", lambda _box: None),
    Row("body_nil", items(2, BODY=b"NIL"), PENDING, later=SET_ASIDE),
    Row("body_quoted", items(2, BODY=b'"Subject: quoted"'), ALL_STORED),
    Row("body_of_no_octets", items(2, BODY=b"{0}\r\n"), SET_ASIDE),
    Row("expunged_ok_and_nothing", gone_when_asked(b""), VANISHED, moves=True),
    Row("expunged_nil", gone_when_asked(b"* 2 FETCH (UID 2 BODY[] NIL)\r\n"), VANISHED, moves=True),
    Row("expunged_no", gone_when_asked(b"$TAG NO [EXPUNGEISSUED] gone\r\n"), VANISHED, moves=True),
    Row("expunge_while_fetching", gone_when_asked(b"* 2 EXPUNGE\r\n* 2 EXISTS\r\n"), VANISHED, moves=True),
    Row("refused_for_ever", refusing(2, b"$TAG NO [SERVERBUG] no such thing\r\n"), PENDING, later=SET_ASIDE),
    Row("all_refused", refusing_all(b"$TAG NO [SERVERBUG] oh\r\n"), {"pending": 3}, "server_unavailable", 75),
    Row("refused_message", refusing(2, b"$TAG NO cannot open it\r\n"), PENDING, later=SET_ASIDE),
    Row("bad_for_one_message", refusing(2, b"$TAG BAD [CLIENTBUG] what\r\n"), PENDING, later=SET_ASIDE),
    Row("split_answers", body_line(2, split)),
    Row("unknown_items", items(2, X=b'("a" (b {3}\r\nabc) NIL)')),
    Row("storms", noise(STORM)),
    Row("flags_without_uid_of_our_number", noise(b"* 2 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (BODY[] {4}\r\nevil)\r\n")),
    Row("uids_nobody_asked_for", noise(b"* 8 FETCH (UID 8 BODY[] {4}\r\nevil)\r\n")),
    Row("size_zero", items(2, SIZE=b"0")),
    Row("size_short", items(2, SIZE=b"20")),
    Row("size_huge", items(2, SIZE=b"9" * 20), {"stored": 2, "too_large": 1}),
    Row("size_left_out", items(2, SIZE=None)),
    Row("date_that_is_none", items(2, DATE=b'"99-Foo-0000 00:00:00 +0000"')),
    Row("date_nil", items(2, DATE=b"NIL")),
    Row("date_in_year_one", items(2, DATE=b'"01-Jan-0001 00:00:00 +0000"')),
    Row("uidnext_missing", opened(b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n")),
    Row("uidvalidity_missing", opened(b"* 3 EXISTS\r\n* OK [UIDNEXT 4] ok\r\n")),
    Row("uidvalidity_zero", opened(b"* 3 EXISTS\r\n* OK [UIDVALIDITY 0] ok\r\n* OK [UIDNEXT 4] ok\r\n")),
    Row("uidvalidity_twice", opened(OPENED + b"* OK [UIDVALIDITY 8] ok\r\n")),
    Row("uids_not_sticky", opened(OPENED + b"* NO [UIDNOTSTICKY] alas\r\n")),
    Row("more_counted_than_listed", opened(b"* 5" + OPENED[3:]), ALL_STORED, "partial_view", 75),
    Row("message_limit_told", opened(OPENED + b"* OK [MESSAGELIMIT 1000] part\r\n"), ALL_STORED, "partial_view", 75),
    Row("slowed_down_in_words", lambda box: setattr(box, "ending", lambda _: b"$TAG OK [THROTTLED] done\r\n")),
    Row("throttled_opening", on("EXAMINE", THROTTLED), NOTHING, "throttled", 75),
    Row("throttled_fetching", on("UID FETCH", THROTTLED), NOTHING, "throttled", 75),
    Row("over_quota", on("UID FETCH", b"$TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits.\r\n"),
        NOTHING, "throttled", 75),
    Row("not_connected", on("EXAMINE", b"$TAG BAD User is authenticated but not connected.\r\n"), NOTHING,
        "server_unavailable", 75),
    Row("too_many_connections", on("AUTHENTICATE", b"$TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n"),
        NOTHING, "throttled", 75),
    Row("unavailable_login", on("AUTHENTICATE", b"$TAG NO [UNAVAILABLE] later\r\n"), NOTHING, "server_unavailable", 75),
    Row("refused_login", on("AUTHENTICATE", b"$TAG NO [AUTHENTICATIONFAILED] no\r\n"), NOTHING, "auth_failed", 77),
    Row("not_selectable", on("EXAMINE", b"$TAG NO [NONEXISTENT] \\Noselect\r\n"), NOTHING, "folder_missing", 69),
    Row("ok_without_text", on("EXAMINE", b"$TAG OK\r\n"), NOTHING, "protocol", 75),
    Row("farewell", on("UID FETCH", b"* BYE Autologout; idle for too long\r\n"), NOTHING, "connection_lost", 75),
    Row("paren_bomb", noise(b"* 1 FETCH (UID 1 BODY[] " + b"(" * 20_000 + b"\r\n"), ALL_STORED),
    Row("literal_of_ten_gigabytes", items(2, BODY=b"{10000000000}\r\n"), NOTHING, "protocol", 75),
    Row("literal_of_thirty_digits", items(2, BODY=b"{" + b"9" * 30 + b"}\r\n"), NOTHING, "protocol", 75),
    Row("line_of_more_than_a_megabyte", noise(b"* SEARCH" + b" 1234567" * 150_000 + b"\r\n"), NOTHING, "protocol", 75),
)  # fmt: skip
