"""What every session promises, checked on the fake and on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from inboxsync.errors import AuthFailed, FolderMissing, ImapError, MessageRefused
from inboxsync.model.placement import FetchedMessage
from tests.contract.session.conftest import Mailbox
from tests.fakes.mailbox import SOME_TIME


def mail(number: int, size: int = 20) -> bytes:
    return b"Subject: number %d\r\nMessage-ID: <%d@example.com>\r\n\r\n" % (number, number) + b"x" * size + b"\r\n"


def fill(mailbox: Mailbox, count: int) -> list[bytes]:
    mails = [mail(number) for number in range(1, count + 1)]
    for octets in mails:
        mailbox.deliver(octets)
    return mails


def uids(messages: Iterator[FetchedMessage]) -> list[int]:
    return [message.meta.uid for message in messages]


class TestFolders:
    def test_lists_folders_with_their_decoded_names(self, mailbox: Mailbox) -> None:
        mailbox.add_folder("Réclamations & Co")
        with mailbox.open() as session:
            names = {folder.name for folder in session.list_folders() if folder.selectable}
        assert names == {"INBOX", "Réclamations & Co"}

    def test_a_listed_name_can_be_opened(self, mailbox: Mailbox) -> None:
        mailbox.add_folder("日本 & „x“")
        mailbox.deliver(mail(1), "日本 & „x“")
        with mailbox.open() as session:
            name = next(folder.name for folder in session.list_folders() if folder.name != "INBOX")
            assert session.examine(name).exists == 1

    def test_an_empty_folder_has_no_messages_and_is_asked_for_none(self, mailbox: Mailbox) -> None:
        with mailbox.open() as session:
            status = session.examine("INBOX")
            assert (status.exists, status.uidnext) == (0, 1)
            assert status.uidvalidity
            assert list(session.fetch_metadata(1, 2**32 - 1)) == []

    def test_inbox_is_found_in_any_case(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        with mailbox.open() as session:
            assert session.examine("iNbOx").exists == 2

    def test_status_tells_how_many_and_what_comes_next(self, mailbox: Mailbox) -> None:
        fill(mailbox, 3)
        with mailbox.open() as session:
            status = session.examine("INBOX")
        assert (status.exists, status.uidnext, status.uids_sticky, status.partial_view) == (3, 4, True, False)

    def test_a_missing_folder_is_named_with_those_there_are(self, mailbox: Mailbox) -> None:
        mailbox.add_folder("Sales")
        with mailbox.open() as session:
            with pytest.raises(FolderMissing, match=r"Nowhere.*(INBOX.*Sales|Sales.*INBOX)"):
                session.examine("Nowhere")
            assert session.examine("Sales").exists == 0

    @pytest.mark.parametrize("name", ["A\r\nX LOGOUT", "A\0B"])
    def test_a_name_with_a_line_break_is_a_missing_folder(self, mailbox: Mailbox, name: str) -> None:
        with mailbox.open() as session:
            with pytest.raises(FolderMissing):
                session.examine(name)
            assert session.examine("INBOX").exists == 0

    def test_counts_the_unseen(self, mailbox: Mailbox) -> None:
        mailbox.deliver(mail(1), seen=True)
        mailbox.deliver(mail(2))
        with mailbox.open() as session:
            assert session.unseen_count("INBOX") == 1
            assert session.unseen_count("Nowhere") is None

    def test_renumbering_changes_uidvalidity(self, mailbox: Mailbox) -> None:
        mails = fill(mailbox, 2)
        with mailbox.open() as session:
            before = session.examine("INBOX").uidvalidity
        mailbox.renumber()
        with mailbox.open() as session:
            assert session.examine("INBOX").uidvalidity not in {None, before}
            assert [m.octets for m in session.fetch_messages([[1, 2]])] == mails


class TestMetadata:
    def test_gives_flags_date_and_size(self, mailbox: Mailbox) -> None:
        moment = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)
        mailbox.deliver(mail(1), seen=True, internal_date=moment)
        mailbox.deliver(mail(2))
        with mailbox.open() as session:
            session.examine("INBOX")
            first, second = session.fetch_metadata(1, 100)
        assert (first.uid, first.flags, first.internal_date) == (1, ("\\Seen",), moment)
        assert first.size_bytes == len(mail(1))
        assert (second.uid, second.flags, second.internal_date) == (2, (), SOME_TIME)

    def test_keeps_to_the_range(self, mailbox: Mailbox) -> None:
        fill(mailbox, 5)
        with mailbox.open() as session:
            session.examine("INBOX")
            assert [meta.uid for meta in session.fetch_metadata(2, 4)] == [2, 3, 4]
            assert list(session.fetch_metadata(6, 2**32 - 1)) == []
            assert list(session.fetch_metadata(4, 2)) == []

    def test_leaves_out_what_was_expunged(self, mailbox: Mailbox) -> None:
        fill(mailbox, 3)
        with mailbox.open() as session:
            session.examine("INBOX")
        mailbox.expunge(1)
        with mailbox.open() as session:
            session.examine("INBOX")
            assert [meta.uid for meta in session.fetch_metadata(1, 10)] == [1, 3]


class TestFlags:
    def test_gives_the_flags_of_a_range_alone(self, mailbox: Mailbox) -> None:
        mailbox.deliver(mail(1), seen=True)
        mailbox.deliver(mail(2))
        mailbox.deliver(mail(3))
        with mailbox.open() as session:
            session.examine("INBOX")
            told = [(seen.uid, seen.flags) for seen in session.fetch_flags(1, 2, None)]
            assert list(session.fetch_flags(4, 2**32 - 1, None)) == []
        assert told == [(1, ("\\Seen",)), (2, ())]

    def test_an_empty_folder_is_asked_for_none(self, mailbox: Mailbox) -> None:
        with mailbox.open() as session:
            session.examine("INBOX")
            assert list(session.fetch_flags(1, 2**32 - 1, None)) == []

    def test_gives_only_what_changed_since(self, mailbox: Mailbox) -> None:
        fill(mailbox, 4)
        mailbox.keep_modseqs()
        with mailbox.open() as session:
            assert "CONDSTORE" in session.capabilities
            before = session.examine("INBOX").highestmodseq
        mailbox.set_flagged(2)
        with mailbox.open() as session:
            after = session.examine("INBOX").highestmodseq
            assert before is not None
            assert after is not None
            assert after > before
            (changed,) = session.fetch_flags(1, 4, before)
            assert (changed.uid, changed.flags, changed.modseq) == (3, ("\\Flagged",), after)
            assert list(session.fetch_flags(1, 4, after)) == []
            assert list(session.fetch_flags(1, 2, before)) == []

    def test_single_messages_are_asked_for_and_those_that_are_gone_are_left_out(self, mailbox: Mailbox) -> None:
        fill(mailbox, 4)
        with mailbox.open() as session:
            session.examine("INBOX")
            assert [seen.uid for seen in session.fetch_flags_of([4, 2])] == [2, 4]
        mailbox.expunge(1)
        with mailbox.open() as session:
            session.examine("INBOX")
            assert [seen.uid for seen in session.fetch_flags_of([2, 4])] in ([4], [2])
            assert list(session.fetch_flags_of([])) == []

    def test_who_listens_is_told_what_vanished_if_anything(self, mailbox: Mailbox) -> None:
        fill(mailbox, 4)
        mailbox.keep_modseqs()
        with mailbox.open() as session:
            before = session.examine("INBOX").highestmodseq
        mailbox.expunge(2)
        gone: list[range] = []
        with mailbox.open() as session:
            session.examine("INBOX")
            assert list(session.fetch_flags(1, 4, before, gone=gone.extend)) == []
        assert gone == ([range(3, 4)] if "QRESYNC" in session.capabilities else [])

    def test_an_expunge_is_seen_in_exists(self, mailbox: Mailbox) -> None:
        fill(mailbox, 3)
        mailbox.expunge(0)
        with mailbox.open() as session:
            assert session.examine("INBOX").exists == 2
            assert [seen.uid for seen in session.fetch_flags(1, 9, None)] in ([2, 3], [1, 2])


class TestMessages:
    def test_gives_the_octets_unaltered(self, mailbox: Mailbox) -> None:
        odd = b"Subject: \xff\xfe odd\r\n\r\nNUL-free but 8-bit: \x80\x81\r\n)\r\nA1 OK not an answer\r\n{3}\r\n"
        mailbox.deliver(odd)
        mailbox.deliver(mail(2, size=300_000))
        with mailbox.open() as session:
            session.examine("INBOX")
            first, second = session.fetch_messages([[1, 2]])
        assert first.octets == odd
        assert second.octets == mail(2, size=300_000)
        assert second.meta.size_bytes == len(mail(2, size=300_000))

    @pytest.mark.parametrize(
        "chunks", [[[1, 2, 3], [4, 5]], [[5], [1], [3]], [[1, 2, 3, 4, 5]], [[1], [2], [3], [4], [5]]]
    )
    def test_yields_every_message_asked_for_once(self, mailbox: Mailbox, chunks: list[Sequence[int]]) -> None:
        mails = fill(mailbox, 5)
        with mailbox.open() as session:
            session.examine("INBOX")
            got = {message.meta.uid: message.octets for message in session.fetch_messages(chunks)}
        assert got == {uid: mails[uid - 1] for chunk in chunks for uid in chunk}

    def test_leaves_out_uids_that_are_not_there(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        with mailbox.open() as session:
            session.examine("INBOX")
            assert uids(session.fetch_messages([[1, 7], [8], [2]])) == [1, 2]

    def test_no_chunks_are_no_messages(self, mailbox: Mailbox) -> None:
        with mailbox.open() as session:
            session.examine("INBOX")
            assert list(session.fetch_messages([])) == []
            assert list(session.fetch_messages([[]])) == []
            assert list(session.fetch_headers([])) == []

    def test_an_abandoned_stream_does_not_spoil_the_session(self, mailbox: Mailbox) -> None:
        fill(mailbox, 6)
        with mailbox.open() as session:
            session.examine("INBOX")
            stream = session.fetch_messages([[1, 2], [3, 4], [5, 6]])
            assert next(stream).meta.uid == 1
            del stream
            assert session.examine("INBOX").exists == 6
            assert uids(session.fetch_messages([[2, 3]])) == [2, 3]

    def test_gives_headers_alone(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        with mailbox.open() as session:
            session.examine("INBOX")
            first, second = session.fetch_headers([1, 2])
        assert first.octets == b"Subject: number 1\r\nMessage-ID: <1@example.com>\r\n\r\n"
        assert second.meta.size_bytes == len(mail(2))

    def test_reading_changes_no_flag(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        with mailbox.open() as session:
            session.examine("INBOX")
            list(session.fetch_metadata(1, 9))
            list(session.fetch_messages([[1, 2]]))
            list(session.fetch_headers([1, 2]))
        assert mailbox.seen() == [False, False]


class TestMarkSeen:
    def test_marks_these_and_no_others(self, mailbox: Mailbox) -> None:
        fill(mailbox, 4)
        with mailbox.open() as session:
            session.examine("INBOX")
            session.mark_seen("INBOX", [1, 3, 99])
        assert mailbox.seen() == [True, False, True, False]

    def test_the_folder_can_be_read_on_afterwards(self, mailbox: Mailbox) -> None:
        mails = fill(mailbox, 2)
        with mailbox.open() as session:
            session.examine("INBOX")
            session.mark_seen("INBOX", [1])
            assert [message.octets for message in session.fetch_messages([[1, 2]])] == mails
        assert mailbox.seen() == [True, False]

    def test_works_without_opening_the_folder_before(self, mailbox: Mailbox) -> None:
        fill(mailbox, 1)
        with mailbox.open() as session:
            session.mark_seen("INBOX", [1])
            session.mark_seen("INBOX", [])
        assert mailbox.seen() == [True]

    def test_marks_nothing_in_a_folder_that_was_recreated(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        with mailbox.open() as session:
            session.examine("INBOX")
            mailbox.renumber()
            with pytest.raises(ImapError):
                session.mark_seen("INBOX", [1])
        assert mailbox.seen() == [False, False]


class TestMove:
    def test_moves_exactly_these_messages(self, mailbox: Mailbox) -> None:
        mails = fill(mailbox, 4)
        mailbox.add_folder("Processed")
        told: list[str] = []
        with mailbox.open() as session:
            session.examine("INBOX")
            session.move("INBOX", [1, 3], "Processed", lambda: told.append("copied"))
            assert [message.octets for message in session.fetch_messages([[1, 2, 3, 4]])] == [mails[1], mails[3]]
            session.examine("Processed")
            assert [message.octets for message in session.fetch_messages([[1, 2]])] == [mails[0], mails[2]]
        assert told == [], "a server with MOVE leaves nothing to be removed"

    def test_flags_and_dates_go_along(self, mailbox: Mailbox) -> None:
        mailbox.deliver(b"From: a@example.com\r\n\r\nx\r\n", seen=True)
        mailbox.add_folder("Processed")
        with mailbox.open() as session:
            session.examine("INBOX")
            (before,) = session.fetch_metadata(1, 1)
            session.move("INBOX", [1], "Processed", lambda: None)
            session.examine("Processed")
            (after,) = session.fetch_metadata(1, 1)
        assert "\\Seen" in after.flags
        assert after.internal_date == before.internal_date

    def test_no_message_and_a_message_that_is_gone_are_nothing(self, mailbox: Mailbox) -> None:
        fill(mailbox, 1)
        mailbox.add_folder("Processed")
        with mailbox.open() as session:
            session.move("INBOX", [], "Nowhere", lambda: None)
            session.remove("INBOX", [])
            session.move("INBOX", [99], "Processed", lambda: None)
            assert session.examine("INBOX").exists == 1

    def test_a_missing_target_is_refused_and_nothing_is_made(self, mailbox: Mailbox) -> None:
        fill(mailbox, 1)
        with mailbox.open() as session:
            with pytest.raises(MessageRefused):
                session.move("INBOX", [1], "Nowhere", lambda: None)
            assert session.examine("INBOX").exists == 1
            assert "Nowhere" not in {folder.name for folder in session.list_folders()}

    def test_a_name_beyond_ascii_is_found(self, mailbox: Mailbox) -> None:
        fill(mailbox, 1)
        mailbox.add_folder("Erledigt für März")
        with mailbox.open() as session:
            session.move("INBOX", [1], "Erledigt für März", lambda: None)
            assert session.examine("Erledigt für März").exists == 1

    def test_removes_exactly_these_and_never_what_others_marked(self, mailbox: Mailbox) -> None:
        fill(mailbox, 3)
        with mailbox.open() as session:
            session.examine("INBOX")
            session.remove("INBOX", [2])
            assert [meta.uid for meta in session.fetch_metadata(1, 9)] == [1, 3]

    def test_moves_nothing_in_a_folder_that_was_recreated(self, mailbox: Mailbox) -> None:
        fill(mailbox, 2)
        mailbox.add_folder("Processed")
        with mailbox.open() as session:
            session.examine("INBOX")
            mailbox.renumber()
            with pytest.raises(ImapError):
                session.move("INBOX", [1], "Processed", lambda: None)
        assert mailbox.seen() == [False, False]


class TestLogin:
    def test_a_wrong_password_is_refused_and_not_shown(self, mailbox: Mailbox) -> None:
        with pytest.raises(AuthFailed) as refused:
            mailbox.open("wrong-password")
        assert "wrong-password" not in refused.value.message + refused.value.hint

    def test_closing_twice_is_harmless(self, mailbox: Mailbox) -> None:
        session = mailbox.open()
        session.close()
        session.close()

    def test_capabilities_are_upper_case(self, mailbox: Mailbox) -> None:
        with mailbox.open() as session:
            assert "IMAP4REV1" in session.capabilities
