"""The settings: layers, types, and every fault at once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from inboxsync.config.settings import KEYS, Settings, load_settings
from inboxsync.errors import ConfigError, UsageError

HOME = {"HOME": "/home/somebody"}
DOCUMENT = Path(__file__).parents[3] / "docs" / "configuration.md"


def load(tmp_path: Path, text: str = "", environ: dict[str, str] | None = None, **overrides: Any) -> Settings:
    (tmp_path / "config.toml").write_text(text)
    return load_settings(HOME | (environ or {}), {"config": tmp_path / "config.toml", **overrides})


def problems(tmp_path: Path, text: str = "", environ: dict[str, str] | None = None, **overrides: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, environ, **overrides)
    assert all(str(problem) in caught.value.message for problem in caught.value.problems)
    return {problem.where: f"{problem.message} | {problem.hint}" for problem in caught.value.problems}


def test_defaults_are_those_of_the_class(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert loaded == Settings(Path("/home/somebody/.local/share/inboxsync"), config_file=tmp_path / "config.toml")
    assert (loaded.jobs, loaded.deadline_s, loaded.message_size_limit_bytes) == (32, 600, 50_000_000)


def test_every_key_fills_a_field_of_its_own() -> None:
    filled = [key.field for key in KEYS]
    assert len(filled) == len(set(filled))
    assert {*filled, "config_file"} == {field.name for field in fields(Settings)}


EVERYTHING = """
database_url = "postgresql://u@db.example.com/mail"
database_password_file = "secret/db"
data_dir = "/srv/data"
key_file = "/srv/key"
jobs = 4
connections_per_host = 6
connections_per_account = 2
deadline = "2h"
lease = "30s"
command_timeout = "90s"
connect_timeout = "5s"
message_size_limit = "10 MiB"
batch_messages = 50
batch_bytes = 1000000
trusted_authserv_ids = ["mx.example.com", "mx2.example.com"]
timezone = "Europe/Paris"
log_format = "json"
log_level = "debug"
progress = "never"
ping_url = "https://ping.example.com/0a1b"
ping_url_file = "secret/ping"
"""


def test_every_key_is_read_from_the_file(tmp_path: Path) -> None:
    assert set(tomllib.loads(EVERYTHING)) == {key.name for key in KEYS}
    assert load(tmp_path, EVERYTHING) == Settings(
        data_dir=Path("/srv/data"),
        database_url="postgresql://u@db.example.com/mail",
        database_password_file=tmp_path / "secret/db",
        key_file=Path("/srv/key"),
        config_file=tmp_path / "config.toml",
        jobs=4,
        connections_per_host=6,
        connections_per_account=2,
        deadline_s=7200,
        lease_s=30,
        command_timeout_s=90,
        connect_timeout_s=5,
        message_size_limit_bytes=10 * 2**20,
        batch_messages=50,
        batch_bytes=1_000_000,
        trusted_authserv_ids=("mx.example.com", "mx2.example.com"),
        timezone="Europe/Paris",
        log_format="json",
        log_level="debug",
        progress="never",
        ping_url="https://ping.example.com/0a1b",
        ping_url_file=tmp_path / "secret/ping",
    )


def test_every_key_is_read_from_the_environment_with_the_same_result(tmp_path: Path) -> None:
    paths = {"database_password_file": str(tmp_path / "secret/db"), "ping_url_file": str(tmp_path / "secret/ping")}
    table = tomllib.loads(EVERYTHING) | paths
    texts = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in table.items()}
    environ = {f"INBOXSYNC_{name.upper()}": text for name, text in texts.items()}
    assert load(tmp_path, "", environ) == load(tmp_path, EVERYTHING)


def test_options_win_over_environment_over_file_and_none_is_not_given(tmp_path: Path) -> None:
    environ = {"INBOXSYNC_JOBS": "5"}
    assert load(tmp_path, "jobs = 4").jobs == 4
    assert load(tmp_path, "jobs = 4", environ).jobs == 5
    assert load(tmp_path, "jobs = 4", environ, jobs=6).jobs == 6
    assert load(tmp_path, "jobs = 4", environ, jobs=None).jobs == 5
    assert load(tmp_path, "jobs = 4", {"INBOXSYNC_JOBS": ""}).jobs == 4


def test_relative_paths_count_from_the_file_or_from_here(tmp_path: Path) -> None:
    assert load(tmp_path, 'key_file = "k"').key_file == tmp_path / "k"
    assert load(tmp_path, 'key_file = "~/k"').key_file == Path("/home/somebody/k")
    assert load(tmp_path, "", {"INBOXSYNC_KEY_FILE": "k"}).key_file == Path.cwd() / "k"
    assert load(tmp_path, key_file=Path("k")).key_file == Path.cwd() / "k"


# --- faults --------------------------------------------------------------------------------------------------------


def test_every_fault_of_every_layer_is_reported_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'job = 1\njobs = "many"\ndeadline = 10\nlog_format = "xml"\n[section]\nx = 1\n',
        {"INBOXSYNC_JOBS": "0", "INBOXSYNC_DATABSE_URL": "x", "INBOXSYNC_TIMEZONE": "Mars/Olympus"},
        message_size_limit="5 apples",
    )
    assert found.keys() == {
        "config.toml: job",
        "config.toml: jobs",
        "config.toml: deadline",
        "config.toml: log_format",
        "config.toml: section",
        "environment: INBOXSYNC_JOBS",
        "environment: INBOXSYNC_DATABSE_URL",
        "environment: INBOXSYNC_TIMEZONE",
        "option --message-size-limit",
    }
    assert "did you mean jobs?" in found["config.toml: job"]
    assert "did you mean INBOXSYNC_DATABASE_URL?" in found["environment: INBOXSYNC_DATABSE_URL"]
    assert "from 1 to 1000" in found["config.toml: jobs"]


def test_a_fault_in_a_layer_that_is_overridden_is_still_a_fault(tmp_path: Path) -> None:
    assert problems(tmp_path, "jobs = 0", {"INBOXSYNC_JOBS": "5"}).keys() == {"config.toml: jobs"}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("connections_per_host", [0, 1001, "no"]),
        ("connections_per_account", [0, 101, ""]),
        ("jobs", [0, 1001, -1, 1.5, True, "", "x", [1], "9" * 30, "+5", "1_0"]),
        ("deadline", [0, 600, "600", "10", "0s", "8d", "10x", "-1m", True, "1h30m", "\u0663s"]),
        ("message_size_limit", [0, 999, "50 XB", "MB", -5, True, 1.5, "3 GB", "\u0665 MB"]),
        ("log_format", ["yaml", 1, ["text"]]),
        ("log_level", ["loud", True]),
        ("progress", [True, "maybe"]),
        ("timezone", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", 1, "a\0b"]),
        ("trusted_authserv_ids", [1, [1], {"a": 1}, ["a\nb"]]),
        ("data_dir", [1, True, ["x"], "a\nb", "a\0b"]),
        (
            "ping_url",
            [1, "", "x", "ftp://h/", "https://", "http://h:x/", "https://a b/", "https://u@h/", "https://h/#f"],
        ),
    ],
)
def test_wrong_values_are_refused_one_by_one(key: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(UsageError):
            load_settings(HOME, {key: value})


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("50 MB", 50_000_000),
        ("50MB", 50_000_000),
        ("1 MiB", 1_048_576),
        ("2000", 2000),
        ("1 kB", 1000),
        ("2 gb", 2 * 10**9),
    ],
)
def test_sizes(tmp_path: Path, text: str, size: int) -> None:
    assert load(tmp_path, message_size_limit=text).message_size_limit_bytes == size


def test_a_wrong_option_alone_is_a_usage_error_and_in_company_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="option --deadline: must be a time") as caught:
        load(tmp_path, deadline="soon")
    assert caught.value.exit_code == 2
    assert problems(tmp_path, "jobs = 0", deadline="soon").keys() == {"config.toml: jobs", "option --deadline"}


def test_variables_that_others_set_are_left_alone(tmp_path: Path) -> None:
    load(
        tmp_path,
        "",
        {
            "INBOXSYNC_CONFIG": "",
            "INBOXSYNC_KEY": "x",
            "INBOXSYNC_IMAP_HOST": "h",
            "INBOXSYNC_SERVICE_HOST": "10.0.0.1",
            "INBOXSYNC_SERVICE_PORT": "80",
            "INBOXSYNC_DATA": "/mnt",
            "INBOXSYNC_PORT": "tcp://10.0.0.1:80",
            "INBOXSYNC_PORT_80_TCP_ADDR": "10.0.0.1",
            "OTHER_JOBS": "x",
        },
    )


def test_a_fault_never_shows_control_characters(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, '"job\\u001b[31m" = 1\n')
    assert caught.value.message.isprintable()


# --- the database's password ---------------------------------------------------------------------------------------


def test_the_password_of_the_url_is_never_shown(tmp_path: Path) -> None:
    loaded = load(tmp_path, database_url="postgresql://user:CANARY@h:5432/d?password=CANARY&sslmode=require")
    assert "CANARY" not in repr(loaded) + str(loaded) + loaded.redacted_url()
    assert loaded.redacted_url() == "postgresql://user:***@h:5432/d?password=***&sslmode=require"
    assert loaded.connection_url() == loaded.database_url


def test_sqlite_is_shown_by_its_file(tmp_path: Path) -> None:
    assert load(tmp_path, data_dir="/d").redacted_url() == "sqlite:////d/inboxsync.sqlite3"
    assert load(tmp_path, data_dir="/d", database_url="sqlite:///x").redacted_url() == "sqlite:////d/x"
    assert load(tmp_path).connection_url() is None


def test_the_password_file_goes_into_the_url_with_its_signs_escaped(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("p@ss/w:rd%\n")
    for url in ("postgresql://user@h:5432/d", "postgresql://user:old@h:5432/d"):
        loaded = load(tmp_path, f'database_url = "{url}"\ndatabase_password_file = "pw"\n')
        assert loaded.connection_url() == "postgresql://user:p%40ss%2Fw%3Ard%25@h:5432/d"


def test_a_password_file_that_cannot_be_read_is_said_when_it_is_needed(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'database_url = "postgresql://u@h/d"\ndatabase_password_file = "gone"\n')
    with pytest.raises(ConfigError, match=r"database_password_file: .*gone cannot be read"):
        loaded.connection_url()


def test_a_password_file_without_a_server_is_a_fault(tmp_path: Path) -> None:
    assert problems(tmp_path, 'database_password_file = "pw"\n').keys() == {"config.toml: database_password_file"}


# --- the document --------------------------------------------------------------------------------------------------


def test_the_document_names_every_key_its_variable_and_its_default() -> None:
    rows = {
        row[0]: row
        for row in re.findall(r"^\| `([a-z_]+)` \| `(\w+)` \| ([^|]+) \|", DOCUMENT.read_text(), re.MULTILINE)
    }
    assert rows.keys() == {key.name for key in KEYS}
    assert all(rows[key.name][1] == key.variable for key in KEYS)
    defaults = {field.name: field.default for field in fields(Settings)}
    for key in KEYS:
        shown, default = rows[key.name][2].strip().strip("`"), defaults[key.field]
        if isinstance(default, int | str):
            assert key.read(shown) == default, key.name


def test_the_example_of_the_document_loads_and_shows_every_key(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(blocks) == 1
    assert set(tomllib.loads(blocks[0])) == {key.name for key in KEYS}
    assert load(tmp_path, blocks[0]).jobs


# --- the monitor ---------------------------------------------------------------------------------------------------


def test_the_url_of_the_monitor_is_shown_nowhere_and_its_file_wins(tmp_path: Path) -> None:
    url, file = "https://ping.example.com/0a1b", tmp_path / "ping"
    settings = load(tmp_path, "", {"INBOXSYNC_PING_URL": url})
    assert settings.monitor_url() == url
    assert "0a1b" not in repr(settings)
    file.write_text("https://ping.example.com/2c3d\n")
    assert load(tmp_path, f'ping_url = "{url}"\nping_url_file = "ping"').monitor_url() == file.read_text().strip()
    assert load(tmp_path, "").monitor_url() is None
    file.write_text("two\nlines\n")
    with pytest.raises(ConfigError, match="one line"):
        load(tmp_path, 'ping_url_file = "ping"').monitor_url()


def test_a_wrong_url_is_not_repeated(tmp_path: Path) -> None:
    ((where, text),) = problems(tmp_path, 'ping_url = "https//ping.example.com/0a1b"').items()
    assert where == "config.toml: ping_url"
    assert "0a1b" not in text
