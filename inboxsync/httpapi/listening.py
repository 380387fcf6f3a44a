"""Where the endpoint listens and for whom, as the command line and the server both say it; imports nothing dear."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen: an address, or a Unix socket. `proxies` are addresses whose X-Forwarded-For is believed."""

    host: str = "127.0.0.1"
    port: int = 8025
    unix_socket: Path | None = None
    workers: int = 1
    allowed_hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
