"""The private server that the Postgres tests run on."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from devtools.postgres import Postgres, PostgresMissing, postgres_binaries


def test_the_newest_of_debians_versions_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "10", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert postgres_binaries(tmp_path) == tmp_path / "15" / "bin"


def test_a_missing_postgres_is_told_with_the_package(tmp_path: Path) -> None:
    with pytest.raises(PostgresMissing, match="apt-get install postgresql"):
        postgres_binaries(tmp_path, str(tmp_path))


@pytest.mark.postgres
def test_databases_are_empty_or_copies_and_nothing_stays_behind() -> None:
    with Postgres() as server:
        url = server.fresh_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (a int)")
        connection.close()
        copy = server.fresh_database(template=url.partition("@/")[2].partition("?")[0])
        with psycopg.connect(copy) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        server.restart()
        connection.close()
        psycopg.connect(url).close()
        root = Path(url.partition("host=")[2])
        assert root.is_dir()
    assert not root.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=1)
