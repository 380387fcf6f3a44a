"""Who asks: a token is found, compared, and becomes what its bearer may see."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.httpapi.rates import Buckets, Rate
from inboxsync.httpapi.refusals import Refusal
from inboxsync.httpapi.token_text import given_token, is_same, public_part
from inboxsync.model.token import EVERYTHING, Sight

if TYPE_CHECKING:
    from inboxsync.model.token import AccessToken
    from inboxsync.store.read_only import ReadOnlyStore

REQUESTS = Rate(per_s=200.0, burst=400.0)
# Tokens cannot be guessed; this keeps somebody who tries from costing anything.
FAILURES = Rate(per_s=1.0, burst=20.0)
_CHALLENGE = {"www-authenticate": 'Bearer realm="inboxsync"'}
_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a token, and what it shows. `sight` is by id, as integrations are now."""

    name: str
    sight: Sight

    @property
    def is_bound(self) -> bool:
        """Whether it shows some integrations only."""
        return self.sight.integration_ids is not None


@dataclass
class Access:
    """Checks tokens. `now` tells when tokens expire, `monotonic_s` how often somebody asks."""

    store: ReadOnlyStore
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    requests: Buckets = field(default_factory=lambda: Buckets(REQUESTS))
    failures: Buckets = field(default_factory=lambda: Buckets(FAILURES))

    def bearer(self, authorization: str | None, client: str) -> Bearer:
        """Answer who asks. Raises Refusal: 401 without a good token, 429 who asks or fails too often; StoreError."""
        token = self._token(authorization)
        if token is None:
            self._wait(self.failures, client)
            text = (
                "a token is needed: Authorization: Bearer TOKEN" if authorization is None else "the token is not valid"
            )
            raise Refusal(401, text, _CHALLENGE)
        self._wait(self.requests, token.token_id)
        return Bearer(token.name, self._sight(token))

    def _token(self, authorization: str | None) -> AccessToken | None:
        text = None if authorization is None else given_token(authorization)
        token_id = None if text is None else public_part(text)
        if text is None or token_id is None:
            return None
        found = self.store.tokens.by_token_id(token_id)
        is_good = is_same(text, _NO_HASH if found is None else found.sha256)
        return found if found is not None and is_good and not found.is_expired(self.now()) else None

    def _sight(self, token: AccessToken) -> Sight:
        if token.integrations is None:
            return EVERYTHING
        known = {one.uuid: one.id for one in self.store.control.integrations()}
        ids = (known.get(uuid) for uuid in token.integrations)
        return Sight(frozenset(one for one in ids if one is not None))

    def _wait(self, buckets: Buckets, name: str) -> None:
        wait_s = buckets.wait_s(name, self.monotonic_s())
        if wait_s > 0:
            raise Refusal(429, "too many requests; wait a little", {"retry-after": str(math.ceil(wait_s))})
