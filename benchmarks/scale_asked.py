"""A filled store to be asked, and what a question is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import scale_layout
from benchmarks.scale_layout import Size
from inboxsync.model.token import Sight
from inboxsync.store.read_only import ReadOnlyStore, open_read_only
from inboxsync.store.sql import SqlStore, open_store


@dataclass(frozen=True)
class Asked:
    """A filled store and what stands where in it: the largest folder is the first, of the first integration."""

    url: str | None
    data_dir: Path
    size: Size

    @cached_property
    def store(self) -> SqlStore:
        """The store of commands and workers."""
        return open_store(self.url, self.data_dir)

    @cached_property
    def http(self) -> ReadOnlyStore:
        """The store as the HTTP endpoint opens it."""
        return open_read_only(self.url, self.data_dir)

    @property
    def large(self) -> str:
        """The integration with the most mail."""
        return "mailbox-00001"

    @property
    def small(self) -> str:
        """One of the integrations with the least."""
        return f"mailbox-{self.size.integrations:05d}"

    @cached_property
    def largest_folder_uids(self) -> int:
        """How many UIDs the largest folder has."""
        return scale_layout.messages_by_folder(self.size)[0] * scale_layout.PLACEMENTS_A_MESSAGE

    @property
    def sight_of_one(self) -> Sight:
        """What a token sees that is bound to a small integration."""
        return Sight(frozenset({self.size.integrations}))

    def close(self) -> None:
        """Give connections back."""
        self.store.close()
        self.http.close()


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked, and how long it may take; `grows_with` names what it may grow with, if anything."""

    name: str
    ask: Callable[[Asked], object]
    goal_ms: float
    grows_with: str | None = None
