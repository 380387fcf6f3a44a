"""The simulation keeps the rules that the program keeps: one worker a mailbox, none forgotten, limits respected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scenario import Provider, Scenario
from benchmarks.simulate import HEADINGS, line, variants
from benchmarks.simulation import Outcome, Simulation

SMALL = Scenario(mailboxes=400, workers=4, jobs=4, poll_s=5.0, duration_s=3_600.0)


def came_of(scenario: Scenario) -> Outcome:
    """That no mailbox is begun by two workers at once is asserted by the simulation itself, at each beginning."""
    return Simulation(scenario).run()


def test_every_mailbox_is_served_and_soon() -> None:
    came = came_of(SMALL)
    assert came.never_served == 0
    assert came.polls > 3 * SMALL.mailboxes
    assert came.late_at(0.99) < 2 * SMALL.poll_s
    assert 0 < came.busy_share < 1


def test_the_same_scenario_comes_to_the_same() -> None:
    assert came_of(SMALL) == came_of(SMALL)
    assert came_of(SMALL) != came_of(replace(SMALL, seed=21))


def test_too_few_workers_are_late_and_more_are_not() -> None:
    few, many = came_of(replace(SMALL, workers=1, jobs=1)), came_of(replace(SMALL, workers=8))
    assert few.busy_share > 0.9
    assert few.late_at(0.5) > 60 > many.late_at(0.99)
    assert few.most_due > many.most_due


def test_what_a_dead_worker_held_is_taken_over() -> None:
    came = came_of(replace(SMALL, worker_dies_every_s=120.0, session_s=10.0))
    assert came.takeovers > 0
    assert came.never_served == 0
    # A lease outlives its owner by its lifetime at most; then it waits for the next poll.
    assert came.late_at(1.0) < SMALL.limits.lease_lifetime_s + 3 * SMALL.poll_s


@pytest.mark.parametrize("fetch_bytes", [10_000_000, 2_000_000_000])
def test_nobody_downloads_more_than_a_day_allows(fetch_bytes: int) -> None:
    strict = (Provider("strict", 1.0, daily_bytes=100_000_000),)
    scenario = replace(SMALL, providers=strict, first_sync_share=0.05, fetch_bytes=fetch_bytes, messages_a_day=1.0)
    simulation = Simulation(scenario)
    came = simulation.run()
    assert came.refused_bytes > 0
    assert all(sum(each.size_bytes for each in one.downloads) <= 100_000_000 for one in simulation._mailboxes)


def test_a_full_server_refuses_and_is_left_alone() -> None:
    full = (Provider("full", 1.0, connections=2),)
    came, free = came_of(replace(SMALL, providers=full, session_s=5.0)), came_of(replace(SMALL, session_s=5.0))
    assert came.refused_connections > 0 == free.refused_connections
    assert came.polls < free.polls


def test_the_table_has_a_cell_for_each_heading() -> None:
    assert line("small", came_of(SMALL)).count("|") == len(HEADINGS) + 1
    names = [name for name, _ in variants(SMALL)]
    assert len(set(names)) == len(names)
