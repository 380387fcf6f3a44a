"""Shapes of the drawings: numbers in, what stands in SVG out. Pure; colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

# One digit for a height: a hundred drawings are a third of the first page.
SPARK_HEIGHT = 9


@dataclass(frozen=True, slots=True)
class Spark:
    """A small drawing of counts: one outline around bars of width 1; what they tell in numbers beside it.

    The style sheet cuts the outline into bars and gives the last one its colour.
    """

    path: str
    most: int
    mean: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in a plot of 100 by 100 units that stands on its ground."""

    x: float
    y: float
    width: float
    height: float
    value: float


def spark(counts: Sequence[int | None]) -> Spark | None:
    """Draw counts as bars, oldest first; None where none of them is known."""
    known = [count for count in counts if count is not None]
    if not known:
        return None
    most = max(*known, 1)
    heights = [_height(count or 0, most) for count in counts]
    return Spark(_outline(heights), max(known), sum(known) / len(known))


def _height(count: int, most: int) -> int:
    # Whatever came is to be seen: at least one unit.
    return max(1, round(count * SPARK_HEIGHT / most)) if count else 0


def _outline(heights: Sequence[int]) -> str:
    """Write bars as one outline that begins and ends on the ground; equal neighbours are one step."""
    steps = (f"V{SPARK_HEIGHT - height}h{len(list(days))}" for height, days in groupby(heights))
    return f"M0 {SPARK_HEIGHT}{''.join(steps)}V{SPARK_HEIGHT}"


def bars(values: Sequence[float | None], slots: int | None = None, gap: float = 0.28) -> tuple[Bar, ...]:
    """Lay values out as bars of 100 by 100 units, the largest over the full height; None is no bar.

    `slots`, where given, is how many there is room for: fewer values stand at the right end.
    """
    room = max(slots or 0, len(values), 1)
    step = 100 / room
    most = max((value for value in values if value is not None), default=0) or 1
    first = room - len(values)
    return tuple(
        Bar(
            x=round((first + index + gap / 2) * step, 2),
            y=round(100 - 100 * value / most, 2),
            width=round(step * (1 - gap), 2),
            height=round(100 * value / most, 2),
            value=value,
        )
        for index, value in enumerate(values)
        if value is not None
    )
