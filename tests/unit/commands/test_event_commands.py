import json

import pytest

from tests.unit.commands.harness import CommandLine, mail


@pytest.fixture
def told(line: CommandLine) -> CommandLine:
    """A machine whose feed has two stored messages and their tickets."""
    assert line.add("support", "--tickets-since", "all").code == 0
    for number in (1, 2):
        line.server.append(mail(number))
    assert line("sync", "support").code == 0
    return line


def test_the_feed_is_listed_in_its_public_shape(told: CommandLine) -> None:
    document = told("events", "list", "--json").json
    assert [event["type"] for event in document["events"]] == ["message.stored"] * 2 + ["ticket.created"] * 2
    assert set(document) == {"events", "next_after", "has_more"}
    assert set(document["events"][0]) == {"id", "type", "at", "data"}
    assert document["next_after"] == document["events"][-1]["id"]
    assert not document["has_more"]


def test_pages_go_on_behind_an_id(told: CommandLine) -> None:
    first = told("events", "list", "--limit", "3", "--json").json
    assert first["has_more"]
    rest = told("events", "list", "--after", str(first["next_after"]), "--json").json
    assert len(rest["events"]) == 1
    assert "--after" in told("events", "list", "--limit", "3").err


def test_types_are_chosen_and_an_unknown_one_is_refused(told: CommandLine) -> None:
    chosen = told("events", "list", "--type", "ticket.created", "--json").json["events"]
    assert {event["type"] for event in chosen} == {"ticket.created"}
    refused = told("events", "list", "--type", "ticket.eaten")
    assert refused.code == 2
    assert "ticket.created" in refused.err


def test_people_get_a_table(told: CommandLine) -> None:
    shown = told("events", "list").out
    assert "ticket.created" in shown
    assert "support" in shown
    assert told("events", "list", "--after", "99").err == "no events\n"


def test_following_writes_a_document_a_line_and_ends_when_told(told: CommandLine) -> None:
    followed = told("events", "follow", "--after", "0", "--limit", "3", "--json")
    assert followed.code == 0
    assert [json.loads(one)["id"] for one in followed.out.splitlines()] == [1, 2, 3]
    assert told("events", "follow", "--deadline", "0s").out == ""
    lines = told("events", "follow", "--after", "2", "--deadline", "0s", "--type", "ticket.created").out.splitlines()
    assert len(lines) == 2
    assert all("ticket.created" in one for one in lines)


def test_a_consumer_reads_until_it_acknowledges(told: CommandLine) -> None:
    for _ in range(2):
        read = told("events", "read", "--consumer", "crm", "--limit", "3", "--json").json
        assert [event["id"] for event in read["events"]] == [1, 2, 3]
    assert told("events", "ack", "--consumer", "crm", "3", "--json").json == {"consumer": "crm", "event_id": 3}
    assert [one["id"] for one in told("events", "read", "--consumer", "crm", "--json").json["events"]] == [4]
    assert told("events", "ack", "--consumer", "crm", "2").out == "crm: done up to event 3\n"
    (consumer,) = told("events", "consumers", "--json").json["consumers"]
    assert (consumer["name"], consumer["event_id"], consumer["behind"]) == ("crm", 3, 1)
    assert "crm" in told("events", "consumers").out
    assert told("events", "forget", "--consumer", "crm").code == 0
    assert told("events", "forget", "--consumer", "crm").code == 2
    assert told("events", "consumers").err.startswith("no consumer")


@pytest.mark.parametrize(
    "argv",
    [
        ("events", "ack", "--consumer", "crm", "5"),
        ("events", "ack", "--consumer", "crm", "x"),
        ("events", "ack", "--consumer", "", "1"),
        ("events", "read", "--consumer", "a\x1b[2J"),
        ("events", "list", "--limit", "1001"),
        ("events", "list", "--after", "-1"),
    ],
)
def test_what_cannot_be_is_a_usage_error(told: CommandLine, argv: tuple[str, ...]) -> None:
    assert told(*argv).code == 2


def test_a_failing_account_is_told_once_and_its_end(line: CommandLine) -> None:
    line.add()
    line.server.password = "other"
    for _ in range(2):
        assert line("sync", "support").code == 77
    line.server.password = "secret"
    assert line("sync", "support").code == 0
    events = line("events", "list", "--json").json["events"]
    assert [event["type"] for event in events] == ["sync.failed", "sync.recovered"]
    assert events[0]["data"]["code"] == "auth_failed"
