"""What was given up is 410, and says when; what it was still shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.model.pruning import Log, LogOrder, MailOrder, Part, PruneOrder
from inboxsync.store.events import feed_of
from inboxsync.store.pruning import pruning_of
from tests.unit.httpapi.world import World, world_in
from tests.unit.store.content_builders import NOW

V1 = "/api/v1"
LATER = NOW + timedelta(days=400)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as world:
        yield world


def prune(world: World, *parts: Part) -> None:
    orders = tuple(MailOrder(part, LATER) for part in parts)
    pruning_of(world.store).run(PruneOrder(LATER, orders, applies=True))


def test_octets_texts_and_files_that_were_pruned_are_gone(filled: World) -> None:
    message, attachment = f"{V1}/messages/{filled.ids['rich']}", f"{V1}/attachments/{filled.ids['attachment']}"
    prune(filled, Part.ATTACHMENTS, Part.BODIES)
    assert filled.get(f"{message}/raw").status_code == 200
    html = filled.get(f"{message}/html")
    day = f"{LATER:%Y-%m-%d}"
    assert (html.status_code, html.json()) == (410, {"error": f"the texts of this message were pruned on {day}"})
    prune(filled, Part.RAW)
    for path in (f"{message}/raw", attachment):
        gone = filled.get(path)
        assert (gone.status_code, f"were pruned on {day}" in gone.json()["error"]) == (410, True)
        assert "retry-after" not in gone.headers
    shown = filled.get(message).json()
    assert (shown["body_text"], shown["body_html"], shown["snippet"]) == (None, None, "")
    assert shown["raw_pruned_at"] == shown["body_pruned_at"] == LATER.isoformat().replace("+00:00", "Z")
    assert (shown["subject"], bool(shown["headers"]), len(shown["attachments"])) == ("About rich", True, 2)
    listed = filled.get(f"{V1}/messages").json()
    assert listed["total"] == len(listed["messages"]) > 5


def test_a_reader_of_events_is_told_what_it_missed(filled: World) -> None:
    newest = feed_of(filled.store.control).newest_id()
    pruning_of(filled.store).run(PruneOrder(LATER, (), (LogOrder(Log.EVENTS, LATER),), applies=True))
    for token in ("all", "support"):
        late = filled.get(f"{V1}/events", token, params={"after": 1})
        assert (late.status_code, f"events up to {newest} were pruned" in late.json()["error"]) == (410, True)
        for after in (0, newest):
            answer = filled.get(f"{V1}/events", token, params={"after": after})
            assert (answer.status_code, answer.json()["events"]) == (200, [])
