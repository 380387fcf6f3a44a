"""Every route in the shape of the contract, its filters, pages and cursors, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.unit.httpapi import contract
from tests.unit.httpapi.world import OTHERS, SUPPORT_MAILS, World

V1 = "/api/v1"


def ids(world: World, **params: object) -> list[str]:
    answer = world.get(f"{V1}/messages", params=params)
    assert answer.status_code == 200, answer.text
    return [one["external_id"].partition("@")[0] for one in answer.json()["messages"]]


# --- messages ------------------------------------------------------------------------------------------------------


def test_a_listed_message_has_all_but_bodies_and_with_body_all(world: World) -> None:
    page = world.get(f"{V1}/messages").json()
    assert set(page) == contract.MESSAGE_PAGE
    rich = next(one for one in page["messages"] if one["attachments"])
    assert set(rich) == contract.MESSAGE - contract.BODIES
    assert set(rich["attachments"][0]) == contract.ATTACHMENT
    for one in world.get(f"{V1}/messages", params={"body": "1"}).json()["messages"]:
        assert set(one) >= contract.MESSAGE


def test_one_message_is_whole_and_its_html_tame(world: World) -> None:
    one = world.get(f"{V1}/messages/{world.ids['rich']}").json()
    assert set(one) >= contract.MESSAGE
    assert "script" not in one["body_html"]
    assert "example.net" not in one["body_html"]
    assert isinstance(one["id"], str)
    assert isinstance(one["uid"], str)
    assert one["message_id"] == "<rich@example.com>"
    assert one["date_received"].endswith("Z")
    assert one["headers"]["received"] == ["from a", "from b"]


def test_a_message_stands_once_for_each_placement_newest_first(world: World) -> None:
    page = world.get(f"{V1}/messages").json()
    shown = [(one["date_received"], int(one["id"])) for one in page["messages"]]
    assert shown == sorted(shown, reverse=True)
    assert page["total"] == len(shown) == SUPPORT_MAILS + 2
    twice = [one for one in page["messages"] if one["external_id"] == "m1@example.com"]
    assert {(one["integration"], one["fate"]) for one in twice} == {("support", "stored"), (OTHERS, "duplicate")}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_and_cursors_walk_the_same_list(world: World, limit: int) -> None:
    whole = ids(world)
    by_page, by_cursor = [], []
    for number in range(1, 20):
        page = world.get(f"{V1}/messages", params={"limit": limit, "page": number}).json()
        by_page += page["messages"]
        assert (page["page"], page["has_prev"]) == (number, number > 1)
        if not page["has_next"]:
            break
    cursor = None
    while True:
        given = {"limit": limit} | ({"after": cursor} if cursor else {})
        page = world.get(f"{V1}/messages", params=given).json()
        by_cursor += page["messages"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    for found in (by_page, by_cursor):
        assert [one["external_id"].partition("@")[0] for one in found] == whole


def test_filters(world: World) -> None:
    assert sorted(ids(world, integration=OTHERS)) == sorted([OTHERS, "m1"])
    assert sorted(ids(world, folder=f"{OTHERS} box")) == sorted([OTHERS, "m1"])
    assert ids(world, has_attachments="true") == ["rich"]
    assert "rich" not in ids(world, has_attachments="false")
    assert sorted(ids(world, unread="false")) == ["m1", "m3"]
    assert sorted(ids(world, unread="true", integration="support")) == ["m2", "m4", "rich"]
    assert ids(world, fate="duplicate") == ["m1"]
    assert ids(world, q="ABOUT RICH") == ["rich"]
    assert ids(world, q="100%") == []
    assert ids(world, date_from="2026-03-01T13:00:00Z") == ["rich"]
    assert "rich" not in ids(world, date_to="2026-03-01T12:59:00Z")
    assert len(ids(world, date_from="2026-03-01", date_to="2026-03-01")) == SUPPORT_MAILS + 2
    total = world.get(f"{V1}/messages", params={"unread": "true", "limit": 1}).json()["total"]
    assert total == len(ids(world, unread="true"))


def test_the_integration_can_be_named_by_id(world: World) -> None:
    assert ids(world, integration=world.others.integration.id) == ids(world, integration=OTHERS)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("messages", "limit=101", 400),
        ("messages", "limit=0", 400),
        ("messages", "page=0", 400),
        ("messages", "colour=red", 400),
        ("messages", "page=1&after=x", 400),
        ("messages", "after=bm9uc2Vuc2U", 400),
        ("messages", "fate=lost", 400),
        ("messages", "unread=maybe", 400),
        ("messages", "date_from=soon", 400),
        ("messages", "integration=nobody", 404),
        ("messages", "q=", 400),
        ("search", "query=", 400),
        ("search", "query=%20", 400),
        ("search", "", 400),
        ("search", "query=a&limit=1000", 400),
        ("tickets", "status=lost", 400),
        ("events", "after=-1", 400),
        ("events", "limit=1001", 400),
        ("events", "type=nonsense", 400),
        ("folders", "integration=nobody", 404),
        ("integrations", "limit=1", 400),
        ("health", "verbose=1", 400),
        ("stats", "x", 400),
        ("messages/1", "body=1", 400),
        ("messages/0", "", 404),
        ("messages/abc", "", 404),
        ("messages/99999999999999999999", "", 404),
        ("messages/1/../../../../etc/passwd", "", 404),
        ("attachments/%2e%2e%2fraw", "", 404),
        ("attachments/1.pdf", "", 404),
        ("integrations/nobody/runs", "", 404),
        ("threads/nothing@example.com", "", 404),
        ("nothing", "", 404),
        ("messages/", "", 404),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_shape(world: World, path: str, query: str, status: int) -> None:
    answer = world.get(f"{V1}/{path}?{query}" if query else f"{V1}/{path}")
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "traceback" not in answer.text.lower()


def test_raw_is_what_the_server_sent(world: World) -> None:
    answer = world.get(f"{V1}/messages/{world.ids['rich']}/raw")
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.content.startswith(b"Message-ID: <rich@example.com>\r\n")


def test_html_is_sandboxed(world: World) -> None:
    answer = world.get(f"{V1}/messages/{world.ids['rich']}/html")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy.split(";")[0]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "<script" not in answer.text
    assert "example.net" not in answer.text
    assert world.get(f"{V1}/messages/{world.ids['m2']}/html").status_code == 404


def test_an_attachment_is_a_download_under_a_safe_name(world: World) -> None:
    answer = world.get(f"{V1}/attachments/{world.ids['attachment']}")
    assert answer.content == b"%PDF-1.7"
    assert answer.headers["content-disposition"] == "attachment; filename=\"evil.html\"; filename*=UTF-8''evil.html"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("wanted", ["bytes=0-3", "bytes=900-", "bytes=0-1,2-3", "nonsense", "bytes=-"])
def test_a_file_comes_as_a_whole_whatever_part_is_asked_for(world: World, wanted: str) -> None:
    answer = world.get(f"{V1}/attachments/{world.ids['attachment']}", headers={"Range": wanted})
    assert (answer.status_code, answer.content, answer.headers["accept-ranges"]) == (200, b"%PDF-1.7", "none")


# --- conversations and search --------------------------------------------------------------------------------------


def test_a_conversation_goes_from_old_to_new(world: World) -> None:
    found = world.get(f"{V1}/threads/m1@example.com").json()
    assert [one["external_id"] for one in found["messages"]] == ["m1@example.com", "rich@example.com"]
    assert (found["total"], found["has_next"]) == (2, False)


def test_search(world: World) -> None:
    found = world.get(f"{V1}/search", params={"query": "rich"}).json()
    assert set(found) >= contract.SEARCH
    assert [one["external_id"] for one in found["results"]] == ["rich@example.com"]
    assert (found["query"], found["limited"], found["total"]) == ("rich", False, 1)
    assert set(found["results"][0]) == contract.MESSAGE - contract.BODIES
    narrowed = world.get(f"{V1}/search", params={"query": "about", "integration": OTHERS}).json()
    assert {one["integration"] for one in narrowed["results"]} == {OTHERS}


# --- tickets and events --------------------------------------------------------------------------------------------


def test_tickets(world: World) -> None:
    page = world.get(f"{V1}/tickets").json()
    assert all(set(one) >= contract.TICKET for one in page["tickets"])
    assert set(page["tickets"][0]["requester"]) == {"name", "email", "contact_id"}
    ticket = world.get(f"{V1}/tickets/{world.ids['ticket of support']}").json()
    assert set(ticket) >= contract.TICKET | {"messages"}
    assert [one["id"] for one in ticket["messages"]] == ticket["message_ids"]
    assert world.get(f"{V1}/tickets", params={"updated_since": "2027-01-01"}).json()["total"] == 0
    assert (
        world.get(f"{V1}/tickets", params={"updated_since": "2026-01-01", "status": "open"}).json()["total"]
        == page["total"]
    )
    assert world.get(f"{V1}/tickets", params={"company": "nobody"}).json()["total"] == 0


def test_the_feed_is_walked_by_its_cursor(world: World) -> None:
    whole = world.get(f"{V1}/events", params={"limit": 1000}).json()
    assert set(whole) == contract.EVENTS
    assert all(set(one) == contract.EVENT for one in whole["events"])
    after, walked = 0, []
    while True:
        page = world.get(f"{V1}/events", params={"after": after, "limit": 2}).json()
        walked += page["events"]
        after = page["next_after"]
        if not page["has_more"]:
            break
    assert walked == whole["events"]
    assert world.get(f"{V1}/events", params={"after": after}).json() == {
        "events": [],
        "next_after": after,
        "has_more": False,
    }
    kinds = {one["type"] for one in world.get(f"{V1}/events", params={"type": "ticket.created"}).json()["events"]}
    assert kinds == {"ticket.created"}


# --- accounts and the endpoint itself ------------------------------------------------------------------------------


def test_integrations_say_how_they_stand_and_no_secret(world: World) -> None:
    listed = world.get(f"{V1}/integrations").json()["integrations"]
    assert {one["name"] for one in listed} == {"support", OTHERS}
    for one in listed:
        assert set(one) >= contract.INTEGRATION
        assert not {key for key in one if "secret" in key or "password" in key}
        assert world.get(f"{V1}/integrations/{one['name']}").json()["id"] == one["id"]
        assert world.get(f"{V1}/integrations/{one['id']}").json()["name"] == one["name"]
    failing = next(one for one in listed if one["name"] == OTHERS)
    assert (failing["state"], failing["last_sync_status"]) == ("failing", "error")
    assert failing["next_action"]


def test_runs_are_walked_newest_first(world: World) -> None:
    first = world.get(f"{V1}/integrations/support/runs", params={"limit": 2}).json()
    rest = world.get(f"{V1}/integrations/support/runs", params={"limit": 2, "after": first["next_cursor"]}).json()
    numbers = [int(one["id"]) for one in (*first["runs"], *rest["runs"])]
    assert numbers == sorted(numbers, reverse=True)
    assert (first["total"], len(numbers), rest["next_cursor"]) == (3, 3, None)


def test_folders_and_quarantine(world: World) -> None:
    folders = world.get(f"{V1}/folders").json()["folders"]
    assert all(set(one) == contract.FOLDER for one in folders)
    assert {(one["name"], one["unread_count"], one["total_count"]) for one in folders} == {
        ("INBOX", 3, SUPPORT_MAILS),
        (f"{OTHERS} box", 2, 3),
    }
    aside = world.get(f"{V1}/quarantine").json()
    assert [(one["reason"], one["integration"]) for one in aside["quarantine"]] == [("parse", OTHERS)]
    assert aside["total"] == 1


def test_statistics_add_up(world: World) -> None:
    stats = world.get(f"{V1}/stats").json()
    assert set(stats) == contract.STATS | {"integrations"}
    assert all(set(one) == contract.STORED for one in stats["integrations"])
    assert stats["emails_fetched"] == sum(one["messages"] for one in stats["integrations"]) == SUPPORT_MAILS + 2
    assert isinstance(stats["last_request_time"], float)
    assert stats["requests_total"] == stats["requests_successful"] + stats["requests_failed"] + 1


def test_the_settings_hold_no_secret(world: World) -> None:
    found = world.get(f"{V1}/config").json()
    assert found["database_url"].startswith(("sqlite:", "postgresql:"))
    assert world.get(f"{V1}/config", "support").status_code == 403


def test_health_says_nothing_of_accounts_without_a_token(world: World) -> None:
    plain = world.get(f"{V1}/health", None)
    assert set(plain.json()) == contract.HEALTH
    assert (plain.status_code, plain.json()["status"]) == (200, "degraded")
    told = world.get(f"{V1}/health").json()
    assert OTHERS in {one["name"] for one in told["failing"]}


def test_metrics_are_those_of_the_contract(world: World) -> None:
    answer = world.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    names = {line.split("{")[0].split(" ")[0] for line in answer.text.splitlines() if not line.startswith("#")}
    assert names >= contract.METRICS
    assert f'inboxsync_messages_total{{fate="quarantined",integration="{OTHERS}"}} 1.0' in answer.text
    assert f'inboxsync_sync_failures_total{{code="auth_failed",integration="{OTHERS}"}} 3.0' in answer.text
    assert f'inboxsync_integration_state{{integration="{OTHERS}",state="failing"}} 1.0' in answer.text
    assert "inboxsync_store_bytes" in answer.text
    assert "python_info" not in answer.text, "nothing of the process's own registry"


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    for path in (f"{V1}/messages", f"{V1}/events", f"{V1}/messages/{world.ids['rich']}/raw", f"{V1}/tickets"):
        first = world.get(path)
        again = world.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert world.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_answers_without_a_body(world: World) -> None:
    assert world.get(f"{V1}/messages", method="HEAD").status_code == 200


# --- its own description -------------------------------------------------------------------------------------------


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def _check(schema: dict[str, Any], value: Any, known: dict[str, Any], where: str = "") -> None:
    """Compare a value with the part of JSON Schema that the description uses."""
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    allowed = [kinds] if isinstance(kinds, str) else kinds
    if allowed:
        fits = (isinstance(value, _TYPES[kind]) for kind in allowed if kind != "null")
        assert (value is None and "null" in allowed) or any(fits), (where, value)
    if "enum" in schema:
        assert value in schema["enum"], (where, value)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", ())) <= set(value), (where, set(schema["required"]) - set(value))
        if schema.get("additionalProperties") is False:
            assert set(value) <= set(schema["properties"]), (where, set(value) - set(schema["properties"]))
        for name, inner in schema["properties"].items():
            if name in value:
                _check(inner, value[name], known, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            _check(schema["items"], item, known, f"{where}[]")


def test_every_answer_and_example_is_what_the_description_says(world: World) -> None:
    description = world.get("/openapi.json").json()
    known = description["components"]["schemas"]
    fill = {
        "{message_id}": str(world.ids["rich"]),
        "{attachment_id}": str(world.ids["attachment"]),
        "{ticket_id}": str(world.ids["ticket of support"]),
        "{thread_id}": "m1@example.com",
        "{integration}": "support",
    }
    for path, methods in description["paths"].items():
        operation = methods["get"]
        for name, value in fill.items():
            path = path.replace(name, value)
        answer = world.get(path, params={"query": "about"} if path.endswith("/search") else {})
        assert answer.status_code == 200, (path, answer.text)
        ((media_type, media),) = operation["responses"]["200"]["content"].items()
        if media_type == "application/json":
            _check(media["schema"], answer.json(), known, path)
            _check(media["schema"], media["example"], known, f"example of {path}")
        elif media_type != "*/*":
            assert answer.headers["content-type"].startswith(media_type)


def test_every_route_and_parameter_is_described(world: World) -> None:
    from inboxsync.httpapi.application import OPERATIONS

    description = world.get("/openapi.json").json()
    for operation in OPERATIONS:
        path_of = operation.path.replace(":path", "")
        described = description["paths"][path_of]["get"]
        names = {one["name"] for one in described["parameters"] if one["in"] == "query"}
        assert names == {parameter.name for parameter in operation.parameters}
        assert {"400", "401", "404", "405", "421", "429", "503"} <= set(described["responses"])
        for code, response in described["responses"].items():
            assert code == "304" or all("example" in media for media in response["content"].values()), (path_of, code)


def test_the_page_about_it_loads_nothing_and_runs_nothing(world: World) -> None:
    answer = world.get("/docs")
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "/api/v1/messages" in answer.text
    assert "<h2>Errors</h2>" in answer.text


def test_json_is_utf8_and_cannot_act_on_a_terminal(world: World) -> None:
    text = world.get(f"{V1}/messages/{world.ids['rich']}").content.decode()
    assert "\u202e" not in text
    assert json.loads(text)["attachments"][0]["filename"].startswith("../../e\u202evil")
