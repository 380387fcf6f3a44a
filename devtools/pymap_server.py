"""Mailboxes on pymap, a mail server in Python from PyPI: for the demo where Dovecot cannot be had.

pymap's in-memory back end has one account a process, so each mailbox is a process on its own free port.
"""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from types import TracebackType

HOST = "127.0.0.1"
START_TIMEOUT_S = 15.0


class PymapFailed(RuntimeError):
    """pymap did not come up."""


class Pymap:
    """One mailbox `user` as a context manager; no TLS, so it is for loopback only. Stops its own process."""

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.port = _free_port()
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Pymap:
        program = "from pymap.main import main; main()"
        service = ["--host", HOST, "--port", str(self.port), "--no-tls"]
        account = ["dict", "--demo-user", self.user, "--demo-password", self._password]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", program, *service, *account],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def append_all(self, messages: Iterable[bytes]) -> None:
        """Put messages into the INBOX, in order."""
        with imaplib.IMAP4(HOST, self.port) as client:
            client.login(self.user, self._password)
            for octets in messages:
                client.append("INBOX", "", "", octets)

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise PymapFailed("pymap did not start")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
