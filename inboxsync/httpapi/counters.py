"""What the endpoint has done since it began."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Counters:
    """Requests since `began_s`. `connections`, where a server sets it, tells how many are open now."""

    began_s: float
    total: int = 0
    successful: int = 0
    failed: int = 0
    in_flight: int = 0
    last_request_time: float | None = None
    connections: Callable[[], int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, at: float) -> None:
        """Count a request that begins at this Unix time."""
        with self._lock:
            self.total += 1
            self.in_flight += 1
            self.last_request_time = at

    def end(self, status: int) -> None:
        """Count how it ended; what the asker did wrong is no success either."""
        with self._lock:
            self.in_flight -= 1
            if status < 400:
                self.successful += 1
            else:
                self.failed += 1

    @property
    def active_connections(self) -> int:
        """Connections open now, or requests being answered where no server of ours counts connections."""
        return self.in_flight if self.connections is None else self.connections()
