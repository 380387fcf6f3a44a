"""Runs the endpoint: its sockets, uvicorn with bounds, systemd told when it is ready."""

from __future__ import annotations

import functools
import gc
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from inboxsync.errors import UsageError
from inboxsync.httpapi.gate import EVERY_HOST, HEAD_BYTES, LOOPBACK_HOSTS, is_loopback
from inboxsync.httpapi.protocol import OPEN, PatientProtocol
from inboxsync.system.service import notify, on_terminate

if TYPE_CHECKING:
    from fastapi import FastAPI

    from inboxsync.config.settings import Settings
    from inboxsync.httpapi.listening import Listening

KEEP_ALIVE_S = 10
STOP_S = 10
NOTIFY_EVERY_S = 10
BACKLOG = 256
SOCKET_MODE = 0o660


def served_hosts(listening: Listening) -> tuple[str, ...]:
    """Answer the names a Host header may have. Over a Unix socket no browser comes by a name of its own choice."""
    if listening.unix_socket is not None and not listening.allowed_hosts:
        return (EVERY_HOST,)
    return (*LOOPBACK_HOSTS, listening.host, *listening.allowed_hosts)


def serve(settings: Settings, listening: Listening, notify_socket: str | None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is being answered. UsageError where it cannot listen there."""
    make_app = functools.partial(_application, settings, listening)
    config = _config(make_app, listening, notify_socket)
    listener = bound(listening)
    # uvicorn sends itself the signal that ended it once more: without a handler that would be the end of all below.
    on_terminate(lambda: None)
    try:
        if listening.workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            from uvicorn.supervisors import Multiprocess

            Multiprocess(config, sockets=[listener]).run()
    finally:
        listener.close()
        if listening.unix_socket is not None:
            listening.unix_socket.unlink(missing_ok=True)


def bound(listening: Listening) -> socket.socket:
    """Bind the socket; UsageError where that cannot be."""
    try:
        return _bound_unix(listening.unix_socket) if listening.unix_socket else _bound_tcp(listening)
    except OSError as error:
        place = str(listening.unix_socket or f"{listening.host}:{listening.port}")
        hint = "choose another with --host, --port or --unix-socket"
        raise UsageError(f"cannot listen at {place}: {error.strerror or error}", hint=hint) from error


def _bound_tcp(listening: Listening) -> socket.socket:
    found = socket.getaddrinfo(listening.host, listening.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, number, _, address = found[0]
    made = socket.socket(family, kind, number)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def _bound_unix(path: Path) -> socket.socket:
    """Bind at a path, for its user and group; a socket that a killed process left is replaced, nothing else is."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _is_served(path):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))
        path.chmod(SOCKET_MODE)
    except OSError:
        made.close()
        raise
    return made


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _config(make_app: functools.partial[FastAPI], listening: Listening, notify_socket: str | None) -> uvicorn.Config:
    return uvicorn.Config(
        make_app,
        factory=True,
        workers=listening.workers,
        http=PatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(listening.proxies),
        forwarded_allow_ips=list(listening.proxies),
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
        backlog=BACKLOG,
        callback_notify=None if notify_socket is None else functools.partial(_tell_systemd, notify_socket),
        timeout_notify=NOTIFY_EVERY_S,
    )


def _application(settings: Settings, listening: Listening) -> FastAPI:
    """Make the application in the process that serves it."""
    from inboxsync.httpapi import create_app

    app = create_app(settings, allowed_hosts=served_hosts(listening))
    app.state.service.counters.connections = OPEN.__len__
    gc.freeze()
    gc.enable()
    return app


async def _tell_systemd(notify_socket: str) -> None:
    """Say that it is ready, and from then on that it lives (sd_notify(3))."""
    notify(notify_socket, "READY=1\nWATCHDOG=1")


def needs_token(listening: Listening) -> bool:
    """Whether others than this machine's users can reach it."""
    return listening.unix_socket is None and not is_loopback(listening.host)


def known_proxies(texts: Sequence[str]) -> tuple[str, ...]:
    """Read addresses or networks of proxies; UsageError for anything else."""
    from ipaddress import ip_network

    for text in texts:
        try:
            ip_network(text)
        except ValueError:
            raise UsageError(
                f"{text!r} is not an address or a network", hint="write 192.0.2.10 or 192.0.2.0/24"
            ) from None
    return tuple(texts)
