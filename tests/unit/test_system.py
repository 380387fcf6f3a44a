"""What the one module that knows the operating system promises."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync import system

PYTHON = [sys.executable, "-c"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- import and clock ----------------------------------------------------------------------------------------------


def test_importing_it_is_cheap() -> None:
    dear = ("pathlib", "tempfile", "socket", "typing", "dataclasses", "datetime", "contextlib", "re")
    code = f"import sys; import inboxsync.system; print([m for m in {dear!r} if m in sys.modules])"
    # -S: what `site` and its .pth files load is not ours
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_clock_is_aware_and_utc() -> None:
    assert system.utc_now().utcoffset() == timedelta(0)


def test_monotonic_seconds_never_go_back() -> None:
    assert system.monotonic_s() <= system.monotonic_s()


# --- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/share/inboxsync"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": "/d"}, "/d/inboxsync"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": "relative"}, "/h/.local/share/inboxsync"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": ""}, "/h/.local/share/inboxsync"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/inboxsync"),
        ("win32", {"USERPROFILE": "/p", "HOME": "/h"}, "/p/AppData/Local/inboxsync"),
        ("win32", {"USERPROFILE": "/p", "LOCALAPPDATA": "/l"}, "/l/inboxsync"),
    ],
)
def test_default_data_dir(platform: str, environ: dict[str, str], expected: str) -> None:
    assert system.default_data_dir(environ, platform) == Path(expected)
    assert system.default_data_dir_text(environ, platform) == expected


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.config/inboxsync/config.toml"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/c"}, "/c/inboxsync/config.toml"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/inboxsync/config.toml"),
        ("win32", {"USERPROFILE": "/p", "APPDATA": "/a"}, "/a/inboxsync/config.toml"),
        ("win32", {"USERPROFILE": "/p"}, "/p/AppData/Roaming/inboxsync/config.toml"),
    ],
)
def test_default_config_file(platform: str, environ: dict[str, str], expected: str) -> None:
    assert system.default_config_file(environ, platform) == Path(expected)


def test_without_home_the_user_database_is_asked() -> None:
    assert system.home_dir({}) == os.path.expanduser("~")


def test_absolute_path_takes_home_base_and_what_is_absolute() -> None:
    environ = {"HOME": "/h"}
    assert system.absolute_path("~/x", environ) == "/h/x"
    assert system.absolute_path("~", environ) == "/h"
    assert system.absolute_path("a/../b", environ, "/base") == "/base/b"
    assert system.absolute_path("/abs", environ, "/base") == "/abs"
    assert system.absolute_path("x", environ) == str(Path.cwd() / "x")


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_private_dir_and_its_missing_parents_are_for_this_user_only(tmp_path: Path) -> None:
    before = mode(tmp_path)
    system.make_private_dir(tmp_path / "a" / "b")
    system.make_private_dir(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path) == before


def test_a_private_dir_where_a_file_stands_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(FileExistsError):
        system.make_private_dir(tmp_path / "f")


def private(tmp_path: Path, octets: bytes = b"content", file_mode: int = 0o600) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(octets)
    path.chmod(file_mode)
    return path


@pytest.mark.parametrize("file_mode", [0o600, 0o400])
def test_a_private_file_has_no_fault_and_is_read(tmp_path: Path, file_mode: int) -> None:
    path = private(tmp_path, file_mode=file_mode)
    assert system.privacy_fault(path) is None
    assert system.read_private(path, max_bytes=7) == b"content"


@pytest.mark.parametrize("file_mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, file_mode: int) -> None:
    path = private(tmp_path, file_mode=file_mode)
    assert "others may read it" in (system.privacy_fault(path) or "")
    with pytest.raises(PermissionError, match="others may read it"):
        system.read_private(path, max_bytes=7)


def test_a_link_is_refused_even_to_a_private_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(private(tmp_path))
    assert system.privacy_fault(link) == "it is a symbolic link"
    with pytest.raises(PermissionError, match="symbolic link"):
        system.read_private(link, max_bytes=7)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(PermissionError, match="not a regular file"):
        system.read_private(tmp_path / "pipe", max_bytes=7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_file_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path)
    os.chown(path, 12345, -1)
    assert system.privacy_fault(path) == "it belongs to another user"
    with pytest.raises(PermissionError, match="another user"):
        system.read_private(path, max_bytes=7, granted=True)


def test_a_granted_file_may_show_the_acl_mask_as_group_bits_but_no_more(tmp_path: Path) -> None:
    assert system.read_private(private(tmp_path, file_mode=0o440), max_bytes=7, granted=True) == b"content"
    for file_mode in (0o444, 0o460, 0o620):
        with pytest.raises(PermissionError):
            system.read_private(private(tmp_path, file_mode=file_mode), max_bytes=7, granted=True)


def test_a_private_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="longer than 6 bytes") as caught:
        system.read_private(private(tmp_path), max_bytes=6)
    assert caught.value.errno == errno.EFBIG


def test_publish_writes_whole_private_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    system.publish(path, b"one")
    system.publish(path, b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert os.listdir(path.parent) == ["file"]


def test_publish_keeps_an_existing_file_when_told(tmp_path: Path) -> None:
    system.publish(tmp_path / "file", b"one", replace=False)
    system.publish(tmp_path / "file", b"two", replace=False)
    assert (tmp_path / "file").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").stat().st_nlink == 1


def test_of_many_that_publish_at_once_exactly_one_wins_and_all_see_it(tmp_path: Path) -> None:
    barrier, seen = threading.Barrier(8), []

    def race(number: int) -> None:
        barrier.wait()
        system.publish(tmp_path / "file", bytes([number]), replace=False)
        seen.append((tmp_path / "file").read_bytes())

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert os.listdir(tmp_path) == ["file"]


def test_a_failed_publish_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        system.publish(tmp_path / "taken", b"x")
    assert os.listdir(tmp_path) == ["taken"]


def test_a_full_disk_leaves_no_temporary_file(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path; from inboxsync import system\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"try: system.publish(Path({str(tmp_path / 'file')!r}), b'x' * 5000)\n"
        "except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(errno.EFBIG)
    assert os.listdir(tmp_path) == []


# --- locks ---------------------------------------------------------------------------------------------------------


def test_a_lock_excludes_others_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "dir" / "lock"
    with system.file_lock(path, timeout_s=0), pytest.raises(TimeoutError, match="another process holds"):  # noqa: SIM117
        with system.file_lock(path, timeout_s=0.06):
            pytest.fail("two hold the lock")
    with system.file_lock(path, timeout_s=0):
        assert mode(path) == 0o600


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        f"from pathlib import Path; from inboxsync import system; import sys\n"
        f"with system.file_lock(Path({str(path)!r}), timeout_s=5): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen([*PYTHON, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError), system.file_lock(path, timeout_s=0):
            pytest.fail("two hold the lock")
        holder.kill()
        holder.wait()
    with system.file_lock(path, timeout_s=1):
        pass


# --- processes -----------------------------------------------------------------------------------------------------


def test_this_process_is_alive_and_keeps_its_token() -> None:
    start = system.process_start(os.getpid())
    assert start is not None
    assert start == system.process_start(os.getpid())
    assert not system.owner_is_dead(system.host_name(), os.getpid(), start)


def test_another_start_time_is_another_process() -> None:
    namespace = (system.process_start(os.getpid()) or "").partition("@")[2]
    assert system.owner_is_dead(system.host_name(), os.getpid(), f"1@{namespace}")


def test_death_is_never_claimed_of_another_host_or_another_pid_namespace() -> None:
    assert not system.owner_is_dead("another-host.example", 2**22, "1")
    assert not system.owner_is_dead(system.host_name(), 2**22, "1@4026530000")


@pytest.mark.parametrize("pid", [0, -1, 2**31, 2**70])
def test_what_is_no_process_id_is_no_process(pid: int) -> None:
    assert system.process_start(pid) is None


def test_a_killed_process_is_dead_though_nobody_has_waited_for_it() -> None:
    with subprocess.Popen([*PYTHON, "input()"], stdin=subprocess.PIPE) as child:
        start = system.process_start(child.pid)
        assert start is not None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and left a zombie
        assert system.process_start(child.pid) is None
        assert system.owner_is_dead(system.host_name(), child.pid, start)


def test_a_name_that_looks_like_proc_fields_does_not_confuse(tmp_path: Path) -> None:
    odd = tmp_path / ") Z 1\xff ("
    odd.symlink_to("/bin/cat")
    with subprocess.Popen([str(odd)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"x")
        assert child.stdout.read(1) == b"x"  # it runs under its odd name now
        assert system.process_start(child.pid) is not None
        child.stdin.close()


TERMINATE = """
import os, signal, sys
from inboxsync import system
calls = []
system.on_terminate(lambda: calls.append(1))
os.kill(os.getpid(), signal.{first})
print(len(calls), flush=True)
os.kill(os.getpid(), signal.{second})
print("survived", len(calls))
"""


@pytest.mark.parametrize(("first", "second"), [("SIGTERM", "SIGTERM"), ("SIGTERM", "SIGINT"), ("SIGINT", "SIGTERM")])
def test_the_first_signal_calls_the_handler_and_the_second_ends_the_process(first: str, second: str) -> None:
    code = TERMINATE.format(first=first, second=second)
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n"
    assert done.returncode == -signal.Signals[second]


def test_a_signal_that_the_parent_ignores_stays_ignored() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    code += TERMINATE.format(first="SIGINT", second="SIGINT")
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("0\nsurvived 0\n", 0)


def test_core_dumps_are_forbidden() -> None:
    code = "import resource; from inboxsync import system; system.forbid_core_dumps(); "
    code += "system.forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"


HIDDEN = """
import builtins, sys
real = builtins.__import__
def guarded(name, *rest, **more):
    if name in {"fcntl", "resource", "pwd", "grp", "termios"}:
        raise ImportError(name)
    return real(name, *rest, **more)
