"""A fault of the store over one integration's own rows costs that integration; a store that is gone ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from inboxsync.errors import StoreBusy, StoreConflict, StoreError, StoreLost, StoreUnreachable
from inboxsync.model.report import RunStatus, SyncReport
from inboxsync.render.report import failures
from inboxsync.store.ports import ControlStore
from inboxsync.sync.engine import Engine
from tests.crash.stage import SteppedStore
from tests.unit.sync.rig import NOW, Rig, mail, rig_in

NAMES = ("first", "second", "third")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as rig:
        rig.server.append(mail(1))
        for priority, name in enumerate(NAMES):
            rig.add(name, priority=priority)
        yield rig


class Failing:
    """A control plane whose one method raises for one integration."""

    def __init__(self, inner: ControlStore, method: str, fault: StoreError, of: int) -> None:
        self._inner = inner
        self._method = method
        self._fault = fault
        self._of = of

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        return real if name != self._method else self._failing(real)

    def _failing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            ids = {given[0] if isinstance(given[0], int) else given[0].integration_id}
            if self._method == "finish_part":
                ids = {given[1]}
            if self._of in ids:
                raise self._fault
            return real(*given, **named)

        return call


def run(rig: Rig, method: str, fault: StoreError) -> SyncReport:
    """One run in which the store fails the first integration."""
    integrations = rig.store.control.integrations()
    control = cast(ControlStore, Failing(rig.store.control, method, fault, integrations[0].id or 0))
    store = SteppedStore(control, rig.store.content, rig.store.schema, rig.store.data_dir)
    tools = replace(rig.engine().tools, store=store, pause=lambda _seconds: None)
    return Engine(tools).run(integrations, replace(NOW, jobs=1))


@pytest.mark.parametrize("method", ["acquire_lease", "save_state", "finish_part", "folder"])
@pytest.mark.parametrize(
    "fault", [StoreBusy("kept"), StoreConflict("deadlock"), StoreLost("cut")], ids=lambda e: e.code
)
def test_the_others_are_done_and_the_run_is_told(rig: Rig, method: str, fault: StoreError) -> None:
    first, second, third = run(rig, method, fault).integrations
    assert (first.status, first.exit_code, first.error and first.error.code) == (RunStatus.ERROR, 75, fault.code)
    assert [second.status, third.status] == [RunStatus.SUCCESS] * 2
    assert rig.store.control.leases() == []
    assert [part.status for part in rig.run().integrations] == [RunStatus.SUCCESS] * 3


def test_a_lease_that_cannot_be_given_back_runs_out_and_is_no_fault_of_the_work(rig: Rig) -> None:
    report = run(rig, "release_lease", StoreBusy("kept"))
    assert [part.status for part in report.integrations] == [RunStatus.SUCCESS] * 3
    assert len(rig.store.control.leases()) == 1


def test_a_store_that_is_gone_ends_the_run_and_is_told_once(rig: Rig) -> None:
    report = run(rig, "acquire_lease", StoreUnreachable("no server"))
    assert [part.exit_code for part in report.integrations] == [75] * 3
    assert [part.reason for part in report.integrations] == [None, "store", "store"]
    assert [part.name for part in failures(report.integrations)] == ["first"]
    assert rig.server.calls == []
