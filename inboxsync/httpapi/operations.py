"""An operation: a path, what may be asked with it, who answers, and how it is documented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inboxsync.httpapi.answers import Answer
from inboxsync.httpapi.parameters import Parameter
from inboxsync.httpapi.service import Asked

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET. `path` is Starlette's spelling; `answer` names a schema of `schemas.py`, or is a media type.

    `whole_store` operations are for tokens that show every integration.
    """

    name: str
    path: str
    work: Callable[[Asked], Answer]
    summary: str
    answer: str
    parameters: tuple[Parameter, ...] = ()
    whole_store: bool = False
