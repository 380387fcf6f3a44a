"""A private Postgres for tests and benchmarks, from Debian's package: own directory, own socket, gone afterwards.

It listens on a Unix socket in its directory alone, trusts whoever can reach that, and never waits for the disk.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

START_TIMEOUT_S = 20.0
_SERVER_USERS = ("postgres", "nobody")
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


class PostgresMissing(RuntimeError):
    """Postgres is not installed, or does not start; the text says what to do."""


def postgres_binaries(debian: Path = Path("/usr/lib/postgresql"), search_path: str | None = None) -> Path:
    """Find the directory with `initdb` and `postgres`: the newest of Debian's, else that of PATH. PostgresMissing."""
    installed = sorted(debian.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb", path=search_path)
    if found is None:
        raise PostgresMissing("Postgres is not installed: apt-get install postgresql")
    return Path(found).resolve().parent


class Postgres:
    """A running server; a context manager. Everything it made is deleted on leaving."""

    def __init__(self) -> None:
        self._binaries = postgres_binaries()
        # The socket's path must stay under 108 octets (sockaddr_un), so not below pytest's own directories.
        self._root = Path(tempfile.mkdtemp(prefix="inboxsync-pg-", dir="/tmp"))
        self._user = self._unprivileged_user()
        self._server: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process whose children do the work."""
        assert self._server is not None, "not started"
        return self._server.pid

    @property
    def log_file(self) -> Path:
        """Where the server writes what it has to say."""
        return self._root / "log"

    def url(self, database: str) -> str:
        """Answer the URL of a database of this server."""
        return f"postgresql://inboxsync@/{database}?host={self._root}"

    def fresh_database(self, template: str | None = None) -> str:
        """Make a database and answer its URL: empty, or a copy of `template`, to which nothing may be connected."""
        name = f"fresh_{os.getpid()}_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database of this server, closing whatever is connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{database_name(url)}" WITH (FORCE)')

    def empty_tables(self, url: str, *, keeping: Sequence[str] = ()) -> None:
        """Empty every table of a database but those named, faster than a new database is made; cuts its connections."""
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = ", ".join(f'"{name}"' for (name,) in found if name not in keeping)
            if names:
                connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE".encode())

    def restart(self) -> None:
        """Stop at once, cutting every connection, and start again with the same data."""
        with self.down():
            pass

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be away within the block: stopped at once, cutting every connection, and started again with the same data."""
        self._end(signal.SIGQUIT)
        try:
            yield
        finally:
            self._start()

    def stop(self) -> None:
        """Stop the server and delete its directory."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._root, ignore_errors=True)

    def _prepare(self) -> None:
        if self._user is not None:
            os.chown(self._root, self._user.pw_uid, self._user.pw_gid)
        command = ["initdb", "--pgdata", str(self._data), "--username", "inboxsync", "--auth", "trust"]
        self._run([*command, "--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions"])

    def _start(self) -> None:
        settings = [part for name, value in self._settings().items() for part in ("-c", f"{name}={value}")]
        with self.log_file.open("ab") as log:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-k", self._root, *settings],
                stdout=log,
                stderr=log,
                cwd="/",
                user=self._uid,
                group=self._gid,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise PostgresMissing("Postgres does not start:\n" + self.log_file.read_text(errors="replace"))
            time.sleep(0.02)

    def _settings(self) -> Mapping[str, str]:
        """What the server is told."""
        return _SETTINGS

    def _end(self, how: signal.Signals) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if server.poll() is None:
            server.send_signal(how)
        try:
            server.wait(timeout=START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, command: list[str]) -> None:
        full = [str(self._binaries / command[0]), *command[1:]]
        done = subprocess.run(
            full, capture_output=True, text=True, cwd="/", check=False, user=self._uid, group=self._gid
        )
        if done.returncode != 0:
            raise PostgresMissing(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    @property
    def _data(self) -> Path:
        return self._root / "data"

    @property
    def _uid(self) -> int | None:
        return None if self._user is None else self._user.pw_uid

    @property
    def _gid(self) -> int | None:
        return None if self._user is None else self._user.pw_gid

    @staticmethod
    def _unprivileged_user() -> pwd.struct_passwd | None:
        """The user to run as: initdb and postgres refuse root."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        return next(known[name] for name in _SERVER_USERS if name in known)


def database_name(url: str) -> str:
    """Answer the database's name in a URL that `Postgres` made."""
    return url.partition("@/")[2].partition("?")[0]
