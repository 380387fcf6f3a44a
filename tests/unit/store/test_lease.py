"""Leases between processes, with real owners; what one process can see is in tests/contract/store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.state import Owner
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.system.processes import host_name, owner_is_dead, process_start

CONTEND = """
import os, pathlib, sys, threading
from inboxsync.system.processes import host_name, owner_is_dead, process_start
from inboxsync.model.state import Owner
from inboxsync.store.sql import open_store
store = open_store(None, pathlib.Path(sys.argv[1]))
owner = Owner(host_name(), os.getpid(), process_start(os.getpid()))
is_dead = lambda other: owner_is_dead(other.host, other.pid, other.process_start)
won = []
def contend():
    lease = store.control.acquire_lease(int(sys.argv[2]), owner, lifetime_s=60, owner_is_dead=is_dead)
    if lease is not None:
        won.append(lease)
print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=contend) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(won), flush=True)
sys.stdin.readline()
"""


def new_store(data_dir: Path) -> tuple[SqlStore, int]:
    store = open_store(None, data_dir)
    store.schema.ensure()
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "u")
    stored = store.control.add_integration(Integration("uuid", "a", "a@example.com", endpoint), None)
    return store, stored.id or 0


def is_dead(owner: Owner) -> bool:
    return owner_is_dead(owner.host, owner.pid, owner.process_start)


def contender(data_dir: Path, integration_id: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONTEND, str(data_dir), str(integration_id)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_two_processes_with_many_threads_one_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    store, id_ = new_store(tmp_path)
    processes = [contender(tmp_path, id_) for _ in range(2)]
    try:
        assert [told(process) for process in processes] == ["ready", "ready"]
        for process in processes:
            go(process)
        assert sorted(told(process) for process in processes) == ["0", "1"]
        (held,) = store.control.leases()
        assert held.owner.pid in {process.pid for process in processes}
        mine = Owner(host_name(), os.getpid(), process_start(os.getpid()) or "")
        assert store.control.acquire_lease(id_, mine, lifetime_s=60, owner_is_dead=is_dead) is None
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    taken = store.control.acquire_lease(id_, mine, lifetime_s=60, owner_is_dead=is_dead)
    assert taken is not None
    assert taken.owner == mine
    store.close()


def test_an_owner_on_another_host_is_never_called_dead(tmp_path: Path) -> None:
    store, id_ = new_store(tmp_path)
    there = Owner("another-host.example.com", 1, "1")
    assert store.control.acquire_lease(id_, there, lifetime_s=60, owner_is_dead=is_dead) is not None
    assert store.control.acquire_lease(id_, there, lifetime_s=60, owner_is_dead=is_dead) is None
    store.close()
