"""What filters and rules ask of one message, read when first asked for and kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from inboxsync.model.integration import Integration
from inboxsync.model.message import ParsedMessage
from inboxsync.rules.fields import Field, Values
from inboxsync.rules.source import Source
from inboxsync.rules.text import fold, normalise, to_utf8
from inboxsync.rules.times import aware


class Facts:
    """The fields of one message. Nothing is computed before a condition asks, and nothing twice.

    Belongs to one thread at a time: the caches are not locked.
    """

    __slots__ = ("_folded", "_folded_octets", "_octets", "_texts", "_values", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self._values: dict[str, Values] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        self._octets: dict[str, tuple[bytes, ...]] = {}
        self._folded_octets: dict[str, tuple[bytes, ...]] = {}

    @classmethod
    def of(
        cls,
        parsed: ParsedMessage,
        *,
        flags: Collection[str],
        folder: str,
        integration: Integration,
        size_bytes: int,
        received_at: datetime | None,
        now: datetime,
        company_id: int | None = None,
    ) -> Facts:
        """Gather what is known of one message; `now` is the time from which `age_days` counts."""
        source = Source(
            parsed=parsed,
            flags=tuple(flags),
            folder=folder,
            integration=integration,
            size_bytes=size_bytes,
            received_at=aware(received_at),
            now=aware(now) or now,
            company_id=company_id,
        )
        return cls(source)

    def values(self, field: Field) -> Values:
        """Answer the elements of a field as they are; () where it is missing."""
        found = self._values.get(field.name)
        if found is None:
            found = self._values[field.name] = field.read(self.source)
        return found

    def texts(self, field: Field) -> tuple[str, ...]:
        """Answer the texts of a field in NFC."""
        found = self._texts.get(field.name)
        if found is None:
            values = field.read(self.source)  # not kept: what is asked again is the normalised text
            found = self._texts[field.name] = tuple([normalise(value) for value in values if isinstance(value, str)])
        return found

    def folded(self, field: Field) -> tuple[str, ...]:
        """Answer the texts of a field folded, so that caseless equals are equal."""
        found = self._folded.get(field.name)
        if found is None:
            values = field.read(self.source)  # not kept: what is asked again is the folded text
            found = self._folded[field.name] = tuple([fold(value) for value in values if isinstance(value, str)])
        return found

    def octets(self, field: Field) -> tuple[bytes, ...]:
        """Answer `texts` in UTF-8, as the pattern engine reads them."""
        found = self._octets.get(field.name)
        if found is None:
            found = self._octets[field.name] = tuple(map(to_utf8, self.texts(field)))
        return found

    def folded_octets(self, field: Field) -> tuple[bytes, ...]:
        """Answer `folded` in UTF-8."""
        found = self._folded_octets.get(field.name)
        if found is None:
            found = self._folded_octets[field.name] = tuple(map(to_utf8, self.folded(field)))
        return found
