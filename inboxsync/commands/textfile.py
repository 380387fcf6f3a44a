"""`status --prometheus FILE`: the metrics of the HTTP endpoint for machines that serve none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.store.api_figures import figures_of

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.render.status import StatusLine

# Whoever collects it is another user; it holds names and counts.
_MODE = 0o644


def write_metrics(path: Path, application: Application, lines: Sequence[StatusLine]) -> None:
    """Write metrics for node_exporter's textfile collector, whole or not at all.

    Raises UsageError where the place cannot be written.
    """
    from inboxsync.httpapi.metrics import Snapshot, exposition  # prometheus-client: 32 ms that no other command pays

    text = exposition(Snapshot(lines, figures_of(application.store.control)))
    try:
        _replace(path, text)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", hint="choose another file with --prometheus"
        ) from error


def _replace(path: Path, text: bytes) -> None:
    # Not ending in .prom until it is whole: the collector reads every such file.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            os.chmod(temporary, _MODE)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
