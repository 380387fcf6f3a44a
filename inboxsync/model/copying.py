"""Copying a store: what was copied, and what was found about its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table: how many rows source and target have, and how many of them this call wrote."""

    name: str
    rows: int
    written: int


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Files that rows of the target name: how many there are, their size in bytes, and what is wrong with others.

    `copied` were put into another directory, by name or by octets. `missing_raw` and `damaged_raw` are paths of octets
    that are lost; files of attachments that are missing or damaged are made of the octets again, so they are counted.
    """

    files: int = 0
    size_bytes: int = 0
    copied: int = 0
    missing_raw: tuple[str, ...] = ()
    damaged_raw: tuple[str, ...] = ()
    to_be_remade: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether no octets are lost."""
        return not (self.missing_raw or self.damaged_raw)


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What came of a copy that was finished. `resumed`: an earlier call had begun it; `begun_anew`: it had to be."""

    source: str
    target: str
    tables: tuple[TableCopy, ...]
    resumed: bool = False
    begun_anew: bool = False


@dataclass(frozen=True, slots=True)
class CopyWatch:
    """Who watches: `total` is told how many rows a phase has, `advance` how many more are done, `stopped` asks."""

    total: Callable[[str, int], object] = lambda _phase, _rows: None
    advance: Callable[[int], object] = lambda _rows: None
    stopped: Callable[[], bool] = lambda: False
