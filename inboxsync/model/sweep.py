"""What a sweep of the data directory found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Swept:
    """`orphans`: files that no row names, `size_bytes` together; `left_over`: halves of processes that died.

    `missing`: raw files, relative to the data directory, that a row names and that are not there.
    `deleted`: whether orphans and halves were deleted.
    """

    orphans: int
    size_bytes: int
    left_over: int
    missing: tuple[str, ...] = ()
    deleted: bool = True
