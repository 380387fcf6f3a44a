"""The rows of the fault matrix that lie in the engine, as data: what happens, and what run and status say of it.

A case strikes a mailbox of three letters before its first sync. Unless it is `final` the next run, after `heal`, makes
up for it: everything is stored, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from inboxsync.errors import (
    AuthFailed,
    ConnectionLost,
    DeadlineExceeded,
    DiskFull,
    ImapError,
    ProtocolFault,
    ServerUnavailable,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreIoFailed,
    StoreUnwritable,
    Throttled,
    TlsFailed,
    Unreachable,
)
from inboxsync.model.report import RunStatus
from inboxsync.model.state import Owner
from inboxsync.sync.context import EngineLimits, NobodyWatches
from tests.fakes.failing_store import FailingStore
from tests.unit.sync.rig import Rig, mail

SUCCESS, PARTIAL, ERROR, SKIPPED = RunStatus.SUCCESS, RunStatus.PARTIAL, RunStatus.ERROR, RunStatus.SKIPPED
LETTERS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One fault. `row` is its name in the matrix; `state` and `last` are what `status --json` says afterwards.

    `last` None: nothing was recorded. `stored` is how many letters the struck run stored.
    """

    row: str
    name: str
    strike: Callable[[Rig], object]
    status: RunStatus
    code: str | None = None
    exit_code: int = 0
    state: str = "failing"
    stored: int = 0
    last: str | None = ""
    heal: Callable[[Rig], object] = lambda rig: heal_server(rig)
    final: bool = False

    @property
    def last_status(self) -> str | None:
        """The `last_sync_status` that is expected."""
        return self.status.value if self.last == "" else self.last


def heal_server(rig: Rig) -> None:
    """Let everybody in again and withhold nothing."""
    rig.server.login_fault = None
    inbox = rig.server.folders["INBOX"]
    for withheld in (inbox.refused, inbox.nil, inbox.unlisted):
        withheld.clear()
    inbox.partial_view = inbox.is_read_only = False


def login(fault: ImapError) -> Callable[[Rig], object]:
    """Fail every login so."""
    return lambda rig: setattr(rig.server, "login_fault", fault)


def disk(fault: StoreError, after: int = 2) -> Callable[[Rig], object]:
    """Let write transactions fail after so many: the listing, then a batch."""
    return lambda rig: setattr(rig, "store", FailingStore(rig.store, fault, after=after))


def heal_disk(rig: Rig) -> None:
    """Give the real store back."""
    assert isinstance(rig.store, FailingStore)
    assert rig.store.refused == 1, "no commit is tried again after the disk has failed"
    rig.store = rig.store.real


def hold_lease(rig: Rig) -> None:
    """Let somebody on another machine work on the integration."""
    control = rig.store.control
    assert control.acquire_lease(1, Owner("elsewhere", 1, "1"), lifetime_s=3_600, owner_is_dead=lambda _owner: False)


def give_lease_back(rig: Rig) -> None:
    """Let them end."""
    for lease in rig.store.control.leases():
        rig.store.control.release_lease(lease)


class Stopping(NobodyWatches):
    """Asks the run to end once something is stored."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Ask."""
        self._rig.stop_after = 0


def stop_early(rig: Rig) -> None:
    """Ask the run to end when one letter is stored."""
    rig.limits, rig.observer = EngineLimits(batch_messages=1), Stopping(rig)


def go_on(rig: Rig) -> None:
    """Ask nobody to end."""
    rig.stop_after, rig.observer = None, NobodyWatches()


def change(**settings: object) -> Callable[[Rig], object]:
    """Configure the integration otherwise."""

    def strike(rig: Rig) -> None:
        (integration,) = rig.store.control.integrations()
        rig.store.control.update_integration(replace(integration, **settings))  # type: ignore[arg-type]  # any field

    return strike


def inbox(**switches: object) -> Callable[[Rig], object]:
    """Switch the fake folder."""

    def strike(rig: Rig) -> None:
        for name, value in switches.items():
            setattr(rig.server.folders["INBOX"], name, value)

    return strike


