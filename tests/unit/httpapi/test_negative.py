"""What no client should send, to every route and parameter: always one of the contract's errors, never a fault."""

from __future__ import annotations

import pytest

from inboxsync.httpapi.application import OPERATIONS
from inboxsync.httpapi.operations import Operation
from tests.unit.httpapi.world import World

NASTY = (
    *("", "%20", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%F0%9F%93%A7", "%E2%80%AE", "-1", "0", "1e3", "1.5", "%D9%A3"),
    *(
        "9" * 19,
        "9" * 25,
        "9" * 5000,
        "-9223372036854775809",
        "NaN",
        "null",
        "[]",
        "{}",
        "true,false",
        "../../etc/passwd",
    ),
    *("'%20OR%201=1--", "%25", "_", "%5C", '"', "<script>", "%0D%0AX-Evil:1", "0001-01-01", "9999-12-31", "0000-00-00"),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "2026-02-30", "2026-03-01T09:30:60Z", "24:00"),
    *("%28" * 300, "NEAR(a%20b)", "subject:", "before:x", "-a", "a*", "*", "%22unclosed"),
)
IN_PATHS = (
    "0",
    "-1",
    "9" * 19,
    "9" * 400,
    "%00",
    "%ED%A0%80",
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "a%0d%0ab",
    "1.5",
    "%D9%A3",
)
ERRORS = {400, 404}


def is_in_order(world: World, target: str, *, may_answer: bool = True) -> None:
    answer = world.get(target)
    if answer.status_code == 200 and may_answer:
        return
    assert answer.status_code in ERRORS, (target, answer.status_code, answer.text)
    assert set(answer.json()) == {"error"}
    assert "\r" not in str(answer.headers)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.parameters], ids=lambda one: one.name)
def test_whatever_stands_in_a_parameter(world: World, operation: Operation) -> None:
    path = operation.path.replace("{integration}", "support").replace("{thread_id:path}", "m1@example.com")
    needed = [f"{one.name}=about" for one in operation.parameters if one.required]
    for parameter in operation.parameters:
        for text in NASTY:
            others = [one for one in needed if not one.startswith(f"{parameter.name}=")]
            is_in_order(world, f"{path}?{'&'.join([f'{parameter.name}={text}', *others])}")


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if "{" in one.path], ids=lambda one: one.name)
def test_whatever_stands_in_a_path(world: World, operation: Operation) -> None:
    before, _, rest = operation.path.partition("{")
    for text in IN_PATHS:
        is_in_order(world, before + text + rest.partition("}")[2], may_answer=False)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_unknown_parameters_are_refused_everywhere(world: World, operation: Operation) -> None:
    path = operation.path.replace(":path", "").replace("{integration}", "support")
    for name in ("message_id", "attachment_id", "ticket_id", "thread_id"):
        path = path.replace(f"{{{name}}}", "1")
    for query in ("nonsense=1", "nonsense", "=", "=1", "LIMIT=1", "%00=1", "limit[]=1"):
        answer = world.get(f"{path}?{query}")
        assert answer.status_code == 400, (path, query, answer.text)
        assert answer.json()["error"].startswith("there is no parameter")
