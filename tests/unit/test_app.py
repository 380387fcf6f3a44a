"""The composition root hands the engine what settings and presets say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.provider import NO_LIMITS, ProviderLimits
from inboxsync.model.roles import FolderRole

ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana@example.com")
INTEGRATION = Integration("7b0e9b7e-5f0c-4c7e-9d0a-5b1a4f6f6b10", "support", "ana@example.com", ENDPOINT)


@contextmanager
def application(data_dir: Path, **environ: str) -> Iterator[App]:
    with App(load_settings(environ, {"data_dir": str(data_dir)}), environ) as app:
        yield app


def test_caps_come_from_the_settings(tmp_path: Path) -> None:
    environ = {"INBOXSYNC_CONNECTIONS_PER_HOST": "7", "INBOXSYNC_CONNECTIONS_PER_ACCOUNT": "2"}
    with application(tmp_path, **environ) as app:
        limits = app.engine().tools.limits
    assert (limits.per_host, limits.per_account) == (7, 2)
    with application(tmp_path) as app:
        limits = app.engine().tools.limits
    assert (limits.per_host, limits.per_account) == (None, 1)


def test_a_lease_is_as_long_as_the_settings_say_and_renewed_four_times_in_it(tmp_path: Path) -> None:
    with application(tmp_path, INBOXSYNC_LEASE="20s") as app:
        limits = app.engine().tools.limits
    assert (limits.lease_lifetime_s, limits.heartbeat_s) == (20, 5)
    with application(tmp_path) as app:
        limits = app.engine().tools.limits
    assert (limits.lease_lifetime_s, limits.heartbeat_s) == (60, 15)


@pytest.mark.parametrize(
    ("provider", "limits"),
    [
        ("gmail", ProviderLimits(pipeline_depth=2, connections_per_account=15, daily_bytes=2_000_000_000)),
        ("yahoo", ProviderLimits(pipeline_depth=1)),
        ("outlook", ProviderLimits(pipeline_depth=1)),
        ("microsoft365", ProviderLimits(pipeline_depth=1)),
        ("environment", NO_LIMITS),
        (None, NO_LIMITS),
    ],
)
def test_limits_come_from_the_preset(tmp_path: Path, provider: str | None, limits: ProviderLimits) -> None:
    with application(tmp_path) as app:
        assert app.engine().tools.provider_limits(replace(INTEGRATION, provider=provider)) == limits


def test_names_of_folders_come_from_the_preset_or_are_the_common_ones(tmp_path: Path) -> None:
    with application(tmp_path) as app:
        names = app.engine().tools.folder_names
    assert names(replace(INTEGRATION, provider="gmail"))[FolderRole.SENT][0] == "[Gmail]/Sent Mail"
    assert names(INTEGRATION)[FolderRole.SENT][0] == "Sent"
