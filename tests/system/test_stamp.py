"""`sync-all` on Postgres with nothing due: answered by the stamp of the last run, without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devtools.postgres import Postgres
from tests.system.cli import Account, Machine, letter
from tests.system.test_fast_path import HEAVY, LONG_WAY, imported, watched

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    database = postgres.fresh_database()
    yield database
    postgres.drop_database(database)


@pytest.fixture
def idle(machine: Machine, account: Account, url: str) -> Machine:
    """A machine on Postgres whose one integration has just been synced by `sync-all`."""
    on_postgres = machine.with_environ(INBOXSYNC_DATABASE_URL=url)
    account.deliver(letter(1))
    on_postgres.add(account, "support").done()
    on_postgres("sync-all").done()
    return on_postgres


def takes_the_long_way(machine: Machine, *more: str) -> bool:
    return LONG_WAY in imported(watched(machine, "sync-all", *more).done())


def test_nothing_due_needs_no_connection_until_something_is_changed(idle: Machine, account: Account) -> None:
    assert imported(watched(idle, "sync-all").done()) & (HEAVY | {"psycopg"}) == frozenset()
    assert idle("sync-all", "--json").done().json["integrations"] == []
    idle("edit", "support", "--every", "10m").done()
    assert takes_the_long_way(idle), "until when nothing is due was reckoned from the old settings"
    idle("sync", "support").done()
    assert takes_the_long_way(idle)
    assert not takes_the_long_way(idle)
    idle("disable", "support").done()
    assert takes_the_long_way(idle), "nothing is active, which a run has to tell"
    assert takes_the_long_way(idle)


def test_other_settings_and_another_database_are_not_what_was_stamped(
    idle: Machine, postgres: Postgres, tmp_path: Path
) -> None:
    config = tmp_path / "other.toml"
    config.write_text('timezone = "Europe/Berlin"\n')
    assert takes_the_long_way(idle.with_environ(INBOXSYNC_CONFIG=str(config)))
    other = postgres.fresh_database()
    assert takes_the_long_way(idle.with_environ(INBOXSYNC_DATABASE_URL=other))
    postgres.drop_database(other)


def test_the_stamp_holds_neither_password_nor_longer_than_it_may(idle: Machine, url: str) -> None:
    stamp = idle.data_dir / "next-due"
    assert stamp.stat().st_mode & 0o777 == 0o600
    times, _, key = stamp.read_text().partition("\n")
    written_s, until_s = map(float, times.split())
    assert 0 < until_s - written_s <= 300
    stamp.write_text(f"{written_s - 301} {until_s + 3600}\n{key}")
    assert takes_the_long_way(idle)
    with psycopg.connect(url) as connection:  # what another machine may do
        connection.execute("UPDATE inboxsync_sync_states SET due_at = now(), last_started_at = '2020-01-01'")
    assert idle("sync-all", "--json").done().json["integrations"] == [], "not seen before the stamp ends"
    stamp.write_text(f"{written_s - 301} {until_s + 3600}\n{key}")
    assert [part["name"] for part in idle("sync-all", "--json").done().json["integrations"]] == ["support"]
