"""The program as a process: pipes, completion, odd consoles, a store that cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "inboxsync"]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Give an environment in which nothing of this machine's user is found."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "PYTHONPATH") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "INBOXSYNC_DATA_DIR": str(tmp_path / "data"), **more}


def program(tmp_path: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *argv],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(tmp_path, **more),
        timeout=60,
    )


def test_a_fresh_machine_has_nothing_and_says_so(tmp_path: Path) -> None:
    listed = program(tmp_path, "list", "--json")
    assert (listed.returncode, listed.stdout) == (0, '{\n  "integrations": []\n}\n')
    assert program(tmp_path, "sync-all").returncode == 0


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "providers", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
        assert process.wait(60) == 0
    assert complaint == b""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_narrow_console_never_ends_a_command(tmp_path: Path, encoding: str) -> None:
    answer = program(tmp_path, "providers", PYTHONIOENCODING=encoding)
    assert answer.returncode == 0, answer.stderr


def test_completion_knows_the_commands(tmp_path: Path) -> None:
    answer = program(
        tmp_path, _INBOXSYNC_COMPLETE="complete_bash", COMP_WORDS="inboxsync sy", COMP_CWORD="1"
    )  # fmt: skip
    assert answer.stdout.split() == ["sync", "sync-all"]


def test_an_unwritable_data_directory_is_78(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    answer = program(tmp_path, "list", "--data-dir", str(file / "data"))
    assert answer.returncode == 78
    assert answer.stderr.startswith("error: ")
    assert "  hint: " in answer.stderr
    assert len(answer.stderr.splitlines()) == 2


def test_a_file_that_is_no_database_is_78(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    file.write_bytes(b"this is not a database at all" * 100)
    answer = program(tmp_path, "list", "--database-url", f"sqlite:///{file}")
    assert answer.returncode == 78
    assert answer.stderr.startswith("error: ")
    assert file.read_bytes() == b"this is not a database at all" * 100


def test_settings_with_faults_are_78_with_every_fault(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('jobs = "many"\nnonsense = 1\n')
    answer = program(tmp_path, "list", "--config", str(config))
    assert answer.returncode == 78
    assert "jobs" in answer.stderr
    assert "nonsense" in answer.stderr


def test_a_host_that_refuses_is_75_and_stores_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-of-this-test\n")
    answer = program(
        tmp_path, "add", "a", "--email", "a@example.com", "--host", "127.0.0.1", "--port", "1", "--tls", "none",
        "--password-file", str(secret), "--debug",
    )  # fmt: skip
    assert answer.returncode == 75, answer.stderr
    assert "--no-test" in answer.stderr
    assert "canary-of-this-test" not in answer.stdout + answer.stderr
    assert '"integrations": []' in program(tmp_path, "list", "--json").stdout
