"""The share of a run in making mail searchable: a little, after all mail is stored (docs/adr/0016)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import StoreError
from inboxsync.model.report import PlanKind

if TYPE_CHECKING:
    from inboxsync.model.report import IntegrationReport
    from inboxsync.sync.context import Tools

LOG = logging.getLogger(__name__)
# As many as five-minute runs of a busy mailbox bring in; what a first sync leaves waiting goes with later runs and
# with `search` itself.
INDEXED_PER_RUN = 200
# A batch holds the database's writer for some milliseconds.
INDEXED_AT_ONCE = 50


def index_some(tools: Tools, parts: Sequence[IntegrationReport], deadline_s: float) -> None:
    """Make the newest mail searchable after a run that brought some in. Never raises what the store raised.

    A first sync is left as fast as it is. A run that found nothing new has not opened the content plane, which costs
    more than the run itself.
    """
    if any(one.plan is PlanKind.INITIAL for part in parts for one in part.folders):
        return
    if not any(part.counts.stored for part in parts):
        return
    try:
        for _ in range(0, INDEXED_PER_RUN, INDEXED_AT_ONCE):
            if tools.stopped() or tools.monotonic_s() >= deadline_s:
                return
            if tools.store.content.search.index(INDEXED_AT_ONCE) < INDEXED_AT_ONCE:
                return
    except StoreError as error:
        LOG.debug("indexing_failed", extra={"code": error.code})
