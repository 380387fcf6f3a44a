"""What a run leaves behind: the store, its files, the server. What has to be the same, whatever happened on the way."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inboxsync.model.report import SyncReport
from inboxsync.store.blobs import STAGING
from inboxsync.store.ports import Store
from tests.fakes.mailbox import FakeServer

Placement = tuple[str, int, int]
WITH_CONTENT = ("stored", "duplicate")


@dataclass(frozen=True, slots=True)
class Ending:
    """The canonical dump, every published file by its hash, the server's flags, exit codes, leases still held."""

    dump: Sequence[str]
    files: Mapping[str, str]
    flags: Mapping[Placement, Sequence[str]]
    exit_codes: Sequence[int]
    leases: int

    def sums(self) -> dict[str, int]:
        """Count placements: `kept` with content, `retired` of an ended UIDVALIDITY, the others by fate.

        Beside them messages, tickets, mail put to tickets that were there (`appended`), links between tickets, files,
        and what is marked read on the server.
        """
        lines = [json.loads(line) for line in self.dump]
        found = Counter(_kind(line) for line in lines if line["table"] == "inboxsync_placements")
        for table in ("messages", "tickets", "ticket_links"):
            found[table] = sum(line["table"] == f"inboxsync_{table}" for line in lines)
        appended = ("appended", "reopened")
        found["appended"] = sum(line.get("ticket_effect") in appended for line in lines)
        found["files"] = len(self.files)
        found["seen"] = sum("\\Seen" in flags for flags in self.flags.values())
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True, slots=True)
class Reruns:
    """What two runs after the fault came to, and what the server was told by the second of them."""

    told_too_early: Sequence[Placement]
    first: Ending
    second: Ending
    told_by_second: Sequence[object]


def ending_of(store: Store, server: FakeServer, report: SyncReport) -> Ending:
    """Look at everything."""
    return Ending(
        dump=list(store.content.dump()),
        files=_files(store.data_dir),
        flags=flags_of(server),
        exit_codes=[part.exit_code for part in report.integrations],
        leases=len(store.control.leases()),
    )


def flags_of(server: FakeServer) -> dict[Placement, Sequence[str]]:
    """The flags of every message on the server."""
    return {
        (name, folder.uidvalidity or 0, uid): sorted(message.flags)
        for name, folder in server.folders.items()
        for uid, message in folder.messages.items()
    }


def settled(dump: Sequence[str]) -> frozenset[Placement]:
    """The placements whose mail a store has."""
    lines = map(json.loads, dump)
    return frozenset(_placement(line) for line in lines if _has_content(line))


def _kind(line: Mapping[str, Any]) -> str:
    if line["retired_at"]:
        return "retired"
    return "kept" if line["fate"] in WITH_CONTENT else str(line["fate"])


def _has_content(line: Mapping[str, Any]) -> bool:
    return line["table"] == "inboxsync_placements" and line["fate"] in WITH_CONTENT


def _placement(line: Mapping[str, Any]) -> Placement:
    return line["folder_id"][1], line["uidvalidity"], line["uid"]


def _files(data_dir: Path) -> Mapping[str, str]:
    """Every published file with its hash; what a killed process leaves unpublished is no file of ours yet."""
    published = [path for top in ("raw", "attachments") for path in (data_dir / top).rglob("*") if path.is_file()]
    return {
        path.relative_to(data_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in published
        if path.parent.name != STAGING
    }