def synced_and(then: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """Let one run pass before something happens."""

    def strike(rig: Rig) -> None:
        rig.run()
        then(rig)

    return strike


def three_times(strike: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """Let two runs meet the fault before the one that is looked at."""

    def struck(rig: Rig) -> None:
        strike(rig)
        for _ in range(2):
            rig.run()
            rig.later(hours=2)

    return struck


def other_mail(rig: Rig) -> None:
    """Recreate the folder with other letters in it."""
    rig.server.renumber()
    for number, uid in enumerate(sorted(rig.server.folders["INBOX"].messages), 10):
        rig.server.folders["INBOX"].messages[uid].octets = mail(number)


def expunged_meanwhile(rig: Rig) -> None:
    """Let the second letter go between listing and fetching."""
    rig.server.leave_out(2)
    rig.run()
    rig.server.expunge(2)
    rig.later(hours=2)


def jump(**duration: float) -> Callable[[Rig], object]:
    """Set the clock."""
    return lambda rig: setattr(rig, "now", rig.now + timedelta(**duration))


WRONG = AuthFailed("login refused")
CASES = (
    Case("C2", "lost_for_good", login(ConnectionLost("reset")), ERROR, "connection_lost", 75),
    Case("C2", "lost_once", lambda rig: rig.server.drop_after(4), SUCCESS, state="ok", stored=3),
    Case("C5", "held_by_another", hold_lease, SKIPPED, "locked", 75, state="running", last=None, heal=give_lease_back),
    Case("C6", "clock_a_day_ahead", synced_and(jump(days=1)), SUCCESS, state="ok", stored=3),
    Case("C6", "clock_a_day_back", synced_and(jump(days=-1)), SUCCESS, state="ok", stored=3),
    Case("C6", "clock_in_2038", synced_and(jump(days=12 * 365)), SUCCESS, state="ok", stored=3),
    Case("C7", "told_to_stop", stop_early, PARTIAL, "interrupted", 75, stored=1, heal=go_on),
    Case("D1", "disk_full", disk(DiskFull("no space left")), PARTIAL, "disk_full", 75, stored=0, heal=heal_disk),
    Case("D2", "disk_error", disk(StoreIoFailed("disk I/O error")), PARTIAL, "store_io", 75, heal=heal_disk),
    Case("D3", "locked_too_long", disk(StoreBusy("is locked")), PARTIAL, "store_busy", 75, heal=heal_disk),
    Case("D4", "cannot_be_written", disk(StoreUnwritable("read-only"), 0), ERROR, "store_unwritable", 78,
         heal=heal_disk),
    Case("D5", "damaged", disk(StoreCorrupt("malformed")), PARTIAL, "store_corrupt", 78, heal=heal_disk),
    Case("N1", "unreachable", login(Unreachable("refuses the connection")), ERROR, "unreachable", 75),
    Case("N3", "silent", login(DeadlineExceeded("the server was silent")), ERROR, "deadline", 75),
    Case("N4", "not_imap", login(ProtocolFault("that is not IMAP")), ERROR, "protocol", 75),
    Case("T1", "untrusted", login(TlsFailed("unknown authority")), ERROR, "tls_failed", 69),
    Case("A1", "wrong_password", login(WRONG), ERROR, "auth_failed", 77),
    Case("A1", "wrong_three_times", three_times(login(WRONG)), ERROR, "auth_failed", 77, state="paused"),
    Case("A2", "throttled", login(Throttled("slow down", retry_after_s=600)), ERROR, "throttled", 75),
    Case("A2", "unavailable", login(ServerUnavailable("later")), ERROR, "server_unavailable", 75),
    Case("I1", "renumbered", synced_and(lambda rig: rig.server.renumber()), SUCCESS, state="ok", stored=3),
    Case("I2", "recreated", synced_and(other_mail), SUCCESS, state="ok", stored=3, final=True),
    Case("I4", "uidvalidity_missing", inbox(uidvalidity=None), SUCCESS, state="ok", stored=3),
    Case("I5", "folder_gone", change(folders=("INBOX", "Gone")), PARTIAL, "folder_missing", 69, stored=3,
         heal=change(folders=("INBOX",))),
    Case("I5", "only_folder_gone", change(folders=("Gone",)), ERROR, "folder_missing", 69,
         heal=change(folders=("INBOX",))),
    Case("I6", "gone_before_it_came", expunged_meanwhile, SUCCESS, state="ok", stored=2, final=True),
    Case("I7", "refused_for_ever", three_times(lambda rig: rig.server.refuse(2)), PARTIAL, state="ok", stored=2,
         final=True),
    Case("I9", "empty_mailbox", lambda rig: rig.server.folders["INBOX"].messages.clear(), SUCCESS, state="ok",
         final=True),
    Case("I10", "shown_in_part", inbox(partial_view=True), PARTIAL, "partial_view", 75, stored=3),
    Case("I11", "sizes_lie", lambda rig: setattr(rig.server.folders["INBOX"].messages[2], "size_bytes", 1), SUCCESS,
         state="ok", stored=3),
    Case("I12", "may_not_mark", inbox(is_read_only=True), PARTIAL, "mark_refused", 75, stored=3),
    Case("M1", "empty_mail", lambda rig: setattr(rig.server.folders["INBOX"].messages[2], "octets", b""), PARTIAL,
         state="ok", stored=2, final=True),
    Case("F1", "filter_invalid", change(filter_json="{"), ERROR, "filter_invalid", 78, heal=change(filter_json="")),
)  # fmt: skip
