"""What a run tells: counts, folders, integrations, status (design §6). The keys are a public contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum


class RunStatus(StrEnum):
    """How an integration's run, or a whole run, ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    ERROR = "error"
    SKIPPED = "skipped"


class PlanKind(StrEnum):
    """What a folder's plan is (design §6)."""

    INITIAL = "initial"
    INCREMENTAL = "incremental"
    NOTHING_NEW = "nothing_new"
    UIDVALIDITY_CHANGED = "uidvalidity_changed"


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the placements of a run. `listed` are UIDs this run met first; the fates of a run add up."""

    listed: int = 0
    fetched: int = 0
    stored: int = 0
    duplicate: int = 0
    filtered: int = 0
    unknown_sender: int = 0
    too_large: int = 0
    quarantined: int = 0
    vanished: int = 0
    pending: int = 0
    remapped: int = 0
    tickets_created: int = 0
    tickets_updated: int = 0
    bytes: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """Give the counts under their public keys."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def of(cls, values: Mapping[str, int]) -> Counts:
        """Read counts back from their public keys; unknown keys are ignored, missing ones are 0."""
        return cls(**{f.name: int(values.get(f.name, 0)) for f in fields(cls)})


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """A failure as data: a stable word, what happened, what to do."""

    code: str
    message: str
    hint: str = ""
    exit_code: int = 75


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What a run did in one folder. `notes` are words for what made its plan out of the ordinary."""

    name: str
    uidvalidity: int | None
    plan: PlanKind
    counts: Counts = field(default_factory=Counts)
    error: ErrorInfo | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrationReport:
    """What a run did with one integration. `reason` says why it was skipped (`locked`, `inactive`, `paused` …)."""

    name: str
    status: RunStatus
    reason: str | None = None
    error: ErrorInfo | None = None
    counts: Counts = field(default_factory=Counts)
    folders: tuple[FolderReport, ...] = ()
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a whole run did."""

    status: RunStatus
    started_at: datetime
    finished_at: datetime
    integrations: tuple[IntegrationReport, ...] = ()
