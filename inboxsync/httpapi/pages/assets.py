"""The style sheet, the script and the icon: files of this package, named with their hash so that browsers keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content: bytes = field(repr=False)
    content_type: str
    version: str


@cache
def assets() -> Mapping[str, Asset]:
    """All files by name."""
    folder = resources.files(__package__).joinpath("assets")
    found = {one.name: one.read_bytes() for one in folder.iterdir() if one.name.rpartition(".")[2] in _TYPES}
    return {name: _asset(name, content) for name, content in found.items()}


def _asset(name: str, content: bytes) -> Asset:
    version = hashlib.sha256(content).hexdigest()[:12]
    return Asset(content, _TYPES[name.rpartition(".")[2]], version)
