"""The read-only HTTP endpoint: an ASGI application over a store that it can only read, and the server that runs it.

`create_app` is all that another ASGI application needs in order to mount it (docs/http.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from inboxsync.config.settings import Settings


def create_app(settings: Settings | None = None, *, allowed_hosts: Sequence[str] | None = None) -> FastAPI:
    """Answer the application; without settings those of the environment and the settings file hold.

    `allowed_hosts` are the names that a Host header may have, without a port: those of loopback if None, every name if
    it holds `*`. Nothing is opened before the first request. Raises ConfigError for settings.
    """
    from inboxsync.httpapi.application import build

    return build(settings, allowed_hosts=allowed_hosts)


__all__ = ["create_app"]
