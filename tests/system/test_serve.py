"""`serve` as a process: ready, told to systemd, up while connections are held, ended in order."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.serving import INBOXSYNC, ask, environment, free_port, serving, token

HELD = 100


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def test_it_serves_while_connections_are_held_and_stops_in_order(home: Path) -> None:
    port, secret = free_port(), token(home)
    with serving(home, "--port", str(port)) as process, ExitStack() as held:
        for _ in range(HELD):
            mute = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            mute.sendall(b"GET /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        status, body = ask(port, "/api/v1/health")
        assert (status, json.loads(body)["status"]) == (200, "healthy")
        assert json.loads(body)["active_connections"] > HELD
        assert ask(port, "/api/v1/messages", Authorization=f"Bearer {secret}")[0] == 200
        assert ask(port, "/api/v1/messages")[0] == 401
        assert ask(port, "/api/v1/health", Host="evil.example.com")[0] == 421
        assert ask(port, "/api/v1/health", **{"X-Large": "x" * 20_000})[0] == 400
        # What another process writes is seen at once, and this one holds no lock against it.
        assert token_of_another_name(home)
        held.close()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
        assert time.monotonic() - began < 12
        assert process.returncode == 0, output
        assert secret.encode() not in output
        assert b"Traceback" not in output, output


def token_of_another_name(home: Path) -> bool:
    made = subprocess.run(
        [*INBOXSYNC, "token", "create", "other"], env=environment(home), capture_output=True, check=False, timeout=60
    )
    return made.returncode == 0


def test_a_unix_socket_is_for_its_user_and_group(home: Path) -> None:
    token(home)
    path = home / "s"
    with serving(home, "--unix-socket", str(path)):
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as speaking:
            speaking.settimeout(20)
            speaking.connect(str(path))
            speaking.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: any.example.com\r\nConnection: close\r\n\r\n")
            assert speaking.recv(100).startswith(b"HTTP/1.1 200 ")
    assert not path.exists()


def test_several_workers_serve_one_socket(home: Path) -> None:
    port, secret = free_port(), token(home)
    with serving(home, "--port", str(port), "--workers", "2"):
        for _ in range(4):
            assert ask(port, "/api/v1/stats", Authorization=f"Bearer {secret}")[0] == 200


def test_without_a_store_it_says_so_and_stays_up(home: Path) -> None:
    port = free_port()
    with serving(home, "--port", str(port)):
        status, body = ask(port, "/api/v1/health")
        assert (status, json.loads(body)["status"]) == (503, "unhealthy")
        assert ask(port, "/api/v1/messages", Authorization="Bearer isx_000000000000_" + "a" * 43)[0] == 503


def test_a_port_that_is_taken_is_a_usage_error(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [*INBOXSYNC, "serve", "--port", str(port)],
            env=environment(home),
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert answer.returncode == 2
    assert b"cannot listen" in answer.stderr


@pytest.mark.parametrize("words", [["status"], ["token", "list"], ["--help"]])
def test_no_other_command_pays_for_the_server(home: Path, words: list[str]) -> None:
    program = (
        "import sys\nfrom inboxsync.cli import run\ncode = run(sys.argv[1:])\n"
        "bad = {'fastapi', 'uvicorn', 'starlette', 'prometheus_client'} & set(sys.modules)\n"
        "sys.exit(f'{bad}' if bad else code)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *words], env=environment(home), capture_output=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr


def test_the_server_never_loads_what_fetches_or_decrypts() -> None:
    program = (
        "import sys\nimport inboxsync.httpapi.application, inboxsync.httpapi.server, inboxsync.httpapi.metrics\n"
        "from inboxsync.httpapi.openapi import document\ndocument()\n"
        "rooms = ('inboxsync.sync', 'inboxsync.imap', 'inboxsync.credentials', 'inboxsync.delivery', 'sqlmodel')\n"
        "sys.exit(', '.join(name for name in sys.modules if name.startswith(rooms)) or 0)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
