"""Where the store is, found without what makes imports dear, and the same place that the settings name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.config.location import locate
from inboxsync.config.settings import load_settings
from inboxsync.errors import ConfigError

HOME = {"HOME": "/home/somebody"}


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "etc" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_with_nothing_said_it_is_sqlite_in_the_platform_s_place(tmp_path: Path) -> None:
    found = locate({"HOME": str(tmp_path)})
    assert found.database_url is None
    assert found.config_file is None
    assert found.data_dir.is_relative_to(tmp_path)
    assert found.database_file == str(found.data_dir / "inboxsync.sqlite3")


def test_options_go_before_environment_before_file(tmp_path: Path) -> None:
    file = config(tmp_path, 'data_dir = "/file"\ndatabase_url = "postgresql://f@h/file"\n')
    environ = HOME | {"INBOXSYNC_CONFIG": str(file)}
    assert locate(environ).data_dir == Path("/file")
    assert locate(environ).database_url == "postgresql://f@h/file"
    assert locate(environ).config_file == file
    environ |= {"INBOXSYNC_DATA_DIR": "/env", "INBOXSYNC_DATABASE_URL": "postgresql://e@h/env"}
    assert (locate(environ).data_dir, locate(environ).database_url) == (Path("/env"), "postgresql://e@h/env")
    found = locate(environ, data_dir=Path("/option"), database_url="postgresql://o@h/option")
    assert (found.data_dir, found.database_url) == (Path("/option"), "postgresql://o@h/option")


def test_the_file_is_looked_for_in_its_place_and_by_option(tmp_path: Path) -> None:
    place = tmp_path / ".config" / "inboxsync" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text('data_dir = "here"\n')
    environ = {"HOME": str(tmp_path)}
    found = locate(environ)
    assert found.config_file == place
    assert found.data_dir == place.parent / "here"  # a path in a file counts from that file, not from where cron starts
    other = config(tmp_path, 'data_dir = "~/there"\n')
    assert locate(environ, config=other).data_dir == tmp_path / "there"


def test_empty_variables_are_not_set(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "INBOXSYNC_CONFIG": "", "INBOXSYNC_DATA_DIR": "", "INBOXSYNC_DATABASE_URL": ""}
    assert repr(locate(environ)) == repr(locate({"HOME": str(tmp_path)}))


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/a.db", "/srv/a.db"),
        ("sqlite:///a.db", "/data/a.db"),
        ("sqlite:///sub/../a.db", "/data/a.db"),
        ("sqlite:///~/a.db", "/home/somebody/a.db"),
        ("postgresql://u:p@h/d", None),
    ],
)
def test_the_file_of_an_sqlite_url_is_absolute(url: str, file: str | None) -> None:
    found = locate(HOME, data_dir="/data", database_url=url)
    assert found.database_file == file
    assert found.database_url == (url if file is None else f"sqlite:///{file}")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/d",
        "postgres://h/d",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///dir/",
        "sqlite:///a.db?mode=ro",
        "postgresql://u:CANARY@h",
        "postgresql://u:CANARY word@h/d",
        "/srv/a.db",
    ],
)
def test_any_other_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        locate(HOME, database_url=url)
    assert "postgresql://USER@HOST/DATABASE" in caught.value.hint
    assert "CANARY" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load_settings(HOME | {"INBOXSYNC_DATABASE_URL": url})
    assert caught.value.problems[0].where == "environment: INBOXSYNC_DATABASE_URL"
    assert "CANARY" not in str(caught.value)


def test_no_string_form_shows_the_password() -> None:
    found = locate(HOME, database_url="postgresql://u:CANARY@h/d?password=CANARY&sslmode=require")
    assert "CANARY" not in repr(found) + str(found)
    assert "u:***@h/d" in repr(found)


def test_a_named_file_that_is_missing_is_an_error_and_a_default_one_is_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such settings file"):
        locate({"HOME": str(tmp_path), "INBOXSYNC_CONFIG": str(tmp_path / "gone.toml")})
    with pytest.raises(ConfigError, match="there is no such settings file"):
        locate({"HOME": str(tmp_path)}, config=tmp_path / "gone.toml")
    assert locate({"HOME": str(tmp_path)}).config_file is None


@pytest.mark.parametrize("text", ["data_dir = /srv\n", "[", "x = 1\nx = 2\n"])
def test_what_is_not_toml_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    file = config(tmp_path, text)
    with pytest.raises(ConfigError, match="is not TOML") as caught:
        locate(HOME, config=file)
    assert str(file) in caught.value.message
    assert caught.value.exit_code == 78


def test_a_file_that_is_not_utf_8_or_is_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'data_dir = "\xe9"\n')
    for path in (tmp_path / "latin", tmp_path):
        with pytest.raises(ConfigError):
            locate(HOME, config=path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b'\xef\xbb\xbfdata_dir = "/srv"\r\n')
    assert locate(HOME, config=tmp_path / "bom").data_dir == Path("/srv")


def test_a_value_of_another_type_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: data_dir: must be text"):
        locate(HOME, config=config(tmp_path, "data_dir = 1\n"))


SETTINGS = [
    ({}, ""),
    ({"INBOXSYNC_DATA_DIR": "/env"}, 'database_url = "sqlite:///x.db"'),
    ({"INBOXSYNC_DATABASE_URL": "sqlite:///x.db"}, 'data_dir = "../data"'),
    ({"INBOXSYNC_DATABASE_URL": "postgresql://u@h/d"}, 'data_dir = "~/data"'),
    ({"INBOXSYNC_DATA_DIR": "relative"}, ""),
]


@pytest.mark.parametrize(("environ", "text"), SETTINGS)
def test_settings_and_location_name_the_same_place(tmp_path: Path, environ: dict[str, str], text: str) -> None:
    environ = HOME | environ | {"INBOXSYNC_CONFIG": str(config(tmp_path, text))}
    found, loaded = locate(environ), load_settings(environ)
    assert found.data_dir == loaded.data_dir
    assert found.database_url == loaded.database_url
    assert found.config_file == loaded.config_file


def test_it_is_light() -> None:
    dear = [
        *("pathlib", "typing", "dataclasses", "tomllib", "inspect", "re", "enum", "contextlib", "urllib.parse"),
        *("tempfile", "socket", "ssl", "datetime", "pydantic", "sqlalchemy", "typer", "inboxsync.errors"),
    ]
    code = (
        "import sys; from inboxsync.config.location import locate; "
        "found = locate({'HOME': '/nowhere'}, database_url='sqlite:///x'); found.database_file; "
        f"print([m for m in {dear!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("environ", "text", "pings"),
    [
        ({}, "", False),
        ({"INBOXSYNC_PING_URL": ""}, "jobs = 4", False),
        ({"INBOXSYNC_PING_URL": "https://ping.example.com/0a1b"}, "", True),
        ({"INBOXSYNC_PING_URL_FILE": "ping"}, "", True),
        ({}, 'ping_url = "https://ping.example.com/0a1b"', True),
        ({}, 'ping_url_file = "ping"', True),
    ],
)
def test_whether_a_monitor_is_to_be_told(tmp_path: Path, environ: dict[str, str], text: str, pings: bool) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert locate({"HOME": str(tmp_path), **environ}, config=file).pings is pings
