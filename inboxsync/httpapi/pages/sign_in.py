"""The form that takes a token, what happens with it, and the way out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from inboxsync.errors import InboxsyncError
from inboxsync.httpapi.forms import read_form
from inboxsync.httpapi.pages.responses import client_of, here_of, place_of, switched
from inboxsync.httpapi.pages.routes import SIGN_IN
from inboxsync.httpapi.pages.signing import ATTEMPTS
from inboxsync.httpapi.pages.visit import Addresses, Shown
from inboxsync.httpapi.rates import Buckets
from inboxsync.httpapi.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from starlette.requests import Request

    from inboxsync.httpapi.pages.responses import Responses
    from inboxsync.httpapi.service import Service

BODY_S, AT_ONCE = 10.0, 8


class SignIn:
    """Lets people in by a token."""

    def __init__(self, service: Service, responses: Responses) -> None:
        self._service = service
        self._responses = responses
        self.attempts = Buckets(ATTEMPTS)
        self.body_s = BODY_S
        # Only the event loop counts here.
        self._reading = 0

    async def answer(self, request: Request) -> Response:
        """Answer the form, or take it."""
        if (elsewhere := switched(request)) is not None:
            return elsewhere
        if request.method != "POST":
            return self._form(request, request.query_params.get("next"))
        try:
            form = read_form(await self._body(request))
        except Refusal as refusal:
            return self._responses.refused(request, refusal)
        return await run_in_threadpool(self._taken, request, form)

    async def _body(self, request: Request) -> bytes:
        """Read a form, not for long and not many at once: who sends slowly keeps no others out. Raises Refusal."""
        if self._reading >= AT_ONCE:
            raise Refusal(429, "too many forms at once", {"retry-after": "1"})
        self._reading += 1
        try:
            return await asyncio.wait_for(request.body(), self.body_s)
        except TimeoutError:
            raise Refusal(408, "the form did not arrive in time", {"connection": "close"}) from None
        except ClientDisconnect:
            raise bad_request("the form did not arrive") from None
        finally:
            self._reading -= 1

    def out(self, request: Request) -> Response:
        """Take the cookie back."""
        place = place_of(request)
        response = RedirectResponse(f"{place.root}{SIGN_IN}", 303)
        place.forget(response)
        return response

    def wanted(self, request: Request) -> Response:
        """Send who is not signed in to the form, and from there back."""
        if request.headers.get("sec-fetch-site") == "cross-site":
            # Who follows a link from elsewhere comes without a strict cookie: one step from here brings it.
            return self._responses.shown(request, Shown("moment.html"))
        root, here = place_of(request).root, here_of(request)
        return RedirectResponse(Addresses(root)(SIGN_IN, next=None if here == f"{root}/" else here), 303)

    def over(self, request: Request) -> Response:
        """Ask who comes with a token that is not valid any more for another."""
        response = self._form(request, here_of(request), problem="sign_in.over", status=401)
        place_of(request).forget(response)
        return response

    def _taken(self, request: Request, form: Mapping[str, str]) -> Response:
        token, goes_on = form.get("token", "").strip(), form.get("next")
        if not token:
            return self._form(request, goes_on, problem="sign_in.missing", status=400)
        try:
            self._service.access.bearer(f"Bearer {token}", client_of(request))
        except Refusal as refusal:
            return self._not_taken(request, goes_on, refusal)
        except InboxsyncError as error:
            return self._responses.failed(request, error)
        place = place_of(request)
        response = RedirectResponse(place.goes_on(goes_on), 303)
        place.keep(response, token, remember=form.get("remember") == "1")
        return response

    def _not_taken(self, request: Request, goes_on: str | None, refusal: Refusal) -> Response:
        wait_s = self.attempts.wait_s(client_of(request), self._service.monotonic_s())
        if wait_s <= 0 and refusal.status == 401:
            response = self._form(request, goes_on, problem="sign_in.wrong", status=401)
            response.headers.update(refusal.headers)
            return response
        wait_s = max(1, math.ceil(wait_s))
        wait = self._responses.speaker(request)("time.seconds", wait_s)
        response = self._form(request, goes_on, problem="sign_in.slow", status=429, wait=wait)
        response.headers["retry-after"] = str(wait_s)
        return response

    def _form(
        self, request: Request, goes_on: str | None, *, problem: str | None = None, status: int = 200, wait: str = ""
    ) -> Response:
        told = self._responses.speaker(request)(problem, wait=wait) if problem else None
        context = {"next": place_of(request).goes_on(goes_on), "problem": told}
        return self._responses.shown(request, Shown("sign_in.html", context, status))
