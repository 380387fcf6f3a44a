"""What is promised of private files and directories."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inboxsync.system.files import make_private_dir, privacy_fault, publish, read_private

PYTHON = [sys.executable, "-c"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_dir_and_its_missing_parents_are_for_this_user_only(tmp_path: Path) -> None:
    before = mode(tmp_path)
    make_private_dir(tmp_path / "a" / "b")
    make_private_dir(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path) == before


def test_a_private_dir_where_a_file_stands_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(FileExistsError):
        make_private_dir(tmp_path / "f")


def private(tmp_path: Path, octets: bytes = b"content", file_mode: int = 0o600) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(octets)
    path.chmod(file_mode)
    return path


@pytest.mark.parametrize("file_mode", [0o600, 0o400])
def test_a_private_file_has_no_fault_and_is_read(tmp_path: Path, file_mode: int) -> None:
    path = private(tmp_path, file_mode=file_mode)
    assert privacy_fault(path) is None
    assert read_private(path, max_bytes=7) == b"content"


@pytest.mark.parametrize("file_mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, file_mode: int) -> None:
    path = private(tmp_path, file_mode=file_mode)
    assert "others may read it" in (privacy_fault(path) or "")
    with pytest.raises(PermissionError, match="others may read it"):
        read_private(path, max_bytes=7)


def test_a_link_is_refused_even_to_a_private_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(private(tmp_path))
    assert privacy_fault(link) == "it is a symbolic link"
    with pytest.raises(PermissionError, match="symbolic link"):
        read_private(link, max_bytes=7)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(PermissionError, match="not a regular file"):
        read_private(tmp_path / "pipe", max_bytes=7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_file_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path)
    os.chown(path, 12345, -1)
    assert privacy_fault(path) == "it belongs to another user"
    with pytest.raises(PermissionError, match="another user"):
        read_private(path, max_bytes=7, granted=True)


def test_a_granted_file_may_show_the_acl_mask_as_group_bits_but_no_more(tmp_path: Path) -> None:
    assert read_private(private(tmp_path, file_mode=0o440), max_bytes=7, granted=True) == b"content"
    for file_mode in (0o444, 0o460, 0o620):
        with pytest.raises(PermissionError):
            read_private(private(tmp_path, file_mode=file_mode), max_bytes=7, granted=True)


def test_a_private_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="longer than 6 bytes") as caught:
        read_private(private(tmp_path), max_bytes=6)
    assert caught.value.errno == errno.EFBIG


def test_publish_writes_whole_private_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    publish(path, b"one")
    publish(path, b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert os.listdir(path.parent) == ["file"]


def test_publish_keeps_an_existing_file_when_told(tmp_path: Path) -> None:
    publish(tmp_path / "file", b"one", replace=False)
    publish(tmp_path / "file", b"two", replace=False)
    assert (tmp_path / "file").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").stat().st_nlink == 1


def test_of_many_that_publish_at_once_exactly_one_wins_and_all_see_it(tmp_path: Path) -> None:
    barrier, seen = threading.Barrier(8), []

    def race(number: int) -> None:
        barrier.wait()
        publish(tmp_path / "file", bytes([number]), replace=False)
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
        publish(tmp_path / "taken", b"x")
    assert os.listdir(tmp_path) == ["taken"]


def test_a_full_disk_leaves_no_temporary_file(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path; from inboxsync.system.files import publish\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"try: publish(Path({str(tmp_path / 'file')!r}), b'x' * 5000)\n"
        "except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(errno.EFBIG)
    assert os.listdir(tmp_path) == []
