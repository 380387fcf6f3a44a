"""Health: judged in a thread of its own and remembered, so that no request and no lock of the store delays it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum

from inboxsync.errors import InboxsyncError
from inboxsync.render.standing import StateWord
from inboxsync.render.status import StatusLine

FRESH_S = 2.0
PATIENCE_S = 1.0
TRUSTED_S = 30.0
_BAD = frozenset({StateWord.FAILING, StateWord.PAUSED, StateWord.STALE})
log = logging.getLogger(__name__)


class HealthWord(StrEnum):
    """`degraded`: an active integration does not bring its mail. `unhealthy`: the store cannot be read."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How all stood when it was judged."""

    word: HealthWord
    failing: tuple[StatusLine, ...] = ()


UNHEALTHY = Verdict(HealthWord.UNHEALTHY)


def judge(lines: Sequence[StatusLine]) -> Verdict:
    """Judge by how active integrations stand."""
    failing = tuple(line for line in lines if line.integration.active and line.standing.state in _BAD)
    return Verdict(HealthWord.DEGRADED if failing else HealthWord.HEALTHY, failing)


class Health:
    """Answers the verdict, new if it can be had within `PATIENCE_S`, else the last one while that can be trusted."""

    def __init__(self, look: Callable[[], Sequence[StatusLine]], monotonic_s: Callable[[], float]) -> None:
        self._look = look
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._running: Future[None] | None = None
        self._judged: tuple[float, Verdict] | None = None

    async def verdict(self) -> Verdict:
        """Answer how all stands; never later than PATIENCE_S, never raises."""
        known = self._known(FRESH_S)
        if known is None:
            await asyncio.wait([asyncio.wrap_future(self._started())], timeout=PATIENCE_S)
            known = self._known(TRUSTED_S)
        return known or UNHEALTHY

    def _known(self, age_s: float) -> Verdict | None:
        judged = self._judged
        return judged[1] if judged is not None and self._monotonic_s() - judged[0] < age_s else None

    def _started(self) -> Future[None]:
        with self._lock:
            if self._running is None:
                self._running = Future()
                # A daemon: a database server that never answers must not keep the process from ending.
                threading.Thread(target=self._judge, args=(self._running,), name="health", daemon=True).start()
            return self._running

    def _judge(self, done: Future[None]) -> None:
        try:
            verdict = judge(self._look())
        except InboxsyncError as error:
            log.warning("store cannot be read", extra={"code": error.code})
            verdict = UNHEALTHY
        self._judged = (self._monotonic_s(), verdict)
        with self._lock:
            self._running = None
        done.set_result(None)
