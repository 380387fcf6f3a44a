"""A backup: what is in it, as its manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# The layout of a backup; another number is another layout.
BACKUP_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `database` is a file of it, or None where only files of mail were taken.

    `kind` is `sqlite`, a whole database file, or `postgres`, an archive of pg_dump. `missing_raw` are files of octets
    that the store had lost before.
    """

    made_at: datetime
    store_uuid: str
    schema_version: int
    kind: str
    rows: Mapping[str, int]
    files: int
    size_bytes: int
    database: str | None = None
    database_bytes: int = 0
    database_sha256: str = ""
    missing_raw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `aside` is where the database that was there before is now, None where there was none.

    `last_ids` are the ids from which on new rows are counted, by table.
    """

    manifest: Manifest
    files_put: int
    aside: str | None = None
    last_ids: Mapping[str, int] = field(default_factory=dict)
