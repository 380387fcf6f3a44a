"""The status page with very many mailboxes: how large it is and what it costs."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from benchmarks.bench import Row
from devtools.busy_store import fill
from inboxsync.config.settings import Settings
from inboxsync.httpapi import create_app
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.token import AccessToken
from inboxsync.store.tokens import tokens_of

MAILBOXES, DAYS, QUESTIONS = 200, 60, 50
PAGE_MS, PAGE_KB = 100.0, 60.0


def rows(home: Path) -> list[Row]:
    """Fill a store of two hundred mailboxes and ask for its first page again and again."""
    now, token = datetime.now(UTC), new_token()
    store = fill(home / "data", now, UTC, MAILBOXES, days=DAYS)
    tokens_of(store.control).add(AccessToken("bench", token.token_id, token.sha256, now))
    count = sum(totals.messages for totals in store.control.totals().values())
    store.close()
    return list(_rows(home, token.text, count))


def _rows(home: Path, token: str, count: int) -> Iterator[Row]:
    (first_ms,), _, _ = asyncio.run(_asked(home, token, 1))
    taken_ms, sent, unpacked = asyncio.run(_asked(home, token, QUESTIONS))
    p95_ms = taken_ms[int(0.95 * QUESTIONS)]
    work = f"status page of {MAILBOXES} mailboxes, {count:,} messages"
    told = f"{p95_ms:.0f} ms of processor time (median {median(taken_ms):.0f}), {first_ms:.0f} ms the first"
    yield Row(f"{work}: p95 of {QUESTIONS}", f"≤ {PAGE_MS:.0f} ms", told, p95_ms <= PAGE_MS)
    told = f"{unpacked / 1_000:.1f} KB, {sent / 1_000:.1f} KB as sent"
    yield Row(f"{work}: unpacked", f"≤ {PAGE_KB:.0f} KB", told, unpacked <= 1_000 * PAGE_KB)


async def _counted(client: httpx.AsyncClient) -> None:
    """Ask until all is there that is counted behind the page."""
    for _ in range(300):
        if "being counted" not in (await client.get("/")).text:
            return
        await asyncio.sleep(0.1)


async def _asked(home: Path, token: str, questions: int) -> tuple[list[float], int, int]:
    """Ask a new application: ms of each answer in order of size, octets as sent and unpacked. One question is cold."""
    app = create_app(Settings(home / "data"), allowed_hosts=["*"])
    gc.freeze()  # as `serve` does: what filled the store is none of the page's garbage
    cookies = {"inboxsync_token": token}
    transport = httpx.ASGITransport(app)
    taken = []
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=cookies) as client:
        if questions > 1:
            await _counted(client)
        for _ in range(questions):
            began = time.process_time()
            answer = await client.get("/", headers={"Accept-Encoding": "gzip"})
            taken.append(1_000 * (time.process_time() - began))
            if answer.status_code != 200 or "mailboxes need you" not in answer.text:
                raise SystemExit(f"the page is {answer.status_code}")
    app.state.service.store.close()
    sent = int(answer.headers["content-length"])
    return sorted(taken), sent, len(answer.content)
