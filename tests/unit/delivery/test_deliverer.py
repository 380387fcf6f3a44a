import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtools.webhook_receiver import Received
from inboxsync.delivery.deliverer import DeliveryReport, Turn, send_test
from inboxsync.delivery.post import Outgoing
from inboxsync.delivery.retry import MAX_ATTEMPTS, Answer, Fault, FaultKind
from inboxsync.errors import KeyWrong, SecretUnreadable, UsageError
from inboxsync.model.secret import Secret
from inboxsync.model.webhook import DeliveryCounts, DeliveryState, Webhook, WebhookStanding
from inboxsync.store.events import feed_of
from inboxsync.store.sql import open_store
from tests.unit.delivery.bench import SECRET, DeliveryBench, Endpoint

DOWN = Fault(FaultKind.UNREACHABLE, "crm.example.com port 443 cannot be reached")
LATER = timedelta(hours=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DeliveryBench]:
    store = open_store(None, tmp_path)
    store.schema.ensure()
    yield DeliveryBench(store)
    store.close()


def states(bench: DeliveryBench) -> dict[int, DeliveryState]:
    return {one.event_id: one.state for one in bench.webhooks.log(limit=1000)}


# --- what is sent --------------------------------------------------------------------------------------------------


def test_every_event_is_sent_once_in_order_and_signed(bench: DeliveryBench) -> None:
    bench.hook()
    ids = bench.happen(1, 1, None, 2)
    assert bench.deliver() == DeliveryReport((Turn("crm", delivered=4),))
    assert sorted(bench.endpoint.events) == ids
    assert bench.endpoint.events.index(ids[0]) < bench.endpoint.events.index(ids[1])
    for outgoing in bench.endpoint.sent:
        received = Received("/", outgoing.headers, outgoing.body)
        assert received.is_signed_with(SECRET.reveal())
        assert outgoing.headers["webhook-id"] == f"evt_3f2c1b4e0000_{received.document['id']}"
    assert bench.deliver(after=LATER) == DeliveryReport()
    assert len(bench.endpoint.sent) == 4


def test_the_id_and_the_body_of_an_event_are_the_same_in_every_attempt(bench: DeliveryBench) -> None:
    bench.hook()
    bench.happen(1)
    bench.endpoint.answer = lambda _event_id: Answer(500)
    for _ in range(4):
        bench.deliver(after=timedelta(days=1))
    assert len(bench.endpoint.sent) == 4
    assert len({(one.headers["webhook-id"], one.body) for one in bench.endpoint.sent}) == 1
    assert len({one.headers["webhook-timestamp"] for one in bench.endpoint.sent}) == 4


def test_what_happened_before_it_was_added_is_sent_only_where_asked(bench: DeliveryBench) -> None:
    (before,) = bench.happen(1)
    crm = bench.hook()
    bench.webhooks.remove(crm)
    assert bench.deliver().delivered == 0
    bench.hook("again")
    assert bench.deliver().delivered == 1
    assert bench.endpoint.events == [before]


def test_mail_goes_along_only_where_asked(bench: DeliveryBench) -> None:
    bench.hook("thin")
    bench.hook("whole", with_message=True)
    bench.messages = {7: {"id": "7", "subject": "Printer"}}
    bench.happen(None, None, kind="message.stored", message_id=7)
    bench.happen(None, kind="message.stored", message_id=8)
    bench.deliver()
    sent = [json.loads(one.body)["data"].get("message") for one in bench.endpoint.sent]
    assert [one for one in sent if one is not None] == [{"id": "7", "subject": "Printer"}] * 2
    assert len(sent) == 6


def test_a_trial_event_is_in_no_feed(bench: DeliveryBench) -> None:
    crm = bench.hook()
    posted: list[Outgoing] = []

    def take(outgoing: Outgoing) -> Answer:
        posted.append(outgoing)
        return Answer(204)

    assert send_test(replace(bench.tools(), post=take), crm, [SECRET]) == Answer(204)
    (outgoing,) = posted
    assert json.loads(outgoing.body)["type"] == "webhook.test"
    assert Received("/", outgoing.headers, outgoing.body).is_signed_with(SECRET.reveal())
    assert bench.webhooks.log() == []


# --- failures ------------------------------------------------------------------------------------------------------


