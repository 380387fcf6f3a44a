"""Files of mail that nothing refers to: gone with a purge, found by a sweep, never one that somebody needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from inboxsync.model.ingest import Prepared
from inboxsync.model.message import ParsedMessage
from inboxsync.model.report import RunStatus
from inboxsync.store.blobs import STAGING
from inboxsync.store.connection import Database
from inboxsync.store.content_port import ContentStore
from inboxsync.store.orphans import delete_unreferenced
from inboxsync.store.publishing import LEFT_OVER_AFTER_S, half_name
from inboxsync.store.purge import remove
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.sync.engine import Engine
from tests.crash.changes import with_attachment
from tests.crash.stage import SteppedStore
from tests.fakes.mailbox import FakeServer
from tests.state.ledger import all_raw
from tests.unit.sync.rig import NOW, Rig

LARGE = with_attachment(1, 300_000)  # its octets are a file and its attachment another
SMALL = with_attachment(2, 500)
OLD_S = LEFT_OVER_AFTER_S + 60


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    return Rig(store, FakeServer())


def files(data_dir: Path) -> set[str]:
    tops = (data_dir / top for top in ("raw", "attachments"))
    return {path.relative_to(data_dir).as_posix() for top in tops for path in top.rglob("*") if path.is_file()}


def age(data_dir: Path) -> None:
    for path in files(data_dir):
        then_s = (data_dir / path).stat().st_mtime - OLD_S
        os.utime(data_dir / path, (then_s, then_s))


def now() -> datetime:
    return datetime.now(UTC)


def synced(rig: Rig, *messages: bytes, **settings: object) -> None:
    for octets in messages:
        rig.server.append(octets)
    rig.add("first", **settings)
    assert rig.run().status is RunStatus.SUCCESS


def purge(rig: Rig, name: str) -> None:
    integration = rig.store.control.integration(name)
    assert integration is not None
    rig.store.control.remove_integration(integration, purge=True)


def test_a_purge_deletes_the_files_of_what_it_removes(rig: Rig) -> None:
    synced(rig, LARGE, SMALL)
    assert len(files(rig.store.data_dir)) == 3
    purge(rig, "first")
    assert files(rig.store.data_dir) == set()


@pytest.mark.parametrize("company", ["ACME", None], ids=["one scope", "two scopes"])
def test_a_purge_keeps_what_another_integration_refers_to(rig: Rig, company: str | None) -> None:
    synced(rig, LARGE, company=company)
    rig.add("second", company=company)
    rig.run()
    before = files(rig.store.data_dir)
    purge(rig, "first")
    assert files(rig.store.data_dir) == before
    (message,) = (rig.store.content.raw(number) for number in (1, 2) if rig.store.content.raw(number))
    assert message == LARGE
    purge(rig, "second")
    assert files(rig.store.data_dir) == set()


def test_what_a_purge_that_died_left_is_found_by_a_sweep(rig: Rig, migrated_url: str) -> None:
    synced(rig, LARGE, SMALL)
    integration = rig.store.control.integrations()[0]
    opened = open_store(migrated_url, rig.store.data_dir)
    left = remove(opened._database, integration, purge=True)  # and dies before the files are deleted
    opened.close()
    assert set(left) == files(rig.store.data_dir) != set()
    young = rig.store.control.sweep_files(now=now(), dry_run=False)
    assert (young.orphans, files(rig.store.data_dir)) == (0, set(left))
    age(rig.store.data_dir)
    size_bytes = sum((rig.store.data_dir / path).stat().st_size for path in left)
    found = rig.store.control.sweep_files(now=now(), dry_run=True)
    assert (found.orphans, found.size_bytes, found.missing, found.deleted) == (3, size_bytes, (), False)
    assert files(rig.store.data_dir) == set(left)
    assert rig.store.control.sweep_files(now=now(), dry_run=False) == replace(found, deleted=True)
    assert files(rig.store.data_dir) == set()


def test_a_sweep_takes_no_file_that_is_needed_or_not_ours(rig: Rig) -> None:
    synced(rig, LARGE, SMALL)
    foreign = ("raw/ab/notes.txt", "attachments/2026/README", f"raw/{STAGING}/mine.half", f"raw/zz/{'a' * 64}")
    for path in foreign:
        (rig.store.data_dir / path).parent.mkdir(parents=True, exist_ok=True)
        (rig.store.data_dir / path).write_bytes(b"theirs")
    half = rig.store.data_dir / "raw" / STAGING / half_name()
    half.write_bytes(b"half")
    before = files(rig.store.data_dir) - {half.relative_to(rig.store.data_dir).as_posix()}
    age(rig.store.data_dir)
    swept = rig.store.control.sweep_files(now=now(), dry_run=False)
    assert (swept.orphans, swept.left_over) == (0, 1)
    assert files(rig.store.data_dir) == before


def test_a_missing_raw_file_is_named(rig: Rig) -> None:
    synced(rig, LARGE)
    (raw,) = (path for path in files(rig.store.data_dir) if path.startswith("raw"))
    (rig.store.data_dir / raw).unlink()
    assert rig.store.control.sweep_files(now=now(), dry_run=True).missing == (raw,)


class Interrupted:
    """A content plane; after its first `prepare` something else comes in between, once."""

    def __init__(self, inner: ContentStore, meanwhile: Callable[[], None]) -> None:
        self._inner = inner
        self._todo = [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def prepare(self, octets: bytes, parsed: ParsedMessage, received_at: datetime) -> Prepared:
        prepared = self._inner.prepare(octets, parsed, received_at)
        while self._todo:
            self._todo.pop()()
        return prepared


def test_mail_whose_file_a_purge_took_while_it_was_being_stored_is_fetched_again(rig: Rig) -> None:
    """The purge comes between the moment the file was found there and the commit of the row that names it."""
    synced(rig, LARGE)
    rig.add("second")
    second = rig.store.control.integration("second")
    assert second is not None
    plain = rig.store
    content = cast(ContentStore, Interrupted(plain.content, lambda: purge(rig, "first")))
    store = SteppedStore(plain.control, content, plain.schema, plain.data_dir)
    tools = replace(rig.engine().tools, store=store, pause=lambda _seconds: None)
    (report,) = Engine(tools).run([second], NOW).integrations
    assert rig.store.control.integration("first") is None
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, 1)
    assert list(all_raw(plain.content, 1)) == [LARGE]
    swept = rig.store.control.sweep_files(now=now() + timedelta(days=1), dry_run=True)
    assert (swept.orphans, swept.missing) == (0, ())


def test_deleting_looks_again_under_the_lock(rig: Rig, migrated_url: str) -> None:
    synced(rig, LARGE, SMALL)
    database: Database = open_store(migrated_url, rig.store.data_dir)._database
    before = files(rig.store.data_dir)
    assert delete_unreferenced(database, rig.store.data_dir, sorted(before)) == 0
    assert files(rig.store.data_dir) == before
    database.close()
