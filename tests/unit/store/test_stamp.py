"""The stamp that spares a run on Postgres its connection: only ever short of the truth."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.config.database import identity
from inboxsync.errors import StoreUnreachable
from inboxsync.store.stamp import VALID_S, holds, key_of, renew, take_away

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW_S = NOW.timestamp()
KEY = key_of("inboxsync@db.example.com/mail", None)


def write(data_dir: Path, until: datetime | None = NOW + timedelta(hours=1), key: str = KEY) -> None:
    renew(str(data_dir), key, lambda _now: until, NOW)


def held(data_dir: Path, after_s: float = 1.0, key: str = KEY) -> bool:
    return holds(str(data_dir), key, NOW_S + after_s)


def test_it_holds_from_its_writing_until_something_is_due(tmp_path: Path) -> None:
    write(tmp_path, NOW + timedelta(seconds=100))
    assert held(tmp_path, 0)
    assert held(tmp_path, 99)
    assert not held(tmp_path, 100)
    assert not held(tmp_path, -1), "the clock went back"
    assert os.listdir(tmp_path) == ["next-due"]


def test_it_holds_no_longer_than_a_change_elsewhere_may_go_unseen(tmp_path: Path) -> None:
    write(tmp_path)
    assert held(tmp_path, VALID_S - 1)
    assert not held(tmp_path, VALID_S)


def test_there_is_none_where_something_is_due_or_the_store_does_not_answer(tmp_path: Path) -> None:
    def unreachable(_now: datetime) -> datetime:
        raise StoreUnreachable("gone")

    write(tmp_path, None)
    renew(str(tmp_path), KEY, unreachable, NOW)
    assert os.listdir(tmp_path) == []
    renew(str(tmp_path / "not there"), KEY, lambda _now: NOW, NOW)


@pytest.mark.parametrize("when", ["before", "while it is read", "after"])
def test_a_change_takes_it_away_whenever_it_comes(tmp_path: Path, when: str) -> None:
    def read(_now: datetime) -> datetime:
        if when == "while it is read":
            take_away(str(tmp_path))
        return NOW + timedelta(hours=1)

    if when == "before":
        take_away(str(tmp_path))
    renew(str(tmp_path), KEY, read, NOW)
    if when == "after":
        take_away(str(tmp_path))
    assert held(tmp_path) == (when == "before")
    assert os.listdir(tmp_path) == (["next-due"] if when == "before" else [])


def test_it_is_of_one_database_one_settings_file_and_one_schema(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    key = key_of("a@h/b", str(config))
    assert key == key_of("a@h/b", str(config))
    os.utime(config, ns=(0, 1))
    others = (key_of("a@h/b", str(config)), key_of("a@h/c", str(config)), key_of("a@h/b", None), "0" + key)
    assert key not in others
    write(tmp_path, key=key)
    assert held(tmp_path, key=key)
    assert not any(held(tmp_path, key=other) for other in others)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_whatever_stands_in_its_place_is_no_stamp(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    directory = tmp_path_factory.mktemp("junk")
    (directory / "next-due").write_bytes(junk)
    assert not held(directory)


def test_it_names_the_database_without_a_password() -> None:
    url = "postgresql://ana:hunter2@db.example.com:5432/mail?sslmode=verify-full&password=hunter3"
    assert identity(url) == "ana@db.example.com:5432/mail?sslmode=verify-full&password=***"
    assert "hunter" not in key_of(identity(url), None)
    assert identity("postgresql:///mail") == "/mail"
