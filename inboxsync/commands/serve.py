"""`serve`: the read-only HTTP endpoint."""

from __future__ import annotations

import gc
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.config.process import read_environ
from inboxsync.errors import UsageError
from inboxsync.store.tokens import tokens_of

if TYPE_CHECKING:
    from inboxsync.httpapi.server import Listening

app = typer.Typer()


@app.command(
    "serve",
    cls=Command,
    epilog=example("serve", "serve --unix-socket /run/inboxsync/http.sock", "serve --host 192.0.2.10 --workers 2"),
)
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, metavar="N", help="At which port.")] = 8025,
    unix_socket: Annotated[
        Path | None, typer.Option("--unix-socket", metavar="PATH", help="Listen at this socket instead.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, metavar="N", help="So many processes.")] = 1,
    allowed_host: Annotated[
        list[str] | None, typer.Option("--allowed-host", metavar="NAME", help="A name it is reached by; repeatable.")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option("--proxy", metavar="ADDRESS", help="A proxy whose headers hold; repeatable.")
    ] = None,
) -> None:
    """Serve what is stored over HTTP, read only, until it is told to stop.

    Every route but /api/v1/health wants a token: `inboxsync token create NAME` makes one.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        server = _server()
        listening = server.Listening(
            host=host,
            port=port,
            unix_socket=None if unix_socket is None else unix_socket.absolute(),
            workers=workers,
            allowed_hosts=tuple(allowed_host or ()),
            proxies=server.known_proxies(proxy or ()),
        )
        if server.needs_token(listening):
            _check_token(application, host)
        settings = application.settings
        application.close()  # what served is opened for reading only, in the process that serves it
        shell.output.note(f"serving at {_place(listening)}; Ctrl-C ends it")
        server.serve(settings, listening, read_environ().get("NOTIFY_SOCKET"))


def _server() -> ModuleType:
    """Import the server here: no other command pays for it."""
    # Importing makes many objects and no garbage: collecting among them takes a fifth of the start (measured, CPython
    # 3.11). The application, once made, switches it on again.
    gc.disable()
    from inboxsync.httpapi import server

    return server


def _check_token(application: Application, host: str) -> None:
    """Let nobody open the endpoint to a network before somebody may read it."""
    now = application.now()
    if all(token.is_expired(now) for token in tokens_of(application.store.control).all()):
        raise UsageError(
            f"{host} can be reached from other machines and there is no token yet",
            hint="`inboxsync token create NAME` makes one",
        )


def _place(listening: Listening) -> str:
    if listening.unix_socket is not None:
        return str(listening.unix_socket)
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    return f"http://{host}:{listening.port}"
