"""Sizes for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxsync.render.sizes import size_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"), (999_499, "999 kB"),
        (999_500, "1.0 MB"), (12_345_678, "12 MB"), (10**9, "1.0 GB"), (5 * 10**15, "5000 TB"),
    ],
)  # fmt: skip
def test_it_has_a_unit_and_few_digits(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


@given(st.integers(0, 10**14))
def test_no_number_before_the_unit_is_long(size_bytes: int) -> None:
    number, unit = size_text(size_bytes).split(" ")
    assert len(number) <= 3
    assert unit in ("B", "kB", "MB", "GB", "TB")
