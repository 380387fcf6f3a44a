"""What the engine is handed: tools, limits, budget, and somebody who watches. No concrete class is named here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol, TypeVar

from inboxsync.errors import DeadlineExceeded, InboxsyncError
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.following import FollowLimits
from inboxsync.model.provider import NO_LIMITS, ProviderLimits

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.report import IntegrationReport
    from inboxsync.model.roles import RoleNames
    from inboxsync.model.secret import Secret
    from inboxsync.model.state import Owner
    from inboxsync.store.ports import Store
    from inboxsync.sync.caps import ByteBudget

MIB = 1024 * 1024
T = TypeVar("T")


class Interrupted(InboxsyncError):
    """The run was asked to stop; what was decided is committed, the rest is pending."""

    code = "interrupted"
    transient = True
    default_hint = "nothing is lost; the next run goes on where this one stopped"


class MarkRefused(InboxsyncError):
    """Mail is stored, and the server does not let us mark it read; it stays to be done, once a run."""

    code = "mark_refused"
    default_hint = "give this login the right to change flags, or `inboxsync edit NAME --no-mark-read`"


class MoveRefused(InboxsyncError):
    """Mail is stored, and the server does not let us move it where a rule wants it; it stays to be done, once a run."""

    code = "move_refused"
    default_hint = "make the folder on the server or give this login the right to it, or take move_to out of the rules"


class Observer(Protocol):
    """Somebody who watches a run, such as a progress bar. Called from the worker threads; must not raise."""

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """A folder has `total` messages to be had."""

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """So many messages more have a fate."""

    def integration_finished(self, report: IntegrationReport) -> None:
        """An integration is through."""


class NobodyWatches:
    """The observer of runs that nobody looks at."""

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """Ignore it."""

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Ignore it."""

    def integration_finished(self, report: IntegrationReport) -> None:
        """Ignore it."""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """Sizes that bound memory and time of a run (P9)."""

    max_message_bytes: int = 50 * MIB
    chunk_bytes: int = 2 * MIB
    chunk_messages: int = 200
    batch_bytes: int = 4 * MIB
    batch_messages: int = 250
    page_messages: int = 2_000
    headers_per_step: int = 500
    integration_s: float = 540.0
    lease_lifetime_s: float = 60.0
    heartbeat_s: float = 15.0
    # Connections to one host at a time, over all accounts; None: as many as there are jobs. A provider may allow fewer.
    per_host: int | None = None
    # Integrations on one login at a time; a provider may allow fewer.
    per_account: int = 1
    session: SessionLimits = field(default_factory=SessionLimits)
    following: FollowLimits = field(default_factory=FollowLimits)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long an integration may still work, what it may download, and whether somebody asked to stop."""

    deadline_s: float
    monotonic_s: Callable[[], float]
    stopped: Callable[[], bool]
    download: ByteBudget | None = None

    def spend(self, size_bytes: int) -> None:
        """Count octets that were downloaded. Raises ByteBudgetSpent when the account may have no more today."""
        if self.download is not None:
            self.download.spend(size_bytes)

    def check(self) -> None:
        """Raise Interrupted or DeadlineExceeded when it is time to end; called between messages."""
        if self.stopped():
            raise Interrupted("the run was stopped")
        if self.monotonic_s() >= self.deadline_s:
            raise DeadlineExceeded("the time of this run is used up")

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """Pass items on, each after a `check`: a stream may be long and its server slow."""
        for item in items:
            self.check()
            yield item

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline_s - self.monotonic_s())


class OpenSession(Protocol):
    """Log in to an integration's account within these limits; raises ImapError and credential errors."""

    def __call__(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session: ...


def _none_known(_integration: Integration) -> ProviderLimits:
    return NO_LIMITS


def _no_names(_integration: Integration) -> RoleNames:
    return {}


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything the engine does its work with.

    `provider_limits` and `folder_names` are what the preset of an integration's provider says. `token_keys` are those
    that reply tokens of this store may be signed with.
    """

    store: Store
    open_session: OpenSession
    secret_of: Callable[[Integration], Secret]
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    zone: tzinfo
    owner: Owner
    owner_is_dead: Callable[[Owner], bool]
    stopped: Callable[[], bool]
    limits: EngineLimits = field(default_factory=EngineLimits)
    trusted_authserv_ids: frozenset[str] = frozenset()
    observer: Observer = field(default_factory=NobodyWatches)
    provider_limits: Callable[[Integration], ProviderLimits] = _none_known
    folder_names: Callable[[Integration], RoleNames] = _no_names
    pause: Callable[[float], None] = time.sleep
    token_keys: Callable[[], Sequence[bytes]] = tuple
