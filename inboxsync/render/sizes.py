"""Sizes for people."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def size_text(size_bytes: int) -> str:
    """Write a size with at most three digits and its unit, powers of 1000: `999 B`, `1.2 MB`, `35 GB`."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    power = 1
    while power < len(_UNITS) and size_bytes >= 999.5 * 1000**power:
        power += 1
    value = size_bytes / 1000**power
    return f"{value:.1f} {_UNITS[power - 1]}" if value < 9.95 else f"{value:.0f} {_UNITS[power - 1]}"
