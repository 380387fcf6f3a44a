"""What parsing may cost, and the list of what had to be repaired or cut."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from inboxsync.mail.octet_work import OctetWork

_DEFECTS_MAX = 100


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Bounds of one parse; each hit becomes a defect, none is fatal.

    `header_block_bytes`, `header_bytes` and `structured_header_bytes` (Content-Type and its kin) bound header octets,
    `text_chars` the plain text kept for people and filters, `html_chars` the HTML source kept. Address lists have the
    bound of any header and `addresses` on top: 8 kB would hold far fewer than that many.
    """

    header_block_bytes: int = 256 * 1024
    header_bytes: int = 64 * 1024
    structured_header_bytes: int = 8 * 1024
    header_fields: int = 1000
    nesting: int = 50
    parts: int = 1000
    parameters: int = 100
    segments: int = 100
    encoded_words: int = 500
    addresses: int = 1000
    message_ids: int = 500
    message_id_chars: int = 998
    filename_chars: int = 150
    text_chars: int = 1_000_000
    html_chars: int = 5_000_000
    snippet_chars: int = 200


DEFAULT_LIMITS = ParseLimits()


class Defects:
    """Names of repairs made and limits hit, each once, in the order met, at most a hundred."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Note one; a name met before stays where it is."""
        if len(self._names) < _DEFECTS_MAX:
            self._names.setdefault(name)

    def as_tuple(self) -> tuple[str, ...]:
        """Give them in the order met."""
        return tuple(self._names)


@dataclass(slots=True)
class Parsing:
    """What one parse carries along: its bounds, its defects, what was done on its octets, and where to ask for the
    charset to suspect in unlabelled ones."""

    limits: ParseLimits = DEFAULT_LIMITS
    defects: Defects = field(default_factory=Defects)
    charset_hint: Callable[[], str | None] | None = None
    work: OctetWork | None = None
    trusted_authserv_ids: Collection[str] = ()

    def work_on(self, octets: bytes) -> OctetWork:
        """Give the work on these octets: the one at hand where it is on the very same, else a new one."""
        if self.work is None or self.work.octets is not octets:
            self.work = OctetWork(octets)
        return self.work
