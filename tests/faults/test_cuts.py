"""A session cut at every octet, either way, delayed, dripped or swallowed: the next run makes up for it (P1, P5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.desk import HURRIED, LIMITS
from tests.faults.sampling import chosen
from tests.faults.stream import Peace, Seat, Stream, stream_of
from tests.faults.twins import LETTERS, Twins

pytestmark = pytest.mark.dovecot
PARTS = 4
POINTS_DOWN, POINTS_UP = 96, 32  # in CI; each costs two or three sessions
CUT_ONCE_EVERY = 4
ENDS_WITHIN_S = 10.0


@pytest.fixture
def stream(twins: Twins, memory: Path) -> Iterator[Stream]:
    """Sessions in clear text, so that every octet means something."""
    with stream_of(twins, memory) as opened:
        yield opened


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("upward", [False, True], ids=["down", "up"])
def test_a_session_cut_at_any_octet_is_made_up_for(stream: Stream, upward: bool, part: int) -> None:
    peace = stream.peace()
    total = peace.up_bytes if upward else peace.down_bytes
    struck = 0
    for position in chosen(total, POINTS_UP if upward else POINTS_DOWN)[part::PARTS]:
        where = f"cut after octet {position} of {total} {'up' if upward else 'down'}"
        struck += cut_for_good(stream, peace, position, upward, where)
        if position % CUT_ONCE_EVERY == 0:
            cut_once(stream, peace, position, upward, where)
    assert struck > 0


def cut_for_good(stream: Stream, peace: Peace, position: int, upward: bool, where: str) -> bool:
    """Cut each connection here, then let one pass. Answers whether the run noticed."""
    with stream.seat() as seat:
        stream.proxy.cut_after(position, upward=upward, each=True)
        report = seat.desk.one()
        # A goodbye that is cut costs nothing, and a second try, going on where the first ended, needs fewer octets.
        code = report.error.code if report.error else None
        assert (code, report.exit_code) in ((None, 0), ("connection_lost", 75)), (where, report)
        assert len(seat.desk.pauses) == 1 or code is None, where
        assert not seat.told_too_early(), where
        if code is not None:
            status = seat.desk.status()
            assert (status["last_sync_status"], status["cause"] is not None) == (report.status.value, True), where
        stream.proxy.heal()
        again = seat.desk.one()
        assert again.exit_code == 0, (where, again)
        assert seat.desk.dump() == peace.dump, where
        assert len(seat.twins.marked(seat.user)) == len(LETTERS), where
        return bool(seat.desk.pauses)


def cut_once(stream: Stream, peace: Peace, position: int, upward: bool, where: str) -> None:
    """Cut one connection here: the same run makes up for it by its second try."""
    with stream.seat() as seat:
        stream.proxy.cut_after(position, upward=upward)
        report = seat.desk.one()
        assert report.exit_code == 0, (where, report)
        assert seat.desk.dump() == peace.dump, where


def test_resets_do_no_more_than_cuts(stream: Stream) -> None:
    peace = stream.peace()
    for position in chosen(peace.down_bytes, 12):
        with stream.seat() as seat:
            stream.proxy.reset_after(position)
            report = seat.desk.one()
            assert report.exit_code == 0, (position, report)
            assert seat.desk.dump() == peace.dump, position


def test_a_slow_line_changes_nothing(stream: Stream) -> None:
    peace = stream.peace()
    with stream.seat() as seat:
        stream.proxy.upstream_delay_s = stream.proxy.downstream_delay_s = 0.01
        assert seat.desk.one().exit_code == 0
        assert seat.desk.dump() == peace.dump


def test_a_dripping_line_is_given_up_and_made_up_for(stream: Stream) -> None:
    peace = stream.peace()
    with stream.seat(HURRIED) as seat:
        stream.proxy.drip(1, 0.05)
        expect_deadline(seat, stream, peace)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9])
def test_a_line_that_falls_silent_is_given_up_and_made_up_for(stream: Stream, share: float) -> None:
    peace = stream.peace()
    with stream.seat(HURRIED) as seat:
        stream.proxy.blackhole_after(int(share * peace.down_bytes))
        expect_deadline(seat, stream, peace)


def expect_deadline(seat: Seat, stream: Stream, peace: Peace) -> None:
    """The run ends in time and in words, and the next one without the fault ends as if nothing had been."""
    began_s = time.monotonic()
    report = seat.desk.one()
    assert time.monotonic() - began_s < ENDS_WITHIN_S
    assert report.error is not None
    assert (report.error.code, report.exit_code, seat.desk.pauses) == ("deadline", 75, [])
    assert seat.desk.status()["cause"]
    assert not seat.told_too_early()
    stream.proxy.heal()
    seat.desk.limits = LIMITS
    assert seat.desk.one().exit_code == 0
    assert seat.desk.dump() == peace.dump
