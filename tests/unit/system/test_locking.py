"""What is promised of locks on files."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.system.locking import file_lock

PYTHON = [sys.executable, "-c"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_lock_excludes_others_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "dir" / "lock"
    with file_lock(path, timeout_s=0), pytest.raises(TimeoutError, match="another process holds"):  # noqa: SIM117
        with file_lock(path, timeout_s=0.06):
            pytest.fail("two hold the lock")
    with file_lock(path, timeout_s=0):
        assert mode(path) == 0o600


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        f"from pathlib import Path; from inboxsync.system.locking import file_lock; import sys\n"
        f"with file_lock(Path({str(path)!r}), timeout_s=5): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen([*PYTHON, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError), file_lock(path, timeout_s=0):
            pytest.fail("two hold the lock")
        holder.kill()
        holder.wait()
    with file_lock(path, timeout_s=1):
        pass
