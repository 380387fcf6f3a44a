"""Reading messages and tickets back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from inboxsync.errors import StoreCorrupt
from inboxsync.model.ingest import Outcome
from inboxsync.model.message import Address, DeliveryReport, Report
from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.views import MessageQuery
from inboxsync.store.address import read_address
from inboxsync.store.sql import SqlStore
from tests.fakes.engine import open_engine
from tests.unit.store.content_builders import CREATE, LATER, NOW, Bench, attachment, mail, sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def test_what_is_derived_of_reports_and_replies_comes_back(bench: Bench) -> None:
    reports = (
        DeliveryReport("gone@example.net", "failed", "5.1.1", "no such user", "list@example.net"),
        DeliveryReport("slow@example.net", "delayed"),
    )
    message = mail(
        "m1",
        body_text="New\n> Old",
        reply_text="New",
        report=Report.FAILED,
        delivery_reports=reports,
        authentication={"spf": "softfail"},
    )
    bench.record(bench.stored(1, message), bench.stored(2, mail("m2", body_text="All", reply_text="All")))
    second, first = bench.content.messages(MessageQuery()).items
    view = bench.content.message(first.id)
    assert view is not None
    assert (view.report, view.delivery_reports, view.authentication) == ("dsn_failed", reports, {"spf": "softfail"})
    assert (view.body_text, view.reply_text) == ("New\n> Old", "New")
    whole = bench.content.message(second.id)
    assert whole is not None
    assert (whole.reply_text, whole.report, whole.delivery_reports, whole.authentication) == ("All", None, (), {})


def uids(bench: Bench, **query: object) -> list[int]:
    return [item.uid for item in bench.content.messages(MessageQuery(**query)).items]  # type: ignore[arg-type]  # by keyword


def change(bench: Bench, statement: str) -> None:
    """Change rows behind the store's back."""
    engine = open_engine(read_address(f"sqlite:///{bench.store.place}", bench.store.data_dir))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_message_is_told_in_full(bench: Bench) -> None:
    message = mail(
        "m1",
        from_=(Address("Ann", "ann@example.com"), Address("", "second@example.com")),
        cc=(Address("Cy", "cy@example.com"),),
        bcc=(Address("Group", ""),),
        in_reply_to=("p@example.com",),
        references=("r@example.com", "p@example.com"),
        attachments=(attachment(), attachment(b"i", position=1)),
        body_html="<p>Hello</p>",
        defects=("no_date",),
    )
    seen = MessageMeta(9, ("\\SEEN", "\\Flagged", "$Label"), NOW, 100)
    bench.record(bench.stored(9, message, ticket=CREATE, meta=seen))
    listed = bench.content.messages(MessageQuery()).items[0]
    view = bench.content.message(listed.id)
    assert view is not None
    assert (view.sender, view.sender_name, view.from_display) == ("ann@example.com", "Ann", "Ann <ann@example.com>")
    assert (view.to_recipients, view.cc_recipients) == (("support@example.com",), ("cy@example.com",))
    assert view.bcc_recipients == ("Group",)
    assert (view.date_received, view.date_sent) == (NOW, NOW - timedelta(minutes=5))
    assert (view.is_read, view.is_starred, view.flags) == (True, True, ("\\SEEN", "\\Flagged", "$Label"))
    assert (view.folder, view.integration, view.uid, view.fate) == ("INBOX", "support", 9, "stored")
    assert (view.message_id, view.external_id) == ("m1@example.com", "m1@example.com")
    assert (view.in_reply_to, view.references) == (("p@example.com",), ("r@example.com", "p@example.com"))
    assert (view.body_text, view.body_html, view.defects) == ("Hello", "<p>Hello</p>", ("no_date",))
    assert view.headers == {"subject": ("About m1",), "received": ("from a", "from b")}
    assert [(one.filename, one.size_bytes) for one in view.attachments] == [("a.pdf", 8), ("a.pdf", 1)]
    assert view.ticket_id == bench.content.tickets().items[0].id
    assert (view.has_attachments, view.size_bytes) == (True, len(message[0]))
    assert (listed.body_text, listed.body_html, listed.headers) == (None, None, None)
    assert listed.attachments == view.attachments


def test_without_name_or_address_the_author_is_what_the_header_says(bench: Bench) -> None:
    bench.record(
        bench.stored(1, mail("m1", from_=(Address("", "a@example.com"),))),
        bench.stored(2, mail("m2", from_=(), from_raw="who knows")),
    )
    shown = {item.uid: item.from_display for item in bench.content.messages(MessageQuery()).items}
    assert shown == {1: "a@example.com", 2: "who knows"}


