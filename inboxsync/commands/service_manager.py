"""systemd, as far as a worker speaks with it (sd_notify(3), sd_watchdog_enabled(3)); silent where nobody listens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from inboxsync.system.service import notify

_SEND_LONGEST = 200


class ServiceManager:
    """Tells the service manager that the process is ready, lives, and what it does.

    `environ` is what the manager started the process with; `send` sends a datagram to a socket, for tests.
    """

    def __init__(self, environ: Mapping[str, str], send: Callable[[str, str], None] = notify) -> None:
        self._socket = environ.get("NOTIFY_SOCKET")
        self._send = send
        self.beat_every_s = _watchdog_s(environ) / 3

    def ready(self) -> None:
        """Say that the start is over."""
        self._say("READY=1")

    def lives(self, status: str) -> None:
        """Say that it lives, and one line of what it does, for `systemctl status`."""
        self._say(f"WATCHDOG=1\nSTATUS={' '.join(status.split())[:_SEND_LONGEST]}")

    def ends(self) -> None:
        """Say that it was asked to end, or ends by itself."""
        self._say("STOPPING=1\nSTATUS=handing back what is at work")

    def _say(self, words: str) -> None:
        if self._socket:
            self._send(self._socket, words)


def _watchdog_s(environ: Mapping[str, str]) -> float:
    """After how long without a word the manager ends this process; a minute where it does not watch."""
    microseconds, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    is_ours = pid in ("", str(os.getpid()))
    return int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) and is_ours else 60.0
