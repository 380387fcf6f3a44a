"""Deriving stored messages anew: which, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.ingest import Prepared


@dataclass(frozen=True, slots=True)
class ReparseOrder:
    """Which messages: those another parser derived, or `everything`; of one integration by name, or of all."""

    parser_version: int
    everything: bool = False
    integration: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Parsable:
    """A stored message to be parsed again. `stored_at` is the time by which its Date was judged sane.

    `files_pruned`: files of its attachments were given up and are not to be made again.
    """

    id: int
    scope: str
    received_at: datetime
    stored_at: datetime
    files_pruned: bool = False


@dataclass(frozen=True, slots=True)
class Rederived:
    """A message as the parser reads it now, its files published unless nothing is to be written."""

    id: int
    scope: str
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class ReparseReport:
    """What came of it. `fields` counts messages by what changed in them; `unreadable` ones have no sound octets.

    `pruned` ones were passed over: their octets were given up.
    """

    looked_at: int = 0
    changed: int = 0
    unreadable: int = 0
    pruned: int = 0
    fields: Mapping[str, int] = field(default_factory=dict)
    resumed: bool = False
    finished: bool = True