def test_pages_go_from_newest_to_oldest(bench: Bench) -> None:
    for uid in range(1, 8):
        bench.record(bench.stored(uid, mail(f"m{uid}"), received_at=NOW + timedelta(minutes=uid % 4)))
    first = bench.content.messages(MessageQuery(limit=3))
    last = bench.content.messages(MessageQuery(limit=3, page=3))
    assert [item.uid for item in first.items] == [7, 3, 6]
    assert (first.total, first.page, first.has_next, first.has_prev) == (7, 1, True, False)
    assert ([item.uid for item in last.items], last.has_next, last.has_prev) == ([4], False, True)
    assert bench.content.messages(MessageQuery(limit=7)).has_next is False


def test_each_visible_placement_is_one_row(store: SqlStore, bench: Bench) -> None:
    sales = Bench.on(store, "sales")
    archive = Bench.on(store, "support", "Archive")
    bench.record(bench.stored(1, mail()))
    for other, uid in ((archive, 2), (sales, 3)):
        other.record(Outcome(MessageMeta(uid, (), NOW, 1), Fate.DUPLICATE, external_id="m1@example.com"))
    assert uids(bench) == [3, 2, 1]
    assert uids(bench, integration="support") == [2, 1]
    assert uids(bench, integration="support", folder="Archive") == [2]
    assert uids(bench, fate="stored") == [1]
    assert uids(bench, integration="nobody") == []


def test_retired_placements_show_only_what_has_no_live_one_in_its_integration(store: SqlStore, bench: Bench) -> None:
    sales = Bench.on(store, "sales")
    bench.record(bench.stored(1, mail("kept")), bench.stored(2, mail("gone")), bench.stored(3, mail("elsewhere")))
    sales.record(Outcome(MessageMeta(30, (), NOW, 1), Fate.DUPLICATE, external_id="elsewhere@example.com"))
    assert bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER) == 3
    assert bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER) == 0
    again = Outcome(MessageMeta(11, (), NOW, 1), Fate.DUPLICATE, external_id="kept@example.com")
    bench.record(again, uidvalidity=8)
    assert sorted(uids(bench, integration="support")) == [2, 3, 11]
    kept = next(item.id for item in bench.content.messages(MessageQuery()).items if item.uid == 11)
    shown = bench.content.message(kept)
    assert shown is not None
    assert shown.uid == 11


@pytest.mark.parametrize(("words", "found"), [("ABOUT M1", [1]), ("100%", [2]), ("%", [2]), ("m_", []), ("", [2, 1])])
def test_words_are_found_literally(bench: Bench, words: str, found: list[int]) -> None:
    bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m2", subject="100% off")))
    assert uids(bench, text=words) == found


@pytest.mark.parametrize("found", ["message", "raw", "ticket"])
def test_what_is_not_there_is_none(bench: Bench, found: str) -> None:
    assert getattr(bench.content, found)(4711) is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE inboxsync_raw SET data = x'00'",
        "UPDATE inboxsync_raw SET encoding = 'identity'",
        "DELETE FROM inboxsync_raw",
        "UPDATE inboxsync_messages SET size_bytes = size_bytes + 1",
    ],
)
def test_altered_octets_are_never_handed_out(bench: Bench, damage: str) -> None:
    bench.record(bench.stored(1, mail("m1", text="long " * 100)))
    message_id = bench.content.messages(MessageQuery()).items[0].id
    change(bench, damage)
    with pytest.raises(StoreCorrupt):
        bench.content.raw(message_id)


def test_tickets_newest_first_by_status_and_integration(store: SqlStore, bench: Bench) -> None:
    sales = Bench.on(store, "sales")
    bench.record(bench.stored(1, mail("m1"), ticket=CREATE), bench.stored(2, mail("m2"), ticket=CREATE))
    sales.record(sales.stored(1, mail("m3"), ticket=CREATE))
    change(bench, "UPDATE inboxsync_tickets SET status = 'closed' WHERE number = '1'")
    page = bench.content.tickets(limit=2)
    assert ([one.number for one in page.items], page.total, page.has_next) == (["3", "2"], 3, True)
    assert [one.number for one in bench.content.tickets(limit=2, page=2).items] == ["1"]
    assert [one.number for one in bench.content.tickets(status="closed").items] == ["1"]
    assert [one.number for one in bench.content.tickets(integration="sales").items] == ["3"]
    newest = page.items[0]
    assert (newest.integration, newest.created_at) == ("sales", NOW)
    assert bench.content.ticket(newest.id) == newest
