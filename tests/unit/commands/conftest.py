"""A command line for each test, and the process put back as it was."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxsync.logs import EventFormatter
from tests.unit.commands.harness import CommandLine


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """A machine with nothing on it."""
    return CommandLine(tmp_path / "data")


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    """Give hooks, signals and log handlers back, which a run of the program takes for itself."""
    hooks, term, interrupt = (
        (sys.excepthook, threading.excepthook),
        *map(signal.getsignal, (signal.SIGTERM, signal.SIGINT)),
    )
    yield
    sys.excepthook, threading.excepthook = hooks
    signal.signal(signal.SIGTERM, term)
    signal.signal(signal.SIGINT, interrupt)
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, EventFormatter)]:
        root.removeHandler(handler)
