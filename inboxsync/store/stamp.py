"""The stamp: "nothing is due before then", so that a run on Postgres that has nothing to do need not connect.

Opening a connection costs ten times the start of Python. A stamp is only ever short of the truth: it holds for the
store, the settings file and the schema it was written for, ends at the first instant that was due when it was written
and at the latest after `VALID_S`, and every command on this data directory that goes the long way takes it away, before
its work and after. What another machine changes is therefore seen `VALID_S` later at the latest (docs/adr/0015).

Standard library only, and of that only what Python has loaded anyway: the fast path reads it.
"""

from __future__ import annotations

import os

from inboxsync.store.version import SCHEMA_VERSION

TYPE_CHECKING = False  # `typing` is not cheap
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# As long as an integration waits between two runs where nobody says otherwise.
VALID_S = 300.0
_NAME = "next-due"
_PENDING = f"{_NAME}."
_MAX_BYTES = 8_192


def key_of(database: str, config_file: str | None) -> str:
    """Name what a stamp is about: the database (without password) and the very settings file that was read."""
    config = ""
    if config_file is not None:
        try:
            status = os.stat(config_file)
            config = f"{config_file} {status.st_mtime_ns} {status.st_size}"
        except OSError:
            config = f"{config_file} unreadable"
    return f"{SCHEMA_VERSION} {database!r} {config!r}"


def holds(data_dir: str, key: str, now_s: float) -> bool:
    """Whether the stamp of this data directory says that nothing is due at `now_s` (seconds since 1970). Never raises.

    A clock that went back ends it too: it does not hold before it was written.
    """
    try:
        with open(f"{data_dir}/{_NAME}", encoding="utf-8") as file:
            times, _, found = file.read(_MAX_BYTES).partition("\n")
        written_s, until_s = (float(part) for part in times.split(" "))
    except (OSError, ValueError):
        return False
    return found == key and written_s <= now_s < min(until_s, written_s + VALID_S)


def take_away(data_dir: str) -> None:
    """Delete the stamp and those that are being made, so that none outlasts a change that it has not seen."""
    try:
        found = [name for name in os.listdir(data_dir) if name == _NAME or name.startswith(_PENDING)]
    except OSError:
        return
    for name in found:
        _unlink(f"{data_dir}/{name}")


def renew(data_dir: str, key: str, idle_until: Callable[[datetime], datetime | None], now: datetime) -> None:
    """Write the stamp anew from what `idle_until` reads from the store: an instant, or None where something is due.

    Its file is there before the store is read and is given its name afterwards: whoever changes the store in between
    takes it away, and then there is no stamp. Failing to write one costs nothing but time and is not told.
    """
    pending = f"{data_dir}/{_PENDING}{os.getpid()}-{os.urandom(4).hex()}"
    try:
        descriptor = os.open(pending, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    from inboxsync.errors import StoreError  # not for the fast path, which only reads

    try:
        until = idle_until(now)
        if until is not None:
            os.write(descriptor, f"{now.timestamp():.3f} {until.timestamp():.3f}\n{key}".encode())
    except (OSError, StoreError):
        until = None
    finally:
        os.close(descriptor)
    if until is None or not _rename(pending, f"{data_dir}/{_NAME}"):
        _unlink(pending)


def _rename(pending: str, name: str) -> bool:
    try:
        os.replace(pending, name)
    except OSError:
        return False
    return True


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
