"""A store that works until a write transaction, or a run's first row, meets a fault of the disk."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from inboxsync.errors import StoreError
from inboxsync.model.state import Owner
from inboxsync.store.content_port import ContentStore, Transaction
from inboxsync.store.ports import ControlStore, Schema, Store


class FailingStore:
    """Passes everything on; write transactions after the first `after` raise `fault`, which `refused` counts.

    With `control` it is the record of the run that cannot be written.
    """

    def __init__(self, store: Store, fault: StoreError, *, after: int, control: bool = False) -> None:
        self._store = store
        self.fault = fault
        self.left = after
        self.refused = 0
        self._control = _Control(self) if control else store.control
        self._content = _Content(self)

    @property
    def real(self) -> Store:
        """The store beneath."""
        return self._store

    @property
    def control(self) -> ControlStore:
        """The light plane."""
        return self._control

    @property
    def content(self) -> ContentStore:
        """The heavy plane."""
        return self._content

    @property
    def schema(self) -> Schema:
        """The schema."""
        return self._store.schema

    @property
    def data_dir(self) -> Path:
        """Where files live."""
        return self._store.data_dir

    def rest(self) -> None:
        """Leave the heavy plane open."""

    def close(self) -> None:
        """Leave the store to its owner."""


class _Control:
    def __init__(self, owner: FailingStore) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._owner.real.control, name)

    def start_run(self, *, at: datetime, trigger: str, owner: Owner) -> int:
        """Fail."""
        raise self._owner.fault


class _Content:
    def __init__(self, owner: FailingStore) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._owner.real.content, name)

    def transaction(self, scope: str, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Work, or fail."""
        if self._owner.left == 0:
            self._owner.refused += 1
            raise self._owner.fault
        self._owner.left -= 1
        return self._owner.real.content.transaction(scope, durable=durable)
