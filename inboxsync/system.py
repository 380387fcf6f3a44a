"""The one module that knows the operating system: paths, permissions, locks, signals, processes, the clock.

Every function works on POSIX and on Windows; what only one of them has is imported inside its branch.
Standard library only and cheap to import: the fast path uses it, so `pathlib`, `tempfile` and `socket` (together
more than the start of Python itself) are imported where they are used.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

TYPE_CHECKING = False  # `typing` costs as much to import as the rest of this module
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

IS_WINDOWS = sys.platform == "win32"
NOTIFY_TIMEOUT_S = 0.2


def utc_now() -> datetime:
    """Read the clock: aware, UTC. The shell passes it on; nothing below the shell calls this."""
    from datetime import UTC, datetime

    return datetime.now(UTC)  # noqa: TID251  the one place that may


def monotonic_s() -> float:
    """Seconds that only go forward, for deadlines; a changed wall clock does not move them."""
    return time.monotonic()


# --- places --------------------------------------------------------------------------------------------------------


def home_dir(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """The user's home directory, from the environment first, so that a test or a service can say another."""
    names = ("USERPROFILE", "HOME") if platform == "win32" else ("HOME",)
    found = next((environ[name] for name in names if environ.get(name)), "")
    return found or os.path.expanduser("~")


def default_data_dir(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where data lives when nobody says otherwise: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows.

    Hand-written instead of platformdirs because the fast path needs it and that import alone costs as much as Python.
    """
    from pathlib import Path

    return Path(default_data_dir_text(environ, platform))


def default_data_dir_text(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Answer what `default_data_dir` answers, as text, for callers that cannot afford pathlib."""
    home = home_dir(environ, platform)
    if platform == "win32":
        return os.path.join(environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "inboxsync")
    if platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "inboxsync")
    return os.path.join(_xdg(environ, "XDG_DATA_HOME") or os.path.join(home, ".local", "share"), "inboxsync")


def default_config_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where the settings file is looked for when INBOXSYNC_CONFIG does not say: the platform's own place."""
    from pathlib import Path

    return Path(default_config_file_text(environ, platform))