def test_a_refused_event_holds_back_its_ticket_and_nothing_else(bench: DeliveryBench) -> None:
    bench.hook()
    bad, other, same, plain = bench.happen(1, 2, 1, None)
    bench.endpoint.answer = lambda event_id: Answer(500 if event_id == bad else 200)
    report = bench.deliver()
    assert (report.delivered, report.failed) == (2, 1)
    assert bench.endpoint.events == [bad, other, plain]
    bench.endpoint.answer = lambda _event_id: Answer(200)
    bench.deliver(after=LATER)
    assert bench.endpoint.events[3:] == [bad, same]


def test_a_dead_endpoint_costs_one_attempt_a_turn_however_much_waits(bench: DeliveryBench) -> None:
    bench.hook()
    bench.happen(*range(1, 200))
    bench.endpoint.answer = lambda _event_id: DOWN
    assert bench.deliver().failed == 1
    assert bench.deliver(after=timedelta(seconds=10)) == DeliveryReport()
    assert bench.deliver(after=timedelta(seconds=30)).failed == 1
    assert len(bench.endpoint.sent) == 2
    bench.endpoint.answer = lambda _event_id: Answer(200)
    assert bench.deliver(after=LATER).delivered == 199
    assert set(states(bench).values()) == {DeliveryState.DELIVERED}


def test_a_dead_endpoint_does_not_hold_the_others_back(bench: DeliveryBench) -> None:
    bench.hook("dead", url="https://dead.example.com/")
    bench.hook("alive")
    ids = bench.happen(1, 2)

    class Half(Endpoint):
        def __call__(self, outgoing: Outgoing) -> Answer | Fault:
            return DOWN if outgoing.target.host == "dead.example.com" else super().__call__(outgoing)

    bench.endpoint = Half()
    report = bench.deliver()
    assert {turn.webhook: (turn.delivered, turn.failed) for turn in report.turns} == {"dead": (0, 1), "alive": (2, 0)}
    assert bench.endpoint.events == ids


def test_an_event_that_is_refused_for_days_is_given_up_and_can_be_replayed(bench: DeliveryBench) -> None:
    crm = bench.hook()
    bad, same = bench.happen(1, 1)
    bench.endpoint.answer = lambda event_id: Answer(400 if event_id == bad else 200)
    reports = [bench.deliver(after=timedelta(days=2)) for _ in range(MAX_ATTEMPTS)]
    assert [report.turns[0].dead for report in reports] == [0] * (MAX_ATTEMPTS - 1) + [1]
    assert states(bench) == {bad: DeliveryState.DEAD, same: DeliveryState.DELIVERED}
    assert bench.deliver(after=timedelta(days=2)) == DeliveryReport()
    bench.endpoint.answer = lambda _event_id: Answer(200)
    assert bench.webhooks.replay_dead(crm, at=bench.now) == 1
    bench.deliver()
    assert states(bench)[bad] is DeliveryState.DELIVERED
    assert len({one.headers["webhook-id"] for one in bench.endpoint.sent}) == 2


def test_410_ends_it_until_a_person_switches_it_on(bench: DeliveryBench) -> None:
    crm = bench.hook()
    ids = bench.happen(1, 2)
    bench.endpoint.answer = lambda _event_id: Answer(410)
    assert bench.deliver().turns[0].disabled
    assert bench.deliver(after=timedelta(days=9)) == DeliveryReport()
    assert len(bench.endpoint.sent) == 1
    bench.endpoint.answer = lambda _event_id: Answer(200)
    bench.webhooks.enable(crm, at=bench.now)
    bench.deliver()
    assert bench.endpoint.events[1:] == ids


def test_a_secret_that_does_not_open_costs_its_webhook_alone(bench: DeliveryBench) -> None:
    bench.hook("altered")
    bench.hook("crm")
    bench.happen(1)

    def secrets_of(webhook: Webhook) -> Sequence[Secret]:
        if webhook.name == "altered":
            raise SecretUnreadable("it was altered")
        return [SECRET]

    bench.secrets_of = secrets_of
    report = bench.deliver()
    assert {turn.webhook: turn.delivered for turn in report.turns} == {"altered": 0, "crm": 1}
    assert report.failed == 1
    altered = bench.webhooks.by_name("altered")
    assert altered is not None
    assert "altered" in (altered.standing.last_error or "")
    assert bench.deliver(after=timedelta(minutes=5)) == DeliveryReport()


