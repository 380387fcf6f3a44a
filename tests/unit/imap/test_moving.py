"""The commands that take messages out of a folder, and what is never sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from inboxsync.errors import MessageRefused
from inboxsync.imap import moving
from inboxsync.imap.translate import Phase


@dataclass
class Recorder:
    """A wire that takes every command down; it refuses the one that begins as `refused` says."""

    capabilities: tuple[str, ...]
    refused: str = ""
    sent: list[str] = field(default_factory=list)

    def call(self, phase: Phase, name: str, *args: str, literal: bytes | None = None) -> bytes:
        line = " ".join([name, *args, *([repr(literal)] if literal is not None else [])])
        self.sent.append(line)
        if self.refused and line.startswith(self.refused):
            raise MessageRefused(phase.value)
        return b""


def carried_out(wire: Recorder, name: bytes = b"Done") -> list[str]:
    moving.move(cast("Any", wire), [1, 2, 5], name, lambda: wire.sent.append("copied"))
    return wire.sent


def test_a_server_with_move_moves() -> None:
    assert carried_out(Recorder(("MOVE", "UIDPLUS"))) == ['UID MOVE 1:2,5 "Done"']


def test_a_server_without_it_copies_and_removes_exactly_these() -> None:
    assert carried_out(Recorder(("UIDPLUS",))) == [
        'UID COPY 1:2,5 "Done"',
        "copied",
        r"UID STORE 1:2,5 +FLAGS.SILENT (\Deleted)",
        "UID EXPUNGE 1:2,5",
    ]


def test_a_refused_copy_removes_nothing() -> None:
    wire = Recorder(("UIDPLUS",), refused="UID COPY")
    with pytest.raises(MessageRefused):
        carried_out(wire)
    assert wire.sent == ['UID COPY 1:2,5 "Done"']


def test_a_name_is_never_taken_for_more_than_a_name() -> None:
    assert carried_out(Recorder(("MOVE",)), b'a" "b\\') == [r'UID MOVE 1:2,5 "a\" \"b\\"']
    assert carried_out(Recorder(("MOVE",)), b"a\r\nX LOGOUT") == [r"UID MOVE 1:2,5 b'a\r\nX LOGOUT'"]


@pytest.mark.parametrize("offered", [(), ("IDLE",)])
def test_a_server_that_can_do_neither_is_left_alone(offered: tuple[str, ...]) -> None:
    with pytest.raises(MessageRefused):
        moving.check_offered(offered)
    with pytest.raises(MessageRefused):
        moving.check_removal(offered)


def test_one_of_the_two_is_enough() -> None:
    moving.check_offered({"MOVE"})
    moving.check_offered({"UIDPLUS"})
    moving.check_removal({"UIDPLUS"})
    with pytest.raises(MessageRefused):
        moving.check_removal({"MOVE"})
