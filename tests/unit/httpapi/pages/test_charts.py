"""Drawings, read back from their paths."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.pages.charts import SPARK_HEIGHT, bars, spark

COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 10_000)), min_size=1, max_size=40)


def drawn(path: str) -> list[int]:
    """The heights under an outline, day by day."""
    found = re.fullmatch(rf"M0 {SPARK_HEIGHT}((?:V\dh\d+)+)V{SPARK_HEIGHT}", path)
    assert found, "it begins and ends on the ground"
    steps = re.findall(r"V(\d)h(\d+)", found[1])
    return [SPARK_HEIGHT - int(y) for y, days in steps for _ in range(int(days))]


@settings(deadline=None)
@given(COUNTS)
def test_every_day_with_mail_has_its_bar_at_its_place(counts: list[int | None]) -> None:
    made = spark(counts)
    known = [count for count in counts if count is not None]
    if not known:
        assert made is None
        return
    assert made is not None
    found = drawn(made.path)
    assert [height > 0 for height in found] == [bool(count) for count in counts]
    assert all(height <= SPARK_HEIGHT for height in found)
    assert (made.most, made.mean) == (max(known), sum(known) / len(known))
    if max(known):
        assert max(found) == SPARK_HEIGHT


def test_higher_days_are_drawn_higher_and_equal_ones_as_one_step() -> None:
    made = spark([0, 5, 5, None, 10, 1])
    assert made is not None
    assert made.path == "M0 9V9h1V5h2V9h1V0h1V8h1V9"


def test_bars_fill_their_room_from_the_right() -> None:
    two = bars([1, 2], slots=4, gap=0.5)
    assert [(bar.x, bar.width, bar.y, bar.height) for bar in two] == [(56.25, 12.5, 50, 50), (81.25, 12.5, 0, 100)]
    assert bars([]) == ()
    assert [bar.value for bar in bars([0, None, 3])] == [0, 3]
    assert bars([0, 0])[0].height == 0


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=80), st.integers(1, 100))
def test_bars_stay_inside(values: list[float | None], slots: int) -> None:
    for bar in bars(values, slots):
        assert bar.x >= 0
        assert bar.x + bar.width <= 100.01
        assert 0 <= bar.y <= 100
        assert abs(bar.y + bar.height - 100) < 0.02
