"""The language as a JSON Schema (draft 2020-12), made from the tables of fields and operators.

`filter.schema.json` beside this module is its output, for editors and for other programs; rules are its `$defs/rules`.
A schema cannot say everything: patterns, bounds on the whole text and doubled keys are judged by `decode` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from inboxsync.rules.decode_node import GROUP_KEYS
from inboxsync.rules.decode_rule import MAX_TEXT_CHARACTERS, TEXT_ACTIONS
from inboxsync.rules.fields import FIELDS, Kind
from inboxsync.rules.nodes import TicketAction
from inboxsync.rules.operators import OPERATORS, OperandKind, Operator
from inboxsync.rules.patterns import MAX_PATTERN_CHARACTERS

_RFC3339 = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
_TEXT: dict[str, object] = {"type": "string"}
_PATTERN: dict[str, object] = {"type": "string", "maxLength": MAX_PATTERN_CHARACTERS}
_NUMBER: dict[str, object] = {"type": "number"}
_TIME: dict[str, object] = {"type": "string", "pattern": _RFC3339}
_SCALAR: dict[str, object] = {"type": ["string", "number", "boolean"]}
_BOOL: dict[str, object] = {"type": "boolean"}


def filter_schema() -> dict[str, object]:
    """Answer the schema of a filter as JSON-able data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "inboxsync filter",
        "description": "Which messages an integration takes; null takes every message.",
        "anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}],
        "$defs": {"node": _node(), "group": _group(), **_conditions(), "rules": _rules(), "actions": _actions()},
    }


def schema_text() -> str:
    """Answer the schema as the text of `filter.schema.json`."""
    return json.dumps(filter_schema(), indent=2, ensure_ascii=False) + "\n"


def _node() -> dict[str, object]:
    return {"oneOf": [{"$ref": "#/$defs/group"}, *({"$ref": f"#/$defs/{kind}_condition"} for kind in Kind)]}


def _group() -> dict[str, object]:
    nodes: dict[str, object] = {"type": "array", "items": {"$ref": "#/$defs/node"}}
    properties: dict[str, object] = {key: nodes for key in GROUP_KEYS if key != "not"}
    properties["not"] = {"$ref": "#/$defs/node"}
    return _object(properties, {"minProperties": 1, "description": "The keys are AND-ed."})


def _conditions() -> dict[str, object]:
    return {f"{kind}_condition": _condition(kind) for kind in Kind}


def _condition(kind: Kind) -> dict[str, object]:
    usable = [operator for operator in OPERATORS.values() if kind in operator.kinds]
    properties: dict[str, object] = {"field": _field(kind)}
    properties |= {operator.name: _operand(operator, kind) for operator in usable}
    properties["case_sensitive"] = _BOOL
    one_operator: dict[str, object] = {"oneOf": [{"required": [operator.name]} for operator in usable]}
    return _object(properties, {"required": ["field"], **one_operator})


def _field(kind: Kind) -> dict[str, object]:
    fields = [field for field in FIELDS if field.kind is kind]
    names = [_any_case(name) for field in fields for name in (field.name, *field.aliases)]
    if kind is Kind.LIST:
        names.append(_any_case("headers.") + "[!-9;-~]+")
    examples = [field.name for field in fields]
    return {"type": "string", "pattern": f"^({'|'.join(names)})$", "examples": examples}


def _any_case(name: str) -> str:
    """Spell a name as a pattern in any case, since JSON Schema's expressions have no switch for it."""
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else f"[{c}]" for c in name)


def _operand(operator: Operator, kind: Kind) -> dict[str, object]:
    scalar = _TIME if kind is Kind.TIME else _SCALAR
    schemas: dict[OperandKind, dict[str, object]] = {
        OperandKind.SCALAR: scalar,
        OperandKind.SCALARS: {"type": "array", "items": scalar},
        OperandKind.TEXT: _TEXT,
        OperandKind.WILDCARD: _PATTERN,
        OperandKind.PATTERN: _PATTERN,
        OperandKind.BOUND: _TIME if kind is Kind.TIME else _NUMBER,
        OperandKind.PRESENCE: {"type": ["boolean", "null"]},
    }
    return {**schemas[operator.operand], "description": operator.description}


def _rules() -> dict[str, object]:
    when = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}
    rule: dict[str, object] = {"name": _words(), "when": when, "then": {"$ref": "#/$defs/actions"}}
    return {"type": ["array", "null"], "items": _object(rule, {"required": ["name", "then"]})}


def _actions() -> dict[str, object]:
    server: dict[str, object] = _object({"mark_read": _BOOL, "move_to": _words()}, {"minProperties": 1})
    properties: dict[str, object] = {
        **{key: _words() for key in TEXT_ACTIONS},
        "tags": {"type": "array", "items": _words()},
        "ticket": {"enum": _values(TicketAction)},
        "server": server,
        "stop": _BOOL,
    }
    return _object(properties, {"minProperties": 1})


def _words() -> dict[str, object]:
    return {
        "type": "string",
        "maxLength": MAX_TEXT_CHARACTERS,
        "pattern": r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$",
    }


def _values(actions: Iterable[TicketAction]) -> list[str]:
    return [action.value for action in actions]


def _object(properties: dict[str, object], more: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}