def default_config_file_text(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Answer what `default_config_file` answers, as text, for callers that cannot afford pathlib."""
    home = home_dir(environ, platform)
    if platform == "win32":
        place = environ.get("APPDATA") or os.path.join(home, "AppData", "Roaming")
    elif platform == "darwin":
        place = os.path.join(home, "Library", "Application Support")
    else:
        place = _xdg(environ, "XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return os.path.join(place, "inboxsync", "config.toml")


def _xdg(environ: Mapping[str, str], name: str) -> str:
    """A base directory; a relative one is to be ignored (XDG Base Directory Specification 0.8, "Basics")."""
    value = environ.get(name, "")
    return value if value.startswith("/") else ""


def absolute_path(text: str, environ: Mapping[str, str], base: str | None = None) -> str:
    """Make a path that a person wrote absolute: a leading `~` is the home, a relative one starts at `base` or here."""
    if text == "~" or text.startswith(("~/", "~\\")):
        text = home_dir(environ) + text[1:]
    return os.path.normpath(os.path.join(base or os.getcwd(), text))


# --- files ---------------------------------------------------------------------------------------------------------


def make_private_dir(path: Path) -> None:
    """Make a directory, and those of its parents that are missing, that only this user may enter (0700).

    On Windows the rights are those of the profile. What exists is left as it is. Raises OSError.
    """
    for missing in [p for p in (*reversed(path.parents), path) if not p.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)  # mkdir(parents=True) would give the parents the mode of the umask
    path.mkdir(mode=0o700, exist_ok=True)  # FileExistsError where a file stands in its place


def privacy_fault(path: Path) -> str | None:
    """Say why a secret file must not be trusted (a link, somebody else's, readable by others), or None if it may.

    On Windows the rights come from the profile directory and only links are refused. Raises OSError.
    """
    return _fault_of(path.lstat(), granted=False)


def _fault_of(status: os.stat_result, *, granted: bool) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    return None if sys.platform == "win32" else _rights_fault(status, granted=granted)


def _rights_fault(status: os.stat_result, *, granted: bool) -> str | None:
    """`granted`: placed by the service manager, which leaves the file to root and lets the service read it by an ACL.

    The mask of that ACL shows as the group's bits: systemd 254 and later give 0440, root (systemd/systemd#29096).
    """
    if sys.platform == "win32":
        return None
    owners = (os.geteuid(), 0) if granted else (os.geteuid(),)
    if status.st_uid not in owners:
        return "it belongs to another user"
    if status.st_mode & (0o037 if granted else 0o077):
        return f"others may read it (mode {status.st_mode & 0o777:04o}; `chmod 600` it)"
    return None


def read_private(path: Path, *, max_bytes: int, granted: bool = False) -> bytes:
    """Read a secret file after checking the very file that was opened, so that nobody swaps it in between.

    `granted` is for $CREDENTIALS_DIRECTORY, whose files may be root's. Raises FileNotFoundError, PermissionError with
    the words of `privacy_fault` as its `strerror`, or another OSError; EFBIG where it is longer than `max_bytes`.
    """
    _refuse(_fault_of(path.lstat(), granted=granted), path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        _refuse(_fault_of(os.fstat(descriptor), granted=granted), path)
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {max_bytes} bytes", str(path))
    return content


def _refuse(fault: str | None, path: Path) -> None:
    if fault:
        raise PermissionError(errno.EPERM, fault, str(path))


def leave(exit_code: int) -> int:
    """End this process now, without taking the interpreter apart: 50 ms of a run, in which nothing is left to free.

    For the end of a command, when all is closed. Comes back with the code only where output cannot be written, so that
    Python ends as it does then.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return exit_code
    os._exit(exit_code)


def collect_rarely() -> None:
    """Let the collector of reference cycles look every hundred and fifty thousand objects.

    What a run makes of mail lives for one batch and holds no cycles; as delivered, Python looks every seven hundred
    objects whether it does, and now and then at everything (a twentieth of a first sync of small mail).
    """
    import gc

    gc.set_threshold(150_000, 20, 50)


def sync_directory(path: Path) -> None:
    """Make a rename in this directory durable; Windows has no such call and needs none. Raises OSError.

    File systems that cannot sync a directory say EINVAL or ENOTSUP and are taken at their word.
    """
    if IS_WINDOWS:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def publish(path: Path, content: bytes, *, durable: bool = True, replace: bool = True) -> None:
    """Put a file in its place whole or not at all: temporary file beside it, fsync if durable, rename.

    The file is private (0600). `replace=False` keeps an existing file, also one that another process publishes at the
    same moment: the first wins. A failure (disk full included) leaves no temporary file behind. Raises OSError.
    """
    import tempfile

    if not replace and os.path.lexists(path):
        return
    make_private_dir(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        _write(descriptor, content, durable=durable)
        _rename(temporary, path, replace=replace)
    except BaseException:
        _unlink_if_there(temporary)
        raise
    if durable:
        sync_directory(path.parent)


def _write(descriptor: int, content: bytes, *, durable: bool) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _rename(temporary: str, path: Path, *, replace: bool) -> None:
    if replace or not _link(temporary, path):
        os.replace(temporary, path)
    else:
        _unlink_if_there(temporary)


def _link(temporary: str, path: Path) -> bool:
    """Give the file its name unless that is taken; False where the file system knows no links (FAT, some shares)."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return True
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise
        return False
    return True


def _unlink_if_there(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


# --- locks ---------------------------------------------------------------------------------------------------------


def file_lock(path: Path, *, timeout_s: float) -> AbstractContextManager[None]:
    """Hold an exclusive lock on a file; the system drops it when the process dies. TimeoutError when others keep it.

    A file system that cannot lock raises its OSError at once instead of looking like a busy one.
    """
    from contextlib import contextmanager

    return contextmanager(_hold)(path, timeout_s)


def _hold(path: Path, timeout_s: float) -> Iterator[None]:
    make_private_dir(path.parent)
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
    except (BlockingIOError, PermissionError):  # flock says EWOULDBLOCK, msvcrt EACCES
        return False
    return True


# --- processes -----------------------------------------------------------------------------------------------------


def host_name() -> str:
    """The name of this machine, as leases record it."""
    import socket

    return socket.gethostname()


def process_start(pid: int) -> str | None:
    """A token for when this process started, so that a reused pid is told apart; None when there is no such process.

    Linux: clock ticks since boot from /proc (proc(5), field 22) @ our pid namespace. A zombie has ended: only its
    parent has not noticed. Elsewhere 'unknown' for a living process.
    """
    if not 0 < pid < 2**31:
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()  # the name before it may hold anything, `)` and spaces too
    except OSError:
        return "unknown" if _is_running(pid) else None
    return None if fields[0] in (b"Z", b"X") else f"{fields[19].decode()}@{_pid_namespace()}"


def _pid_namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        kernel32 = ctypes.windll.kernel32
        handle = kernel32.OpenProcess(0x0010_0000, False, pid)  # SYNCHRONIZE
        if not handle:
            return bool(kernel32.GetLastError() == 5)  # ERROR_ACCESS_DENIED: there, and somebody else's
        running = bool(kernel32.WaitForSingleObject(handle, 0) == 0x102)  # WAIT_TIMEOUT: not ended
        kernel32.CloseHandle(handle)
        return running
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def owner_is_dead(host: str, pid: int, start: str) -> bool:
    """Whether the process that wrote this is surely gone; never claimed of another host's process.

    Nor of another pid namespace's: containers that share the host's name do not see each other's processes.
    """
    namespace = start.partition("@")[2]
    if host != host_name() or (namespace and namespace != _pid_namespace()):
        return False
    return process_start(pid) != start


def on_terminate(handler: Callable[[], None]) -> None:
    """Call `handler` once on SIGTERM, SIGINT or (Windows) Ctrl-Break; a second signal ends the process as usual.

    A signal that the parent had us ignore (nohup, `&` in a shell) stays ignored. Raises ValueError off the main thread.
    """
    import signal

    names = ("SIGTERM", "SIGINT", "SIGBREAK") if IS_WINDOWS else ("SIGTERM", "SIGINT")
    numbers = [signal.Signals[name] for name in names]
    heeded = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]

    def once(_signum: int, _frame: object) -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
        handler()

    for number in heeded:
        signal.signal(number, once)


def forbid_core_dumps() -> None:
    """Keep secrets in memory out of core files (RLIMIT_CORE 0); Windows writes none by itself."""
    if sys.platform == "win32":
        return
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):  # a sandbox may forbid it; the run is worth more
        return


def notify(notify_socket: str, words: str) -> None:
    """Send a datagram to the service manager (sd_notify(3)); a socket that is gone, or not read, is nobody's loss."""
    import socket

    if sys.platform == "win32":
        return
    address = f"\0{notify_socket[1:]}" if notify_socket.startswith("@") else notify_socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
        # Once some ten datagrams lie unread the next would wait for ever, and with it whoever says that it lives.
        speaking.settimeout(NOTIFY_TIMEOUT_S)
        try:
            speaking.connect(address)
            speaking.send(words.encode())
        except OSError:
            return
