"""How a database is named as an argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxsync.commands.addresses import named_address
from inboxsync.config.settings import Settings
from inboxsync.errors import ConfigError, UsageError

SETTINGS = Settings(Path("/data"), None)


def test_files_directories_and_urls(tmp_path: Path) -> None:
    assert named_address("configured", SETTINGS, None).file == Path("/data/inboxsync.sqlite3")
    assert named_address(str(tmp_path / "x.sqlite3"), SETTINGS, None).file == tmp_path / "x.sqlite3"
    assert named_address(str(tmp_path), SETTINGS, None).file == tmp_path / "inboxsync.sqlite3"
    assert named_address("sqlite:////srv/x.sqlite3", SETTINGS, None).file == Path("/srv/x.sqlite3")
    assert named_address("postgresql://db.example.com/x", SETTINGS, None).url == "postgresql://db.example.com/x"


def test_a_password_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("made up & odd\n")
    found = named_address("postgresql://ann@db.example.com/x", SETTINGS, file)
    assert found.url == "postgresql://ann:made%20up%20%26%20odd@db.example.com/x"
    assert "odd" not in repr(found) + found.place
    with pytest.raises(ConfigError):
        named_address("postgresql://ann@db.example.com/x", SETTINGS, tmp_path / "nothing")


@pytest.mark.parametrize(
    "url",
    ["postgresql://ann:secret@db.example.com/x", "postgresql://db/x?password=secret", "postgresql://[ann:secret@db/x"],
)
def test_never_from_an_argument(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        named_address(url, SETTINGS, None)
    assert "secret" not in f"{refused.value} {refused.value.hint}"
