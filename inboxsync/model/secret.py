"""A password that cannot be printed by accident."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that shows itself as `***` in every string form; only `reveal()` gives it out."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Give the text itself, for the one place that sends or encrypts it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is never pickled")
