"""`serve` as typer declares it; what it does is in `serving`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.serving import carry_out
from inboxsync.httpapi.listening import Listening

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
) -> int:
    """Serve what is stored over HTTP, read only, until it is told to stop.

    Every route but /api/v1/health wants a token: `inboxsync token create NAME` makes one.
    """
    request = Listening(host, port, unix_socket, workers, tuple(allowed_host or ()), tuple(proxy or ()))
    shell = shell_of(ctx)
    with shell.application() as application:
        settings = application.settings
    return carry_out(shell, settings, request)
