"""Many mailboxes behind a long line: a proxy that delays every answer by a round trip of 40 ms."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.first_sync import tiny
from devtools.dovecot import Dovecot
from devtools.tcp_proxy import TcpProxy
from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret

ROUND_TRIP_S = 0.04


def twenty(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """Twenty mailboxes, due, nothing new."""
    users = [f"m{number}" for number in range(20)]
    for user in users:
        bench.deliver(server, user, tiny(3))
    with TcpProxy(server.port) as proxy:
        enrol(home, [(user, user) for user in users], proxy.port)
        bench.run(bench.inboxsync("sync-all", "--force"), home)
        proxy.downstream_delay_s = ROUND_TRIP_S
        sockets = bench.program("lockstep.py", "127.0.0.1", str(proxy.port), bench.PASSWORD, *users)
        mine, raw = bench.in_turn(
            runs,
            lambda: bench.run(bench.inboxsync("sync-all", "--force"), home),
            lambda: bench.run(sockets, home),
        )
    ratio = mine.wall_s / raw.wall_s
    measured = f"{ratio:.2f} x ({mine.wall_s:.2f} s against {raw.wall_s:.2f} s)"
    return [Row("due, nothing new, 20 mailboxes, 40 ms", "<= 2 x 20 raw sockets in lockstep", measured, ratio <= 2)]


def thousand(server: Dovecot, home: Path) -> list[Row]:
    """A thousand integrations, due, nothing new; forty accounts serve them."""
    users = [f"k{number}" for number in range(40)]
    for user in users:
        bench.deliver(server, user, tiny(1))
    with TcpProxy(server.port) as proxy:
        enrol(home, [(f"i{number}", users[number % len(users)]) for number in range(1000)], proxy.port)
        bench.run(bench.inboxsync("sync-all", "--force"), home)
        proxy.downstream_delay_s = ROUND_TRIP_S
        figure = bench.run(bench.inboxsync("sync-all", "--force"), home)
    measured = f"{figure.wall_s:.1f} s, {figure.peak_mib:.0f} MiB"
    met = figure.wall_s <= 60 and figure.peak_mib <= 200
    return [Row("1,000 integrations due, nothing new, 40 ms", "<= 60 s, <= 200 MiB", measured, met)]


def enrol(home: Path, accounts: list[tuple[str, str]], port: int) -> None:
    """Put integrations into a new store, without a login each."""
    bench.forget(home)
    environ = {**os.environ, **bench.environment(home)}
    with App(load_settings(environ), environ) as app:
        for name, user in accounts:
            endpoint = Endpoint("127.0.0.1", port, TlsMode.NONE, user)
            now = app.now()
            integration = Integration(
                str(uuid4()), name, f"{name}@example.com", endpoint, created_at=now, updated_at=now
            )  # fmt: skip
            app.store.control.add_integration(integration, app.vault().seal(Secret(bench.PASSWORD), integration))
