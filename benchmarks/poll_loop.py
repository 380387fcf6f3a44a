"""A worker that polls and claims and does nothing else. Prints one JSON object of what a poll took."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from statistics import median

from inboxsync import app, system
from inboxsync.model.provider import NO_LIMITS
from inboxsync.store.sql import open_store
from inboxsync.sync.caps import Caps
from inboxsync.sync.worker import choose, rest_s

PLACES = 32
CAPS = Caps()
# Workers rest for 15 s; so short a rest leaves two processors to four of them and the server.
REST_S = 0.1


def main() -> None:
    """Poll so often, with leases of 32 integrations each time."""
    url, rounds = sys.argv[1], int(sys.argv[2])
    control = open_store(url, Path(os.devnull)).control
    owner, taken = app.this_owner(), 0
    wall_s, cpu_s = [], []
    for number in range(rounds + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        polled = control.poll(system.utc_now(), host=owner.host, owner_is_dead=app.is_dead)
        chosen = choose(
            polled.due, (), places=PLACES, taken_before=taken, caps=CAPS, limits_of=lambda _provider: NO_LIMITS
        )
        leases = control.acquire_leases([one.id for one in chosen], owner, lifetime_s=60, owner_is_dead=app.is_dead)
        control.integrations_of([lease.integration_id for lease in leases])
        if number:  # the first opens the connection
            wall_s.append(time.perf_counter() - began)
            cpu_s.append(time.process_time() - began_cpu)
        taken += len(leases)
        for lease in leases:
            control.release_lease(lease)
        time.sleep(rest_s(REST_S, random.random()))
    figure = {"wall_ms": median(wall_s) * 1000, "cpu_ms": median(cpu_s) * 1000, "taken": taken, "due": len(polled.due)}
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
