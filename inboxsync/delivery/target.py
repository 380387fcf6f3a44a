"""Where a webhook goes, read from its URL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from inboxsync.errors import UsageError

MAX_URL_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint. `host` is ASCII (IDNA) without brackets, `path` begins with `/` and has the query with it."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The Host header (RFC 9110 §7.2): the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"

    @property
    def place(self) -> str:
        """Names it in messages: no path and no query, which may hold a token."""
        return f"{self.host} port {self.port}"


def read_target(url: str, *, allow_http: bool, purpose: str = "a webhook") -> Target:
    """Read an endpoint's URL. UsageError, which never repeats the URL, for what cannot be `purpose` or must not be."""
    try:
        return _read(url, allow_http=allow_http)
    except _NoTarget as why:
        raise UsageError(f"this URL cannot be {purpose}: {why.fault}", hint=why.hint) from None


def _read(url: str, *, allow_http: bool) -> Target:
    if len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url or "\\" in url:
        _refuse("it is too long or holds blanks, backslashes or control characters", "write it %-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("it does not follow the form of a URL", "write https://host.example.com/path")
    _check(parts, allow_http=allow_http)
    is_tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    path = f"{parts.path or '/'}{query}"
    if not path.isascii():
        _refuse("its path is not ASCII", "write it %-encoded")
    return Target(is_tls, _ascii_host(parts.hostname or ""), port or (443 if is_tls else 80), path)


def _check(parts: SplitResult, *, allow_http: bool) -> None:
    if parts.scheme not in ("https", "http"):
        _refuse(
            "it is neither https nor http" if allow_http else "it is not https", "write https://host.example.com/path"
        )
    if parts.scheme == "http" and not allow_http:
        _refuse("it is http: what is sent could be read and changed on its way", "use https, or say --allow-http")
    if "@" in parts.netloc:
        _refuse("it holds a login", "a login in a URL is shown and logged by many programs; leave it out")
    if parts.fragment or parts.port == 0 or not parts.hostname:
        _refuse("it has a fragment, or no host or port", "write https://host.example.com/path")


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        _refuse("its host name is not valid", "write the host name in its ASCII form")


def shown_url(url: str) -> str:
    """Write a URL for people: its query, where endpoints like to have a token, is left out."""
    before, mark, _ = url.partition("?")
    return f"{before}?…" if mark else before


class _NoTarget(Exception):
    def __init__(self, fault: str, hint: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.hint = hint


def _refuse(fault: str, hint: str) -> NoReturn:
    raise _NoTarget(fault, hint)
