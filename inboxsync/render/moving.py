"""What copying, backing up and restoring did, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inboxsync.render.document import time_text
from inboxsync.render.sizes import size_text
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.model.backup import Manifest, Restored
    from inboxsync.model.copying import CopyReport, FileCheck

_SHOWN = 20


def copy_json(report: CopyReport, files: FileCheck, indexed: int) -> dict[str, Any]:
    """Give all of it; sizes in bytes."""
    return {
        "source": report.source,
        "target": report.target,
        "resumed": report.resumed,
        "begun_anew": report.begun_anew,
        "tables": [{"name": one.name, "rows": one.rows, "written": one.written} for one in report.tables],
        "equal": True,
        "indexed": indexed,
        "files": files_json(files),
    }


def files_json(files: FileCheck) -> dict[str, Any]:
    """Give what was found about files."""
    return {
        "files": files.files,
        "size_bytes": files.size_bytes,
        "copied": files.copied,
        "missing_raw": list(files.missing_raw),
        "damaged_raw": list(files.damaged_raw),
        "to_be_remade": files.to_be_remade,
    }


def copy_table(report: CopyReport) -> Table:
    """Give the tables that have rows."""
    rows = [(one.name, one.rows, one.written) for one in report.tables if one.rows]
    return Table.of(("table", "rows", "written now"), rows, right=(1, 2))


def copy_lines(report: CopyReport) -> Iterator[str]:
    """Say what came of it."""
    rows = sum(one.rows for one in report.tables)
    yield f"{report.target} is a copy of {report.source}: {rows} rows, each compared by its hash"
    if report.resumed:
        is_new = any(one.written for one in report.tables)
        yield (
            "went on where an earlier call had stopped" if is_new else "nothing was missing: it had been copied before"
        )
    if report.begun_anew:
        yield "begun anew: the source had changed since an earlier call"


def file_lines(files: FileCheck, where: str) -> Iterator[str]:
    """Say what was found about files, the first twenty that are lost by name."""
    copied = f", {files.copied} of them new there" if files.copied else ""
    yield f"files in {where}: {files.files} ({size_text(files.size_bytes)}), all as their hashes say{copied}"
    if files.to_be_remade:
        yield f"files of attachments that are missing or damaged: {files.to_be_remade}; they are made of the mail again"
    lost = [*(("missing", one) for one in files.missing_raw), *(("damaged", one) for one in files.damaged_raw)]
    for fault, path in lost[:_SHOWN]:
        yield f"{fault}: {path}; restore it from a backup of the data directory"
    if len(lost) > _SHOWN:
        yield f"{len(lost)} files of octets are missing or damaged in all"


def manifest_json(manifest: Manifest, path: str) -> dict[str, Any]:
    """Give all of it; sizes in bytes."""
    return {
        "backup": path,
        "made_at": time_text(manifest.made_at),
        "kind": manifest.kind,
        "schema_version": manifest.schema_version,
        "database": manifest.database,
        "database_bytes": manifest.database_bytes,
        "database_sha256": manifest.database_sha256 or None,
        "files": manifest.files,
        "size_bytes": manifest.size_bytes,
        "missing_raw": list(manifest.missing_raw),
        "rows": dict(manifest.rows),
    }


def manifest_line(manifest: Manifest, path: str) -> str:
    """Say what is in a backup."""
    database = f"the database ({size_text(manifest.database_bytes)})" if manifest.database else "no database"
    messages = manifest.rows.get("inboxsync_messages", 0)
    return f"{path}: {database} with {messages} messages, and {manifest.files} files ({size_text(manifest.size_bytes)})"


def restored_json(restored: Restored) -> dict[str, Any]:
    """Give what a restore did."""
    return {
        "made_at": time_text(restored.manifest.made_at),
        "rows": dict(restored.manifest.rows),
        "files_put": restored.files_put,
        "aside": restored.aside,
        "last_ids": dict(restored.last_ids),
    }


def restored_lines(restored: Restored) -> Iterator[str]:
    """Say what a restore did, and what is to be known of it."""
    manifest = restored.manifest
    messages = manifest.rows.get("inboxsync_messages", 0)
    at, put = time_text(manifest.made_at), restored.files_put
    yield f"the store is as it was at {at}: {messages} messages; {put} files put back"
    if restored.aside:
        yield f"the database that was there is {restored.aside}"
