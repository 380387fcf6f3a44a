"""Whatever happens to a server and a run, in whatever order: after each success all promises hold (P2, P3, P4, P8)."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from devtools.postgres import Postgres
from inboxsync.errors import Throttled
from inboxsync.model.report import IntegrationReport
from inboxsync.store.sql import open_store
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Engine
from tests.crash.places import PostgresPlace
from tests.state.ledger import Ledger, Placement, read_ledger
from tests.state.server import RememberingServer
from tests.unit.sync.rig import NOW, Rig, mail

LIMITS = EngineLimits(batch_messages=2, chunk_messages=2, page_messages=3)
FOLDERS = st.sampled_from(["INBOX", "Orders"])
SMALL = st.integers(min_value=0, max_value=30)
GIVEN = ("stored", "duplicate")


@dataclass
class Expected:
    """What must be true of the store from now on."""

    listed: set[Placement] = field(default_factory=set)
    contents: set[bytes] = field(default_factory=set)

    def copy(self) -> Expected:
        """Keep it as it is now."""
        return Expected(set(self.listed), set(self.contents))


@functools.cache
def memory() -> Path:
    """Where stores lie: in memory where there is such a place, for nobody pulls a plug here."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() else Path(tempfile.gettempdir())


class MailboxMachine(RuleBasedStateMachine):
    """One integration, two folders, a person at the mail program, a bad line, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="inboxsync-state-", dir=memory()))
        self.server = RememberingServer()
        self.expected = Expected()
        self.kept: Expected | None = None
        self.delivered: list[bytes] = []
        self.ever_placed: set[Placement] = set()
        self.patient = True

    @initialize(mark_read=st.booleans(), first=st.lists(st.tuples(FOLDERS, SMALL), min_size=3, max_size=8))
    def set_up(self, mark_read: bool, first: list[tuple[str, int]]) -> None:
        self.open_store()
        self.rig.store.schema.ensure()
        self.rig.add(folders=("INBOX", "Orders"), mark_read=mark_read)
        for folder, number in first:  # now and then the same number: a copy
            self.put(mail(number), folder)

    def open_store(self) -> None:
        self.rig = Rig(open_store(None, self.directory / "store"), self.server, limits=LIMITS)

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            self.rig.store.close()
        shutil.rmtree(self.directory)

    # --- what happens on the server ---------------------------------------------------------------------------------

    def put(self, octets: bytes, folder: str) -> None:
        self.delivered.append(octets)
        uid = self.server.append(octets, folder)
        self.ever_placed.add((folder, self.server.folders[folder].uidvalidity or 0, uid))

    @rule(folder=FOLDERS, have_ids=st.lists(st.booleans(), min_size=1, max_size=4))
    def deliver(self, folder: str, have_ids: list[bool]) -> None:
        for has_id in have_ids:
            self.put(mail(len(self.delivered), message_id="" if has_id else None), folder)

    @rule(folder=FOLDERS, which=SMALL)
    def deliver_again(self, folder: str, which: int) -> None:
        self.put(self.delivered[which % len(self.delivered)], folder)

    @rule(folder=FOLDERS, which=SMALL)
    def reuse_an_id(self, folder: str, which: int) -> None:
        self.put(mail(len(self.delivered), message_id=f"m{which % len(self.delivered)}@example.com"), folder)

    def one_of(self, folder: str, which: int) -> int | None:
        uids = sorted(self.server.folders[folder].messages)
        return uids[which % len(uids)] if uids else None

    @rule(folder=FOLDERS, which=SMALL)
    def expunge(self, folder: str, which: int) -> None:
        uid = self.one_of(folder, which)
        if uid is not None:
            self.server.expunge(uid, folder)

    @rule(folder=FOLDERS, which=SMALL, flags=st.sets(st.sampled_from(["\\Seen", "\\Flagged", "$Later"])))
    def set_flags(self, folder: str, which: int, flags: set[str]) -> None:
        uid = self.one_of(folder, which)
        if uid is not None:
            self.server.folders[folder].messages[uid].flags = tuple(sorted(flags))

    @rule(folder=FOLDERS)
    def renumber(self, folder: str) -> None:
        self.server.renumber(folder)
        place = self.server.folders[folder]
        self.ever_placed.update((folder, place.uidvalidity or 0, uid) for uid in place.messages)

    @rule(folder=FOLDERS, which=SMALL, how=st.sampled_from(["refuse", "answer_nil", "leave_out"]))
    def withhold(self, folder: str, which: int, how: str) -> None:
        uid = self.one_of(folder, which)
        if uid is not None:
            self.server.withhold(folder, uid, how)

    @rule(folder=FOLDERS)
    def give_all(self, folder: str) -> None:
        self.server.give_all(folder)

    @rule(hours=st.sampled_from([0.1, 1, 30]))
    def time_passes(self, hours: float) -> None:
        self.rig.later(hours=hours)

    # --- runs -------------------------------------------------------------------------------------------------------

    def run(self) -> IntegrationReport:
        """One run. An impatient one does not try again after its connection was cut."""
        tools = self.rig.engine().tools
        stopped = tools.stopped
        impatient = replace(tools, stopped=lambda: stopped() or (self.server.was_cut and not self.patient))
        (report,) = Engine(impatient).run(self.rig.store.control.integrations(), NOW).integrations
        assert report.error is None or report.error.code != "internal"
        return report

    @rule()
    def sync(self) -> None:
        self.check(self.run())

    @rule()
    def sync_twice(self) -> None:
        self.run()
        self.check(self.run())

    @rule(items=SMALL, patient=st.sampled_from([False, False, False, True]))
    def sync_on_a_bad_line(self, items: int, patient: bool) -> None:
        self.patient = patient
        self.server.drop_after(items)
        report = self.run()
        self.patient = True
        self.server.heal()
        self.check(report)

    @rule(looks=st.integers(min_value=0, max_value=12))
    def sync_and_stop_in_the_middle(self, looks: int) -> None:
        self.rig.stop_after, self.rig.checks = looks, 0
        report = self.run()
        self.rig.stop_after = None
        self.check(report)

    @rule()
    def sync_while_throttled(self) -> None:
        self.server.login_fault = Throttled("slow down", retry_after_s=60)
        assert self.run().exit_code == 75
        self.server.heal()

    @rule()
    def back_up(self) -> None:
        self.rig.store.close()
        self.copy_store()
        self.kept = self.expected.copy()

    @precondition(lambda self: self.kept)
    @rule()
    def restore_the_backup(self) -> None:
        assert self.kept is not None
        self.rig.store.close()
        self.bring_store_back()
        self.expected = self.kept.copy()

    def copy_store(self) -> None:
        shutil.copytree(self.directory / "store", self.directory / "backup", dirs_exist_ok=True)

    def bring_store_back(self) -> None:
        shutil.rmtree(self.directory / "store")
        shutil.copytree(self.directory / "backup", self.directory / "store")

    # --- promises ---------------------------------------------------------------------------------------------------

    def check(self, report: IntegrationReport) -> None:
        """Hold the store against the server after a run that reports success, and run once more."""
        if report.error is not None:
            return
        ledger = read_ledger(self.rig.store.content)
        self.expect_what_is_there(ledger)
        self.check_fates(ledger)
        self.check_contents(ledger)
        self.check_idle(ledger)

    def expect_what_is_there(self, ledger: Ledger) -> None:
        for folder, place, uid, message in self.server.all_messages():
            placement = (folder, place.uidvalidity or 0, uid)
            self.expected.listed.add(placement)
            entry = ledger.entries[placement]
            assert not entry.retired
            if entry.fate in GIVEN:
                assert ledger.raw[entry.external_id or ""] == message.octets
                self.expected.contents.add(message.octets)
            else:
                assert entry.fate in ("pending", "quarantined"), entry.fate
                assert self.server.was_withheld(message), "it was to be had and is not stored"

    def check_fates(self, ledger: Ledger) -> None:
        assert self.expected.listed <= ledger.entries.keys() <= self.ever_placed
        live = {key: entry for key, entry in ledger.entries.items() if not entry.retired}
        assert all(key[1] == self.server.folders[key[0]].uidvalidity for key in live)
        sums = self.rig.fates()
        by_fate = (sums.stored, sums.duplicate, sums.quarantined, sums.vanished, sums.pending)
        assert sums.listed == sum(by_fate) == len(live)
        there = {(folder, place.uidvalidity or 0, uid) for folder, place, uid, _ in self.server.all_messages()}
        assert not [key for key, entry in live.items() if entry.fate == "vanished" and key in there]

    def check_contents(self, ledger: Ledger) -> None:
        stored = list(ledger.raw.values())
        assert len(stored) == len(set(stored)), "a content is stored twice"
        assert self.expected.contents <= set(stored) <= set(self.delivered)
        assert sorted(ledger.effects) == sorted(ledger.raw), "each content has one ticket effect"
        assert ledger.tickets == len(ledger.raw)
        pointed_at = {entry.external_id for entry in ledger.entries.values() if entry.fate in GIVEN}
        assert pointed_at == ledger.raw.keys()

    def check_idle(self, ledger: Ledger) -> None:
        """A further run changes nothing, here or there (P4)."""
        self.server.calls.clear()
        report = self.run()
        assert report.error is None
        assert list(self.rig.store.content.dump()) == ledger.dump
        assert "mark_seen" not in {method for method, _ in self.server.calls}


class PostgresMachine(MailboxMachine):
    """The same on Postgres, one database for all examples, whose connections are cut now and then."""

    def open_store(self) -> None:
        server, url = postgres()
        self.place = PostgresPlace(self.directory, server, url)
        self.rig = Rig(open_store(url, self.place.data_dir), self.server, limits=LIMITS)

    def copy_store(self) -> None:
        self.place.keep()

    def bring_store_back(self) -> None:
        self.place.restore()

    @rule()
    def lose_every_connection(self) -> None:
        self.place.cut()


@functools.cache
def postgres() -> tuple[Postgres, str]:
    """A private server for as long as this process lives, and its one database."""
    server = Postgres()
    server.__enter__()
    atexit.register(server.stop)
    url = server.fresh_database()
    with closing(open_store(url, memory() / "unused")) as store:
        store.schema.ensure()
    return server, url


def effort(examples: int) -> settings:
    """How long to try."""
    return settings(
        deadline=None,
        max_examples=examples,
        stateful_step_count=25,
        derandomize="CI" in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


TestMailbox = MailboxMachine.TestCase
TestMailbox.settings = effort(40)
TestMailboxOnPostgres = pytest.mark.postgres(PostgresMachine.TestCase)
TestMailboxOnPostgres.settings = effort(5)
