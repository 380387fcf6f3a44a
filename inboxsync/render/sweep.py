"""What a sweep of the data directory found, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inboxsync.model.sweep import Swept

MISSING_SHOWN = 20


def sweep_lines(swept: Swept) -> list[str]:
    """Say it in sentences; of missing files the first twenty are named."""
    was = "deleted" if swept.deleted else "found"
    size = f"({swept.size_bytes} bytes)"
    return [
        f"{was}: {swept.orphans} files that nothing refers to {size}, {swept.left_over} half-written",
        *(f"missing: {path}; restore it from a backup of the data directory" for path in swept.missing[:MISSING_SHOWN]),
        *([f"missing: {len(swept.missing)} files in all"] if len(swept.missing) > MISSING_SHOWN else []),
    ]


def sweep_json(swept: Swept) -> dict[str, Any]:
    """Give all of it; sizes in bytes."""
    return {
        "deleted": swept.deleted,
        "orphans": swept.orphans,
        "orphan_bytes": swept.size_bytes,
        "left_over": swept.left_over,
        "missing": list(swept.missing),
    }
