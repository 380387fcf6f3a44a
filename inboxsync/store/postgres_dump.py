"""`pg_dump` of a database in a state that a snapshot of ours holds; its archive is for `pg_restore`.

The whole database, other applications' tables as well: chosen by name, tables come without the functions of triggers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import StoreError, UsageError

if TYPE_CHECKING:
    from inboxsync.store.snapshots import Snapshot

_PROGRAM = "pg_dump"
_SECRET = ("password", "sslpassword")


def dump_database(snapshot: Snapshot, file: Path, *, program: str | None = None) -> None:
    """Write an archive of the database as the snapshot sees it; the password goes by the environment, never argv.

    UsageError where pg_dump is not installed, StoreError with its own words where it fails.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    found = program or shutil.which(_PROGRAM)
    if found is None:
        raise UsageError(
            f"{_PROGRAM} is not installed",
            hint="install Postgres's client programs, or back the database up by other means and add --files-only",
        )
    given = conninfo_to_dict(snapshot.address.postgres_url)
    open_part = make_conninfo(**{name: str(value) for name, value in given.items() if value and name not in _SECRET})
    secret = {"PGPASSWORD": str(given["password"])} if given.get("password") else {}
    exported = snapshot.connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
    command = [found, "--format=custom", "--no-password", f"--snapshot={exported}"]
    done = subprocess.run(
        [*command, f"--file={file}", f"--dbname={open_part}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **secret},  # noqa: TID251  what libpq reads there holds for it too
    )
    if done.returncode:
        raise StoreError(f"{_PROGRAM} failed: {_last_line(done.stderr)}", hint="its version must not be the older one")


def _last_line(text: str) -> str:
    lines = [line.removeprefix(f"{_PROGRAM}: ") for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
