"""The rig as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sync.rig import Rig, rig_in


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """An engine on a fake server and a real SQLite store."""
    with rig_in(tmp_path) as made:
        yield made
