"""How large a store is and what tidying did, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inboxsync.render.document import time_text
from inboxsync.render.sizes import size_text
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.model.upkeep import StoreFigures, Vacuumed


def figures_json(figures: StoreFigures) -> dict[str, Any]:
    """Give all of it; sizes in bytes."""
    return {
        "database": figures.place,
        "schema_version": figures.schema_version,
        "size_bytes": figures.size_bytes,
        "free_bytes": figures.free_bytes,
        "oldest": time_text(figures.oldest),
        "newest": time_text(figures.newest),
        "fates": dict(figures.fates),
        "pruned": dict(figures.pruned),
        "tables": [{"name": t.name, "rows": t.rows, "size_bytes": t.size_bytes} for t in figures.tables],
        "files": [{"directory": f.directory, "files": f.files, "size_bytes": f.size_bytes} for f in figures.files],
        "integrations": [
            {
                "name": i.name,
                "messages": i.messages,
                "size_bytes": i.size_bytes,
                "oldest": time_text(i.oldest),
                "newest": time_text(i.newest),
            }
            for i in figures.integrations
        ],
    }


def figures_lines(figures: StoreFigures) -> Iterator[str]:
    """Say what concerns the whole store."""
    free = "" if figures.free_bytes is None else f", {size_text(figures.free_bytes)} of it free for new rows"
    yield f"{figures.place}: {size_text(figures.size_bytes)}{free}; schema version {figures.schema_version}"
    if figures.oldest and figures.newest:
        yield f"mail received from {figures.oldest:%Y-%m-%d} to {figures.newest:%Y-%m-%d}"
    fates = ", ".join(f"{count} {fate}" for fate, count in figures.fates.items())
    if fates:
        yield f"placements: {fates}"
    if any(figures.pruned.values()):
        raw, bodies, files = (figures.pruned[name] for name in ("raw", "bodies", "attachments"))
        yield f"pruned: octets of {raw} messages, texts of {bodies}, files of {files} attachments"


def tables_table(figures: StoreFigures) -> Table:
    """Give tables that have rows, the largest first."""
    kept = sorted((t for t in figures.tables if t.rows), key=lambda t: (-(t.size_bytes or 0), -t.rows, t.name))
    rows = [(t.name, t.rows, None if t.size_bytes is None else size_text(t.size_bytes)) for t in kept]
    return Table.of(("table", "rows", "size"), rows, right=(1, 2))


def files_table(figures: StoreFigures) -> Table:
    """Give the directories of files."""
    rows = [(f"{f.directory}/", f.files, size_text(f.size_bytes)) for f in figures.files]
    return Table.of(("directory", "files", "size"), rows, right=(1, 2))


def shown_table(figures: StoreFigures) -> Table:
    """Give what each integration shows."""
    rows = [
        (i.name, i.messages, size_text(i.size_bytes), f"{i.oldest:%Y-%m-%d}" if i.oldest else None,
         f"{i.newest:%Y-%m-%d}" if i.newest else None)
        for i in figures.integrations
    ]  # fmt: skip
    return Table.of(("integration", "messages", "mail", "oldest", "newest"), rows, right=(1, 2))


def vacuumed_json(done: Vacuumed) -> dict[str, Any]:
    """Give all of it; sizes in bytes."""
    return {"before_bytes": done.before_bytes, "after_bytes": done.after_bytes, "steps": list(done.steps)}


def vacuumed_line(done: Vacuumed) -> str:
    """Say what came of it."""
    return f"the database took {size_text(done.before_bytes)} and takes {size_text(done.after_bytes)}"
