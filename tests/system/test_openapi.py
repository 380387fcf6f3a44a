"""The endpoint does what its own description says: schemathesis makes requests of it, good and bad, and compares.

It looks for failures of the server, statuses, headers, media types and bodies that are not described, wrong data that
is accepted, right data that is refused. `INBOXSYNC_OPENAPI_EXAMPLES=1000` makes so many requests for each operation.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema

from inboxsync.httpapi.openapi import document
from tests.unit.httpapi.world import World, world_in

EXAMPLES = int(os.environ.get("INBOXSYNC_OPENAPI_EXAMPLES", "20"))
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
# What no schema can say: a cursor is what a page gave, it excludes the page's number, and a search names a word.
BEYOND_SCHEMAS = (b"after is not a cursor of this list", b"page and after are both given", b"query has no word")


@dataclass
class Seen:
    """What a run of requests found."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    phases: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def take(self, event: events.EngineEvent) -> None:
        """Note one event of the engine."""
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.faults.append(repr(event))
        elif isinstance(event, events.PhaseFinished):
            self.phases.add(event.phase.name.value)
        elif isinstance(event, events.ScenarioFinished):
            self._scenario(event.recorder)

    def _scenario(self, recorder: Any) -> None:
        for case_id, exchange in recorder.interactions.items():
            if exchange.response is not None:
                self.statuses[exchange.response.status_code] += 1
                self.operations[recorder.cases[case_id].value.operation.label] += exchange.response.status_code == 200
        for case_id, checks in recorder.checks.items():
            body = recorder.interactions[case_id].response.content if case_id in recorder.interactions else b""
            self.faults += [
                f"{info.failure.operation}: {info.failure.title}\n{info.code_sample}"
                for info in (check.failure_info for check in checks)
                if info is not None and not is_beyond(info.failure, body)
            ]


def is_beyond(failure: Failure, body: bytes) -> bool:
    """Whether something was rightly refused that the schema of its parameter could not forbid."""
    return failure.title == "Schema-valid request rejected" and any(words in body for words in BEYOND_SCHEMAS)


def described(world: World) -> Mapping[str, Any]:
    """The description, with ids that this store has as its examples."""
    own = copy.deepcopy(document())
    ids = {"message_id": "rich", "attachment_id": "attachment", "ticket_id": "ticket of support"}
    for methods in own["paths"].values():
        for parameter in methods["get"]["parameters"]:
            if parameter["name"] in ids:
                parameter["example"] = str(world.ids[ids[parameter["name"]]])
    return own


def requests(world: World) -> Iterator[events.EngineEvent]:
    """Make the requests; the same ones each time."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": "http://localhost:8025",
            "headers": {"Authorization": f"Bearer {world.tokens['all']}"},
            "continue-on-failure": True,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
        }
    )
    schema = schemathesis.openapi.from_dict(dict(described(world)), config=config)
    schema.app = world.app
    yield from from_schema(schema).execute()


def test_every_request_is_answered_as_described(tmp_path: Path) -> None:
    seen = Seen()
    with world_in(tmp_path) as world:
        for event in requests(world):
            seen.take(event)
    assert seen.faults == []
    assert seen.phases >= PHASES
    assert {200, 400, 401, 404, 405} <= set(seen.statuses) <= {200, 400, 401, 404, 405, 413, 421}
    unanswered = [label for label in seen.operations if not seen.operations[label]]
    assert unanswered == [], "an operation that never answers what was asked proves nothing"
    assert len(seen.operations) == len(document()["paths"])
