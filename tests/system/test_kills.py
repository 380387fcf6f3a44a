"""The command killed at random moments, again and again while mail goes on arriving (P4, P5)."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from devtools.corpus import varied
from tests.system.cli import Account, Machine, adds_up, finished

pytestmark = pytest.mark.dovecot
ROUNDS = int(os.environ.get("INBOXSYNC_KILLS", "12"))
LETTERS_A_ROUND = 10
SEED = int(os.environ.get("INBOXSYNC_KILLS_SEED", "20260302"))
CONSECUTIVE = {"INBOXSYNC_BATCH_MESSAGES": "1"}


def synced_in_peace(machine: Machine, account: Account) -> tuple[bytes, float]:
    """The dump of a machine that synced this account once, and how long that took."""
    machine.home.mkdir()
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    began_s = time.monotonic()
    machine.sync("support").done()
    duration_s = time.monotonic() - began_s
    return machine.dump(), duration_s


def kill_after(machine: Machine, delay_s: float) -> bool:
    """Start a sync and kill it without a word; answers whether it had not ended by itself."""
    process = machine.start("sync", "support")
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    return finished(process).code == -signal.SIGKILL


def test_killed_at_random_moments_while_mail_arrives(machine: Machine, account: Account) -> None:
    letters = list(varied(ROUNDS * LETTERS_A_ROUND, seed=SEED, with_broken=True))
    account.deliver(*letters[:LETTERS_A_ROUND])
    rehearsals = [synced_in_peace(Machine(machine.home / name, CONSECUTIVE), account) for name in ("one", "two")]
    round_s = min(duration_s for _, duration_s in rehearsals)
    machine = machine.with_environ(**CONSECUTIVE)
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    seeded, killed = random.Random(SEED), 0
    for number in range(1, ROUNDS + 1):
        killed += kill_after(machine, seeded.uniform(0.4, 1.0) * round_s)
        account.deliver(*letters[number * LETTERS_A_ROUND : (number + 1) * LETTERS_A_ROUND])
    assert killed >= ROUNDS // 3, "most runs were through before they were killed"
    last = machine.sync("support").done().part
    assert (last["status"], last["counts"]["pending"]) == ("success", 0), SEED
    calm, _ = synced_in_peace(Machine(machine.home / "calm", CONSECUTIVE), account)
    assert machine.dump() == calm, SEED
    assert machine("verify", "support", "--deep", "--sample", "1000").code == 0
    again = machine.sync("support").done().part
    assert adds_up(again["counts"])
    assert not any(again["counts"].values())
    assert machine.dump() == calm
    machine("db", "check").done()
