"""Carry out `serve`. Imports no typer: a unit that restarts is to answer again at once."""

from __future__ import annotations

import gc
from contextlib import closing
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.config.process import read_environ
from inboxsync.errors import StoreUnwritable, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inboxsync.commands.shell import Shell
    from inboxsync.config.settings import Settings
    from inboxsync.httpapi.listening import Listening
    from inboxsync.model.token import AccessToken


def carry_out(shell: Shell, settings: Settings, request: Listening) -> int:
    """Serve until told to stop; answers the exit code. Raises UsageError where nobody could listen or read there."""
    server = _server()
    listening = replace(
        request,
        unix_socket=None if request.unix_socket is None else request.unix_socket.absolute(),
        proxies=server.known_proxies(request.proxies),
    )
    if server.needs_token(listening):
        _check_token(settings, request.host)
    shell.output.note(f"serving at {_place(listening)}; Ctrl-C ends it")
    server.serve(settings, listening, read_environ().get("NOTIFY_SOCKET"))
    return 0


def _server() -> ModuleType:
    """Import the server here: no other command pays for it."""
    # Importing makes many objects and no garbage: collecting among them takes a fifth of the start (measured, CPython
    # 3.11). The application, once made, switches it on again.
    gc.disable()
    from inboxsync.httpapi import server

    return server


def _check_token(settings: Settings, host: str) -> None:
    """Let nobody open the endpoint to a network before somebody may read it."""
    now = system.utc_now()
    if all(token.is_expired(now) for token in _tokens(settings)):
        raise UsageError(
            f"{host} can be reached from other machines and there is no token yet",
            hint="`inboxsync token create NAME` makes one",
        )


def _tokens(settings: Settings) -> Sequence[AccessToken]:
    from inboxsync.store.read_only import open_read_only

    with closing(open_read_only(settings.connection_url(), settings.data_dir)) as store:
        try:
            store.check_schema()
        except StoreUnwritable:  # there is no database yet
            return ()
        return store.tokens.all()


def _place(listening: Listening) -> str:
    if listening.unix_socket is not None:
        return str(listening.unix_socket)
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    return f"http://{host}:{listening.port}"
