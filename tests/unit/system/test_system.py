"""What the clock and the places of the operating system promise, and that all of the room is cheap to import."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync import system

PYTHON = [sys.executable, "-c"]


def test_importing_it_is_cheap() -> None:
    dear = ("pathlib", "tempfile", "socket", "typing", "dataclasses", "datetime", "contextlib", "re")
    parts = ", ".join(f"inboxsync.system.{name}" for name in ("files", "locking", "processes", "service"))
    code = f"import sys; import {parts}; print([m for m in {dear!r} if m in sys.modules])"
    # -S: what `site` and its .pth files load is not ours
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_clock_is_aware_and_utc() -> None:
    assert system.utc_now().utcoffset() == timedelta(0)


def test_monotonic_seconds_never_go_back() -> None:
    assert system.monotonic_s() <= system.monotonic_s()


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


HIDDEN = """
import builtins, sys
real = builtins.__import__
def guarded(name, *rest, **more):
    if name in {"fcntl", "resource", "pwd", "grp", "termios"}:
        raise ImportError(name)
    return real(name, *rest, **more)
builtins.__import__ = guarded
import inboxsync.system.files, inboxsync.system.locking, inboxsync.system.processes, inboxsync.system.service
print("imported")
"""


def test_it_imports_where_posix_modules_are_missing() -> None:
    done = subprocess.run([*PYTHON, HIDDEN], capture_output=True, text=True, check=True)
    assert done.stdout == "imported\n"
