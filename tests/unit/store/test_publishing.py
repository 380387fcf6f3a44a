"""Files that appear whole or not at all, and what dead processes leave behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inboxsync import system
from inboxsync.store.blobs import STAGING, Blobs
from inboxsync.store.publishing import LEFT_OVER_AFTER_S, half_name, publish, sweep_staging
from tests.unit.store.content_builders import attachment, mail
from tests.unit.store.test_blobs import NOISE, NOW, sha256

posix = pytest.mark.skipif(system.IS_WINDOWS, reason="rights are those of POSIX")


def staging(tmp_path: Path) -> Path:
    directory = tmp_path / STAGING
    directory.mkdir(exist_ok=True)
    return directory


def aged(path: Path, age_s: float) -> Path:
    path.write_bytes(b"half")
    now_s = path.stat().st_mtime
    os.utime(path, (now_s - age_s, now_s - age_s))
    return path


@posix
@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_whole_private_and_alone(tmp_path: Path, durable: bool) -> None:
    path, staging = tmp_path / "new" / "deep" / "file", tmp_path / "new" / STAGING
    publish(str(path), b"one", str(staging), durable=durable)
    publish(str(path), b"two", str(staging), durable=durable)
    assert path.read_bytes() == b"two"
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent, staging)] == [0o600, 0o700, 0o700]
    assert list(staging.iterdir()) == []


def test_many_that_publish_one_name_at_once_all_succeed(tmp_path: Path) -> None:
    path, barrier, faults = tmp_path / "file", threading.Barrier(8), list[OSError]()

    def race(number: int) -> None:
        barrier.wait()
        try:
            publish(str(path), bytes([number]) * 100, str(tmp_path / STAGING), durable=False)
        except OSError as error:
            faults.append(error)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(set(path.read_bytes())) == 1
    assert len(path.read_bytes()) == 100


def test_what_cannot_be_published_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        publish(str(tmp_path / "taken"), b"x", str(staging(tmp_path)), durable=False)
    assert list(staging(tmp_path).iterdir()) == []


@posix
def test_a_disk_that_takes_only_a_part_is_told_and_leaves_no_half(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from inboxsync.store.publishing import publish\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"try: publish({str(tmp_path / 'file')!r}, b'x' * 5000, {str(staging(tmp_path))!r}, durable=True)\n"
        "except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(errno.EFBIG)
    assert [path.name for path in tmp_path.rglob("*")] == [STAGING]


def test_only_old_halves_of_ours_are_swept(tmp_path: Path) -> None:
    directory = staging(tmp_path)
    old = aged(directory / half_name(), LEFT_OVER_AFTER_S + 60)
    young = aged(directory / half_name(), LEFT_OVER_AFTER_S - 60)
    foreign = aged(directory / "notes.half", 10 * LEFT_OVER_AFTER_S)
    assert sweep_staging(str(directory)) == 1
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()
    assert sweep_staging(str(tmp_path / "not there")) == 0


@pytest.mark.parametrize("top", ["raw", "attachments"])
def test_the_first_file_of_a_run_sweeps_what_an_earlier_run_left(tmp_path: Path, top: str) -> None:
    octets, parsed = mail(attachments=(attachment(b"one"),), raw_sha256=sha256(NOISE), size_bytes=len(NOISE))
    (tmp_path / top / STAGING).mkdir(parents=True)
    left = aged(tmp_path / top / STAGING / half_name(), LEFT_OVER_AFTER_S + 60)
    Blobs(tmp_path).prepare(NOISE if top == "raw" else octets, parsed, NOW)
    assert not left.exists()


def test_a_half_that_is_swept_under_its_writer_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, gone = os.replace, list[str]()

    def stood_still(source: str, target: str) -> None:
        if not gone:
            os.unlink(source)
            gone.append(source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", stood_still)
    publish(str(tmp_path / "file"), b"whole", str(staging(tmp_path)), durable=True)
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert gone
