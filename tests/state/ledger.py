"""The store as the state machine compares it, read from the canonical dump, so that no query of ours hides anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inboxsync.store.content_port import ContentStore

Placement = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One placement: its fate, the content it points at, and whether its UIDVALIDITY is over."""

    fate: str
    external_id: str | None
    retired: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """All of a store that promises speak of. `raw` has the octets of each message by its external id."""

    entries: Mapping[Placement, Entry]
    raw: Mapping[str, bytes]
    effects: Sequence[str]
    tickets: int
    dump: Sequence[str]


def read_ledger(content: ContentStore) -> Ledger:
    """Read everything; fails where two rows share a placement or two messages an external id."""
    dump = list(content.dump())
    by_table: dict[str, list[dict[str, Any]]] = {}
    for line in map(json.loads, dump):
        by_table.setdefault(line["table"].removeprefix("inboxsync_"), []).append(line)
    placements = by_table.get("placements", [])
    entries = {_key(row): Entry(row["fate"], row["external_id"], row["retired_at"]) for row in placements}
    assert len(entries) == len(placements), "a placement has two fates"
    messages = by_table.get("messages", [])
    hashes = {row["external_id"]: row["raw_sha256"] for row in messages}
    assert len(hashes) == len(messages), "two messages share an external id"
    octets = {hashlib.sha256(one).hexdigest(): one for one in all_raw(content, len(messages))}
    raw = {external_id: octets[sha256] for external_id, sha256 in hashes.items()}
    effects = [row["external_id"] for row in by_table.get("ticket_effects", [])]
    return Ledger(entries, raw, effects, len(by_table.get("tickets", [])), dump)


def _key(row: Mapping[str, Any]) -> Placement:
    return row["folder_id"][1], row["uidvalidity"], row["uid"]


def all_raw(content: ContentStore, count: int) -> Iterator[bytes]:
    """The octets of all messages, also of those whose every placement is retired, which no list shows."""
    number = 0
    while count:
        number += 1
        octets = content.raw(number)
        if octets is not None:
            count -= 1
            yield octets
