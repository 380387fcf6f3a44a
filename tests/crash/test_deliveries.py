"""Death at every step of sending events to webhooks: each event arrives, in the order of its ticket, under one id.

What an endpoint has taken is a file here, so that it outlives the child that dies. An event may arrive twice, with the
same id, where the death falls between the answer and the note of it: at least once, never lost.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from inboxsync.app import is_dead, this_owner
from inboxsync.delivery.deliverer import Deliverer
from inboxsync.delivery.post import Outgoing
from inboxsync.delivery.retry import Answer, Fault
from inboxsync.model.webhook import DeliveryCounts
from inboxsync.store.outbox import outbox_of
from inboxsync.store.outbox_port import Outbox
from inboxsync.store.sql import open_store
from tests.crash.children import fork, wait
from tests.crash.steps import Stepped, Steps
from tests.unit.delivery.bench import DeliveryBench

DIED = 97
READS = frozenset({"due", "waiting"})
TICKETS = (1, 2, 1, None)


class Stage:
    """A store with four events for two webhooks, put back for every point of the sweep."""

    def __init__(self, directory: Path) -> None:
        self.live, self._kept, self.taken_file = directory / "live", directory / "kept", directory / "taken"
        with closing(open_store(None, self.live)) as store:
            store.schema.ensure()
            bench = DeliveryBench(store)
            bench.hook("crm", url="https://crm.example.com/")
            bench.hook("chat", url="https://chat.example.com/")
            self.events = dict(zip(bench.happen(*TICKETS), TICKETS, strict=True))
        shutil.copytree(self.live, self._kept)

    def restore(self) -> None:
        """Bring the store back; nobody has taken anything."""
        shutil.rmtree(self.live)
        shutil.copytree(self._kept, self.live)
        self.taken_file.unlink(missing_ok=True)

    def deliver(self, steps: Steps) -> None:
        """Send what is due, webhook by webhook so that steps have an order; every effect is a step."""
        with closing(open_store(None, self.live)) as store:
            bench = DeliveryBench(store)
            outbox = Stepped(outbox_of(store.control), "outbox", steps, READS)
            tools = replace(
                bench.tools(),
                outbox=cast(Outbox, outbox),
                post=self._endpoint(steps),
                owner=this_owner(),
                owner_is_dead=is_dead,
            )
            deliverer = Deliverer(tools)
            for webhook in outbox.due(bench.now):
                deliverer._turn(webhook, 60.0)

    def _endpoint(self, steps: Steps) -> Callable[[Outgoing], Answer | Fault]:
        def post(outgoing: Outgoing) -> Answer:
            steps.step("post: before")
            with self.taken_file.open("a") as taken:
                taken.write(f"{outgoing.target.host} {outgoing.headers['webhook-id']}\n")
            steps.step("post: after")
            return Answer(200)

        return post

    def taken(self, host: str) -> list[int]:
        """Events as an endpoint took them."""
        lines = [one.split() for one in self.taken_file.read_text().splitlines()]
        return [int(webhook_id.rpartition("_")[2]) for to, webhook_id in lines if to == host]

    def counts(self) -> list[DeliveryCounts]:
        """How the deliveries of both webhooks stand."""
        with closing(open_store(None, self.live)) as store:
            return list(DeliveryBench(store).webhooks.counts().values())

    def is_idle(self) -> bool:
        """Whether the store says that nothing is left to send."""
        with closing(open_store(None, self.live)) as store:
            return not store.control.deliveries_due(DeliveryBench(store).now)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("deliveries"))


def die(_name: str) -> None:
    os._exit(DIED)


def test_death_at_every_step_loses_no_event_and_no_order(stage: Stage) -> None:
    stage.restore()
    steps = Steps()
    stage.deliver(steps)
    assert len(steps.names) > 30
    for at in range(1, len(steps.names) + 1):
        stage.restore()
        code = wait(fork(lambda at=at: stage.deliver(Steps(at, die))))  # type: ignore[misc]  # a default for the loop
        assert code == DIED, f"step {at} was not reached"
        stage.deliver(Steps())
        _check(stage, f"death at step {at}: {steps.names[at - 1]}")


def _check(stage: Stage, when: str) -> None:
    assert stage.counts() == [DeliveryCounts(delivered=len(TICKETS))] * 2, when
    assert stage.is_idle(), when
    arrived = [stage.taken(host) for host in ("crm.example.com", "chat.example.com")]
    assert sum(map(len, arrived)) <= 2 * len(TICKETS) + 1, f"{when}: more than one event came twice"
    for events in arrived:
        first_seen = list(dict.fromkeys(events))
        assert sorted(first_seen) == sorted(stage.events), when
        for ticket in (1, 2):
            of_it = [one for one in first_seen if stage.events[one] == ticket]
            assert of_it == sorted(of_it), when
