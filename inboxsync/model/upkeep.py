"""How large a store is, and what was done to keep it small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TableFigures:
    """One table: its rows, and the room it takes with its indexes; None where the database cannot tell."""

    name: str
    rows: int
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class FileFigures:
    """Files under one directory of the data directory."""

    directory: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class IntegrationFigures:
    """What one integration shows: messages, the sizes of these together, and the span of their arrival."""

    name: str
    messages: int
    size_bytes: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """A store's size. `free_bytes` is room in the database that is used again; None where it cannot be told.

    `fates` counts placements, `pruned` what `prune` gave up: messages without octets, without texts, attachments
    without files.
    """

    place: str
    schema_version: int | None
    size_bytes: int
    free_bytes: int | None
    tables: tuple[TableFigures, ...]
    files: tuple[FileFigures, ...]
    integrations: tuple[IntegrationFigures, ...]
    fates: Mapping[str, int]
    pruned: Mapping[str, int]
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What tidying did: sizes of the database before and after, in bytes, and the steps taken, in words."""

    before_bytes: int
    after_bytes: int
    steps: tuple[str, ...]
