"""Answers pages: who asks is told by the cookie, what is shown by the views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from inboxsync.errors import InboxsyncError
from inboxsync.httpapi.answers import Answer, Text, response_of
from inboxsync.httpapi.pages import mail_views, overview, quarantine, single, ticket_views
from inboxsync.httpapi.pages.assets import assets
from inboxsync.httpapi.pages.responses import Responses, client_of, cookies_of, place_of, switched
from inboxsync.httpapi.pages.rhythm import Rhythms
from inboxsync.httpapi.pages.sign_in import SignIn
from inboxsync.httpapi.pages.visit import Addresses, Shown, Visit
from inboxsync.httpapi.parameters import Parameter, read_parameters
from inboxsync.httpapi.refusals import Refusal
from inboxsync.httpapi.service import Asked

if TYPE_CHECKING:
    from starlette.requests import Request

    from inboxsync.httpapi.access import Bearer
    from inboxsync.httpapi.service import Service

KEPT = "public, max-age=31536000, immutable"
View = Callable[[Visit], Shown | Answer]
VIEWS: Mapping[str, tuple[View, tuple[Parameter, ...]]] = {
    "overview": (overview.overview, overview.PARAMETERS),
    "integration": (single.integration, ()),
    "tickets": (ticket_views.tickets, ticket_views.PARAMETERS),
    "ticket": (ticket_views.ticket, ()),
    "quarantine": (quarantine.quarantine, quarantine.PARAMETERS),
    "search": (mail_views.search, mail_views.SEARCH_PARAMETERS),
    "message": (mail_views.message, mail_views.MESSAGE_PARAMETERS),
    "message_html": (mail_views.message_html, ()),
    "message_raw": (mail_views.message_raw, ()),
    "attachment": (mail_views.attachment, ()),
}


class Pages:
    """Answers requests for pages. Usable from several threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._responses = Responses(service)
        self.rhythms = Rhythms(service.store.pages.arrived, service.monotonic_s)
        self.signing = SignIn(service, self._responses)

    async def page(self, request: Request, name: str) -> Response:
        """Answer a page, or send who is not signed in to the form."""
        if (elsewhere := switched(request)) is not None:
            return elsewhere
        token = place_of(request).token_of(cookies_of(request))
        if token is None:
            return self.signing.wanted(request)
        return await run_in_threadpool(self._answered, request, token, name)

    def asset(self, request: Request) -> Response:
        """Answer a file of ours; browsers keep it for as long as its address names this version."""
        found = assets().get(request.path_params["name"])
        if found is None:
            raise Refusal(404, "there is nothing here")
        headers = {"cache-control": KEPT} if request.query_params.get("v") == found.version else {}
        return response_of(Text(found.content, found.content_type, headers), request)

    def _answered(self, request: Request, token: str, name: str) -> Response:
        bearer = None
        try:
            bearer = self._service.access.bearer(f"Bearer {token}", client_of(request))
            return self._viewed(request, bearer, name)
        except Refusal as refusal:
            if refusal.status == 401:
                return self.signing.over(request)
            return self._responses.refused(request, refusal, bearer.name if bearer else None)
        except InboxsyncError as error:
            return self._responses.failed(request, error)

    def _viewed(self, request: Request, bearer: Bearer, name: str) -> Response:
        view, parameters = VIEWS[name]
        known = {parameter.name for parameter in parameters}
        # What others hang on to an address, as mail programs and chats do, is none of our business.
        given = [pair for pair in request.query_params.multi_items() if pair[0] in known]
        root = place_of(request).root
        asked = Asked(self._service, bearer, request.path_params, read_parameters(parameters, given), root)
        found = view(Visit(asked, self._responses.speaker(request), Addresses(root), self.rhythms))
        if isinstance(found, Shown):
            return self._responses.shown(request, found, bearer.name)
        return response_of(found, request)
