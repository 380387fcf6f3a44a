"""Postgres over TLS with a password from a file: both planes, and no secret in what is told of a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from devtools.postgres_tls import TlsPostgres
from inboxsync.config.settings import load_settings
from inboxsync.errors import StoreUnreachable
from inboxsync.model.views import MessageQuery
from inboxsync.store.address import read_address
from inboxsync.store.connection import Database
from inboxsync.store.sql import open_store

pytestmark = pytest.mark.postgres

PASSWORD = "a made-up p%40ss/word"


@pytest.fixture(scope="module")
def server() -> Iterator[TlsPostgres]:
    with TlsPostgres(PASSWORD) as running:
        yield running


def url_with_password(url: str, tmp_path: Path, password: str = PASSWORD) -> str:
    """The URL as the settings make it of an URL and a password file."""
    file = tmp_path / "database-password"
    file.write_text(f"{password}\n")
    file.chmod(0o600)
    environ = {
        "HOME": str(tmp_path),
        "INBOXSYNC_DATABASE_URL": url,
        "INBOXSYNC_DATABASE_PASSWORD_FILE": str(file),
    }
    return load_settings(environ).connection_url() or ""


def test_migration_and_both_planes_go_over_a_checked_connection(server: TlsPostgres, tmp_path: Path) -> None:
    plain = server.tls_url("postgres", sslmode="verify-full", sslrootcert=str(server.ca_file))
    url = url_with_password(plain, tmp_path)
    with closing(open_store(url, tmp_path)) as store:
        store.schema.ensure()
        assert store.control.integrations() == []
        assert store.content.messages(MessageQuery()).total == 0
        assert PASSWORD not in store.place
    database = Database(read_address(url, tmp_path))
    assert database.row("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == (True,)
    database.close()


@pytest.mark.parametrize("fault", ["another authority", "wrong password", "no TLS"])
def test_what_cannot_be_trusted_is_not_used_and_told_without_the_password(
    server: TlsPostgres, tmp_path: Path, fault: str
) -> None:
    ca_file, options, password = server.ca_file, {"sslmode": "verify-full"}, PASSWORD
    if fault == "another authority":
        ca_file = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(str(ca_file))
    if fault == "no TLS":
        options = {"sslmode": "disable"}
    if fault == "wrong password":
        password = "another-secret"
    url = url_with_password(server.tls_url("postgres", **options, sslrootcert=str(ca_file)), tmp_path, password)
    with closing(open_store(url, tmp_path)) as store:
        for use in (store.schema.current, lambda: store.content.messages(MessageQuery())):
            with pytest.raises(StoreUnreachable) as raised:
                use()
            told = f"{raised.value} {raised.value.hint} {raised.value.__cause__}"
            assert password not in told
            assert "p%2540ss" not in told
