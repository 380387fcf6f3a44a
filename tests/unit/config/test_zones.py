"""The time zone of cron expressions: the setting, else TZ, else the machine's, with rules for summer time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest

from inboxsync.config.zones import zone_of

WINTER, SUMMER = datetime(2026, 1, 1), datetime(2026, 7, 1)
PARIS = next((path for path in (Path(folder, "Europe/Paris") for folder in TZPATH) if path.exists()), None)


def offsets(name: str | None, environ: dict[str, str], localtime: Path = Path("/nowhere")) -> list[timedelta | None]:
    zone = zone_of(name, environ, localtime)
    return [zone.utcoffset(WINTER), zone.utcoffset(SUMMER)]


def test_the_setting_goes_before_the_machine() -> None:
    assert zone_of("Asia/Tokyo", {"TZ": "Europe/Paris"}) is ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("name", ["Europe/Paris", ":Europe/Paris"])
def test_tz_names_a_zone(name: str) -> None:
    assert offsets(None, {"TZ": name}) == [timedelta(hours=1), timedelta(hours=2)]


@pytest.mark.skipif(PARIS is None, reason="this system has no zone files")
def test_zone_files_keep_their_rules_for_summer_time() -> None:
    assert PARIS is not None
    assert offsets(None, {}, PARIS) == offsets(None, {"TZ": str(PARIS)}) == [timedelta(hours=1), timedelta(hours=2)]


@pytest.mark.parametrize("environ", [{}, {"TZ": "Mars/Olympus"}, {"TZ": "/nowhere"}, {"TZ": "/dev/null"}])
def test_where_nothing_can_be_read_there_still_is_a_zone(environ: dict[str, str]) -> None:
    assert None not in offsets(None, environ)
