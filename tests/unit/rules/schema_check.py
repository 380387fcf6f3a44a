"""The few words of JSON Schema that our own schema uses, checked without a package for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TYPES: Mapping[str, Callable[[object], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_SILENT = {"$schema", "$defs", "title", "description", "examples"}


def conforms(value: object, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether the value conforms; a keyword that is not known here fails the test that uses it."""
    return all(_KEYWORDS[key](value, schema, root) for key in schema if key not in _SILENT)


def _ref(value: object, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    return conforms(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)


def _type(value: object, schema: Mapping[str, Any], _root: Mapping[str, Any]) -> bool:
    given = schema["type"]
    return any(_TYPES[name](value) for name in ([given] if isinstance(given, str) else given))


def _required(value: object, schema: Mapping[str, Any], _root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(key in value for key in schema["required"])


def _properties(value: object, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    known = schema["properties"].items()
    return not isinstance(value, dict) or all(conforms(value[key], below, root) for key, below in known if key in value)


def _additional(value: object, schema: Mapping[str, Any], _root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or set(value) <= set(schema["properties"])


def _items(value: object, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    return not isinstance(value, list) or all(conforms(member, schema["items"], root) for member in value)


_KEYWORDS: Mapping[str, Callable[[object, Mapping[str, Any], Mapping[str, Any]], bool]] = {
    "$ref": _ref,
    "type": _type,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "enum": lambda value, schema, _root: value in schema["enum"],
    "anyOf": lambda value, schema, root: any(conforms(value, one, root) for one in schema["anyOf"]),
    "oneOf": lambda value, schema, root: sum(conforms(value, one, root) for one in schema["oneOf"]) == 1,
    "pattern": lambda value, schema, _root: not isinstance(value, str) or bool(re.search(schema["pattern"], value)),
    "maxLength": lambda value, schema, _root: not isinstance(value, str) or len(value) <= schema["maxLength"],
    "minProperties": lambda value, schema, _root: not isinstance(value, dict) or len(value) >= schema["minProperties"],
}
