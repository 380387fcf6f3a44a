"""docs/django.md in a real Django project: its blocks are copied as readers do, beside a filled store and `serve`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from devtools.postgres import Postgres, database_name
from tests.system.serving import ask, environment, free_port, serving
from tests.unit.httpapi.world import OTHERS, SUPPORT_MAILS, world_in

DOCUMENT = Path(__file__).parents[2] / "docs" / "django.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:#|\{#) ([\w./]+)(, at the end)?(?: #\})?\n")
MANAGE = re.compile(r"^python (manage\.py .*)$", re.MULTILINE)
SHOW = """
import json
from inbox.models import Message, Ticket
from django.db import connections
ticket = Ticket.objects.get(integration="support")
mail = Message.objects.get(ticket=ticket)
refused = []
for alias, statement in (("inboxsync", "DELETE FROM inboxsync_messages"), ("inboxsync", "CREATE TABLE x (y integer)")):
    try:
        connections[alias].cursor().execute(statement)
    except Exception as error:
        refused.append(type(error).__name__)
print(json.dumps({
    "tickets": Ticket.objects.count(), "of_ticket": ticket.messages.count(), "aware": mail.date_received.isoformat(),
    "json": [ticket.tags, mail.flags, mail.recipients["from"]], "read": mail.is_read, "refused": refused,
    "folder": Message.objects.filter(folder="INBOX").count(), "names": [str(ticket), str(mail)],
}))
"""


@dataclass
class Project:
    """A Django project on disk, and the environment its commands run in."""

    directory: Path
    environ: Mapping[str, str]

    def run(self, *argv: str) -> str:
        """Run a command of the project; answers what it printed."""
        answer = subprocess.run(
            [sys.executable, *argv],
            cwd=self.directory,
            env=dict(self.environ),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr.decode()[-3000:]
        return answer.stdout.decode()

    def shell(self, code: str) -> str:
        """Run code as a reader would in the shell of the project."""
        return self.run("manage.py", "shell", "--no-imports", "-c", code)

    def copy_blocks(self, text: str) -> None:
        """Put every block that names a file where it belongs."""
        for _, code in BLOCK.findall(text):
            named = FILE.match(code)
            if named is not None:
                file = self.directory / named[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                before = file.read_text() if named[2] else ""
                file.write_text(before + "\n" + code if before else code)


def commands(text: str) -> list[list[str]]:
    """The lines of the document that call manage.py."""
    return [line.split() for kind, code in BLOCK.findall(text) if kind == "sh" for line in MANAGE.findall(code)]


@contextmanager
def project_in(home: Path, url: str | None = None) -> Iterator[Project]:
    """A project made as the document says, beside a filled store that `serve` answers from."""
    more = {} if url is None else {"INBOXSYNC_DATABASE_URL": url}
    with world_in(home / "data", url) as world:
        secret = world.tokens["all"]
    port, text = free_port(), DOCUMENT.read_text()
    given = {"INBOXSYNC_TOKEN": secret, "INBOXSYNC_URL": f"http://127.0.0.1:{port}", "PYTHONDONTWRITEBYTECODE": "1"}
    project = Project(home / "project", environment(home, **given, **more))
    project.directory.mkdir()
    project.run("-m", "django", "startproject", "config", ".")
    startapp, *others = commands(text)
    project.run(*startapp)
    project.copy_blocks(text)
    with serving(home, "--port", str(port), **more):
        project.run("manage.py", "check", "--fail-level", "WARNING")
        for one in others:
            project.run(*one)
        yield project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project over SQLite."""
    with project_in(tmp_path_factory.mktemp("django")) as made:
        yield made


def test_the_document_names_a_file_for_every_block_but_one() -> None:
    blocks = [(kind, code) for kind, code in BLOCK.findall(DOCUMENT.read_text()) if kind != "sh"]
    assert sum(FILE.match(code) is None for _, code in blocks) == 1
    assert len(blocks) >= 12


