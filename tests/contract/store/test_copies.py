"""Finding mail again by the server's own ids: the same on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from inboxsync.model.copies import KnownCopy
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, MessageMeta, ServerIds
from inboxsync.model.views import MessageQuery
from inboxsync.store.copies_port import CopyStore
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import CREATE, LATER, NOW, Bench, mail, meta

HEADER = b"Subject: refused\r\n\r\n"


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


@pytest.fixture
def copies(store: SqlStore) -> CopyStore:
    return store.content.copies


def called(uid: int, email_id: str = "M1") -> MessageMeta:
    return replace(meta(uid), ids=ServerIds(email_id, f"T{email_id}", ("b", "a")))


def stored(bench: Bench, uid: int, email_id: str = "M1", key: str = "m1") -> Outcome:
    return replace(bench.stored(uid, mail(key), ticket=CREATE), meta=called(uid, email_id), header_sha256="a" * 64)


def refused(uid: int, fate: Fate, email_id: str = "M1", header: bytes | None = HEADER) -> Outcome:
    return Outcome(called(uid, email_id), fate, reason="why", header=header, from_address="ana@example.com")


def asked(bench: Bench, email_ids: Iterable[str] = ("M1",)) -> list[KnownCopy]:
    assert bench.integration.id is not None
    return list(bench.content.copies.known(bench.integration.id, email_ids))


def test_nothing_is_known_of_an_empty_store(bench: Bench) -> None:
    assert asked(bench) == asked(bench, ()) == []


def test_a_stored_mail_is_found_with_all_that_a_copy_needs(bench: Bench) -> None:
    outcome = stored(bench, 1)
    bench.record(outcome)
    (copy,) = asked(bench)
    assert (copy.email_id, copy.size_bytes, copy.internal_date) == ("M1", 100, outcome.meta.internal_date)
    assert (copy.fate, copy.reason, copy.settled_at, copy.header_sha256) == (Fate.STORED, None, NOW, "a" * 64)
    assert copy.message_id is not None
    assert bench.content.raw(copy.message_id) == mail("m1")[0]


@pytest.mark.parametrize("fate", [Fate.FILTERED, Fate.UNKNOWN_SENDER, Fate.TOO_LARGE])
def test_of_refused_mail_the_header_is_kept(bench: Bench, copies: CopyStore, fate: Fate) -> None:
    bench.record(refused(1, fate))
    (copy,) = asked(bench)
    assert (copy.fate, copy.reason, copy.message_id, copy.from_address) == (fate, "why", None, "ana@example.com")
    assert copies.header(copy.placement_id) == HEADER
    assert copies.header(copy.placement_id + 1) is None


def test_what_has_nothing_kept_is_nobody_s_copy(bench: Bench) -> None:
    bench.record(
        refused(1, Fate.FILTERED, header=None),
        Outcome(called(2), Fate.QUARANTINED, reason="r", error="e", octets=b"x"),
        Outcome(called(3), Fate.VANISHED, reason="gone_before_fetch"),
        Outcome(called(4), Fate.PENDING, error="later"),
        listed=(called(5),),
    )
    assert asked(bench) == []


def test_the_best_comes_first(bench: Bench) -> None:
    bench.record(refused(1, Fate.FILTERED))
    bench.record(stored(bench, 2), at=LATER)
    bench.record(replace(stored(bench, 3), fate=Fate.DUPLICATE, prepared=None, ticket=None), at=LATER)
    bench.record(refused(4, Fate.FILTERED), at=LATER)
    assert [(copy.fate, copy.settled_at) for copy in asked(bench)] == [
        (Fate.STORED, LATER), (Fate.DUPLICATE, LATER), (Fate.FILTERED, LATER), (Fate.FILTERED, NOW),
    ]  # fmt: skip


def test_any_folder_of_the_same_integration_will_do_and_no_other(bench: Bench, store: SqlStore) -> None:
    bench.record(stored(bench, 1))
    archive = Bench.on(store, folder="Archive")
    sales = Bench.on(store, name="sales")
    sales.record(stored(sales, 1, "M2", "m2"))
    assert len(asked(archive)) == 1
    assert asked(sales) == []
    assert [copy.email_id for copy in asked(sales, ("M1", "M2"))] == ["M2"]


def test_mail_that_is_gone_or_retired_is_still_known(bench: Bench) -> None:
    bench.record(stored(bench, 1))
    bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER)
    assert len(asked(bench)) == 1


def test_many_ids_are_asked_at_once(bench: Bench) -> None:
    bench.record(*(stored(bench, number, f"M{number}", f"m{number}") for number in range(1, 4)))
    assert len(asked(bench, (f"M{number}" for number in range(2_000)))) == 3


def test_ids_are_kept_as_they_were_listed(bench: Bench, rows: Rows) -> None:
    bench.record(listed=(called(1), meta(2)))
    bench.record(bench.stored(1, mail("m1")))
    found = rows.read("SELECT uid, email_id, server_thread_id, labels FROM inboxsync_placements ORDER BY uid")
    assert [(row["email_id"], row["server_thread_id"]) for row in found] == [("M1", "TM1"), (None, None)]
    assert found[0]["labels"] in ('["b","a"]', ["b", "a"]), "as JSON on SQLite, decoded by the driver on Postgres"
    assert found[1]["labels"] is None, "NULL, not the JSON text null"
    assert bench.content.messages(MessageQuery()).items[0].labels == ("b", "a")


def test_the_ledger_remembers_ids_for_what_is_open_and_what_was(bench: Bench) -> None:
    bench.record(stored(bench, 1), listed=(called(2, "M2"),))
    (waiting,) = bench.content.open_placements(bench.folder_id, 7, now=NOW)
    assert waiting.meta.email_id == "M2"
    remapping = bench.content.remapping
    assert [one.email_id for one in remapping.unmapped(bench.folder_id, 7, after_uid=0, limit=9)] == ["M2"]
    remapping.retire_others(bench.folder_id, 8, at=LATER)
    assert [one.email_id for one in remapping.formers(bench.folder_id, [100])] == ["M1"]
