"""Install the Debian packages that tests need where we may, and say plainly what to type where we may not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

# What shows that a package is there: a program on the path or in Debian's place for it.
SIGNS: dict[str, Callable[[], object]] = {
    "dovecot-imapd": lambda: (
        shutil.which("dovecot", path="/usr/sbin:/usr/bin") and Path("/usr/lib/dovecot/imap").exists()
    ),
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    "redis-server": lambda: shutil.which("redis-server"),
    "strace": lambda: shutil.which("strace"),
    "chromium": lambda: shutil.which("chromium"),
    "systemd": lambda: shutil.which("systemd-analyze"),
}


def missing(packages: Sequence[str]) -> list[str]:
    """Name the packages whose programs are not here."""
    return [package for package in packages if not SIGNS[package]()]


def install(packages: Sequence[str]) -> None:
    """Install by apt-get, without questions."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def main(packages: Sequence[str]) -> int:
    """Make the packages present, or tell what is missing; tests that need them then fail by name, never skip."""
    absent = missing(packages)
    if not absent:
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"installing Debian packages: {' '.join(absent)}", flush=True)
        install(absent)
        return 0
    print(
        f"not installed: {' '.join(absent)}\n"
        f"  the tests marked for them will fail; get them with: sudo apt-get install {' '.join(absent)}\n"
        "  without them, `make test-fast` runs all tests that need no server",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