def test_views_page_by_cursor_and_ask_again_by_etag(project: Project) -> None:
    code = """
import json
from django.conf import settings
from django.test import Client
from inbox import client
settings.ALLOWED_HOSTS.append("testserver")
first = Client().get("/inbox/")
alone = Client().get(f"/inbox/{client.get('search', query='rich')['results'][0]['id']}/")
walked = [one["external_id"] for one in client.every("messages", "messages", limit=2)]
before = client.get("stats")["requests_total"]
again = client.get("messages", limit=20)
print(json.dumps({
    "page": first.content.decode(), "alone": alone.content.decode(), "walked": walked, "total": again["total"],
    "missing": Client().get("/inbox/999/").status_code,
}))
"""
    found = json.loads(project.shell(code))
    assert f"Mail ({SUPPORT_MAILS + 2})" in found["page"]
    assert "About rich" in found["page"]
    assert "&lt;p&gt;Hi" in found["alone"], "its HTML is an attribute of a sandboxed frame"
    assert "script" not in found["alone"]
    assert len(found["walked"]) == found["total"] == SUPPORT_MAILS + 2
    assert found["missing"] == 404


def test_an_answer_that_has_not_changed_comes_from_the_cache(project: Project) -> None:
    code = """
import urllib.request
from inbox import client
client.get("tickets")
statuses = []
real = client.urlopen
def counted(request, **options):
    try:
        return real(request, **options)
    except client.HTTPError as error:
        statuses.append(error.code)
        raise
client.urlopen = counted
assert client.get("tickets")["total"] == 3
print(statuses)
"""
    assert project.shell(code).strip() == "[304]"


def test_the_feed_is_worked_through_once(project: Project) -> None:
    cases_and_place = "sorted(Case.objects.values_list('mailbox', 'messages')), FeedPlace.objects.get().after"
    show = f"from inbox.models import *; print({cases_and_place})"
    cases = project.shell(show)
    assert cases.startswith(f"[('support', 1), ('{OTHERS}', 1), ('{OTHERS}', 1)]")
    assert project.run("manage.py", "read_mail_events").strip() == "0 events"
    assert project.shell(show) == cases
    again = "from inbox.models import *; Case.objects.all().delete(); FeedPlace.objects.update(after=0)"
    project.shell(again)
    assert int(project.run("manage.py", "read_mail_events").split()[0]) > 3
    assert project.shell(show) == cases


def seen(project: Project) -> None:
    found = json.loads(project.shell(SHOW))
    assert (found["tickets"], found["of_ticket"], found["folder"]) == (3, 1, SUPPORT_MAILS)
    assert found["aware"].endswith("+00:00")
    assert found["json"] == [[], [], [["Ann", "ann@example.com"]]]
    assert (found["read"], len(found["refused"])) == (False, 2)
    assert found["names"][1] == "About rich"
    (queries,) = (
        code for kind, code in BLOCK.findall(DOCUMENT.read_text()) if kind == "python" and not FILE.match(code)
    )
    project.shell(queries)


def test_models_read_the_views_and_can_change_nothing(project: Project) -> None:
    seen(project)
    project.run("manage.py", "test", "--verbosity", "0")


@pytest.mark.postgres
def test_models_read_the_views_on_postgres(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.fresh_database()
    place = urlsplit(url)
    (host,) = parse_qs(place.query)["host"]
    with project_in(tmp_path, url) as project:
        options = {"options": "-c default_transaction_read_only=on"}
        own = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "USER": place.username, "OPTIONS": options}
        own["NAME"] = database_name(url)
        with (project.directory / "config" / "settings.py").open("a") as settings:
            settings.write(f"\nDATABASES['inboxsync'] = {own!r}\n")
        seen(project)


def test_the_api_is_mounted_beside_django(project: Project) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "config.asgi:application",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    with subprocess.Popen(command, cwd=project.directory, env=dict(project.environ)) as server:
        try:
            status, body = until_there(port, "/mail/api/v1/health")
            assert (status, json.loads(body)["status"]) == (200, "degraded")
            secret = {"Authorization": f"Bearer {project.environ['INBOXSYNC_TOKEN']}"}
            status, body = ask(port, "/mail/api/v1/messages?has_attachments=1", **secret)
            url = json.loads(body)["messages"][0]["attachments"][0]["url"]
            assert url.startswith("/mail/api/v1/attachments/")
            assert ask(port, url, **secret)[0] == 200
            assert ask(port, "/mail/api/v1/messages")[0] == 401
            assert ask(port, "/inbox/")[0] == 200
            assert ask(port, "/admin/login/")[0] == 200
        finally:
            server.terminate()


def until_there(port: int, path: str) -> tuple[int, bytes]:
    """Ask until somebody answers; 30 s at most."""
    for _ in range(300):
        try:
            return ask(port, path)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at {port}")
