"""The manifest of a backup, as JSON: written last, read first."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from inboxsync.errors import StoreCorrupt, UsageError
from inboxsync.model.backup import BACKUP_FORMAT, Manifest

MANIFEST = "manifest.json"


def manifest_text(manifest: Manifest) -> str:
    """Write it for people and programs alike."""
    shape: dict[str, Any] = {
        "format": BACKUP_FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "store_uuid": manifest.store_uuid,
        "schema_version": manifest.schema_version,
        "kind": manifest.kind,
        "database": manifest.database,
        "database_bytes": manifest.database_bytes,
        "database_sha256": manifest.database_sha256,
        "files": manifest.files,
        "size_bytes": manifest.size_bytes,
        "missing_raw": list(manifest.missing_raw),
        "rows": dict(manifest.rows),
    }
    return json.dumps(shape, indent=2) + "\n"


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a backup. UsageError where this is none, StoreCorrupt where it cannot be understood."""
    try:
        shape = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"{directory} is no backup: it has no {MANIFEST}", hint="name what `db backup` made"
        ) from error
    except (OSError, ValueError) as error:
        raise StoreCorrupt(f"{directory / MANIFEST} cannot be read: {error}", hint="take another backup") from error
    if not isinstance(shape, dict) or shape.pop("format", None) != BACKUP_FORMAT:
        raise StoreCorrupt(f"{directory} is not a backup of the layout {BACKUP_FORMAT}", hint="use a newer inboxsync")
    shape["made_at"] = datetime.fromisoformat(shape["made_at"])
    shape["missing_raw"] = tuple(shape["missing_raw"])
    return Manifest(**shape)


def sha256_of(file: Path) -> str:
    """The hash of a file's octets, hex. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
