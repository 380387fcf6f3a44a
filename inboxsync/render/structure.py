"""The MIME structure of a message: a line for each part, deeper ones further in, and the same as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from inboxsync.model.structure import PartStructure
from inboxsync.render.printable import printable
from inboxsync.render.sizes import size_text


def structure_text(root: PartStructure) -> str:
    """Write a structure for people."""
    return "\n".join(_lines(root, 0))


def _lines(part: PartStructure, depth: int) -> Iterator[str]:
    told = (part.disposition, part.filename and f'"{part.filename}"', part.charset)
    encoding = None if part.children else part.transfer_encoding
    facts = [*filter(None, (*told, encoding)), size_text(part.size_bytes)]
    yield "  " * depth + printable(f"{part.content_type} ({', '.join(facts)})")
    for child in part.children:
        yield from _lines(child, depth + 1)


def structure_json(root: PartStructure) -> dict[str, Any]:
    """Give a structure as a JSON object, its parts under `children`."""
    return dataclasses.asdict(root)
