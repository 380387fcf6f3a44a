"""Text to filter or rules, with every fault told at once, or to the one spelling in which it is stored."""

from __future__ import annotations

import json

from inboxsync.rules.decode_node import NodeDecoder
from inboxsync.rules.decode_rule import RuleDecoder
from inboxsync.rules.document import UNREADABLE, read_document
from inboxsync.rules.faults import Faults
from inboxsync.rules.nodes import Node, Rule


def decode_filter(text: str | bytes) -> Node | None:
    """Decode a filter; None is JSON's null, which takes every message.

    Raises FilterInvalid with all problems, `where` being their JSON pointers. Nothing else, whatever the text.
    """
    faults = Faults()
    value = read_document(text, faults)
    node = None if value is None or value is UNREADABLE else NodeDecoder(faults).node(value, "")
    faults.raise_if_any("the filter")
    return node


def decode_rules(text: str | bytes) -> tuple[Rule, ...]:
    """Decode an ordered list of rules; null is the empty list.

    Raises FilterInvalid with all problems, `where` being their JSON pointers. Nothing else, whatever the text.
    """
    faults = Faults()
    value = read_document(text, faults)
    rules = () if value is UNREADABLE else RuleDecoder(faults).rules(value)
    faults.raise_if_any("the list of rules")
    return rules


def canonical(text: str | bytes) -> str:
    """Answer the same JSON with sorted keys and no blanks, as it is stored and compared; what it says is not judged.

    Raises FilterInvalid where it is not JSON, out of bounds, or holds what two parsers would read differently.
    """
    faults = Faults()
    value = read_document(text, faults)
    faults.raise_if_any("the text")
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
