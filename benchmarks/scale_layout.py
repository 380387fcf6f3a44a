"""What a filled store consists of: which integration has how much mail, in which order it came. Pure, no chance in it.

Mail is laid out in *chunks*: what one folder got in one of twenty rounds, ten placements for each message stored there.
The first rounds of all folders come before the second of any, so that a folder's placements lie scattered over the
table, as they do where mail arrives. Everything else about a placement follows from its chunk and its place in it
(`scale_rows`), so that the databases can make the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

ROUNDS = 20
PLACEMENTS_A_MESSAGE = 10
FOLDERS = (("INBOX", 0.60), ("Archive", 0.20), ("Sent", 0.10), ("Projects", 0.07), ("Offers", 0.03))
INTEGRATIONS_A_COMPANY = 10
# Of two integrations the first ones have far more mail: the share of number i is 1 / (i + 10).
_FLATTEN = 10
# One folder of so many was given a new UIDVALIDITY after its first round, and that round's mail was re-mapped.
_RENUMBERED = 11


@dataclass(frozen=True, slots=True)
class Size:
    """How much a store holds; placements are ten times the messages, and the copies that re-mapping left."""

    messages: int
    integrations: int

    @classmethod
    def of(cls, factor: float) -> Size:
        """Answer so much of the largest size: a million messages of a thousand integrations."""
        return cls(int(1_000_000 * factor), max(20, int(1_000 * factor)))


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one folder got in one round: ids and UIDs from `first_…` on, one for each of `size`.

    `first_message` is the first of `size / 10` messages; `is_new` tells that they are stored here for the first time.
    `copy_first` and `copy_count` are messages of the same scope that came earlier, and are met here again.
    """

    folder_id: int
    integration_id: int
    scope: str
    round: int
    size: int
    first_id: int
    first_uid: int
    uidvalidity: int
    first_message: int
    is_new: bool
    copy_first: int
    copy_count: int
    remapped_to: int | None = None


def uuid_of(integration_id: int) -> str:
    """Name an integration for ever."""
    return f"00000000-0000-4000-8000-{integration_id:012d}"


def company_of(integration_id: int) -> str | None:
    """Answer the company of an integration; one of four has none."""
    return None if integration_id % 4 == 0 else f"Company {1 + integration_id // INTEGRATIONS_A_COMPANY}"


def scope_of(integration_id: int) -> str:
    """Answer the dedup scope, as `Integration.scope` does."""
    company = company_of(integration_id)
    return f"integration:{uuid_of(integration_id)}" if company is None else f"company:{company}"


def folder_name(folder_id: int) -> str:
    """Answer the name of a folder."""
    return FOLDERS[(folder_id - 1) % len(FOLDERS)][0]


def integration_of(folder_id: int) -> int:
    """Answer whose folder it is."""
    return 1 + (folder_id - 1) // len(FOLDERS)


def messages_by_folder(size: Size) -> list[int]:
    """Share the messages out among the folders; the largest gets what rounding left."""
    weights = [1 / (number + _FLATTEN) for number in range(size.integrations)]
    total = sum(weights)
    shared = [int(size.messages * weight / total * share) for weight in weights for _, share in FOLDERS]
    shared[0] += size.messages - sum(shared)
    return shared


def chunks(size: Size) -> Iterator[Chunk]:
    """Lay the mail out, in the order in which it came."""
    walk = _Walk()
    for folder_id, messages, number in _in_order(messages_by_folder(size)):
        yield from walk.take(folder_id, messages, number)


def _in_order(by_folder: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield folder, messages and round, round by round; small folders get mail in some rounds only."""
    for number in range(ROUNDS):
        for position, messages in enumerate(by_folder):
            begin, end = messages * number // ROUNDS, messages * (number + 1) // ROUNDS
            if end > begin:
                yield position + 1, end - begin, number


class _Walk:
    """Gives out ids, UIDs and messages one after the other."""

    def __init__(self) -> None:
        self._next_id = self._next_message = 1
        self._next_uid: dict[int, int] = {}
        self._last_of_scope: dict[str, tuple[int, int]] = {}
        self._renumbered: dict[int, Chunk] = {}

    def take(self, folder_id: int, messages: int, number: int) -> Iterator[Chunk]:
        """Yield a folder's mail of one round, before it what was re-mapped since its first."""
        old = self._renumbered.pop(folder_id, None)
        if old is not None:
            self._next_uid[folder_id] = 1
            yield self._placed(replace(old, round=number, uidvalidity=2, is_new=False, remapped_to=None))
        is_first = folder_id not in self._next_uid
        new = Chunk(
            folder_id=folder_id,
            integration_id=integration_of(folder_id),
            scope=scope_of(integration_of(folder_id)),
            round=number,
            size=messages * PLACEMENTS_A_MESSAGE,
            first_id=0,
            first_uid=0,
            uidvalidity=2 if folder_id % _RENUMBERED == 0 and not is_first else 1,
            first_message=self._next_message,
            is_new=True,
            copy_first=self._next_message,
            copy_count=messages,
        )
        copies = self._last_of_scope.get(new.scope, (new.copy_first, new.copy_count))
        new = replace(new, copy_first=copies[0], copy_count=copies[1])
        if folder_id % _RENUMBERED == 0 and is_first and number < ROUNDS // 2:
            new = replace(new, remapped_to=1)
            self._renumbered[folder_id] = new
        self._next_message += messages
        self._last_of_scope[new.scope] = (new.first_message, messages)
        yield self._placed(new)

    def _placed(self, chunk: Chunk) -> Chunk:
        uid = self._next_uid.get(chunk.folder_id, 1)
        placed = replace(chunk, first_id=self._next_id, first_uid=uid)
        self._next_id += chunk.size
        self._next_uid[chunk.folder_id] = uid + chunk.size
        return placed
