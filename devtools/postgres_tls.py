"""The private Postgres with a TLS port on loopback that wants a password, beside its socket that trusts."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from devtools.dovecot_config import HOST, write_certificates
from devtools.postgres import Postgres

_HBA = f"local all all trust\nhostssl all all {HOST}/32 scram-sha-256\n"


class TlsPostgres(Postgres):
    """Listens on `port`; `ca_file` is the authority of its certificate, which names localhost and 127.0.0.1."""

    def __init__(self, password: str) -> None:
        super().__init__()
        self.password = password
        self.port = _free_port()

    @property
    def ca_file(self) -> Path:
        """The PEM file of the authority that signed its certificate."""
        return self._root / "ca.pem"

    def tls_url(self, database: str, **options: str) -> str:
        """Answer the URL of a database over TLS, without the password."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://inboxsync@localhost:{self.port}/{database}?{query}"

    def url(self, database: str) -> str:
        """Answer the URL of a database by way of the socket."""
        return f"{super().url(database)}&port={self.port}"

    def _prepare(self) -> None:
        super()._prepare()
        write_certificates(self._root)
        if self._uid is not None:
            os.chown(self._root / "server.key", self._uid, self._gid or -1)
        (self._data / "pg_hba.conf").write_text(_HBA)

    def _start(self) -> None:
        super()._start()
        self._execute(f"ALTER ROLE inboxsync PASSWORD '{self.password}'")

    def _settings(self) -> Mapping[str, str]:
        return {
            **super()._settings(),
            "listen_addresses": HOST,
            "port": str(self.port),
            "ssl": "on",
            "ssl_cert_file": str(self._root / "server.pem"),
            "ssl_key_file": str(self._root / "server.key"),
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
