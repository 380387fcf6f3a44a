"""Fixtures that every folder of tests may use: one real Dovecot a run, and scripted servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.dovecot import Dovecot, DovecotMissing


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot, shared by the run: add a user of your own. Fails, not skips, where it is not installed."""
    try:
        server = Dovecot()
    except DovecotMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    with server:
        yield server