builtins.__import__ = guarded
import inboxsync.system
print("imported")
"""


def test_it_imports_where_posix_modules_are_missing() -> None:
    done = subprocess.run([*PYTHON, HIDDEN], capture_output=True, text=True, check=True)
    assert done.stdout == "imported\n"


def test_a_process_that_leaves_has_said_all_and_runs_nothing_more() -> None:
    program = (
        "import atexit; from inboxsync import system; atexit.register(print, 'late'); print('said'); system.leave(7)"
    )
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (left.returncode, left.stdout, left.stderr) == (7, "said\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that takes nothing")
def test_output_that_cannot_be_written_is_not_lost_in_silence() -> None:
    program = "from inboxsync import system; print('said'); raise SystemExit(system.leave(0))"
    with open("/dev/full", "w") as full:
        left = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, check=False)
    assert left.returncode != 0


def test_the_service_manager_is_told_by_a_datagram_and_its_absence_is_no_fault(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        # Its path must stay under 108 octets (sockaddr_un), whatever pytest's directories are called.
        address = f"\0inboxsync-test-{os.getpid()}"
        listening.bind(address)
        listening.settimeout(5)
        system.notify("@" + address[1:], "READY=1")
        assert listening.recv(100) == b"READY=1"
    system.notify(str(tmp_path / "nobody"), "READY=1")


def test_a_service_manager_that_reads_nothing_holds_nobody_up() -> None:
    address = f"\0inboxsync-deaf-{os.getpid()}"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking,
    ):
        deaf.bind(address)
        speaking.connect(address)
        speaking.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(100_000):
                speaking.send(b"WATCHDOG=1")
        system.notify("@" + address[1:], "WATCHDOG=1")
