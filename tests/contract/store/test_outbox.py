"""Webhooks and their deliveries on SQLite and on Postgres."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.state import Owner
from inboxsync.model.webhook import (
    DeliveryCounts,
    DeliveryState,
    SealedSecrets,
    Verdict,
    Webhook,
    WebhookLease,
    WebhookStanding,
)
from inboxsync.store.outbox import SqlOutbox, outbox_of
from inboxsync.store.sql import SqlStore
from inboxsync.store.webhooks import Webhooks, webhooks_of
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import Bench

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
US, THEM = Owner("here", 1, "100"), Owner("there", 2, "200")
DELIVERED = Verdict(DeliveryState.DELIVERED, 200)
REFUSED = Verdict(DeliveryState.PENDING, 400, "the endpoint answers 400", retry_at=SOON)
DOWN = Verdict(DeliveryState.PENDING, None, "unreachable", retry_at=SOON, hold_until=NOW + timedelta(minutes=1))
DEAD = Verdict(DeliveryState.DEAD, 400, "the endpoint answers 400")


@pytest.fixture
def webhooks(store: SqlStore) -> Webhooks:
    return webhooks_of(store.control)


@pytest.fixture
def outbox(store: SqlStore) -> SqlOutbox:
    return outbox_of(store.control)


@pytest.fixture
def crm(webhooks: Webhooks) -> Webhook:
    return webhooks.add(hook("crm"), b"sealed")


def hook(name: str, **more: Any) -> Webhook:
    plain = Webhook(uuid=str(uuid.uuid4()), name=name, url="https://crm.example.com/hooks", created_at=NOW)
    return replace(plain, **more)


def happen(
    rows: Rows, *tickets: int | None, kind: str = "ticket.updated", integration_id: int | None = None
) -> list[int]:
    """Tell an event about each ticket, or about none."""
    data: list[dict[str, Any]] = [{} if ticket is None else {"ticket_id": ticket} for ticket in tickets]
    return [rows.add("inboxsync_events", type=kind, at=NOW, data=one, integration_id=integration_id) for one in data]


def taken(
    outbox: SqlOutbox, webhook: Webhook, owner: Owner = US, *, is_dead: Callable[[Owner], bool] = lambda _owner: False
) -> WebhookLease:
    lease = outbox.acquire(webhook, owner, lifetime_s=60, owner_is_dead=is_dead)
    assert lease is not None
    return lease


def waiting(outbox: SqlOutbox, lease: WebhookLease, now: datetime = NOW) -> list[int]:
    outbox.fan_out(lease, at=now)
    return [one.event.id for one in outbox.waiting(lease, now=now, limit=100)]


def finish(outbox: SqlOutbox, lease: WebhookLease, event_id: int, verdict: Verdict, now: datetime = NOW) -> bool:
    found = next(one for one in outbox.waiting(lease, now=now, limit=100) if one.event.id == event_id)
    return outbox.record(lease, found, verdict, at=now, lifetime_s=60)


class TestSettings:
    def test_every_setting_comes_back(self, webhooks: Webhooks) -> None:
        given = hook(
            "crm", event_types=("ticket.created",), integrations=("a", "b"), with_message=True, allow_private=True,
            allow_http=True, ca_file="/ca.pem", standing=WebhookStanding(event_cursor=7),
        )  # fmt: skip
        added = webhooks.add(given, b"sealed")
        assert webhooks.by_name("crm") == added == replace(given, id=added.id)

    def test_a_taken_name_is_refused(self, webhooks: Webhooks, crm: Webhook) -> None:
        with pytest.raises(UsageError, match="exists already"):
            webhooks.add(hook("crm"), b"other")
        assert [one.uuid for one in webhooks.all()] == [crm.uuid]

    def test_secrets_rotate_and_a_newer_one_wins(self, webhooks: Webhooks, crm: Webhook) -> None:
        old = webhooks.secrets(crm)
        assert old == SealedSecrets(b"sealed")
        new = SealedSecrets(b"new", b"sealed", SOON)
        assert webhooks.replace_secrets(crm, old, new)
        assert not webhooks.replace_secrets(crm, old, SealedSecrets(b"late"))
        assert webhooks.secrets(crm) == new
        assert new.valid(NOW) == (b"new", b"sealed")
        assert new.valid(SOON) == (b"new",)

    def test_removing_takes_its_deliveries_along(
        self, webhooks: Webhooks, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        happen(rows, 1)
        lease = taken(outbox, crm)
        assert waiting(outbox, lease)
        webhooks.remove(crm)
        assert rows.count("inboxsync_deliveries") == 0
        assert webhooks.by_name("crm") is None
        outbox.release(lease, at=NOW)
        with pytest.raises(UsageError, match="any more"):
            webhooks.secrets(crm)

    def test_no_secret_is_in_the_canonical_dump(self, store: SqlStore, crm: Webhook) -> None:
        assert crm.name not in "".join(store.content.dump())


class TestDue:
    def due(self, store: SqlStore, outbox: SqlOutbox, now: datetime = NOW) -> list[str]:
        found = [one.name for one in outbox.due(now)]
        assert store.control.deliveries_due(now) is bool(found)
        return found

    def test_nothing_is_due_without_events(self, store: SqlStore, outbox: SqlOutbox, crm: Webhook) -> None:
        assert self.due(store, outbox) == []

    def test_a_new_event_is_due_until_it_was_looked_at(
        self, store: SqlStore, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        (event_id,) = happen(rows, 1)
        assert self.due(store, outbox) == ["crm"]
        lease = taken(outbox, crm)
        assert waiting(outbox, lease) == [event_id]
        finish(outbox, lease, event_id, DELIVERED)
        outbox.release(lease, at=NOW)
        assert self.due(store, outbox) == []

    def test_a_refused_event_is_due_when_its_wait_is_over(
        self, store: SqlStore, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        (event_id,) = happen(rows, 1)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, event_id, REFUSED)
        outbox.release(lease, at=NOW)
        assert self.due(store, outbox) == []
        assert self.due(store, outbox, SOON) == ["crm"]

    def test_an_endpoint_that_is_down_is_not_due_for_new_events_either(
        self, store: SqlStore, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        (event_id,) = happen(rows, 1)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, event_id, DOWN)
        outbox.release(lease, at=NOW)
        happen(rows, 2)
        assert self.due(store, outbox, NOW + timedelta(seconds=59)) == []
        assert self.due(store, outbox, NOW + timedelta(seconds=60)) == ["crm"]

    def test_one_that_is_off_is_never_due_and_goes_on_where_it_was(
        self, store: SqlStore, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        webhooks.disable(crm)
        (event_id,) = happen(rows, 1)
        assert self.due(store, outbox) == []
        assert outbox.acquire(crm, US, lifetime_s=60, owner_is_dead=lambda _owner: False) is None
        webhooks.enable(crm, at=NOW)
        assert self.due(store, outbox) == ["crm"]
        assert waiting(outbox, taken(outbox, crm)) == [event_id]


class TestLease:
    def test_one_deliverer_at_a_time(self, outbox: SqlOutbox, crm: Webhook) -> None:
        lease = taken(outbox, crm)
        assert outbox.acquire(crm, THEM, lifetime_s=60, owner_is_dead=lambda _owner: False) is None
        outbox.release(lease, at=NOW)
        assert taken(outbox, crm, THEM).owner == THEM

    def test_a_dead_owner_is_replaced_at_once_and_does_no_harm_if_it_was_not_dead(
        self, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        (event_id,) = happen(rows, 1)
        lost = taken(outbox, crm)
        assert waiting(outbox, lost) == [event_id]
        lease = taken(outbox, crm, THEM, is_dead=lambda owner: owner == US)
        assert not finish(outbox, lost, event_id, DELIVERED)
        assert waiting(outbox, lease) == []
        outbox.release(lost, at=NOW)
        assert outbox.acquire(crm, US, lifetime_s=60, owner_is_dead=lambda _owner: False) is None

    def test_an_expired_one_is_free(self, outbox: SqlOutbox, crm: Webhook) -> None:
        assert outbox.acquire(crm, US, lifetime_s=-1, owner_is_dead=lambda _owner: False)
        assert taken(outbox, crm, THEM).owner == THEM

    def test_an_attempt_prolongs_it(self, outbox: SqlOutbox, crm: Webhook, rows: Rows) -> None:
        (event_id,) = happen(rows, 1)
        lease = outbox.acquire(crm, US, lifetime_s=-1, owner_is_dead=lambda _owner: False)
        assert lease is not None
        waiting(outbox, lease)
        assert finish(outbox, lease, event_id, DELIVERED)
        assert outbox.acquire(crm, THEM, lifetime_s=60, owner_is_dead=lambda _owner: False) is None

    def test_who_has_lost_it_gives_no_event_out(self, outbox: SqlOutbox, crm: Webhook, rows: Rows) -> None:
        happen(rows, 1)
        lease = taken(outbox, crm)
        outbox.release(lease, at=NOW)
        assert not outbox.fan_out(lease, at=NOW)
        assert rows.count("inboxsync_deliveries") == 0


class TestOrder:
    def test_a_failing_event_of_a_ticket_holds_back_later_ones_of_it_and_no_others(
        self, outbox: SqlOutbox, crm: Webhook, rows: Rows
    ) -> None:
        first, other, second, plain = happen(rows, 1, 2, 1, None)
        lease = taken(outbox, crm)
        assert waiting(outbox, lease) == [first, other, plain]
        finish(outbox, lease, first, REFUSED)
        assert waiting(outbox, lease) == [other, plain]
        assert waiting(outbox, lease, SOON) == [first, other, plain]
        finish(outbox, lease, first, DELIVERED, SOON)
        assert waiting(outbox, lease) == [other, second, plain]

    def test_one_that_was_given_up_holds_nothing_back(self, outbox: SqlOutbox, crm: Webhook, rows: Rows) -> None:
        first, second = happen(rows, 1, 1)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, first, DEAD)
        assert waiting(outbox, lease) == [second]

    def test_webhooks_do_not_hold_each_other_back(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        first, second = happen(rows, 1, 1)
        chat = webhooks.add(hook("chat"), b"sealed")
        mine, theirs = taken(outbox, crm), taken(outbox, chat)
        waiting(outbox, mine)
        finish(outbox, mine, first, REFUSED)
        assert waiting(outbox, theirs) == [first]
        finish(outbox, theirs, first, DELIVERED)
        assert waiting(outbox, theirs) == [second]


class TestFanOut:
    def test_filters_by_type_and_by_integration(
        self, store: SqlStore, outbox: SqlOutbox, webhooks: Webhooks, rows: Rows
    ) -> None:
        ours, other = Bench.on(store).integration, Bench.on(store, "sales").integration
        wanted = hook("crm", event_types=("ticket.created",), integrations=(ours.uuid,))
        crm = webhooks.add(wanted, b"sealed")
        happen(rows, 1, kind="message.stored", integration_id=ours.id)
        happen(rows, 2, kind="ticket.created", integration_id=other.id)
        happen(rows, 3, kind="ticket.created")
        fitting = happen(rows, 4, kind="ticket.created", integration_id=ours.id)
        store.control.update_integration(replace(ours, name="renamed"))
        lease = taken(outbox, crm)
        assert waiting(outbox, lease) == fitting
        outbox.release(lease, at=NOW)

    def test_nothing_is_given_out_twice_and_all_pages_are(self, store: SqlStore, crm: Webhook, rows: Rows) -> None:
        outbox = SqlOutbox(store.control._database, page=2)
        ids = happen(rows, *range(1, 6))
        lease = taken(outbox, crm)
        rounds = [outbox.fan_out(lease, at=NOW) for _ in range(4)]
        assert rounds == [True, True, False, False]
        assert waiting(outbox, lease) == ids

    def test_an_endpoint_with_much_waiting_gets_no_more_and_is_not_due_for_it(
        self, store: SqlStore, crm: Webhook, rows: Rows
    ) -> None:
        outbox = SqlOutbox(store.control._database, page=2, window=2)
        ids = happen(rows, 1, 2, 3)
        lease = taken(outbox, crm)
        assert waiting(outbox, lease) == ids[:2]
        assert waiting(outbox, lease) == ids[:2]
        for event_id in ids[:2]:
            finish(outbox, lease, event_id, REFUSED)
        outbox.release(lease, at=NOW)
        assert not store.control.deliveries_due(NOW)
        assert store.control.deliveries_due(SOON)
        lease = taken(outbox, crm)
        finish(outbox, lease, ids[0], DELIVERED, SOON)
        assert waiting(outbox, lease, SOON) == ids[1:]


class TestStanding:
    def test_failures_count_until_a_success(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        first, second = happen(rows, 1, 2)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, first, DOWN)
        finish(outbox, lease, second, REFUSED)
        failing = webhooks.by_name("crm")
        assert failing is not None
        assert (failing.standing.failures, failing.standing.failing_since) == (2, NOW)
        assert failing.standing.last_error == "the endpoint answers 400"
        finish(outbox, lease, first, DELIVERED, SOON)
        working = webhooks.by_name("crm")
        assert working is not None
        standing = working.standing
        assert (standing.failures, standing.failing_since, standing.last_error) == (0, None, None)
        assert (standing.last_success_at, standing.hold_until) == (SOON, None)

    def test_gone_switches_it_off_and_keeps_the_event(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        (event_id,) = happen(rows, 1)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, event_id, replace(REFUSED, retry_at=NOW, disabled_reason="410 Gone"))
        outbox.release(lease, at=NOW)
        found = webhooks.by_name("crm")
        assert found is not None
        assert (found.active, found.disabled_reason) == (False, "410 Gone")
        assert outbox.due(SOON) == []
        webhooks.enable(found, at=SOON)
        assert waiting(outbox, taken(outbox, found), SOON) == [event_id]

    def test_a_fault_of_ours_leaves_it_alone_for_a_while(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        happen(rows, 1)
        lease = taken(outbox, crm)
        outbox.hold(lease, "secret_unreadable", at=NOW, until=SOON)
        outbox.release(lease, at=NOW)
        assert outbox.due(NOW) == []
        assert [one.standing.last_error for one in outbox.due(SOON)] == ["secret_unreadable"]


class TestLog:
    def test_it_tells_each_delivery(self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows) -> None:
        delivered, dead, pending = happen(rows, 1, 2, 3)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, delivered, DELIVERED)
        finish(outbox, lease, dead, DEAD)
        log = webhooks.log()
        assert [(one.event_id, one.state, one.attempts, one.status_code) for one in log] == [
            (pending, DeliveryState.PENDING, 0, None),
            (dead, DeliveryState.DEAD, 1, 400),
            (delivered, DeliveryState.DELIVERED, 1, 200),
        ]
        assert (log[1].webhook, log[1].event_type, log[1].error) == ("crm", "ticket.updated", DEAD.error)
        assert [one.next_attempt_at for one in log] == [NOW, None, None]
        assert [one.event_id for one in webhooks.log(webhook=crm, state=DeliveryState.DEAD)] == [dead]
        assert [one.event_id for one in webhooks.log(limit=1)] == [pending]
        assert webhooks.counts() == {crm.id: DeliveryCounts(pending=1, delivered=1, dead=1)}

    def test_what_was_given_up_can_be_sent_again(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        delivered, dead = happen(rows, 1, 2)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, delivered, DELIVERED)
        finish(outbox, lease, dead, DEAD)
        outbox.release(lease, at=NOW)
        assert webhooks.replay_dead(crm, at=SOON) == 1
        assert [one.name for one in outbox.due(SOON)] == ["crm"]
        (again,) = outbox.waiting(taken(outbox, crm), now=SOON, limit=10)
        assert (again.event.id, again.attempts) == (dead, 0)

    def test_any_event_can_be_sent_again_or_for_the_first_time(
        self, outbox: SqlOutbox, webhooks: Webhooks, rows: Rows
    ) -> None:
        before, after = happen(rows, 1, 2)
        crm = webhooks.add(hook("crm", standing=WebhookStanding(event_cursor=before)), b"sealed")
        lease = taken(outbox, crm)
        assert waiting(outbox, lease) == [after]
        finish(outbox, lease, after, DELIVERED)
        assert webhooks.replay_events(crm, [before, after], at=NOW) == 2
        assert waiting(outbox, lease) == [before, after]
        with pytest.raises(UsageError, match="there is no event"):
            webhooks.replay_events(crm, [after, after + 1000], at=NOW)

    def test_what_arrived_is_kept_for_a_month(
        self, outbox: SqlOutbox, webhooks: Webhooks, crm: Webhook, rows: Rows
    ) -> None:
        delivered, dead, pending = happen(rows, 1, 2, 3)
        lease = taken(outbox, crm)
        waiting(outbox, lease)
        finish(outbox, lease, delivered, DELIVERED)
        finish(outbox, lease, dead, DEAD)
        outbox.release(lease, at=NOW + timedelta(days=29))
        assert len(webhooks.log()) == 3
        outbox.release(taken(outbox, crm), at=NOW + timedelta(days=31))
        assert [one.event_id for one in webhooks.log()] == [pending, dead]
