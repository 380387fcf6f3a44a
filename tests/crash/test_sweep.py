"""Crash-equivalence (P5) and idempotence (P4): whatever a run dies of, and wherever, the next one makes up for it.

Of each scenario one point in `ON_SQLITE` is struck, on Postgres, where a point costs twice as much, one in
`ON_POSTGRES`: the same share each time. `INBOXSYNC_SWEEP=N` strikes the share of turn N, which a failure names,
`INBOXSYNC_SWEEP=full` strikes them all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from devtools.postgres import Postgres
from inboxsync.store.sql import open_store
from tests.crash.places import PostgresPlace, SqlitePlace
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.stage import Fault, Stage
from tests.crash.steps import can_fail

LEAST_POINTS = 1_000
ON_SQLITE, ON_POSTGRES = 2, 5
CUT_OFF = ("refused", "mark_read", "uidvalidity_and_new_mail", "raw_as_a_file", "rules")
FULL = "full"
SWEEP = os.environ.get("INBOXSYNC_SWEEP") or "0"


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A directory in memory where there is such a thing: no process dies of a disk here, so no fsync need wait."""
    shared = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="inboxsync-crash-", dir=shared if shared.is_dir() else None))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def empty(memory: Path) -> Path:
    """A data directory with the schema and nothing else."""
    store = open_store(None, memory / "empty")
    store.schema.ensure()
    store.close()
    return memory / "empty"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private server; fails, not skips, where Postgres is not installed."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def database(memory: Path, postgres: Postgres) -> str:
    """The URL of a database with the schema, which one scenario after the other empties for itself."""
    url = postgres.fresh_database()
    with closing(open_store(url, memory / "migrated")) as store:
        store.schema.ensure()
    return url


@pytest.fixture
def postgres_place(memory: Path, postgres: Postgres, database: str) -> Iterator[PostgresPlace]:
    """A place for one scenario on Postgres."""
    directory = Path(tempfile.mkdtemp(dir=memory))
    yield PostgresPlace(directory, postgres, database)
    shutil.rmtree(directory)


@pytest.fixture
def place(memory: Path, empty: Path) -> Iterator[SqlitePlace]:
    """A place for one scenario."""
    directory = Path(tempfile.mkdtemp(dir=memory))
    yield SqlitePlace(directory, empty)
    shutil.rmtree(directory)


def rows() -> list[object]:
    """Each scenario and fault, in as many slices as it needs."""
    return [
        pytest.param(scenario, fault, part, id=f"{scenario.name}-{fault.value}-{part}")
        for scenario in SCENARIOS
        for fault in Fault
        for part in range(scenario.slices)
    ]


def points(names: Sequence[str], fault: Fault) -> list[int]:
    """The steps at which this fault can strike."""
    return [at for at, name in enumerate(names, 1) if fault is Fault.DEATH or can_fail(name)]


def test_there_are_enough_points_and_each_scenario_is_what_it_says(memory: Path, empty: Path) -> None:
    count = 0
    for scenario in SCENARIOS:
        place = SqlitePlace(memory / scenario.name, empty)
        peace, names = Stage(scenario, place).undisturbed()
        assert peace.sums() == scenario.leaves, scenario.name
        assert peace.exit_codes == [scenario.exit_code] * len(scenario.integrations), scenario.name
        count += sum(len(points(names, fault)) for fault in Fault)
    assert count >= LEAST_POINTS


@pytest.mark.parametrize(("scenario", "fault", "part"), rows())
def test_a_run_that_is_struck_anywhere_is_made_up_for(
    place: SqlitePlace, scenario: Scenario, fault: Fault, part: int
) -> None:
    turn, turns = (0, 1) if SWEEP == FULL else (int(SWEEP) % ON_SQLITE, ON_SQLITE)
    sweep(Stage(scenario, place), fault, part + scenario.slices * turn, scenario.slices * turns)


@pytest.mark.postgres
@pytest.mark.parametrize("fault", Fault, ids=lambda one: one.value)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_a_run_on_postgres_that_is_struck_is_made_up_for_and_leaves_what_sqlite_has(
    place: SqlitePlace, postgres_place: PostgresPlace, scenario: Scenario, fault: Fault
) -> None:
    stage = Stage(scenario, postgres_place)
    assert stage.undisturbed()[0] == Stage(scenario, place).undisturbed()[0]
    if SWEEP == FULL:
        sweep(stage, fault)
    else:
        sweep(stage, fault, int(SWEEP) % ON_POSTGRES, ON_POSTGRES)


@pytest.mark.postgres
@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.name in CUT_OFF], ids=lambda one: one.name)
def test_a_run_that_loses_its_database_connections_anywhere_makes_up_for_it_itself(
    postgres_place: PostgresPlace, scenario: Scenario
) -> None:
    stage = Stage(scenario, postgres_place)
    peace, names = stage.undisturbed()
    part, parts = (0, 1) if SWEEP == FULL else (int(SWEEP) % ON_POSTGRES, ON_POSTGRES)
    for at in range(1, len(names) + 1)[part::parts]:
        where = f"cut off at step {at} of {len(names)}, {names[at - 1]} (turn {part} of {parts})"
        assert stage.cut_off(at, postgres_place.cut) == peace, where


def sweep(stage: Stage, fault: Fault, part: int = 0, parts: int = 1) -> None:
    """Strike at every `parts`-th point, and hold what is left against a run in peace."""
    peace, names = stage.undisturbed()
    assert peace.leases == 0
    for at in points(names, fault)[part::parts]:
        found = stage.disturbed(at, fault)
        where = f"struck at step {at} of {len(names)}, {names[at - 1]} (turn {part} of {parts})"
        assert not found.told_too_early, where
        assert found.first == peace, where
        assert found.second == peace, where
        assert not found.told_by_second, where
