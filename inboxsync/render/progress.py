"""Progress of a sync: a bar a folder on a terminal, nothing elsewhere. Both are observers of the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from inboxsync.render.printable import clip, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from inboxsync.model.report import IntegrationReport

_LABEL_COLUMNS = 40


class SyncObserver(Protocol):
    """What the engine tells while it works; it may tell from several threads at once."""

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """A folder begins, with so many messages to fetch."""

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """So many more messages of the folder, of so many octets, are done."""

    def integration_finished(self, report: IntegrationReport) -> None:
        """An integration is done."""


class SilentObserver:
    """Watches and shows nothing."""

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """Show nothing."""

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Show nothing."""

    def integration_finished(self, report: IntegrationReport) -> None:
        """Show nothing."""


class ProgressBars:
    """Draws a bar for each folder that has something to fetch, and takes it away when its integration is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """Draw a bar, unless there is nothing to do."""
        if total > 0:
            with self._lock:
                self._bars[integration, folder] = self._progress.add_task(label(integration, folder), total=total)

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Move the folder's bar."""
        with self._lock:
            bar = self._bars.get((integration, folder))
        if bar is not None:
            self._progress.advance(bar, messages)

    def integration_finished(self, report: IntegrationReport) -> None:
        """Take the integration's bars away."""
        with self._lock:
            done = [key for key in self._bars if key[0] == report.name]
            bars = [self._bars.pop(key) for key in done]
        for bar in bars:
            self._progress.remove_task(bar)


def label(integration: str, folder: str) -> str:
    """Name a bar: printable, of bounded width, and with rich's markup brackets made literal."""
    return clip(printable(f"{integration}: {folder}"), _LABEL_COLUMNS).replace("[", "\\[")


@contextmanager
def counted(stream: TextIO, what: str, total: int, *, quiet: bool, colour: bool) -> Iterator[Callable[[int], object]]:
    """Give what is told how many more of `total` are done: one bar where `stream` is a terminal and wanted."""
    if quiet or not stream.isatty():
        yield lambda _done: None
        return
    with _drawn(stream, colour=colour) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda done: progress.advance(bar, done)


@contextmanager
def observed(stream: TextIO, *, quiet: bool, colour: bool) -> Iterator[SyncObserver]:
    """Give an observer for the time of a run: bars where `stream` is a terminal and nobody asked for quiet."""
    if quiet or not stream.isatty():
        yield SilentObserver()
        return
    with _drawn(stream, colour=colour) as progress:
        yield ProgressBars(progress)


def _drawn(stream: TextIO, *, colour: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=stream, no_color=not colour)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
