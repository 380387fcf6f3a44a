"""Judging what is stored by filter and rules as they are now: what is to be done, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefilterExample:
    """A message that would now be decided otherwise. `id` is ours, None where only its header was kept."""

    kind: str
    id: int | None
    folder: str
    uid: int
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class RefilterReport:
    """What came of it.

    Of mail that the filter refused, `filtered` was looked at: `wanted` is taken now, of `undecided` the body has to be
    fetched to tell, and `reopened` of both are fetched again with the next run. Of stored mail, `stored` was looked at:
    `refused_now` would be refused, `faults` need too long or cannot be read, `tickets_wanted` is the most that may have
    an effect on tickets; `tickets_created` and `tickets_updated` is what was done. `finished` is False where it was
    stopped; called again it goes on.
    """

    filtered: int = 0
    wanted: int = 0
    undecided: int = 0
    reopened: int = 0
    stored: int = 0
    refused_now: int = 0
    faults: int = 0
    tickets_wanted: int = 0
    tickets_created: int = 0
    tickets_updated: int = 0
    finished: bool = True
    examples: tuple[RefilterExample, ...] = ()
