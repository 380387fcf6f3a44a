"""Counts the effects of a run and strikes at one of them: death without a word, or a fault of the server or the store.

The product has no hooks. Wrappers stand before what the engine is handed (session, control plane, content plane, the
function that publishes files) and call `step` before and after each effect, the way isync's tests count the lines of
its journal. What only reads is no effect: dying in a read of the store is dying after the effect before, and of a
command to the server only the sending and each thing it answers are steps.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inboxsync.errors import ConnectionLost, StoreBusy
from inboxsync.store.publishing import half_name, publish
from inboxsync.system.files import make_private_dir

# Whatever else a protocol comes to offer counts as an effect, so that a new one is swept without a word here.
CONTROL_READS = frozenset(
    {"integrations", "integration", "secret", "secrets", "canary", "states", "leases", "folders", "runs", "totals"}
    | {"company_id", "close"}
)
CONTENT_READS = frozenset(
    {"open_placements", "seen_wanted", "messages", "message", "raw", "tickets", "ticket", "quarantined", "fates"}
    | {"dump", "close", "prepare"}  # of `prepare` the files it publishes are the effects
)
SESSION_READS = frozenset({"list_folders", "examine", "unseen_count"})


@dataclass(slots=True)
class Steps:
    """Numbers the steps from 1 and calls `strike` at step `at`; `names` tells what was met so far."""

    at: int | None = None
    strike: Callable[[str], None] = lambda _name: None
    names: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def struck(self) -> bool:
        """Whether the step was reached."""
        return self.at is not None and len(self.names) >= self.at

    def step(self, name: str) -> None:
        """Count an effect that is about to happen or has just happened."""
        with self._guard:
            self.names.append(name)
            reached = len(self.names) == self.at
        if reached:
            self.strike(name)


def fail(name: str) -> None:
    """Raise what the outside world would raise at this step."""
    if name.startswith("session"):
        raise ConnectionLost(f"the connection was cut: {name}")
    raise StoreBusy(f"the database was kept too long: {name}")


def can_fail(name: str) -> bool:
    """Whether raising at this step differs from raising at the next; closing a session never raises, by its protocol.

    After a call the next thing that can fail is the next effect; a commit may have been made and not acknowledged.
    """
    return "close" not in name and not name.endswith(": after")


class Stepped:
    """Stands before an object of any protocol: a step before and after each call, and at each item of a stream."""

    def __init__(self, inner: Any, label: str, steps: Steps, reads: frozenset[str] = frozenset()) -> None:
        self._inner = inner
        self._label = label
        self._steps = steps
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name in self._reads or not callable(value):
            return value
        return functools.partial(self._call, f"{self._label}.{name}", value)

    def _call(self, name: str, method: Callable[..., Any], *given: Any, **named: Any) -> Any:
        given = tuple(self._items(f"{name} asks", one) if isinstance(one, Iterator) else one for one in given)
        self._step(f"{name}: before")
        answer = method(*given, **named)
        if isinstance(answer, Iterator):
            return self._items(f"{name} answers", answer)
        if isinstance(answer, contextlib.AbstractContextManager):
            return self._transaction(name, answer)
        self._after(name)
        return answer

    def _items(self, name: str, items: Iterator[Any]) -> Iterator[Any]:
        for number, item in enumerate(items, 1):
            self._step(f"{name} item {number}")
            yield item

    @contextlib.contextmanager
    def _transaction(self, name: str, manager: contextlib.AbstractContextManager[Any]) -> Iterator[Any]:
        with manager as inner:
            yield inner
            self._step(f"{name}: before the commit")
        self._step(f"{name}: after the commit")

    def _after(self, name: str) -> None:
        self._step(f"{name}: after")

    def _step(self, name: str) -> None:
        self._steps.step(name)


class SteppedSession(Stepped):
    """A session; where a step fails, its connection is gone. Messages are marked read one by one, as a server does."""

    def __enter__(self) -> SteppedSession:
        self._inner.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._step("session.close: before")
        self._inner.__exit__(*exc)
        self._step("session.close: after")

    def mark_seen(self, folder: str, uids: Sequence[int]) -> None:
        """Mark one after the other, with a step before and after each."""
        for uid in uids:
            self._call("session.mark_seen", self._inner.mark_seen, folder, (uid,))

    def _after(self, name: str) -> None:
        if name.rpartition(".")[2] not in SESSION_READS:
            super()._after(name)

    def _step(self, name: str) -> None:
        try:
            self._steps.step(name)
        except ConnectionLost:
            self._inner.close()
            raise


@dataclass(frozen=True, slots=True)
class SteppedPublish:
    """Publishes files as the product does, with one more step: half of the temporary file is written."""

    steps: Steps

    def __call__(self, path: str, content: bytes, staging: str, *, durable: bool) -> None:
        """Be a `store.publishing.Publish`."""
        self.steps.step("publish: before")
        make_private_dir(Path(staging))
        half = Path(staging) / half_name()
        half.write_bytes(content[: len(content) // 2])
        self.steps.step("publish: half written")
        half.unlink()
        publish(path, content, staging, durable=durable)
        self.steps.step("publish: after")
