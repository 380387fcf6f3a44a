"""Signing in and out: what the cookie is called and how strict it is, and where a person goes on afterwards. Pure.

The cookie holds the token itself: nothing of a session is kept here, and a token that is revoked ends at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.httpapi.rates import Rate

if TYPE_CHECKING:
    from starlette.responses import Response

REMEMBERED_S = 30 * 24 * 3_600
LANGUAGE_S = 365 * 24 * 3_600
LANGUAGE_COOKIE = "inboxsync_language"
# A person mistypes now and then; a program that tries is held up by minutes.
ATTEMPTS = Rate(per_s=0.1, burst=6.0)
_MOST_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are for a browser: `root` is the path they are mounted at, without a slash at its end."""

    root: str
    is_secure: bool

    @property
    def cookie(self) -> str:
        """The name of the cookie. `__Host-`: no other host and nothing unencrypted can have set it (RFC 6265bis)."""
        return "__Host-inboxsync" if self.is_secure and not self.root else "inboxsync_token"

    def token_of(self, cookies: Mapping[str, str]) -> str | None:
        """The token that a browser sent."""
        return cookies.get(self.cookie) or None

    def keep(self, response: Response, token: str, *, remember: bool) -> None:
        """Give the token to the browser: to be sent to us alone, never shown to a script, gone with its window."""
        self._set(response, self.cookie, token, REMEMBERED_S if remember else None)

    def forget(self, response: Response) -> None:
        """Take the token back from the browser."""
        self._set(response, self.cookie, "", 0)

    def keep_language(self, response: Response, code: str) -> None:
        """Remember a language for a year."""
        self._set(response, LANGUAGE_COOKIE, code, LANGUAGE_S)

    def _set(self, response: Response, name: str, value: str, age_s: int | None) -> None:
        response.set_cookie(
            name, value, max_age=age_s, path=self.root or "/", secure=self.is_secure, httponly=True, samesite="strict"
        )

    def goes_on(self, wanted: str | None) -> str:
        """Where to go after signing in: a path of ours, or the first page for anything else."""
        home = f"{self.root}/"
        if not wanted or len(wanted) > _MOST_CHARS or not wanted.isascii() or not wanted.isprintable():
            return home
        # `//host` and `/\host` are other hosts to a browser.
        is_ours = wanted.startswith(home) and wanted[1:2] not in ("/", "\\") and "\\" not in wanted
        return wanted if is_ours else home
