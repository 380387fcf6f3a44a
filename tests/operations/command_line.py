"""The contract of the command line, as far as files outside the package call it, and a check of words against it."""

from __future__ import annotations

from pathlib import Path

from inboxsync.config.settings import Settings
from inboxsync.fastpath import SWITCHES

ROOT = Path(__file__).parents[2]

DEADLINE_S = Settings(data_dir=ROOT).deadline_s
"""After what a run ends itself; every scheduler's own limit has to lie above it."""

# Option -> whether a value follows. Public contract: a name here changes only with a decision record.
SYNC_ALL_OPTIONS = {"--deadline": True, "--jobs": True, "--force": False, "--json": False, "-q": False, "-v": False}


def check_sync_all(words: list[str]) -> dict[str, str]:
    """Give the options of a `inboxsync sync-all …` command line; AssertionError for anything that does not exist."""
    assert Path(words[0]).name in ("inboxsync", "inboxsync.exe")
    assert words[1] == "sync-all"
    rest, found = words[2:], {}
    while rest:
        option = rest.pop(0)
        assert option in SYNC_ALL_OPTIONS, option
        found[option] = rest.pop(0) if SYNC_ALL_OPTIONS[option] else ""
    assert set(found) <= SWITCHES, "with other options an idle run starts the whole program"
    return found
