from pathlib import Path

import pytest

from inboxsync.errors import ConfigError
from inboxsync.store.address import read_address

DATA = Path("/data")


def test_without_a_url_it_is_the_file_in_the_data_directory() -> None:
    address = read_address(None, DATA)
    assert (address.file, address.url) == (DATA / "inboxsync.sqlite3", "sqlite:////data/inboxsync.sqlite3")


def test_a_relative_path_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_address("sqlite:///x.db", DATA).file == tmp_path / "x.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgres_is_one(scheme: str) -> None:
    address = read_address(f"{scheme}://u:p@db.example.com:5432/mail?sslmode=require", DATA)
    assert address.url == "postgresql://u:p@db.example.com:5432/mail?sslmode=require"
    assert not address.is_sqlite


def test_the_place_and_the_repr_have_no_login() -> None:
    address = read_address("postgresql://u:s3cret@db.example.com/mail?password=s3cret", DATA)
    assert address.place == "Postgres at db.example.com/mail"
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    "url", ["", "mail.db", "mysql://u:s3cret@h/x", "sqlite://", "sqlite:///", "sqlite:///x?mode=ro"]
)
def test_what_cannot_be_opened_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_address(url, DATA)
    assert raised.value.exit_code == 78
    assert raised.value.hint.startswith("write sqlite:////")
    assert "s3cret" not in str(raised.value)
