"""Tell a monitor how a run went, whatever became of it. Imports no HTTP where nobody is to be told."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import TYPE_CHECKING

from inboxsync.errors import EXIT_OK, InboxsyncError
from inboxsync.model.secret import Secret

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings
    from inboxsync.delivery.target import Target
    from inboxsync.logs import Redactor

_LOG = logging.getLogger(__name__)


class Heartbeat:
    """Around a run; on leaving it the monitor is told, if there is one. What goes wrong with that is one log line.

    `url` is the option's; UsageError where it cannot be one. A run is good if it ended with exit code 0, and bad also
    where an error ended it; of an interrupt by hand and of a dry run nothing is told.
    """

    def __init__(self, redactor: Redactor, url: str | None) -> None:
        self._redactor = redactor
        self._target = None if url is None else self._read(url)
        self._exit_code: int | None = None
        self._is_silent = False

    def goes_by(self, settings: Settings) -> None:
        """Take the monitor of the settings, unless an option named one."""
        if self._target is not None:
            return
        try:
            url = settings.monitor_url()
            self._target = None if url is None else self._read(url)
        except InboxsyncError as error:
            _LOG.warning("monitor_not_told", extra={"cause": error.message})

    def ended(self, exit_code: int | None) -> None:
        """Note how the run ended; None for one of which nothing is told."""
        self._exit_code, self._is_silent = exit_code, exit_code is None

    def __enter__(self) -> Heartbeat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        by_hand = kind is not None and not issubclass(kind, Exception)
        if self._target is not None and not by_hand and not self._is_silent:
            # Once it is known how a run ended, a reader of its report who went away changes nothing.
            self._tell(self._target, good=self._exit_code == EXIT_OK and kind in (None, BrokenPipeError))

    def _read(self, url: str) -> Target:
        from inboxsync.delivery.heartbeat import read_ping_target

        self._redactor.add(Secret(url))
        return read_ping_target(url)

    def _tell(self, target: Target, *, good: bool) -> None:
        from inboxsync.delivery.heartbeat import ping

        fault = ping(target, good=good)
        if fault is None:
            _LOG.info("monitor_told", extra={"good": good})
        else:
            _LOG.warning("monitor_not_told", extra={"cause": fault})
