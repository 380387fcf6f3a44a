"""What a worker has at work: told by several threads, asked by its loop."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.report import IntegrationReport
    from inboxsync.model.working import DueIntegration
    from inboxsync.render.progress import SyncObserver


class AtWork:
    """The integrations of this process that are being worked on, and a bell that rings when one is done.

    It watches the runs as their observer and passes everything on to another.
    """

    def __init__(self, places: int, watching: SyncObserver) -> None:
        self.places = places
        self.begun = 0
        self.done = 0
        self._watching = watching
        self._now: dict[str, DueIntegration] = {}
        self._guard = threading.Lock()
        # Not an Event: a signal handler may ring while the loop is about to listen, and would wait for itself.
        self._bell: SimpleQueue[None] = SimpleQueue()

    def begin(self, chosen: Iterable[DueIntegration]) -> None:
        """Note what was taken."""
        with self._guard:
            taken = {one.name: one for one in chosen}
            self._now |= taken
            self.begun += len(taken)

    def end(self, names: Iterable[str]) -> None:
        """Note what is through, once or several times."""
        with self._guard:
            ended = [name for name in names if self._now.pop(name, None) is not None]
            self.done += len(ended)
        self.ring()

    def now(self) -> Sequence[DueIntegration]:
        """What is at work."""
        with self._guard:
            return tuple(self._now.values())

    def ring(self) -> None:
        """Wake whoever listens; safe in a signal handler."""
        self._bell.put(None)

    def listen(self, timeout_s: float) -> bool:
        """Wait until it rings, so long at most; tells whether it did."""
        try:
            self._bell.get(timeout=max(0.0, timeout_s))
        except Empty:
            return False
        while not self._bell.empty():
            self._bell.get()
        return True

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """Pass it on."""
        self._watching.folder_started(integration, folder, total)

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Pass it on."""
        self._watching.advanced(integration, folder, messages, size_bytes)

    def integration_finished(self, report: IntegrationReport) -> None:
        """Pass it on; its place is free."""
        self._watching.integration_finished(report)
        self.end((report.name,))
