"""`sync-all --worker` on the command line: reads the options, opens the application anew where its settings changed."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.commands.durations import duration_s
from inboxsync.commands.observers import LoggingObserver
from inboxsync.commands.service_manager import ServiceManager
from inboxsync.commands.syncing import tell_news, worked
from inboxsync.commands.working import Ending, Plan, Worker
from inboxsync.config.process import read_environ
from inboxsync.errors import EXIT_OK, InboxsyncError, UsageError
from inboxsync.render.progress import SilentObserver
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from pathlib import Path

    from inboxsync.commands.ports import Application
    from inboxsync.commands.shell import Shell
    from inboxsync.config.settings import Settings
    from inboxsync.model.report import IntegrationReport, SyncReport

DEFAULT_POLL = "15s"
LONGEST_NAME = 64
_LOG = logging.getLogger("inboxsync.worker")


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """What a person asked: options as typed, None for those left out."""

    poll: str = DEFAULT_POLL
    name: str | None = None
    max_runtime: str | None = None
    jobs: int | None = None
    deadline: str | None = None

    def plan(self, settings: Settings) -> Plan:
        """Put it into the worker's terms. Raises UsageError."""
        poll_s, runtime_s = duration_s(self.poll), duration_s(self.max_runtime) if self.max_runtime else None
        if poll_s < 1:
            raise UsageError("--poll is less than a second", hint=f"leave it out for {DEFAULT_POLL}")
        if self.name is not None and not (self.name.isprintable() and 0 < len(self.name) <= LONGEST_NAME):
            raise UsageError(
                f"--name is not a name of 1 to {LONGEST_NAME} printable characters", hint="write --name w1"
            )
        deadline_s = duration_s(self.deadline) if self.deadline else settings.deadline_s
        return Plan(float(poll_s), self.jobs or settings.jobs, float(deadline_s), runtime_s, self.name)


def work(shell: Shell, request: WorkerRequest) -> int:
    """Work until SIGTERM or SIGINT, or for as long as was asked; answers 0. Raises what a person must mend."""
    switch = _Switch()
    if threading.current_thread() is threading.main_thread():  # only there can signals be handled
        on_terminate(switch.turn_off)
    ending = Ending.SETTINGS_CHANGED
    while ending is Ending.SETTINGS_CHANGED and not switch.is_off:
        with shell.application() as application:
            worker = _worker(shell, application, request)
            switch.attach(worker)
            shell.output.note(f"worker: looks for due work every {request.poll}; Ctrl-C ends it")
            ending = worker.run()
            _LOG.info("worker_ended", extra={"reason": ending.value})
    return EXIT_OK


def _worker(shell: Shell, application: Application, request: WorkerRequest) -> Worker:
    return Worker(
        application,
        request.plan(application.settings),
        shell=shell,
        manager=ServiceManager(read_environ()),
        watching=LoggingObserver(SilentObserver()),
        tell=_Teller(shell, application).tell,
        settings_changed=SettingsWatch(shell, application.settings.config_file).changed,
    )


class _Switch:
    """What a signal turns off; a plain flag, because it is handled in the midst of anything."""

    def __init__(self) -> None:
        self.is_off = False
        self._worker: Worker | None = None

    def turn_off(self) -> None:
        self.is_off = True
        if self._worker is not None:
            self._worker.stop()

    def attach(self, worker: Worker) -> None:
        self._worker = worker
        if self.is_off:
            worker.stop()


class _Teller:
    """Tells of runs that end in several threads: failures as cron's runs do, to a person also what came in."""

    def __init__(self, shell: Shell, application: Application) -> None:
        self._shell = shell
        self._application = application
        self._guard = threading.Lock()

    def tell(self, report: SyncReport) -> None:
        with self._guard:
            tell_news(self._shell, self._application, report)
            if self._shell.output.on_terminal:
                for part in worked(report):
                    if part.counts.fetched:
                        self._shell.output.note(_line(part))


def _line(part: IntegrationReport) -> str:
    counts = part.counts
    tickets = counts.tickets_created + counts.tickets_updated
    return f"{part.name}: {part.status.value}, {counts.fetched} fetched, {counts.stored} stored, {tickets} tickets"


class SettingsWatch:
    """Looks whether the settings file is another than at the start, and can be read."""

    def __init__(self, shell: Shell, file: Path | None) -> None:
        self._shell = shell
        self._file = file
        self._known = self._look()

    def changed(self) -> bool:
        """Whether there are new settings to work with. Faulty ones are told once, and the old ones hold."""
        found = self._look()
        if found == self._known:
            return False
        self._known = found
        try:
            self._shell.open_application(self._shell).close()
        except InboxsyncError as error:
            _LOG.warning("settings_not_taken", extra={"cause": error.message})
            return False
        _LOG.info("settings_changed")
        return True

    def _look(self) -> tuple[int, int, int] | None:
        if self._file is None:
            return None
        try:
            status = os.stat(self._file)
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)
