"""The canonical dump: equal where the content is equal."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate
from inboxsync.store.sorted_lines import sorted_lines
from tests.unit.store.content_builders import (
    CREATE,
    LATER,
    NOW,
    Bench,
    attachment,
    integration,
    mail,
    meta,
    sqlite_store,
)

LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=8)


def filled(directory: Path, name: str, *, order: int) -> list[str]:
    """Dump a store that was filled in an order of its own, at a time of its own, after ids of others were taken."""
    store, shuffle, at = sqlite_store(directory, name), random.Random(order), NOW + timedelta(days=order)
    names = ["support", "sales"]
    shuffle.shuffle(names)
    for one in names:
        store.control.add_integration(integration(one, uuid=f"{one}-{order}"), f"secret-{order}".encode())
    # A scope of its own each, named by a uuid that differs from store to store.
    benches = [Bench.on(store, one, scope=f"integration:{one}-{order}") for one in names]
    for bench in benches:
        outcomes = [
            bench.stored(1, mail("m1", attachments=(attachment(),)), ticket=CREATE),
            bench.stored(2, mail("m2")),
            Outcome(meta(3), Fate.FILTERED, reason="rule", header=b"Subject: x\r\n" * 9),
            Outcome(meta(4), Fate.QUARANTINED, reason="parse", error="bad", octets=b"broken"),
            Outcome(meta(5), Fate.PENDING, error="later", next_attempt_at=at),
        ]
        shuffle.shuffle(outcomes)
        for outcome in outcomes:
            bench.record(outcome, at=at)
        bench.content.remapping.retire_others(benches[0].folder_id, 7, at=at)
    lines = list(store.content.dump())
    store.close()
    return lines


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return filled(tmp_path_factory.mktemp("reference"), "reference", order=0)


@pytest.mark.parametrize("order", [1, 2])
def test_order_ids_uuids_and_clocks_do_not_matter(tmp_path: Path, reference: list[str], order: int) -> None:
    assert filled(tmp_path, "other", order=order) == reference


def test_lines_are_json_with_sorted_keys_sorted_in_their_table(reference: list[str]) -> None:
    tables = [json.loads(line)["table"] for line in reference]
    assert tables == sorted(tables)
    assert all(list(json.loads(line)) == sorted(json.loads(line)) for line in reference)
    assert all(one < other for one, other in pairwise(reference) if _table(one) == _table(other))


def _table(line: str) -> str:
    return str(json.loads(line)["table"])


def test_references_are_natural_keys_and_secrets_only_whether(reference: list[str]) -> None:
    by_table: dict[str, list[dict[str, object]]] = {}
    for line in reference:
        by_table.setdefault(_table(line), []).append(json.loads(line))
    link = by_table["inboxsync_ticket_messages"][0]
    assert link["message_id"] == link["ticket_id"] == ["integration:sales", "m1@example.com"]
    assert by_table["inboxsync_quarantine"][0]["placement_id"] == [["sales", "INBOX"], 7, 4]
    assert by_table["inboxsync_tickets"][0]["made_by"] == ["integration:sales", "m1@example.com"]
    assert by_table["inboxsync_secrets"][0] == {
        "table": "inboxsync_secrets",
        "integration_id": "sales",
        "record": True,
    }
    assert by_table["inboxsync_folders"][0]["integration_id"] == "sales"
    assert "secret-" not in "".join(reference)
    assert not {"inboxsync_runs", "inboxsync_leases", "inboxsync_sync_states"} & set(by_table)


@pytest.mark.parametrize("change", ["fate", "retired", "text", "ticket", "header", "folder"])
def test_a_different_content_is_a_different_dump(tmp_path: Path, change: str) -> None:
    bench = Bench.on(sqlite_store(tmp_path))
    bench.record(bench.stored(1, mail("m1")), Outcome(meta(2), Fate.PENDING))
    before = bench.dump()
    if change == "fate":
        bench.record(Outcome(meta(2), Fate.VANISHED))
    elif change == "retired":
        bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER)
    elif change == "text":
        bench.record(bench.stored(2, mail("m2")))
    elif change == "ticket":
        bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", ticket=CREATE))
    elif change == "header":
        bench.record(Outcome(meta(2), Fate.FILTERED, header=b"Subject: x\r\n"))
    else:
        Bench.on(bench.store, folder="Archive")
    assert bench.dump() != before
    bench.store.close()


def test_a_removed_integration_dumps_without_its_uuid(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    bench = Bench.on(store)
    store.control.remove_integration(bench.integration, purge=False)
    lines = list(store.content.dump())
    assert '"name": "support", ' in lines[-1]
    assert bench.integration.uuid not in "".join(lines)
    store.close()


@settings(deadline=None, max_examples=50)
@given(st.lists(LINE), st.integers(1, 30))
def test_sorting_in_runs_is_sorting(lines: list[str], run_limit: int) -> None:
    assert list(sorted_lines(lines, run_limit=run_limit)) == sorted(lines)
