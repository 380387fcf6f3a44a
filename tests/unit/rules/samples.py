"""Made-up messages and clocks for the tests of filters and rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.message import Address, Attachment, ParsedMessage
from inboxsync.rules.decode import decode_filter, decode_rules
from inboxsync.rules.evaluate import CompiledFilter, CompiledRules, compile_filter, compile_rules
from inboxsync.rules.facts import Facts

NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)
INTEGRATION = Integration(
    uuid="0e0e", name="Support", email="support@example.com", id=7,
    endpoint=Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "support@example.com"),
)  # fmt: skip


@dataclass
class StillClock:
    """A clock that stands still, or moves on by `step_s` each time it is read."""

    step_s: float = 0.0
    now_s: float = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@dataclass(frozen=True)
class Situation:
    """What Facts.of takes beside the message."""

    flags: tuple[str, ...] = ()
    folder: str = "INBOX"
    size_bytes: int = 1_000
    received_at: datetime | None = datetime(2024, 5, 8, 12, tzinfo=UTC)
    company_id: int | None = None
    integration: Integration = field(default=INTEGRATION)


def message(headers: Mapping[str, tuple[str, ...]] | None = None, **fields: Any) -> ParsedMessage:
    """A message with the given fields; addresses may be written as plain text."""
    for name in ("from_", "to", "cc", "bcc", "sender", "reply_to"):
        if name in fields:
            fields[name] = tuple(Address("", one) if isinstance(one, str) else one for one in fields[name])
    return ParsedMessage(
        size_bytes=1_000, raw_sha256="", fingerprint="", headers=MappingProxyType(dict(headers or {})), **fields
    )


def facts(parsed: ParsedMessage | None = None, situation: Situation | None = None, /, **fields: Any) -> Facts:
    """The facts of a message, given whole or by its fields."""
    at = situation or Situation()
    return Facts.of(
        parsed or message(**fields),
        flags=at.flags, folder=at.folder, integration=at.integration, size_bytes=at.size_bytes,
        received_at=at.received_at, now=NOW, company_id=at.company_id,
    )  # fmt: skip


def attachment(name: str | None, content_type: str, *, is_inline: bool = False) -> Attachment:
    """An attachment without content."""
    return Attachment(0, name, content_type, 0, "", is_inline=is_inline)


def compiled(filter_: object) -> CompiledFilter:
    """A filter given as JSON-able data, compiled under a clock that stands still."""
    return compile_filter(decode_filter(json.dumps(filter_)), StillClock())


def takes(filter_: object, about: Facts) -> bool:
    """Whether the filter takes it; a fault fails the test."""
    verdict = compiled(filter_).decide(about)
    assert verdict.fault is None
    return verdict.taken


def compiled_rules(rules: object, step_s: float = 0.0) -> CompiledRules:
    """Rules given as JSON-able data, compiled."""
    return compile_rules(decode_rules(json.dumps(rules)), StillClock(step_s))
