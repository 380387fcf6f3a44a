"""An observer of runs that writes log events (-v) and passes everything on to the one that draws."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.report import IntegrationReport
    from inboxsync.render.progress import SyncObserver

LOG = logging.getLogger("inboxsync.sync")


class LoggingObserver:
    """Logs what begins and ends: constant event names, counts and names of ours, nothing of what the mail says."""

    def __init__(self, drawing: SyncObserver) -> None:
        self._drawing = drawing

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        """Log that a folder begins, with so many messages to fetch."""
        LOG.info("folder_started", extra={"integration": integration, "folder": folder, "total": total})
        self._drawing.folder_started(integration, folder, total)

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Log progress for debugging."""
        progress = {"integration": integration, "folder": folder, "messages": messages, "size_bytes": size_bytes}
        LOG.debug("folder_advanced", extra=progress)
        self._drawing.advanced(integration, folder, messages, size_bytes)

    def integration_finished(self, report: IntegrationReport) -> None:
        """Log how an integration ended: its status, what went wrong, and every count that is not zero."""
        error = {"error_code": report.error.code, "error": report.error.message} if report.error else {}
        counts = {name: count for name, count in report.counts.as_dict().items() if count}
        reason = {"reason": report.reason} if report.reason else {}
        outcome = {"integration": report.name, "status": report.status.value, **reason, **error, **counts}
        LOG.info("integration_finished", extra=outcome)
        self._drawing.integration_finished(report)
