"""`inboxsync serve` as a process of its own, and a plain client of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INBOXSYNC = [sys.executable, "-m", "inboxsync"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which the program finds only what lies in `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "INBOXSYNC_DATA_DIR": str(home / "data"), **more}


def token(home: Path) -> str:
    """Make a token that shows everything."""
    made = subprocess.run(
        [*INBOXSYNC, "token", "create", "test", "--json"],
        env=environment(home),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return str(json.loads(made.stdout)["token"])


@contextmanager
def serving(home: Path, *options: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that has told that it is ready; `more` is added to its environment."""
    place = str(home / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(place)
        systemd.settimeout(30)
        process = subprocess.Popen(
            [*INBOXSYNC, "serve", *options],
            env=environment(home, NOTIFY_SOCKET=place, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            assert b"READY=1" in systemd.recv(100)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def ask(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    """GET a path; answers status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found
