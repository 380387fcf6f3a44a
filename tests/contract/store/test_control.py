"""The control plane's promises, the same on SQLite and Postgres."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.integration import DedupScope, Endpoint, Integration, TlsMode
from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import FolderCursor, Lease, Owner, SyncState, Totals
from inboxsync.store import folder_counts
from inboxsync.store.control import SqlControlStore
from inboxsync.store.sql import SqlStore, open_store
from tests.contract.store.rows import Rows

AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
US = Owner(host="here", pid=1, process_start="100")
THEM = Owner(host="there", pid=2, process_start="200")


@pytest.fixture
def control(store: SqlStore) -> SqlControlStore:
    return store.control


def integration(name: str = "support", **more: Any) -> Integration:
    uuid = f"{name:-<8}-0000-4000-8000-000000000000"
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, f"{name}@example.com")
    base = Integration(uuid=uuid, name=name, email=f"{name}@example.com", endpoint=endpoint)
    return replace(base, **more)


def alive(_owner: Owner) -> bool:
    return False


def dead(_owner: Owner) -> bool:
    return True


def take(
    control: SqlControlStore, id_: int, owner: Owner = US, *, is_dead: Callable[[Owner], bool] = alive
) -> Lease | None:
    return control.acquire_lease(id_, owner, lifetime_s=60, owner_is_dead=is_dead)


def added(control: SqlControlStore, name: str = "support", **more: Any) -> tuple[Integration, int]:
    stored = control.add_integration(integration(name, **more), b"sealed")
    assert stored.id is not None
    return stored, stored.id


class TestIntegrations:
    def test_every_setting_comes_back_as_it_was_given(self, control: SqlControlStore) -> None:
        given = integration(
            "büro ☎",
            provider="gmail",
            endpoint=Endpoint("127.0.0.1", 143, TlsMode.NONE, "u", ca_file="/ca.pem", pin_sha256="ab"),
            folders=("INBOX", "Entwürfe/Ä", 'odd"\\name'),
            interval_s=None,
            cron="*/5 * * * *",
            priority=-3,
            filter_json='{"a":"%s ? é"}',
            rules_json="[]",
            dedup=DedupScope.STORE,
            unread_only=True,
            mark_read=True,
            known_senders_only=True,
            company="Exämple",
            since=AT,
            tickets_since=AT - timedelta(days=1),
            makes_tickets=False,
            active=False,
        )
        stored = control.add_integration(given, None)
        assert stored == replace(given, id=stored.id, created_at=stored.created_at, updated_at=stored.updated_at)
        assert control.integration("büro ☎") == stored
        assert control.integrations() == [stored]
        assert control.secret(stored) is None

    def test_times_are_the_stores_own_and_aware(self, control: SqlControlStore) -> None:
        stored, _ = added(control)
        assert stored.created_at is not None
        assert stored.created_at.utcoffset() == timedelta(0)
        assert stored.created_at == stored.updated_at

    def test_a_time_of_another_zone_comes_back_in_utc(self, control: SqlControlStore) -> None:
        since = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
        stored, _ = added(control, since=since)
        found = control.integration(stored.name)
        assert found is not None
        assert found.since == AT
        assert found.since.utcoffset() == timedelta(0)

    def test_they_come_by_priority_number_then_name(self, control: SqlControlStore) -> None:
        for name, priority in (("b", 100), ("a", 100), ("Z", 100), ("z", 1)):
            added(control, name, priority=priority)
        assert [one.name for one in control.integrations()] == ["z", "Z", "a", "b"]

    def test_an_unknown_name_is_none(self, control: SqlControlStore) -> None:
        assert control.integration("nobody") is None

    def test_a_taken_name_is_refused_and_nothing_is_written(self, control: SqlControlStore) -> None:
        added(control)
        with pytest.raises(UsageError, match="support"):
            control.add_integration(replace(integration(), uuid="other"), b"x")
        assert len(control.integrations()) == 1
        assert len(control.secrets()) == 1

    def test_update_replaces_settings_and_keeps_identity(self, control: SqlControlStore) -> None:
        stored, id_ = added(control)
        changed = control.update_integration(replace(stored, name="help", priority=1, id=None))
        assert (changed.id, changed.uuid, changed.created_at) == (id_, stored.uuid, stored.created_at)
        assert control.integrations() == [changed]
        assert control.secret(changed) == b"sealed"

    def test_update_with_a_secret_replaces_it(self, control: SqlControlStore) -> None:
        stored, _ = added(control)
        control.update_integration(stored, b"new")
        assert control.secret(stored) == b"new"

    def test_update_to_a_taken_name_is_refused(self, control: SqlControlStore) -> None:
        added(control, "a")
        second, _ = added(control, "b")
        with pytest.raises(UsageError):
            control.update_integration(replace(second, name="a"), b"new")
        assert control.secret(second) == b"sealed"

    def test_update_of_a_removed_one_is_refused(self, control: SqlControlStore) -> None:
        stored, _ = added(control)
        control.remove_integration(stored, purge=False)
        with pytest.raises(UsageError, match="any more"):
            control.update_integration(stored)

    def test_update_makes_it_due_again(self, control: SqlControlStore) -> None:
        stored, id_ = added(control)
        control.save_state(SyncState(id_, due_at=AT, paused=True, auth_failures=3, next_attempt_at=AT, failures=2))
        control.update_integration(replace(stored, interval_s=60))
        assert control.states()[id_] == SyncState(id_, paused=True, auth_failures=3, next_attempt_at=AT, failures=2)

    @pytest.mark.parametrize("how", ["secret", "endpoint"])
    def test_a_new_login_ends_the_pause(self, control: SqlControlStore, how: str) -> None:
        stored, id_ = added(control)
        control.save_state(SyncState(id_, due_at=AT, paused=True, auth_failures=3, next_attempt_at=AT, failures=2))
        if how == "secret":
            control.update_integration(stored, b"new")
        else:
            control.update_integration(replace(stored, endpoint=replace(stored.endpoint, host="other.example.com")))
        assert control.states()[id_] == SyncState(id_, failures=2)

    def test_two_adding_the_same_name_at_once_get_one(
        self, control: SqlControlStore, migrated_url: str, tmp_path: Path
    ) -> None:
        others = [open_store(migrated_url, tmp_path) for _ in range(4)]
        barrier = threading.Barrier(4)

        def add(number: int) -> bool:
            barrier.wait()
            try:
                others[number].control.add_integration(replace(integration(), uuid=f"uuid-{number}"), b"x")
            except UsageError:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(add, range(4))) == [False, False, False, True]
        assert len(control.integrations()) == 1
        for other in others:
            other.close()


class TestRemove:
    def test_a_removed_one_is_never_shown_and_its_name_is_free(self, control: SqlControlStore, rows: Rows) -> None:
        stored, id_ = added(control)
        control.save_state(SyncState(id_))
        take(control, id_)
        control.folder(id_, "INBOX")
        control.remove_integration(stored, purge=False)
        assert control.integrations() == []
        assert control.integration("support") is None
        assert control.secret(stored) is None
        assert (control.secrets(), control.states(), control.leases()) == ([], {}, [])
        assert rows.count("inboxsync_folders") == 1
        assert rows.read("SELECT name FROM inboxsync_integrations") == [{"name": "support#removed-support-"}]
        again = control.add_integration(replace(integration(), uuid="another-uuid"), b"x")
        assert again.id != id_

    def test_removing_twice_changes_nothing(self, control: SqlControlStore, rows: Rows) -> None:
        stored, _ = added(control)
        control.remove_integration(stored, purge=False)
        before = rows.read("SELECT name, removed_at FROM inboxsync_integrations")
        control.remove_integration(stored, purge=False)
        assert rows.read("SELECT name, removed_at FROM inboxsync_integrations") == before

    def test_a_run_that_ends_after_the_removal_leaves_no_state(self, control: SqlControlStore) -> None:
        stored, id_ = added(control)
        control.remove_integration(stored, purge=False)
        control.save_state(SyncState(id_, failures=1))
        assert control.states() == {}
        assert take(control, id_) is None

    def test_purge_takes_what_nothing_else_refers_to(self, control: SqlControlStore, rows: Rows) -> None:
        doomed, doomed_id = added(control, "doomed")
        _, kept_id = added(control, "kept")
        ours, theirs = control.folder(doomed_id, "INBOX").id, control.folder(kept_id, "INBOX").id
        for sha in ("only", "shared", "set-aside"):
            rows.add("inboxsync_raw", sha256=sha)
        only = rows.add("inboxsync_messages", external_id="only", raw_sha256="only")
        shared = rows.add("inboxsync_messages", external_id="shared", raw_sha256="shared")
        rows.add("inboxsync_placements", folder_id=ours, uid=1, message_id=only)
        rows.add("inboxsync_placements", folder_id=ours, uid=2, message_id=shared)
        rows.add("inboxsync_placements", folder_id=theirs, uid=1, message_id=shared, fate="duplicate")
        aside = rows.add("inboxsync_placements", folder_id=ours, uid=3, fate="quarantined")
        rows.add("inboxsync_quarantine", placement_id=aside, raw_sha256="set-aside")
        gone = rows.add("inboxsync_tickets", number="T-1", integration_id=doomed_id)
        mixed = rows.add("inboxsync_tickets", number="T-2", integration_id=doomed_id)
        for ticket, message in ((gone, only), (mixed, only), (mixed, shared)):
            rows.add("inboxsync_ticket_messages", ticket_id=ticket, message_id=message)
        rows.add("inboxsync_ticket_effects", external_id="only", ticket_id=gone)
        rows.add("inboxsync_ticket_effects", external_id="shared", ticket_id=mixed)

        control.remove_integration(doomed, purge=True)

        assert [one.name for one in control.integrations()] == ["kept"]
        assert rows.read("SELECT external_id FROM inboxsync_messages") == [{"external_id": "shared"}]
        assert rows.read("SELECT uid FROM inboxsync_placements") == [{"uid": 1}]
        assert rows.read("SELECT number, integration_id FROM inboxsync_tickets") == [
            {"number": "T-2", "integration_id": None}
        ]
        assert rows.read("SELECT external_id FROM inboxsync_ticket_effects") == [{"external_id": "shared"}]
        assert rows.read("SELECT sha256 FROM inboxsync_raw") == [{"sha256": "shared"}]
        assert rows.count("inboxsync_quarantine") == 0

    def test_purge_can_be_done_twice_on_one_connection(self, control: SqlControlStore) -> None:
        for name in ("a", "b"):
            control.remove_integration(added(control, name)[0], purge=True)
        assert control.integrations() == []


class TestSecrets:
    def test_replace_swaps_only_what_is_still_there(self, control: SqlControlStore) -> None:
        stored, _ = added(control)
        assert control.replace_secret(stored, b"sealed", b"rotated")
        assert not control.replace_secret(stored, b"sealed", b"late")
        assert control.secret(stored) == b"rotated"
        assert control.secrets() == [(stored, b"rotated")]

    def test_any_octets_are_kept(self, control: SqlControlStore) -> None:
        octets = bytes(range(256))
        stored = control.add_integration(integration(), octets)
        control.set_canary(octets)
        assert control.secret(stored) == octets
        assert control.canary() == octets

    def test_the_canary_is_none_before_the_first_key_and_can_be_replaced(self, control: SqlControlStore) -> None:
        assert control.canary() is None or control.canary() == bytes(range(256))  # Postgres keeps facts between tests
        control.set_canary(b"one")
        control.set_canary(b"two")
        assert control.canary() == b"two"

    def test_the_store_has_a_name_that_stays(self, control: SqlControlStore, migrated_url: str, tmp_path: Path) -> None:
        again = open_store(migrated_url, tmp_path)
        assert len(control.store_uuid) == 36
        assert again.control.store_uuid == control.store_uuid
        again.close()


class TestStates:
    def test_a_state_comes_back_whole_and_is_replaced(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        assert control.states() == {}
        error = ErrorInfo("auth_failed", "refused", "do this", 77)
        whole = SyncState(id_, AT, AT, AT, RunStatus.ERROR, error, 4, 3, True, AT, AT + timedelta(hours=6), AT)
        control.save_state(whole)
        assert control.states() == {id_: whole}
        control.save_state(SyncState(id_, last_status=RunStatus.SUCCESS))
        assert control.states() == {id_: SyncState(id_, last_status=RunStatus.SUCCESS)}

    def test_a_server_text_that_no_column_holds_does_not_stop_the_state(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        control.save_state(SyncState(id_, last_error=ErrorInfo("protocol", "NUL \x00 and \udc80", "")))
        error = control.states()[id_].last_error
        assert error is not None
        assert error.message.startswith("NUL ")
        assert "\x00" not in error.message


class TestLeases:
    def test_one_holder_until_it_is_released(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        mine = take(control, id_)
        assert mine is not None
        assert mine.owner == US
        assert mine.expires_at - mine.acquired_at >= timedelta(seconds=59)
        assert take(control, id_, THEM) is None
        assert control.leases() == [mine]
        control.release_lease(mine)
        assert control.leases() == []
        assert take(control, id_, THEM) is not None

    def test_even_the_same_owner_gets_it_once(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        assert take(control, id_) is not None
        assert take(control, id_) is None

    def test_a_dead_owner_is_replaced_at_once(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        old = take(control, id_, THEM)
        assert old is not None
        seen: list[Owner] = []

        def is_dead(owner: Owner) -> bool:
            seen.append(owner)
            return True

        new = take(control, id_, is_dead=is_dead)
        assert new is not None
        assert (new.owner, seen) == (US, [THEM])
        assert not control.renew_lease(old, lifetime_s=60)

    def test_an_expired_one_is_replaced_and_nobody_is_asked(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        old = control.acquire_lease(id_, THEM, lifetime_s=0, owner_is_dead=alive)
        assert old is not None
        new = take(control, id_)
        assert new is not None
        assert new.token != old.token
        assert not control.renew_lease(old, lifetime_s=60)

    def test_release_with_an_old_token_leaves_the_new_holder_alone(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        old = take(control, id_, THEM)
        assert old is not None
        new = take(control, id_, is_dead=dead)
        control.release_lease(old)
        assert control.leases() == [new]

    def test_renewing_pushes_the_expiry(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        mine = control.acquire_lease(id_, US, lifetime_s=1, owner_is_dead=alive)
        assert mine is not None
        assert control.renew_lease(mine, lifetime_s=3600)
        (renewed,) = control.leases()
        assert renewed.expires_at - mine.expires_at > timedelta(minutes=50)
        assert renewed.acquired_at == mine.acquired_at
        assert renewed.heartbeat_at >= mine.heartbeat_at

    def test_there_is_none_for_what_does_not_exist(self, control: SqlControlStore) -> None:
        assert take(control, 4711) is None

    @pytest.mark.parametrize("held", ["free", "expired", "dead"])
    def test_of_many_threads_one_gets_it(
        self, control: SqlControlStore, migrated_url: str, tmp_path: Path, held: str
    ) -> None:
        _, id_ = added(control)
        if held != "free":
            control.acquire_lease(id_, THEM, lifetime_s=0 if held == "expired" else 60, owner_is_dead=alive)
        others = [open_store(migrated_url, tmp_path) for _ in range(3)]
        barrier = threading.Barrier(9)

        def is_dead(owner: Owner) -> bool:
            return owner == THEM

        def contend(number: int) -> Lease | None:
            barrier.wait()
            owner = replace(US, pid=100 + number)
            return others[number % 3].control.acquire_lease(id_, owner, lifetime_s=60, owner_is_dead=is_dead)

        with ThreadPoolExecutor(9) as pool:
            got = [lease for lease in pool.map(contend, range(9)) if lease is not None]
        assert got == control.leases()
        for other in others:
            other.close()


class TestFolders:
    def test_the_row_is_made_on_first_sight_only(self, control: SqlControlStore, rows: Rows) -> None:
        _, id_ = added(control)
        first = control.folder(id_, "Entwürfe")
        assert (first.name, first.integration_id, first.cursor) == ("Entwürfe", id_, None)
        assert control.folder(id_, "Entwürfe") == first
        assert rows.count("inboxsync_folders") == 1

    def test_the_cursor_is_read(self, control: SqlControlStore, rows: Rows) -> None:
        _, id_ = added(control)
        cursor = {"uidvalidity": 2**32 - 1, "uidnext": 2**32 - 1, "exists_count": 7, "unread_count": 3}
        rows.add(
            "inboxsync_folders",
            **{"integration_id": id_, "name": "INBOX", **cursor, "highestmodseq": 2**63 - 1, "listed_at": AT},
        )
        found = control.folder(id_, "INBOX").cursor
        assert found == FolderCursor(2**32 - 1, 2**32 - 1, 7, 3, 2**63 - 1, None, AT)

    def test_what_is_open_is_counted(self, control: SqlControlStore, rows: Rows) -> None:
        _, id_ = added(control)
        inbox = control.folder(id_, "INBOX").id
        for uid, fate in enumerate(("pending", "pending", "stored", "vanished"), 1):
            rows.add("inboxsync_placements", folder_id=inbox, uid=uid, fate=fate)
        rows.add("inboxsync_placements", folder_id=inbox, uid=9, seen_action="wanted")
        rows.add("inboxsync_placements", folder_id=inbox, uid=10, seen_action="done")
        for uid, more in ((1, {"fate": "pending"}), (2, {"seen_action": "wanted"})):
            rows.add("inboxsync_placements", folder_id=inbox, uid=uid, uidvalidity=99, retired_at=AT, **more)
        state = control.folder(id_, "INBOX")
        assert (state.open_count, state.seen_wanted) == (2, 1)

    def test_all_folders_come_by_name(self, control: SqlControlStore) -> None:
        _, id_ = added(control)
        _, other = added(control, "other")
        for name in ("b", "a", "Z"):
            control.folder(id_, name)
        control.folder(other, "c")
        assert [state.name for state in control.folders(id_)] == ["Z", "a", "b"]

    def test_many_threads_make_one_row(self, control: SqlControlStore, rows: Rows) -> None:
        _, id_ = added(control)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: control.folder(id_, "INBOX").id, range(16)))) == 1
        assert rows.count("inboxsync_folders") == 1


class TestRuns:
    def test_history_comes_newest_first(self, control: SqlControlStore) -> None:
        _, first = added(control, "a")
        _, second = added(control, "b")
        run = control.start_run(at=AT, trigger="sync-all", owner=US)
        failed = IntegrationReport("a", RunStatus.ERROR, error=ErrorInfo("auth_failed", "m", "h", 77))
        stored = IntegrationReport("b", RunStatus.SUCCESS, counts=Counts(listed=3, stored=2, duplicate=1, bytes=2**40))
        control.finish_part(run, first, failed, started_at=AT, finished_at=AT + timedelta(seconds=1))
        control.finish_part(run, second, stored, started_at=AT, finished_at=AT + timedelta(seconds=2))
        control.finish_run(run, at=AT, status=RunStatus.PARTIAL)
        newest, oldest = control.runs()
        assert (newest.integration, newest.counts, newest.error) == ("b", stored.counts, None)
        assert newest.finished_at - newest.started_at == timedelta(seconds=2)
        assert (oldest.integration, oldest.status, oldest.error) == ("a", RunStatus.ERROR, failed.error)
        assert newest.run_id == oldest.run_id == run

    def test_history_can_be_narrowed(self, control: SqlControlStore) -> None:
        ids = {name: added(control, name)[1] for name in ("a", "b")}
        for number in range(6):
            run = control.start_run(at=AT, trigger="sync", owner=US)
            name = "ab"[number % 2]
            report = IntegrationReport(name, RunStatus.SKIPPED, reason=f"locked {number}")
            control.finish_part(run, ids[name], report, started_at=AT, finished_at=AT)
        assert [part.reason for part in control.runs(integration="a")] == ["locked 4", "locked 2", "locked 0"]
        assert [part.reason for part in control.runs(limit=2)] == ["locked 5", "locked 4"]
        assert control.runs(integration="nobody") == []

    def test_a_run_that_ends_after_a_purge_says_nothing(self, control: SqlControlStore) -> None:
        stored, id_ = added(control)
        run = control.start_run(at=AT, trigger="sync", owner=US)
        control.remove_integration(stored, purge=True)
        control.finish_part(run, id_, IntegrationReport("support", RunStatus.SUCCESS), started_at=AT, finished_at=AT)
        assert control.runs() == []


def test_totals_count_what_is_alive(control: SqlControlStore, rows: Rows) -> None:
    _, id_ = added(control, "a")
    _, other = added(control, "b")
    added(control, "empty")
    inbox, second = control.folder(id_, "INBOX").id, control.folder(other, "INBOX").id
    fates = ("stored", "stored", "duplicate", "filtered", "vanished", "pending", "quarantined")
    ids = [rows.add("inboxsync_placements", folder_id=inbox, uid=n, fate=fate) for n, fate in enumerate(fates, 1)]
    rows.add("inboxsync_quarantine", placement_id=ids[-1])
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, uidvalidity=9, fate="stored", retired_at=AT)
    rows.add("inboxsync_placements", folder_id=second, uid=1, fate="stored")
    rows.add("inboxsync_tickets", number="T-1", integration_id=id_)
    rows.add("inboxsync_tickets", number="T-2")
    with control._database.transaction() as work:
        for folder_id in (inbox, second):
            folder_counts.forget(work, folder_id)  # they were made behind the store's back
    counted = {id_: Totals(3, 1, 1, 1), other: Totals(1, 0, 0, 0)}
    assert control.totals() == counted
    with control._database.transaction() as work:
        for integration_id in (id_, other):
            folder_counts.recount(work, integration_id)
    assert control.totals() == counted


def test_a_closed_store_opens_again_by_itself(store: SqlStore) -> None:
    added(store.control)
    store.close()
    assert len(store.control.integrations()) == 1
