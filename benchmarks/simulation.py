"""A hundred thousand mailboxes on many workers, simulated event by event: who is late, what the limits of providers do.

Pure and seeded: the same scenario gives the same figures. It takes from the program what decides there: the tolerance
of intervals, rest between polls, back-off, the byte budget of a day, the life of leases, every fourth turn for the
oldest. Made up are the servers and the mail; `Scenario` says how; `simulate` prints a table.
"""

from __future__ import annotations

import heapq
import random
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from benchmarks.scenario import BEGIN, MAIL_BYTES, Mailbox, Scenario, busyness, drawn_mailbox, poisson
from inboxsync.commands.working import SHORTEST_REST_S
from inboxsync.schedule import tolerance_s
from inboxsync.sync.caps import Download, wait_for_bytes_s
from inboxsync.sync.standing import backoff
from inboxsync.sync.worker import TURN_OF_THE_OLDEST, rest_s


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. Lateness is from the instant at which a mailbox became due to the start of its work."""

    polls: int
    never_served: int
    late_s: Sequence[float] = field(repr=False)
    busy_share: float
    takeovers: int
    refused_connections: int
    refused_bytes: int
    messages: int
    fetched_bytes: int
    duration_s: float
    due_queries: int
    most_due: int

    def late_at(self, quantile: float) -> float:
        """The lateness that this share of polls did not exceed."""
        return self.late_s[min(int(quantile * len(self.late_s)), len(self.late_s) - 1)] if self.late_s else 0.0


class _Kind(IntEnum):
    DUE, FINISHED, FREED, DIED, POLL = range(5)


@dataclass(slots=True)
class _Worker:
    number: int
    life: int = 0
    turn: int = 0
    polled_s: float = 0.0
    left_some: bool = False
    at_work: dict[int, float] = field(default_factory=dict)
    taken: int = 0
    busy_s: float = 0.0


@dataclass(slots=True)
class Simulation:
    """One run of a scenario."""

    scenario: Scenario
    _events: list[tuple[float, int, int, int]] = field(default_factory=list)
    _by_success: list[tuple[float, int]] = field(default_factory=list)
    _by_age: list[tuple[float, int]] = field(default_factory=list)
    _waiting: set[int] = field(default_factory=set)
    _connections: Counter[tuple[str, int]] = field(default_factory=Counter)
    _late_s: array[float] = field(default_factory=lambda: array("d"))
    _counts: Counter[str] = field(default_factory=Counter)

    def run(self) -> Outcome:
        """Simulate it from beginning to end."""
        asked, dice = self.scenario, random.Random(self.scenario.seed)
        self._mailboxes = [drawn_mailbox(asked, dice) for _ in range(asked.mailboxes)]
        for number in dice.sample(range(asked.mailboxes), int(asked.mailboxes * asked.first_sync_share)):
            self._mailboxes[number].backlog_bytes = asked.first_sync_bytes
        self._workers = [_Worker(number) for number in range(asked.workers)]
        self._dice = dice
        for number, one in enumerate(self._mailboxes):
            self._at(one.due_s, _Kind.DUE, number)
        for worker in self._workers:
            self._poll_next(dice.uniform(0, asked.poll_s), worker)
            self._at(dice.expovariate(1 / asked.worker_dies_every_s), _Kind.DIED, worker.number)
        self._go()
        return self._outcome()

    def _at(self, at_s: float, kind: _Kind, number: int, life: int = 0) -> None:
        heapq.heappush(self._events, (at_s, kind, number, life))

    def _go(self) -> None:
        # By number: a call through a dictionary of methods is half the price of a match statement's enumeration.
        does = (self._is_due, self._finish, self._free, self._die, self._poll)
        while self._events:
            at_s, kind, number, life = heapq.heappop(self._events)
            if at_s > self.scenario.duration_s:
                break
            does[kind](at_s, number, life)

    def _is_due(self, _at_s: float, number: int, _life: int) -> None:
        one = self._mailboxes[number]
        self._waiting.add(number)
        heapq.heappush(self._by_success, (one.last_success_s, number))
        heapq.heappush(self._by_age, (one.due_s, number))
        self._counts["most_due"] = max(self._counts["most_due"], len(self._waiting))

    # --- workers

    def _poll(self, at_s: float, number: int, turn: int) -> None:
        """Take what is due into free places, and look again soon where more waits than there were places."""
        worker = self._workers[number]
        if worker.turn != turn:
            return
        taken = self._take(at_s, worker)
        worker.polled_s, worker.left_some = at_s, bool(self._waiting)
        soon = taken and worker.left_some
        rest = SHORTEST_REST_S if soon else rest_s(self.scenario.poll_s, self._dice.random())
        self._poll_next(at_s + rest, worker)

    def _poll_next(self, at_s: float, worker: _Worker) -> None:
        """In place of the poll that was to come."""
        worker.turn += 1
        self._at(at_s, _Kind.POLL, worker.number, worker.turn)

    def _take(self, at_s: float, worker: _Worker) -> int:
        self._counts["due_queries"] += 1
        before = worker.taken
        while len(worker.at_work) < self.scenario.jobs and self._waiting:
            worker.taken += 1
            oldest = worker.taken % TURN_OF_THE_OLDEST == 0
            self._begin(at_s, worker, self._next(self._by_age if oldest else self._by_success))
        return worker.taken - before

    def _next(self, queue: list[tuple[float, int]]) -> int:
        """The first of a queue that waits still: each mailbox stands in two."""
        while (number := heapq.heappop(queue)[1]) not in self._waiting:
            pass
        self._waiting.remove(number)
        return number

    def _begin(self, at_s: float, worker: _Worker, number: int) -> None:
        one = self._mailboxes[number]
        assert one.worker is None, "two workers on one mailbox"
        one.worker, one.served = worker.number, True
        self._late_s.append(at_s - one.due_s)
        worker.at_work[number] = at_s
        self._connections[one.provider.name, one.server] += 1
        self._at(at_s + self._work(at_s, one), _Kind.FINISHED, number, worker.life)

    def _finish(self, at_s: float, number: int, life: int) -> None:
        one = self._mailboxes[number]
        worker = None if one.worker is None else self._workers[one.worker]
        if worker is None or worker.life != life or number not in worker.at_work:
            return  # its worker died over it
        worker.busy_s += at_s - worker.at_work.pop(number)
        self._let_go(at_s, number, one)
        if worker.left_some:  # a place is free for what was left
            worker.left_some = False
            self._poll_next(max(at_s, worker.polled_s + SHORTEST_REST_S), worker)

    def _let_go(self, at_s: float, number: int, one: Mailbox) -> None:
        """From now on it waits for its next turn; one whose turn was longer than its interval is due at once."""
        one.worker, one.due_s = None, max(one.due_s, at_s)
        self._connections[one.provider.name, one.server] -= 1
        self._at(one.due_s, _Kind.DUE, number)

    # --- deaths

    def _die(self, at_s: float, number: int, _life: int) -> None:
        """What it held is free when the lease has run out, counted from the last heartbeat."""
        worker, limits = self._workers[number], self.scenario.limits
        for mailbox, began_s in worker.at_work.items():
            worker.busy_s += at_s - began_s
            since_beat_s = (at_s - began_s) % limits.heartbeat_s
            self._at(at_s - since_beat_s + limits.lease_lifetime_s, _Kind.FREED, mailbox)
        worker.at_work = {}
        worker.life += 1
        worker.left_some = False
        back_s = at_s + self.scenario.worker_restarts_after_s
        self._poll_next(back_s, worker)
        self._at(back_s + self._dice.expovariate(1 / self.scenario.worker_dies_every_s), _Kind.DIED, number)

    def _free(self, at_s: float, number: int, _life: int) -> None:
        self._counts["takeovers"] += 1
        self._let_go(at_s, number, self._mailboxes[number])

    # --- one mailbox's turn

    def _work(self, at_s: float, one: Mailbox) -> float:
        """Decide what a turn comes to, and how long it takes; its next due instant is noted already."""
        asked = self.scenario
        session_s = asked.session_s * (0.5 + self._dice.random())
        busy, most = self._connections[one.provider.name, one.server], one.provider.connections
        if most is not None and busy > most:
            self._counts["refused_connections"] += 1
            return self._put_off(at_s, one, session_s, None)
        arrived = poisson(self._dice, one.messages_per_s * busyness(asked, at_s) * (at_s - one.looked_s))
        one.looked_s = at_s
        wanted = one.backlog_bytes + arrived * MAIL_BYTES
        now = BEGIN + timedelta(seconds=at_s)
        most_now = min(asked.fetch_bytes, int(asked.bytes_per_s * asked.limits.integration_s))
        got = min(wanted, most_now, self._left_today(one, now))
        one.backlog_bytes = wanted - got
        self._counts["messages"] += got // MAIL_BYTES
        self._counts["bytes"] += got
        took_s = session_s + got / asked.bytes_per_s
        if got and one.provider.daily_bytes is not None:
            one.downloads.append(Download(now + timedelta(seconds=took_s), got))
        if wanted > got and one.provider.daily_bytes is not None and got < most_now:
            self._counts["refused_bytes"] += 1
            wait_s = wait_for_bytes_s(one.downloads, one.provider.daily_bytes, now + timedelta(seconds=took_s))
            return self._put_off(at_s, one, took_s, wait_s)
        one.failures, one.last_success_s = 0, at_s + took_s
        one.due_s = at_s + one.interval_s - tolerance_s(one.interval_s)
        return took_s

    def _left_today(self, one: Mailbox, now: datetime) -> int:
        if one.provider.daily_bytes is None:
            return 2**62
        one.downloads = [each for each in one.downloads if now - each.at < timedelta(days=1)]
        return max(0, one.provider.daily_bytes - sum(each.size_bytes for each in one.downloads))

    def _put_off(self, at_s: float, one: Mailbox, took_s: float, retry_after_s: float | None) -> float:
        one.failures += 1
        one.due_s = at_s + took_s + backoff(one.failures, retry_after_s).total_seconds()
        return took_s

    def _outcome(self) -> Outcome:
        asked, counts = self.scenario, self._counts
        for worker in self._workers:
            worker.busy_s += sum(asked.duration_s - began_s for began_s in worker.at_work.values())
        places_s = asked.workers * asked.jobs * asked.duration_s
        return Outcome(
            polls=len(self._late_s),
            never_served=sum(1 for one in self._mailboxes if not one.served and one.due_s <= asked.duration_s),
            late_s=sorted(self._late_s),
            busy_share=sum(worker.busy_s for worker in self._workers) / places_s,
            takeovers=counts["takeovers"],
            refused_connections=counts["refused_connections"],
            refused_bytes=counts["refused_bytes"],
            messages=counts["messages"],
            fetched_bytes=counts["bytes"],
            duration_s=asked.duration_s,
            due_queries=counts["due_queries"],
            most_due=counts["most_due"],
        )

    _mailboxes: list[Mailbox] = field(init=False)
    _workers: list[_Worker] = field(init=False)
    _dice: random.Random = field(init=False)
