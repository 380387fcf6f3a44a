"""The role of docs/http.md: `serve` answers everything with it, and Postgres refuses it whatever it must not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from devtools.postgres import Postgres
from tests.system.serving import ask, free_port, serving
from tests.unit.httpapi.world import World, world_in

DOCUMENT = Path(__file__).parents[2] / "docs" / "http.md"
SQL = re.compile(r"^```sql\n(CREATE ROLE inboxsync_http.*?)^```$", re.DOTALL | re.MULTILINE)
ROUTES = (
    *("/api/v1/stats", "/api/v1/config", "/api/v1/integrations", "/api/v1/folders", "/api/v1/messages?body=1"),
    *(
        "/api/v1/messages?q=logo",
        "/api/v1/search?query=m1",
        "/api/v1/tickets",
        "/api/v1/quarantine",
        "/api/v1/events?after=0",
    ),
    *("/api/v1/integrations/support/runs", "/api/v1/messages/{rich}/raw", "/api/v1/messages/{rich}/html", "/metrics"),
)
pytestmark = pytest.mark.postgres


@pytest.fixture
def owners_url(postgres: Postgres) -> Iterator[str]:
    """A database in which the role is not known yet, and is not afterwards."""
    url = postgres.fresh_database()
    yield url
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("DROP OWNED BY inboxsync_http")
        owner.execute("DROP ROLE inboxsync_http")


def grant(owners_url: str) -> str:
    """Do what the document says; answers the role's URL."""
    (statements,) = SQL.findall(DOCUMENT.read_text("utf-8"))
    with psycopg.connect(owners_url, autocommit=True) as owner:
        owner.execute(statements.encode())
    return owners_url.replace("//inboxsync@", "//inboxsync_http@")


def refused(url: str, *statements: str) -> list[str]:
    """Try statements in one session; answers the classes of the refusals."""
    found = []
    with psycopg.connect(url, autocommit=True) as session:
        for statement in statements:
            try:
                session.execute(statement.encode())
            except psycopg.Error as error:
                found.append(type(error).__name__)
    return found


def test_everything_is_answered_and_nothing_can_be_written(tmp_path: Path, owners_url: str) -> None:
    with world_in(tmp_path / "data", owners_url) as world:
        url = grant(owners_url)
        answered(world, tmp_path, url)
    assert refused(url, "DELETE FROM inboxsync_messages") == ["ReadOnlySqlTransaction"]
    wide_open = ("SET default_transaction_read_only = off", "DELETE FROM inboxsync_messages", "CREATE TABLE x (y int)")
    assert refused(url, *wide_open) == ["InsufficientPrivilege"] * 2
    secrets = ("SELECT * FROM inboxsync_secrets", "SELECT * FROM inboxsync_webhooks")
    assert refused(url, *secrets) == ["InsufficientPrivilege"] * 2


def answered(world: World, home: Path, url: str) -> None:
    """Ask every kind of route of a real server that has the role alone."""
    assert urlsplit(url).username == "inboxsync_http"
    port = free_port()
    secret = {"Authorization": f"Bearer {world.tokens['all']}"}
    with serving(home, "--port", str(port), INBOXSYNC_DATABASE_URL=url):
        assert ask(port, "/api/v1/health")[0] == 200
        for route in ROUTES:
            status, body = ask(port, route.format(**world.ids), **secret)
            assert status == 200, (route, body)
        page = ask(port, "/", Cookie=f"inboxsync_token={world.tokens['all']}")
        assert page[0] == 200, page
        assert b"support" in page[1]
