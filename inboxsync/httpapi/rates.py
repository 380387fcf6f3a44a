"""How often somebody may ask: a bucket for each of a bounded number of names. The time is an argument."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, `burst` at once."""

    per_s: float
    burst: float


@dataclass
class Buckets:
    """One bucket a name; the names longest unused are forgotten beyond `names`, which fills their buckets."""

    rate: Rate
    names: int = 4_096
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, name: str, now_s: float) -> float:
        """Take one out of the bucket and answer 0, or answer after how many seconds there will be one."""
        with self._lock:
            level, at_s = self._levels.pop(name, (self.rate.burst, now_s))
            level = min(self.rate.burst, level + (now_s - at_s) * self.rate.per_s)
            taken = level >= 1
            self._levels[name] = (level - 1 if taken else level, now_s)
            if len(self._levels) > self.names:
                self._levels.popitem(last=False)
        return 0.0 if taken else (1 - level) / self.rate.per_s