def test_a_wrong_key_is_told_to_who_asked(bench: DeliveryBench) -> None:
    bench.hook()
    bench.happen(1)

    def wrong(_webhook: Webhook) -> Sequence[Secret]:
        raise KeyWrong("not the key of this store")

    bench.secrets_of = wrong
    with pytest.raises(KeyWrong):
        bench.deliver()
    bench.secrets_of = lambda _webhook: [SECRET]
    assert bench.deliver().delivered == 1, "the lease was given back"


def test_one_that_is_removed_meanwhile(bench: DeliveryBench) -> None:
    crm = bench.hook()
    bench.happen(1)

    def remove(_webhook: Webhook) -> Sequence[Secret]:
        bench.webhooks.remove(crm)
        raise UsageError("there is no webhook 'crm' any more")

    bench.secrets_of = remove
    assert bench.deliver() == DeliveryReport((Turn("crm"),))


# --- time and other processes --------------------------------------------------------------------------------------


def test_nothing_begins_after_the_deadline(bench: DeliveryBench) -> None:
    bench.hook()
    bench.happen(*range(1, 10))

    def slow(_event_id: int) -> Answer:
        bench.monotonic_s += 8
        return Answer(200)

    bench.endpoint.answer = slow
    assert bench.deliver(for_s=20).delivered == 3
    assert bench.deliver(for_s=1000).delivered == 6


def test_it_stops_when_told(bench: DeliveryBench) -> None:
    bench.hook()
    bench.happen(1, 2, 3)

    def stop(_event_id: int) -> Answer:
        bench.stopped = True
        return Answer(200)

    bench.endpoint.answer = stop
    assert bench.deliver().delivered == 1


def test_two_deliverers_at_once_do_not_double(bench: DeliveryBench) -> None:
    bench.hook()
    ids = bench.happen(*range(1, 30))
    gate = Barrier(2)

    def deliver() -> int:
        gate.wait(10)
        return bench.deliver().delivered

    with ThreadPoolExecutor(2) as pool:
        counts = [one.result(60) for one in [pool.submit(deliver), pool.submit(deliver)]]
    assert sum(counts) == 29
    assert sorted(bench.endpoint.events) == ids


def test_reports_of_turns_add_up() -> None:
    first = DeliveryReport((Turn("crm", delivered=1, failed=1, error="e"), Turn("chat")))
    second = DeliveryReport((Turn("crm", delivered=2, dead=1), Turn("new", delivered=1)))
    assert first + second == DeliveryReport(
        (Turn("crm", delivered=3, failed=1, dead=1, error="e"), Turn("chat"), Turn("new", delivered=1))
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([1, 2, 3, None]), min_size=1, max_size=12),
    st.lists(st.sampled_from([200, 400, 503, 307, 0]), max_size=MAX_ATTEMPTS - 1),  # none is given up
)
def test_whatever_fails_each_ticket_is_told_in_order_and_nothing_is_lost(
    bench: DeliveryBench, tickets: list[int | None], statuses: list[int]
) -> None:
    newest = feed_of(bench.store.control).newest_id()
    crm = bench.hook(standing=WebhookStanding(event_cursor=newest))
    ids = bench.happen(*tickets)
    taken: list[int] = []
    left = list(statuses)

    def answer(event_id: int) -> Answer | Fault:
        status = left.pop() if left else 200
        if status == 200:
            taken.append(event_id)
        return Answer(status) if status else DOWN

    bench.endpoint.answer = answer
    while bench.webhooks.counts().get(crm.id, DeliveryCounts()).delivered < len(ids):
        bench.deliver(after=timedelta(days=1))
        for one in bench.webhooks.log(webhook=crm, state=DeliveryState.DEAD):
            bench.webhooks.replay_events(crm, [one.event_id], at=bench.now)
    bench.webhooks.remove(crm)
    assert sorted(taken) == ids
    about = dict(zip(ids, tickets, strict=True))
    for ticket in (1, 2, 3):
        of_it = [one for one in taken if about[one] == ticket]
        assert of_it == sorted(of_it)
