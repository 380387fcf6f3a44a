"""Dear answers kept for a while, in proportion to what they cost: what is cheap is always exact and of now."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Remembered:
    """Answers by key. One that took longer than `cheap_s` is given again for `factor` times that, at most `most_s`."""

    monotonic_s: Callable[[], float]
    cheap_s: float = 0.005
    factor: float = 50.0
    most_s: float = 60.0
    keys: int = 512
    _kept: OrderedDict[Hashable, tuple[float, Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, key: Hashable, ask: Callable[[], T]) -> T:
        """Answer what is kept, or ask and perhaps keep it. What `ask` raises is raised and not kept."""
        began = self.monotonic_s()
        with self._lock:
            until, kept = self._kept.get(key, (0.0, None))
        if began < until:
            return kept  # type: ignore[no-any-return]  # what this key's `ask` once answered
        answer = ask()
        self._keep(key, answer, began)
        return answer

    def _keep(self, key: Hashable, answer: object, began: float) -> None:
        ended = self.monotonic_s()
        if ended - began <= self.cheap_s:
            return
        with self._lock:
            self._kept[key] = (ended + min(self.most_s, self.factor * (ended - began)), answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self.keys:
                self._kept.popitem(last=False)
