"""One octet spoiled anywhere in a session (hazards N4).

Clear text has no integrity, so what can be promised is: the run ends in time and with an exit code of its own, each UID
has one fate, and a comparison afterwards names every UID whose content is not the server's. Under TLS nothing spoiled
is ever taken for mail: the store ends as if nothing had been.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from inboxsync.model.integration import TlsMode
from inboxsync.model.report import IntegrationReport
from inboxsync.model.verification import FolderCheck
from tests.faults.desk import HURRIED, LIMITS
from tests.faults.sampling import chosen
from tests.faults.stream import Peace, Seat, Stream, stream_of
from tests.faults.twins import Twins
from tests.state.ledger import Ledger, read_ledger

pytestmark = pytest.mark.dovecot
ENDS_WITHIN_S = 10.0
PARTS = 2
IN_CLEAR = {
    None: 0,
    "protocol": 75,
    "connection_lost": 75,
    "deadline": 75,
    "server_unavailable": 75,
    "partial_view": 75,
    "mark_refused": 75,
    "message_refused": 75,
    "folder_missing": 69,
    "auth_failed": 77,
}
ENCRYPTED = {None: 0, "connection_lost": 75, "deadline": 75, "tls_failed": 69}


@pytest.fixture
def clear(twins: Twins, memory: Path) -> Iterator[Stream]:
    """Sessions in clear text."""
    with stream_of(twins, memory) as opened:
        yield opened


@pytest.fixture
def encrypted(twins: Twins, memory: Path) -> Iterator[Stream]:
    """Sessions under TLS from the first octet."""
    with stream_of(twins, memory, TlsMode.IMPLICIT) as opened:
        yield opened


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("upward", "points"), [(False, 60), (True, 20)], ids=["down", "up"])
def test_in_clear_text_every_difference_is_named(clear: Stream, upward: bool, points: int, part: int) -> None:
    truth = contents_of(clear)
    total = total_bytes(clear.peace(), upward)
    for position in chosen(total, points)[part::PARTS]:
        where = f"octet {position} of {total} {'up' if upward else 'down'}"
        with clear.seat(HURRIED) as seat:
            spoil(clear, seat, position, upward, IN_CLEAR, where)
            assert not seat.told_too_early(), where
            assert_differences_are_named(seat, truth, where)


@pytest.mark.parametrize(("upward", "points"), [(False, 30), (True, 16)], ids=["down", "up"])
def test_under_tls_nothing_spoiled_is_ever_stored(encrypted: Stream, upward: bool, points: int) -> None:
    peace = encrypted.peace()
    total = total_bytes(peace, upward)
    for position in chosen(total, points):
        where = f"octet {position} of {total} {'up' if upward else 'down'}"
        with encrypted.seat(HURRIED) as seat:
            spoil(encrypted, seat, position, upward, ENCRYPTED, where)
            assert seat.desk.one().exit_code == 0, where
            assert seat.desk.dump() == peace.dump, where


def total_bytes(peace: Peace, upward: bool) -> int:
    return peace.up_bytes if upward else peace.down_bytes


def spoil(
    stream: Stream, seat: Seat, position: int, upward: bool, allowed: Mapping[str | None, int], where: str
) -> IntegrationReport:
    """Run with one bit turned over; then the line is whole again."""
    stream.proxy.flip_after(position, 1 << position * 7 % 8, upward=upward)
    began_s = time.monotonic()
    report = seat.desk.one()
    assert time.monotonic() - began_s < ENDS_WITHIN_S, where
    code = report.error.code if report.error else None
    assert code in allowed, (where, report)
    assert report.exit_code == allowed[code], (where, report)
    stream.proxy.heal()
    seat.desk.limits = LIMITS
    return report


def contents_of(stream: Stream) -> Mapping[int, bytes]:
    """The octets of each UID as they are on the server."""
    with stream.seat() as seat:
        assert seat.desk.one().exit_code == 0
        return octets_by_uid(read_ledger(seat.desk.store.content))


def octets_by_uid(ledger: Ledger) -> Mapping[int, bytes]:
    """What is stored of each UID that is still valid; one without content is left out. Fails on two fates for one."""
    live = {uid: entry for (_, _, uid), entry in ledger.entries.items() if not entry.retired}
    return {uid: ledger.raw[entry.external_id] for uid, entry in live.items() if entry.external_id is not None}


def assert_differences_are_named(seat: Seat, truth: Mapping[int, bytes], where: str) -> None:
    """Run again on the whole line, twice, for what has to wait before its next try, and compare."""
    for _ in range(2):
        seat.desk.later(hours=30)
        again = seat.desk.one()
        code = again.error.code if again.error else None
        assert (code, again.exit_code) in ((None, 0), ("partial_view", 75)), (where, again)
    ledger = read_ledger(seat.desk.store.content)
    stored = octets_by_uid(ledger)
    (folder,) = seat.desk.verify().folders
    wrong = {uid for uid in truth if stored.get(uid) != truth[uid]} | (set(stored) - set(truth))
    named = named_by(folder)
    # A copy has the octets of the message that it is a copy of, and is as wrong as that one.
    spoiled = {stored[uid] for uid in named if uid in stored}
    assert {uid for uid in wrong if stored.get(uid) not in spoiled} <= named, (where, folder)
    assert wrong or folder.agrees, (where, folder)
    assert len(ledger.effects) == len(set(ledger.effects)) == len(set(ledger.raw)), where
    if again.exit_code:
        assert folder.missing, "what is missing is why the view is a part"


def named_by(folder: FolderCheck) -> set[int]:
    """Every UID at which the comparison points."""
    return {*folder.missing, *folder.extra, *folder.pending, *(damage.uid for damage in folder.damaged)}
