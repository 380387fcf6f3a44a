"""Cutting a stream into pieces that one transaction can take. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_pages(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the items in order, `size` at a time; takes no more from the stream than the page at hand."""
    iterator = iter(items)
    while page := tuple(islice(iterator, size)):
        yield page
