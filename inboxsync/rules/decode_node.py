"""JSON values to filter nodes: one function for each shape, and each goes on after a fault."""

from __future__ import annotations

from dataclasses import dataclass

from inboxsync.rules.decode_operand import decode_operand
from inboxsync.rules.document import BadNumber
from inboxsync.rules.faults import Faults, below, kind_of, shown
from inboxsync.rules.fields import HEADER_PREFIX, Field, field_names, find_field
from inboxsync.rules.nodes import Condition, Group, Node
from inboxsync.rules.operators import OPERATORS

MAX_DEPTH = 32
MAX_NODES = 1_000
GROUP_KEYS = ("all", "any", "none", "not")
CONDITION_KEYS = ("field", "case_sensitive", *OPERATORS)


@dataclass(slots=True)
class NodeDecoder:
    """Decodes the nodes of one document and counts them all. None stands for a node that has a fault."""

    faults: Faults
    count: int = 0

    def node(self, value: object, pointer: str, depth: int = 1) -> Node | None:
        """Decode one node and what is below it; every fault is noted with its pointer."""
        self.count += 1
        if self.count > MAX_NODES:
            if self.count == MAX_NODES + 1:
                self.faults.add(pointer, f"more than {MAX_NODES} nodes", "put many values into one `in`")
            return None
        if depth > MAX_DEPTH:
            self.faults.add(
                pointer, f"nodes are nested more than {MAX_DEPTH} deep", "use fewer groups inside each other"
            )
            return None
        if not isinstance(value, dict):
            if not isinstance(value, BadNumber):
                self.faults.add(
                    pointer,
                    f"a node is an object, this is {kind_of(value)}",
                    'such as {"field": "subject", "contains": "invoice"}',
                )
            return None
        return self._object(value, pointer, depth)

    def _object(self, value: dict[str, object], pointer: str, depth: int) -> Node | None:
        if not value:
            self.faults.add(pointer, "an empty object says nothing", "write null to take every message")
            return None
        is_condition = any(key in CONDITION_KEYS for key in value)
        is_group = any(key in GROUP_KEYS for key in value)
        if is_condition and is_group:
            self.faults.add(
                pointer, "a node is either a condition or a group, not both", "put the condition into `all`"
            )
        self._unknown_keys(value, pointer, CONDITION_KEYS + GROUP_KEYS)
        group = self._group(value, pointer, depth) if is_group else None
        if is_condition:
            condition = self._condition(value, pointer)
            return None if is_group else condition
        if not is_group:
            self.faults.add(
                pointer, "neither a condition nor a group", "it needs `field` and an operator, or all, any, none or not"
            )
        return group

    def _unknown_keys(self, value: dict[str, object], pointer: str, known: tuple[str, ...]) -> None:
        for key in value:
            if key not in known:
                self.faults.add(below(pointer, key), f"unknown key {shown(key)}", self.faults.nearest(key, known))

    def _group(self, value: dict[str, object], pointer: str, depth: int) -> Group | None:
        before = len(self.faults.problems)
        not_ = self.node(value["not"], below(pointer, "not"), depth + 1) if "not" in value else None
        group = Group(
            all_=self._nodes(value, "all", pointer, depth),
            any_=self._nodes(value, "any", pointer, depth),
            none=self._nodes(value, "none", pointer, depth),
            not_=not_,
        )
        return group if len(self.faults.problems) == before else None

    def _nodes(self, value: dict[str, object], key: str, pointer: str, depth: int) -> tuple[Node, ...] | None:
        if key not in value:
            return None
        members, where = value[key], below(pointer, key)
        if not isinstance(members, list):
            if not isinstance(members, BadNumber):
                self.faults.add(where, f"{key} takes an array of nodes, this is {kind_of(members)}", "put it into [ ]")
            return None
        decoded = (self.node(member, below(where, index), depth + 1) for index, member in enumerate(members))
        return tuple(node for node in decoded if node is not None)

    def _condition(self, value: dict[str, object], pointer: str) -> Condition | None:
        before = len(self.faults.problems)
        field = self._field(value, pointer)
        case_sensitive = self._case_sensitive(value, pointer)
        names = [name for name in value if name in OPERATORS]
        if not names:
            self.faults.add(pointer, "the condition has no operator", f"one of {', '.join(OPERATORS)}")
        if len(names) > 1:
            self.faults.add(
                pointer, f"several operators: {', '.join(names)}", "write one condition for each inside `all`"
            )
        operands = [
            decode_operand(value[name], OPERATORS[name], field, below(pointer, name), self.faults) for name in names
        ]
        if field is None or len(self.faults.problems) > before or operands[0] is None:
            return None
        return Condition(field.name, names[0], operands[0], case_sensitive)

    def _field(self, value: dict[str, object], pointer: str) -> Field | None:
        if "field" not in value:
            self.faults.add(pointer, "the condition names no field", 'such as "field": "subject"')
            return None
        name, where = value["field"], below(pointer, "field")
        if not isinstance(name, str):
            if not isinstance(name, BadNumber):
                self.faults.add(where, f"a field is named by a text, this is {kind_of(name)}")
            return None
        field = find_field(name)
        if field is None:
            self.faults.add(where, f"unknown field {shown(name)}", self._field_hint(name))
        return field

    def _field_hint(self, name: str) -> str:
        if name.lower().split(".")[0] in ("headers", "header"):
            return f'a header is named as in "{HEADER_PREFIX}list-id": printable ASCII without a colon'
        return self.faults.nearest(name, field_names()) or "`inboxsync rules fields` lists them"

    def _case_sensitive(self, value: dict[str, object], pointer: str) -> bool:
        given = value.get("case_sensitive", False)
        if isinstance(given, bool):
            return given
        if not isinstance(given, BadNumber):
            self.faults.add(
                below(pointer, "case_sensitive"), f"case_sensitive is true or false, this is {kind_of(given)}"
            )
        return False
