"""What a decoded filter and a decoded rule are: values only, built by `decode` and taken as valid ever after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
"""What an operand is made of."""

Value: TypeAlias = str | int | float | bool | datetime
"""What one element of a field is; times are aware."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about one field. `field` is the canonical name; `operand` a scalar, or a tuple of them for `in`."""

    field: str
    operator: str
    operand: Scalar | tuple[Scalar, ...]
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes under `all`, `any`, `none` and `not`, each None where the key is not written; the keys are AND-ed."""

    all_: tuple[Node, ...] | None = None
    any_: tuple[Node, ...] | None = None
    none: tuple[Node, ...] | None = None
    not_: Node | None = None

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below, in the order of the keys."""
        for nodes in (self.all_, self.any_, self.none):
            yield from nodes or ()
        if self.not_ is not None:
            yield self.not_


Node: TypeAlias = Condition | Group


class TicketAction(StrEnum):
    """What a rule asks of the ticket desk: make one if none fits, only add to one that exists, or leave it alone."""

    CREATE = "create"
    APPEND = "append"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Actions:
    """What one rule asks for. None, and an empty `tags`, mean that it says nothing about that."""

    priority: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    company: str | None = None
    assignee: str | None = None
    ticket: TicketAction | None = None
    mark_read: bool | None = None
    move_to: str | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the list of rules; `when` None meets every message."""

    name: str
    when: Node | None
    then: Actions


def conditions(node: Node | None) -> Iterator[Condition]:
    """Yield every condition of a tree, depth first."""
    if isinstance(node, Condition):
        yield node
    elif node is not None:
        for child in node.children():
            yield from conditions(child)
