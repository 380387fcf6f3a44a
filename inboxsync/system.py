"""The one module that knows the operating system: paths, permissions, locks, signals, processes, the clock.

Every function works on POSIX and on Windows; what only one of them has is imported inside its branch.
Standard library only and cheap to import: the fast path uses it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

IS_WINDOWS = sys.platform == "win32"


def utc_now() -> datetime:
    """Read the clock: aware, UTC. The shell passes it on; nothing below the shell calls this."""
    return datetime.now(UTC)  # noqa: TID251  the one place that may


def monotonic_s() -> float:
    """Seconds that only go forward, for deadlines; a changed wall clock does not move them."""
    return time.monotonic()


# --- places --------------------------------------------------------------------------------------------------------


def default_data_dir(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where data lives when nobody says otherwise: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows.

    Hand-written instead of platformdirs because the fast path needs it and that import alone costs as much as Python.
    """
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~"))  # noqa: PTH111
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "inboxsync"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "inboxsync"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "inboxsync"


def default_config_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where the settings file is looked for when INBOXSYNC_CONFIG does not say: `config.toml` in the platform's place."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~"))  # noqa: PTH111
    if platform == "win32":
        return Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "inboxsync" / "config.toml"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "inboxsync" / "config.toml"
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "inboxsync" / "config.toml"


# --- files ---------------------------------------------------------------------------------------------------------


def make_private_dir(path: Path) -> None:
    """Make a directory, and its parents, that only this user may enter (0700; on Windows the profile's own rights)."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def privacy_fault(path: Path) -> str | None:
    """Say why a secret file must not be trusted (a link, somebody else's, readable by others), or None if it may.

    On Windows the rights come from the profile directory and only links are refused.
    """
    status = path.lstat()
    if path.is_symlink():
        return "it is a symbolic link"
    if IS_WINDOWS:
        return None
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & 0o077:
        return f"others may read it (mode {status.st_mode & 0o777:04o}; `chmod 600` it)"
    return None


def sync_directory(path: Path) -> None:
    """Make a rename in this directory durable; Windows has no such call and needs none."""
    if IS_WINDOWS:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(path: Path, content: bytes, *, durable: bool = True, replace: bool = True) -> None:
    """Put a file in its place whole or not at all: temporary file beside it, fsync if durable, rename.

    The file is private (0600). `replace=False` keeps an existing file and writes nothing. A failure (disk full
    included) leaves no temporary file behind. Raises OSError.
    """
    if not replace and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
    if durable:
        sync_directory(path.parent)


@contextlib.contextmanager
def file_lock(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system drops it when the process dies. TimeoutError when others keep it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock_until(descriptor, time.monotonic() + timeout_s, path)
        yield
    finally:
        os.close(descriptor)


def _lock_until(descriptor: int, deadline: float, path: Path) -> None:
    while not _try_lock(descriptor):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"another process holds {path}")
        time.sleep(0.05)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# --- processes -----------------------------------------------------------------------------------------------------


def host_name() -> str:
    """The name of this machine, as leases record it."""
    return socket.gethostname()


def process_start(pid: int) -> str | None:
    """A token for when this process started, so that a reused pid is told apart; None when there is no such process.

    Linux: clock ticks since boot from /proc (proc(5), field 22). Elsewhere 'unknown' for a living process.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        with contextlib.suppress(OSError, IndexError):
            return stat.read_text().rpartition(")")[2].split()[19]
    return "unknown" if _is_running(pid) else None


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return False
        ctypes.windll.kernel32.CloseHandle(handle)
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def owner_is_dead(host: str, pid: int, start: str) -> bool:
    """Whether the process that wrote this is surely gone; never claimed of another host's process."""
    return host == host_name() and process_start(pid) != start


def on_terminate(handler: Callable[[], None]) -> None:
    """Call `handler` once on SIGTERM, SIGINT or (Windows) Ctrl-Break; a second signal ends the process as usual."""
    import signal

    def once(signum: int, _frame: object) -> None:
        signal.signal(signum, signal.SIG_DFL)
        handler()

    names = ("SIGTERM", "SIGINT", "SIGBREAK") if IS_WINDOWS else ("SIGTERM", "SIGINT")
    for name in names:
        signal.signal(getattr(signal, name), once)


def forbid_core_dumps() -> None:
    """Keep secrets in memory out of core files (RLIMIT_CORE 0); Windows writes none by itself."""
    if IS_WINDOWS:
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
