"""One filled store for all tests of the endpoint: none of them changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.httpapi.world import World, world_in


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The endpoint over a filled store."""
    with world_in(tmp_path_factory.mktemp("world")) as filled:
        yield filled
