"""JSON values to rules and their actions, with every fault noted."""

from __future__ import annotations

from collections.abc import Mapping

from inboxsync.rules.decode_node import NodeDecoder
from inboxsync.rules.document import BadNumber
from inboxsync.rules.faults import Faults, below, kind_of, shown
from inboxsync.rules.nodes import Actions, Rule, TicketAction
from inboxsync.rules.routing import distinct_tags

RULE_KEYS = ("name", "when", "then")
TEXT_ACTIONS = ("priority", "category", "company", "assignee")
ACTION_KEYS = (*TEXT_ACTIONS, "tags", "ticket", "server", "stop")
SERVER_KEYS = ("mark_read", "move_to")
MAX_TEXT_CHARACTERS = 200


class RuleDecoder:
    """Decodes the rules of one document; the bound on nodes holds for all of them together."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.nodes = NodeDecoder(faults)

    def rules(self, value: object) -> tuple[Rule, ...]:
        """Decode the list; null is the empty list."""
        if value is None:
            return ()
        if not isinstance(value, list):
            self.faults.add("", f"rules are an array, this is {kind_of(value)}", "put the rule into [ ]")
            return ()
        decoded = (self._rule(member, below("", index)) for index, member in enumerate(value))
        return tuple(rule for rule in decoded if rule is not None)

    def _rule(self, value: object, pointer: str) -> Rule | None:
        given = self._object(value, pointer, "a rule", RULE_KEYS)
        if given is None:
            return None
        name = self._required(given, "name", pointer)
        when, then = given.get("when"), self._required(given, "then", pointer)
        return Rule(
            name=("" if name is None else self._text(name, below(pointer, "name"))) or "",
            when=None if when is None else self.nodes.node(when, below(pointer, "when")),
            then=Actions() if then is None else self._actions(then, below(pointer, "then")),
        )

    def _required(self, given: Mapping[str, object], key: str, pointer: str) -> object | None:
        if given.get(key) is None:
            self.faults.add(pointer, f"the rule has no `{key}`")
        return given.get(key)

    def _actions(self, value: object, pointer: str) -> Actions:
        given = self._object(value, pointer, "`then`", ACTION_KEYS)
        if given is None:
            return Actions()
        if not given:
            self.faults.add(pointer, "`then` asks for nothing", f"one of {', '.join(ACTION_KEYS)}")
        texts = {key: self._text(given[key], below(pointer, key)) for key in TEXT_ACTIONS if key in given}
        server = self._server(given, pointer)
        return Actions(
            **texts,
            tags=self._tags(given, pointer),
            ticket=self._ticket(given, pointer),
            mark_read=self._bool(server, "mark_read", below(pointer, "server")),
            move_to=self._move_to(server, below(pointer, "server")),
            stop=bool(self._bool(given, "stop", pointer)),
        )

    def _server(self, given: Mapping[str, object], pointer: str) -> Mapping[str, object]:
        if "server" not in given:
            return {}
        where = below(pointer, "server")
        server = self._object(given["server"], where, "`server`", SERVER_KEYS)
        if server is not None and not server:
            self.faults.add(where, "`server` asks for nothing", f"one of {', '.join(SERVER_KEYS)}")
        return server or {}

    def _move_to(self, server: Mapping[str, object], pointer: str) -> str | None:
        return self._text(server["move_to"], below(pointer, "move_to")) if "move_to" in server else None

    def _tags(self, given: Mapping[str, object], pointer: str) -> tuple[str, ...]:
        tags, where = given.get("tags", []), below(pointer, "tags")
        if not isinstance(tags, list):
            self._wrong(tags, where, "tags are an array of texts")
            return ()
        decoded = (self._text(tag, below(where, index)) for index, tag in enumerate(tags))
        return distinct_tags(tag for tag in decoded if tag)

    def _ticket(self, given: Mapping[str, object], pointer: str) -> TicketAction | None:
        if "ticket" not in given:
            return None
        value, where = given["ticket"], below(pointer, "ticket")
        choices = [action.value for action in TicketAction]
        if isinstance(value, str) and value in choices:
            return TicketAction(value)
        if isinstance(value, str):
            hint = self.faults.nearest(value, choices)
            self.faults.add(where, f"{shown(value)} is none of {', '.join(choices)}", hint)
        else:
            self._wrong(value, where, f"ticket is one of {', '.join(choices)}")
        return None

    def _bool(self, given: Mapping[str, object], key: str, pointer: str) -> bool | None:
        if key not in given:
            return None
        value = given[key]
        if isinstance(value, bool):
            return value
        self._wrong(value, below(pointer, key), f"{key} is true or false")
        return None

    def _text(self, value: object, pointer: str) -> str | None:
        if not isinstance(value, str):
            self._wrong(value, pointer, "a text is expected")
        elif not value.strip():
            self.faults.add(pointer, "the text is blank", "leave the key out")
        elif len(value) > MAX_TEXT_CHARACTERS:
            self.faults.add(pointer, f"the text has {len(value)} characters, at most {MAX_TEXT_CHARACTERS} are taken")
        elif any(character < " " or character == "\x7f" for character in value):
            # A folder name goes into an IMAP command and the others into lines of text; none needs a line end.
            self.faults.add(pointer, f"{shown(value)} holds a control character")
        else:
            return value
        return None

    def _object(self, value: object, pointer: str, what: str, known: tuple[str, ...]) -> dict[str, object] | None:
        if not isinstance(value, dict):
            self._wrong(value, pointer, f"{what} is an object")
            return None
        for key in value:
            if key not in known:
                self.faults.add(below(pointer, key), f"unknown key {shown(key)}", self.faults.nearest(key, known))
        return value

    def _wrong(self, value: object, pointer: str, expected: str) -> None:
        if not isinstance(value, BadNumber):
            self.faults.add(pointer, f"{expected}, this is {kind_of(value)}")
