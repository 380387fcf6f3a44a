"""A browser without a window: keeps cookies, sends forms as a page of ours does, says where it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI

from inboxsync.httpapi.forms import FORM_TYPE

SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Browser:
    """Asks for pages of an application below `root`, as somebody at `client`."""

    app: FastAPI
    base: str = "http://localhost:8025"
    client: tuple[str, int] = ("192.0.2.7", 4_000)
    root: str = ""
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page; redirects are not followed."""
        return asyncio.run(self._ask("GET", path, headers, None))

    def post(
        self, path: str, form: Mapping[str, str] | bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a form; without headers as a page of ours does."""
        return asyncio.run(self._ask("POST", path, dict(SAME if headers is None else headers), form))

    def sign_in(self, token: str, **fields: str) -> httpx.Response:
        """Send the form of `/sign-in`."""
        return self.post("/sign-in", {"token": token, **fields})

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | bytes | None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=self.client, root_path=self.root)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = urlencode(form).encode() if isinstance(form, Mapping) else form
        if isinstance(form, Mapping):
            sent["Content-Type"] = FORM_TYPE
        async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
            answer = await client.request(method, path, headers=sent, content=body)
            self.cookies = client.cookies
            return answer
