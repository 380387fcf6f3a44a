"""Which parts of a stored message a filter or a list of rules reads, so that nothing else is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from inboxsync.model.judging import Part
from inboxsync.rules.fields import HEADER_PREFIX
from inboxsync.rules.nodes import Node, Rule, conditions

_PEOPLE = ("from.", "to", "cc", "bcc", "recipients", "reply_to.", "sender.")
_NOT_PEOPLE = frozenset({"from.raw"})
_BY_START: Mapping[Part, tuple[str, ...]] = MappingProxyType(
    {
        Part.PEOPLE: _PEOPLE,
        Part.HEADERS: (HEADER_PREFIX,),
        Part.LINKS: ("is_reply",),
        Part.BODIES: ("body",),
        Part.ATTACHMENTS: ("attachments.", "has_attachments"),
    }
)
_SETTINGS = "authentication."
_COMPANY = "account.company_id"


def parts_of_field(name: str) -> frozenset[Part]:
    """Answer what is read for a field, by its canonical name."""
    if name in _NOT_PEOPLE:
        return frozenset()
    return frozenset(part for part, starts in _BY_START.items() if name.startswith(starts))


def fields_named(nodes: Iterable[Node | None]) -> frozenset[str]:
    """Name every field that is asked about, by canonical names."""
    return frozenset(condition.field for node in nodes for condition in conditions(node))


def nodes_of(filter_: Node | None, rules: Iterable[Rule]) -> tuple[Node | None, ...]:
    """Answer the filter and what each rule asks."""
    return (filter_, *(rule.when for rule in rules))


def parts_read(fields: Iterable[str]) -> frozenset[Part]:
    """Answer what is read for all these fields."""
    return frozenset(part for name in fields for part in parts_of_field(name))


def needs_octets(fields: Iterable[str]) -> bool:
    """Tell whether a field follows from the octets and today's settings: then what was stored may say otherwise."""
    return any(name.startswith(_SETTINGS) for name in fields)


def asks_company(fields: Iterable[str]) -> bool:
    """Tell whether our number of the integration's company is asked for, which has to be looked up."""
    return _COMPANY in fields
