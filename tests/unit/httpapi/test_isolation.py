"""A token that is bound to some integrations shows nothing of the others: on no route, in no count."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.httpapi.application import OPERATIONS
from inboxsync.httpapi.operations import Operation
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.token import AccessToken
from inboxsync.store.tokens import tokens_of
from tests.unit.httpapi.world import OTHERS, SUPPORT_MAILS, World, world_in
from tests.unit.store.content_builders import NOW

V1 = "/api/v1"
OWN = {
    "{message_id}": "rich",
    "{attachment_id}": "attachment",
    "{ticket_id}": "ticket of support",
}


def path_of(operation: Operation, world: World, integration: str) -> str:
    path = operation.path.replace("{integration}", integration).replace("{thread_id:path}", "m1@example.com")
    for name, key in OWN.items():
        path = path.replace(name, str(world.ids[key]))
    return path


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_no_answer_speaks_of_the_others(world: World, operation: Operation) -> None:
    params = {"query": "about"} if operation.name == "search" else {}
    answer = world.get(path_of(operation, world, "support"), "support", params=params)
    assert answer.status_code == (403 if operation.whole_store else 200)
    assert OTHERS not in answer.text


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_without_a_token_or_with_a_wrong_one_nothing_is_told(world: World, operation: Operation) -> None:
    good = world.tokens["all"]
    last = "A" if good[-1] != "A" else "B"
    for token in (None, "nonsense", good[:-1] + last, good.replace("isx_", "isx_0"), ""):
        answer = world.get(path_of(operation, world, "support"), token)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("path", ["messages", "tickets", "folders", "quarantine", "search?query=about"])
def test_naming_the_others_is_as_naming_nobody(world: World, path: str) -> None:
    sign = "&" if "?" in path else "?"
    foreign = world.get(f"{V1}/{path}{sign}integration={OTHERS}", "support")
    nobody = world.get(f"{V1}/{path}{sign}integration=nobody", "support")
    by_id = world.get(f"{V1}/{path}{sign}integration={world.others.integration.id}", "support")
    assert (foreign.status_code, foreign.text) == (nobody.status_code, nobody.text) == (by_id.status_code, by_id.text)
    assert foreign.status_code == 404


def test_what_is_theirs_is_not_there(world: World) -> None:
    theirs = world.ids[OTHERS]
    for path in (f"messages/{theirs}", f"messages/{theirs}/raw", f"messages/{theirs}/html"):
        assert world.get(f"{V1}/{path}").status_code in (200, 404)
        assert world.get(f"{V1}/{path}", "support").status_code == 404
    assert world.get(f"{V1}/tickets/{world.ids[f'ticket of {OTHERS}']}", "support").status_code == 404
    assert world.get(f"{V1}/integrations/{OTHERS}", "support").status_code == 404
    assert world.get(f"{V1}/integrations/{OTHERS}/runs", "support").status_code == 404
    assert world.get(f"{V1}/threads/{OTHERS}@example.com").status_code == 200
    assert world.get(f"{V1}/threads/{OTHERS}@example.com", "support").status_code == 404
    folder = {"folder": f"{OTHERS} box"}
    assert world.get(f"{V1}/messages", "support", params=folder).json()["total"] == 0
    assert world.get(f"{V1}/search", "support", params={"query": "about", **folder}).json()["total"] == 0


def test_counts_are_of_what_is_seen(world: World) -> None:
    assert world.get(f"{V1}/messages", "support").json()["total"] == SUPPORT_MAILS
    assert world.get(f"{V1}/messages", "support", params={"unread": "true"}).json()["total"] == 3
    assert world.get(f"{V1}/tickets", "support").json()["total"] == 1
    assert world.get(f"{V1}/quarantine", "support").json()["total"] == 0
    assert world.get(f"{V1}/search", "support", params={"query": "about"}).json()["total"] == SUPPORT_MAILS
    stats = world.get(f"{V1}/stats", "support").json()
    assert (stats["emails_fetched"], len(stats["integrations"])) == (SUPPORT_MAILS, 1)


def test_a_shared_message_shows_neither_the_others_ticket_nor_their_place(world: World) -> None:
    shared = world.ids["m1"]
    assert world.get(f"{V1}/messages/{shared}").json()["ticket_id"] is not None, "their copy made a ticket"
    seen = world.get(f"{V1}/messages/{shared}", "support").json()
    assert (seen["ticket_id"], seen["integration"], seen["folder"]) == (None, "support", "INBOX")
    listed = world.get(f"{V1}/messages", "support", params={"limit": 100}).json()["messages"]
    assert [one["ticket_id"] for one in listed if one["id"] == str(shared)] == [None]


def test_events_are_their_own_with_the_same_ids(world: World) -> None:
    every = world.get(f"{V1}/events").json()["events"]
    own = world.get(f"{V1}/events", "support").json()["events"]
    assert own == [one for one in every if one["data"]["integration"] == "support"]
    assert 0 < len(own) < len(every)


def test_health_names_only_what_is_seen(world: World) -> None:
    assert OTHERS not in world.get(f"{V1}/health", "support").text


def test_a_token_ends_when_it_is_revoked_or_over_and_sees_nothing_without_its_integration(tmp_path: Path) -> None:
    with world_in(tmp_path) as own:
        control = own.store.control
        over = new_token()
        tokens_of(control).add(AccessToken("over", over.token_id, over.sha256, NOW, None, NOW + timedelta(days=1)))
        assert own.get(f"{V1}/messages", over.text).status_code == 401
        control.remove_integration(own.support.integration, purge=False)
        assert own.get(f"{V1}/messages", "support").json()["total"] == 0
        assert own.get(f"{V1}/integrations", "support").json() == {"integrations": []}
        assert own.get(f"{V1}/events", "support").json()["events"] == []
        tokens_of(control).remove("all")
        assert own.get(f"{V1}/messages").status_code == 401
