"""The time zone in which cron expressions count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxsync import system

LOCALTIME = Path("/etc/localtime")


def zone_of(name: str | None, environ: Mapping[str, str], localtime: Path = LOCALTIME) -> tzinfo:
    """Answer the zone of the setting `timezone`; where it is not set, this machine's, with its rules for summer time.

    The machine's is what TZ says, else /etc/localtime; where neither can be read, the offset of this moment.
    """
    return ZoneInfo(name) if name else _machine_zone(environ.get("TZ", "").removeprefix(":"), localtime)


def _machine_zone(named: str, localtime: Path) -> tzinfo:
    try:
        if named and not named.startswith("/"):
            return ZoneInfo(named)
        with (Path(named) if named else localtime).open("rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError, KeyError):
        return system.utc_now().astimezone().tzinfo or ZoneInfo("UTC")
