"""Makes responses of pages: language, headers, policy, packing; a refusal and a store that fails are pages too."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping
from http.cookies import CookieError
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from inboxsync.errors import InboxsyncError, OctetsPruned, StoreUnwritable
from inboxsync.httpapi.answers import Text, response_of
from inboxsync.httpapi.pages.assets import assets
from inboxsync.httpapi.pages.languages import chosen, languages
from inboxsync.httpapi.pages.rendering import rendered
from inboxsync.httpapi.pages.signing import LANGUAGE_COOKIE, Place
from inboxsync.httpapi.pages.speaker import Speaker
from inboxsync.httpapi.pages.visit import Addresses, Shown
from inboxsync.httpapi.refusals import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from inboxsync.httpapi.service import Service

# Scripts and styles of ours alone, nothing inline; frames only for mail, which brings a policy of its own.
PAGE_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# With `no-referrer` a browser would send its forms with `Origin: null`.
PAGE_HEADERS = {
    "content-security-policy": PAGE_CSP,
    "referrer-policy": "same-origin",
    "vary": "accept-encoding, accept-language, cookie",
}
HTML = "text/html; charset=utf-8"
_GZIP_FROM_BYTES = 1_024
_GZIP_LEVEL = 5
log = logging.getLogger(__name__)


class Responses:
    """Makes responses in the language of who asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def speaker(self, request: Request) -> Speaker:
        """Who speaks the language of a request, now."""
        language = chosen(cookies_of(request).get(LANGUAGE_COOKIE), request.headers.get("accept-language"))
        return Speaker(language, self._service.now(), self._service.zone)

    def shown(self, request: Request, shown: Shown, signed_in: str | None = None) -> Response:
        """Show a page; `signed_in` names the token of who asks."""
        place = place_of(request)
        context: dict[str, Any] = {
            "say": self.speaker(request),
            "address": Addresses(place.root),
            "asset": lambda name: f"{place.root}/assets/{name}?v={assets()[name].version}",
            "languages": languages().values(),
            "here": here_of(request),
            "signed_in": signed_in,
            **shown.context,
        }
        return _packed(rendered(shown.template, context), request, shown.status)

    def refused(self, request: Request, refusal: Refusal, signed_in: str | None = None) -> Response:
        """Show why something is not shown."""
        say = self.speaker(request)
        status = refusal.status if f"error.{refusal.status}" in say.language.texts else 400
        told = {"title": say(f"error.{status}"), "text": say(f"error.text_{status}")}
        return self._told(request, refusal, told, signed_in)

    def failed(self, request: Request, error: InboxsyncError) -> Response:
        """Show that the store failed, not where it is nor what it said: that stands in the log."""
        if isinstance(error, OctetsPruned):
            return self.refused(request, Refusal(410, error.code))
        log.warning("store failed", extra={"code": error.code, "error": error.message})
        say = self.speaker(request)
        text = say("error.text_no_store") if isinstance(error, StoreUnwritable) else say.explained(error.code)
        refusal = Refusal(503, error.code, {"retry-after": "5"})
        return self._told(request, refusal, {"title": say("error.503"), "text": text}, None)

    def _told(self, request: Request, refusal: Refusal, told: Mapping[str, str], signed_in: str | None) -> Response:
        response = self.shown(request, Shown("refusal.html", told, refusal.status), signed_in)
        response.headers.update(refusal.headers)
        return response


def switched(request: Request) -> Response | None:
    """Where the address asks for another language: remember it and go on without asking; None for all others."""
    code = request.query_params.get("lang")
    if code not in languages():
        return None
    response = RedirectResponse(here_of(request), 303)
    place_of(request).keep_language(response, str(code))
    return response


def place_of(request: Request) -> Place:
    """Where the pages are for this browser."""
    return Place(request.scope.get("root_path", "").rstrip("/"), request.url.scheme == "https")


def here_of(request: Request) -> str:
    """The address that was asked for, without a switch of language."""
    root, path = request.scope.get("root_path", ""), request.scope["path"]
    left = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    full = path if path.startswith(root) else f"{root}{path}"
    return quote(full, safe="/:@!$'()*,;=~") + (f"?{urlencode(left)}" if left else "")


def client_of(request: Request) -> str:
    """Who asks, for counting attempts."""
    return request.client.host if request.client else "unix"


def cookies_of(request: Request) -> Mapping[str, str]:
    """The cookies that came along; none where they cannot be read."""
    try:
        return request.cookies
    except CookieError:
        return {}


def _packed(body: bytes, request: Request, status: int) -> Response:
    headers = dict(PAGE_HEADERS)
    if len(body) >= _GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        # No secret of ours stands in a page, so its length tells none.
        body, headers["content-encoding"] = gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"
    if status == 200:
        return response_of(Text(body, HTML, headers), request)
    return Response(body, status_code=status, headers={**headers, "content-type": HTML})
