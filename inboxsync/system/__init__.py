"""The one room that knows the operating system; here the clock and the places that every run asks for.

Every function works on POSIX and on Windows; what only one of them has is imported inside its branch.
Standard library only and cheap to import: the fast path uses it, so `pathlib`, `tempfile` and `socket` (together
more than the start of Python itself) are imported where they are used.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # `typing` costs as much to import as the rest of this module
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

IS_WINDOWS = sys.platform == "win32"


def utc_now() -> datetime:
    """Read the clock: aware, UTC. The shell passes it on; nothing below the shell calls this."""
    from datetime import UTC, datetime

    return datetime.now(UTC)  # noqa: TID251  the one place that may


def monotonic_s() -> float:
    """Seconds that only go forward, for deadlines; a changed wall clock does not move them."""
    return time.monotonic()


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
