"""Fixtures of the IMAP room."""

from __future__ import annotations

import pytest

from tests.unit.imap.support import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority, made once: keys are slow to make."""
    return Authority.make(tmp_path_factory.mktemp("authority"))
