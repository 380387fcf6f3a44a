"""Processes: who runs where, whether one that left a lease is gone, and what this one does about itself."""

from __future__ import annotations

import os
import sys


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


def forbid_core_dumps() -> None:
    """Keep secrets in memory out of core files (RLIMIT_CORE 0); Windows writes none by itself."""
    if sys.platform == "win32":
        return
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):  # a sandbox may forbid it; the run is worth more
        return
