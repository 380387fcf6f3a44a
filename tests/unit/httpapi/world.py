"""A filled store behind the endpoint: two integrations that share one message, each with mail of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from inboxsync.config.settings import Settings
from inboxsync.httpapi.application import application, service_of
from inboxsync.httpapi.gate import LOOPBACK_HOSTS
from inboxsync.httpapi.rates import Buckets, Rate
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import FolderCursor, Owner, SyncState
from inboxsync.model.token import AccessToken
from inboxsync.store.read_only import open_read_only
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.store.tokens import tokens_of
from tests.unit.store.content_builders import CREATE, NOW, Bench, attachment, mail, meta

SUPPORT_MAILS = 5
OTHERS = "zebra"
"""A word that stands in everything that belongs to the other integration alone."""


@dataclass
class World:
    """The endpoint over a filled store, and tokens for it."""

    store: SqlStore
    app: FastAPI
    tokens: Mapping[str, str]
    support: Bench
    others: Bench
    ids: dict[str, int] = field(default_factory=dict)

    def get(self, path: str, token: str | None = "all", **more: object) -> httpx.Response:
        """Ask for a path; `token` names one of the world's, or is none of them and sent as it is."""
        return asyncio.run(self._get(path, token, more))

    async def _get(self, path: str, token: str | None, more: Mapping[str, Any]) -> httpx.Response:
        headers = dict(more.get("headers") or {})
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens.get(token, token)}")
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8025") as client:
            return await client.request(more.get("method", "GET"), path, headers=headers, params=more.get("params"))


@contextmanager
def world_in(directory: Path, url: str | None = None) -> Iterator[World]:
    """Fill a store and put the endpoint over it."""
    store = open_store(url, directory)
    store.schema.ensure()
    read = open_read_only(url, directory)
    support, others = Bench.on(store, "support"), Bench.on(store, OTHERS, folder=f"{OTHERS} box")
    tokens = {"all": _token(store, "all"), "support": _token(store, "support", support.integration.uuid)}
    service = service_of(read, Settings(directory, url), UTC)
    service.access.failures = service.access.requests = Buckets(Rate(1e6, 1e6))  # tests ask often
    app = application(service, LOOPBACK_HOSTS)
    world = World(store, app, tokens, support, others)
    _fill(world)
    try:
        yield world
    finally:
        read.close()
        store.close()


def _token(store: SqlStore, name: str, *integrations: str) -> str:
    made = new_token()
    token = AccessToken(name, made.token_id, made.sha256, NOW, integrations or None)
    tokens_of(store.control).add(token)
    return made.text


def _fill(world: World) -> None:
    support, others = world.support, world.others
    for number in range(1, SUPPORT_MAILS):
        flags = ("\\Seen",) if number % 2 else ()
        support.record(
            support.stored(
                number,
                mail(f"m{number}"),
                received_at=NOW + timedelta(minutes=number // 2),
                meta=meta(number, flags=flags),
            )
        )
    html = "<p>Hi<script>alert(1)</script><img src='cid:logo'><img src='https://example.net/x.png'></p>"
    logo = replace(attachment(b"\x89PNG", position=1, filename="logo.png"), content_id="logo", is_inline=True)
    rich = mail(
        "rich",
        body_html=html,
        attachments=(attachment(filename="../../e\u202evil\r\n.html"), logo),
        references=("m1@example.com",),
    )
    support.record(support.stored(9, rich, received_at=NOW + timedelta(hours=1), ticket=CREATE))
    others.record(others.stored(1, mail(OTHERS, f"{OTHERS} secret", subject=f"About {OTHERS}"), ticket=CREATE))
    others.record(_copy(2, "m1@example.com"))
    broken = Outcome(meta(3), Fate.QUARANTINED, reason="parse", error=f"{OTHERS} broke", octets=b"x")
    others.record(broken, cursor=FolderCursor(7, 4, exists=3, unread=2, listed_at=NOW))
    support.record(cursor=FolderCursor(7, 10, exists=SUPPORT_MAILS, unread=3, listed_at=NOW))
    while world.store.content.search.index(100):
        pass
    _history(world)
    _remember_ids(world)


def _copy(uid: int, external_id: str) -> Outcome:
    return Outcome(MessageMeta(uid, (), NOW, 100), Fate.DUPLICATE, external_id=external_id, ticket=CREATE)


def _history(world: World) -> None:
    control = world.store.control
    fault = ErrorInfo("auth_failed", f"{OTHERS} refused", "enter it again", 77)
    for bench, status, error in ((world.support, RunStatus.SUCCESS, None), (world.others, RunStatus.ERROR, fault)):
        integration_id = bench.integration.id or 0
        run = control.start_run(at=NOW, trigger="sync", owner=Owner("host", 1, "1"))
        for _ in range(3):
            report = IntegrationReport(bench.integration.name, status, error=error, counts=Counts(fetched=4, stored=3))
            control.finish_part(run, integration_id, report, started_at=NOW, finished_at=NOW + timedelta(seconds=2))
        state = SyncState(
            integration_id, NOW, NOW + timedelta(seconds=2), NOW, status, error, failures=3 if error else 0
        )
        control.save_state(state)


def _remember_ids(world: World) -> None:
    listed = world.get("/api/v1/messages", params={"limit": 100}).json()["messages"]
    by_name = {one["external_id"].partition("@")[0]: int(one["id"]) for one in listed}
    world.ids.update(by_name)
    for one in listed:
        if one["attachments"]:
            world.ids["attachment"] = int(one["attachments"][0]["id"])
    tickets = world.get("/api/v1/tickets").json()["tickets"]
    world.ids.update({f"ticket of {one['integration']}": int(one["id"]) for one in tickets})
