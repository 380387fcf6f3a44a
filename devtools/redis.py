"""A private Redis for tests, from Debian's package: its own directory and Unix socket, no port, nothing kept."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_TIMEOUT_S = 10.0
_SETTINGS = {"port": "0", "save": "", "appendonly": "no", "unixsocketperm": "700", "daemonize": "no"}


class RedisMissing(RuntimeError):
    """Redis is not installed, or does not start; the text says what to do."""


class Redis:
    """A running server; a context manager. Everything it made is deleted on leaving. Raises RedisMissing."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise RedisMissing("Redis is not installed: apt-get install redis-server")
        self._program = program
        # The socket's path must stay under 108 octets (sockaddr_un), so not below pytest's own directories.
        self._root = Path(tempfile.mkdtemp(prefix="inboxsync-redis-", dir="/tmp"))
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's URL, as Celery takes it for broker and results."""
        return f"redis+socket://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self._root / "socket"

    def __enter__(self) -> Self:
        settings = [word for name, value in _SETTINGS.items() for word in (f"--{name}", value)]
        place = ["--dir", str(self._root), "--unixsocket", str(self._socket)]
        with (self._root / "log").open("wb") as log:
            self._server = subprocess.Popen([self._program, *settings, *place], stdout=log, stderr=log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._socket.exists():
            if self._server.poll() is not None or time.monotonic() > deadline:
                said = (self._root / "log").read_text(errors="replace")
                self.__exit__(None, None, None)
                raise RedisMissing(f"Redis does not start:\n{said}")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, self._server = self._server, None
        if server is not None and server.poll() is None:
            server.kill()
            server.wait()
        shutil.rmtree(self._root, ignore_errors=True)
