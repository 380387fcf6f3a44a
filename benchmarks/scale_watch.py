"""What a question costs a database and how the database goes about it, as the database itself tells.

SQLite works in our process: its time is ours, and its statements are seen by the hook that Python calls for each new
connection. Postgres is watched from outside: processor time of its processes, and plans that `auto_explain` logs.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from devtools.postgres import Postgres

_STEPS_AT_ONCE = 20
_EXPLAIN = (
    *("session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on"),
    *("auto_explain.log_buffers=on", "auto_explain.log_timing=off", "client_min_messages=warning"),
)
_BLOCKS = re.compile(r"^\s+Buffers:(.*)$", re.MULTILINE)
_NUMBER = re.compile(r"(?:hit|read)=(\d+)")
_listeners: list[Callable[[sqlite3.Connection], None]] = []


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, how it was carried out, and its work: steps of SQLite's machine, or pages that Postgres read."""

    statement: str
    steps: tuple[str, ...]
    work: int


class Watched(Protocol):
    """A database that is watched."""

    @property
    def url(self) -> str | None:
        """The database, None for the SQLite file of the data directory."""

    @property
    def plans_url(self) -> str | None:
        """The same with what watching its plans needs."""

    def cpu_ms(self) -> float:
        """Processor time so far of this process and of the database."""

    def plans(self, ask: Callable[[], object]) -> list[Plan]:
        """Ask, over connections that it opens and keeps, and answer how each query was carried out."""


@dataclass(frozen=True, slots=True)
class WatchedSqlite:
    """The file of a data directory."""

    data_dir: Path
    url: str | None = None
    plans_url: str | None = None

    def cpu_ms(self) -> float:
        """Processor time of this process, in which SQLite works."""
        return 1000 * time.process_time()

    def plans(self, ask: Callable[[], object]) -> list[Plan]:
        """Ask, and have SQLite explain what it was asked, on a connection of our own."""
        seen: list[str] = []
        with _opened_now() as opened:
            ask()
        # They cannot be listened to before they are made, and are kept for the next asking.
        for connection in opened:
            with suppress(sqlite3.ProgrammingError):  # closed again
                connection.set_trace_callback(seen.append)
        ask()
        for connection in opened:
            with suppress(sqlite3.ProgrammingError):
                connection.set_trace_callback(None)
        with closing(sqlite3.connect(self.data_dir / "inboxsync.sqlite3", isolation_level=None)) as connection:
            return [_explained(connection, statement) for statement in seen if _is_query(statement)]


@dataclass(frozen=True, slots=True)
class WatchedPostgres:
    """A database of a private server."""

    server: Postgres
    url: str
    settings: tuple[str, ...] = ()

    @property
    def plans_url(self) -> str:
        """The database with `settings`, each of its queries explained in the server's log."""
        return f"{self.url}&options={quote(' '.join(f'-c {setting}' for setting in (*_EXPLAIN, *self.settings)))}"

    def cpu_ms(self) -> float:
        """Processor time of this process, of the server's processes that live, and of those that have ended."""
        return 1000 * time.process_time() + self._server_ms()

    def _server_ms(self) -> float:
        main = self.server.pid
        fields = Path(f"/proc/{main}/stat").read_text().rpartition(")")[2].split()
        total = (int(fields[13]) + int(fields[14])) * 1000 / os.sysconf("SC_CLK_TCK")
        for child in Path(f"/proc/{main}/task/{main}/children").read_text().split():
            try:
                total += int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) / 1e6
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

    def plans(self, ask: Callable[[], object]) -> list[Plan]:
        """Ask, and read what the server logged meanwhile."""
        log = self.server.log_file
        before = log.stat().st_size
        ask()
        told = log.read_bytes()[before:].decode(errors="replace")
        return list(_logged(told))


def cost_ms(watched: Watched, ask: Callable[[], object], times: int = 5) -> float:
    """Processor time of the quickest of several askings after a first one, which may open connections."""
    ask()
    taken = []
    for _ in range(times):
        began_ms = watched.cpu_ms()
        ask()
        taken.append(watched.cpu_ms() - began_ms)
    return min(taken)


# --- SQLite --------------------------------------------------------------------------------------------------------


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "sqlite3.connect/handle":
        for listener in _listeners:
            listener(arguments[0])


sys.addaudithook(_on_event)  # for as long as the process lives: a hook cannot be taken away again


@contextmanager
def _opened_now() -> Iterator[list[sqlite3.Connection]]:
    opened: list[sqlite3.Connection] = []
    _listeners.append(opened.append)
    try:
        yield opened
    finally:
        _listeners.remove(opened.append)


def _is_query(statement: str) -> bool:
    return statement.lstrip().upper().startswith(("SELECT", "WITH"))


def _explained(connection: sqlite3.Connection, statement: str) -> Plan:
    steps = tuple(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.set_progress_handler(count, _STEPS_AT_ONCE)
    connection.execute(statement).fetchall()
    connection.set_progress_handler(None, 0)
    return Plan(statement, steps, counted * _STEPS_AT_ONCE)


# --- Postgres ------------------------------------------------------------------------------------------------------


def _logged(told: str) -> Iterator[Plan]:
    for entry in told.split("plan:\n")[1:]:
        body = entry.partition("\n20")[0]  # the next line of the log begins with its date
        text, _, plan = body.partition("\n\t")
        first = re.search(r"^.*\(cost=", body, re.MULTILINE)
        if first is None:
            continue
        text, plan = body[: first.start()], body[first.start() :]
        numbers = _BLOCKS.findall(plan)
        work = sum(map(int, _NUMBER.findall(numbers[0]))) if numbers else 0
        statement = " ".join(text.replace("Query Text:", "").split())
        yield Plan(statement, tuple(line.strip("\t") for line in plan.splitlines()), work)
