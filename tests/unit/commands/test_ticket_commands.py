"""`tickets`: filters, changes with their words checked, tokens that mail brings back, links, tickets taken apart."""

from __future__ import annotations

import re

import pytest

from tests.unit.commands.harness import CommandLine, Result, mail


@pytest.fixture
def desk(line: CommandLine) -> CommandLine:
    """Three tickets, of three mails."""
    line.add("support", "--tickets-since", "all")
    for number, subject in enumerate(("Printer is broken", "No 50%_ off", "Screen \x1b[31mred"), 1):
        line.server.append(mail(number, subject))
    assert line("sync", "support").code == 0
    return line


def numbers(answer: Result) -> list[str]:
    assert answer.code == 0, answer.err
    return [ticket["number"] for ticket in answer.json["tickets"]]


def test_listing_by_what_is_asked(desk: CommandLine) -> None:
    desk("tickets", "set", "1", "--status", "pending", "--assignee", "Zoe")
    desk("tickets", "set", "2", "--priority", "urgent")

    def listed(*options: str) -> list[str]:
        return numbers(desk("tickets", "list", *options, "--json"))

    assert listed() == ["3", "2", "1"]
    assert listed("--status", "open") == ["3", "2"]
    assert listed("--priority", "urgent") == ["2"]
    assert listed("--assignee", "Zoe") == ["1"]
    assert listed("--integration", "support", "--status", "pending", "--assignee", "Zoe") == ["1"]
    assert listed("--q", "PRINTER") == ["1"]
    assert listed("--q", "50%_") == ["2"]
    assert listed("--q", "%") == ["2"], "no wildcard"
    assert listed("--q", "#3") == listed("--q", "3") == ["3"]
    assert listed("--q", "bob@EXAMPLE") == ["3", "2", "1"]
    assert listed("--assignee", "nobody") == []
    assert "\x1b" not in desk("tickets", "list").out + desk("tickets", "show", "3").out


WRONG = (
    ("list", "--status", "done"),
    ("list", "--priority", "5"),
    ("set", "1", "--status", "done"),
    ("set", "1", "--priority", "max"),
    ("set", "1", "--watch", "nobody"),
    ("set", "1"),
    ("set", "99", "--status", "open"),
    ("set", "1", "99", "--status", "closed"),
    ("set", "x", "--status", "open"),
    ("show", "99"),
    ("reply-token", "99"),
    ("link", "1", "1"),
    ("link", "1", "99"),
    ("split", "1", "--message", "2"),
    ("split", "1", "--message", "1"),
    ("split", "99", "--message", "1"),
)


def test_what_is_wrong_is_told_and_changes_nothing(desk: CommandLine) -> None:
    before = desk("db", "dump", "--canonical").out
    for argv in WRONG:
        answer = desk("tickets", *argv)
        assert (answer.code, answer.out) == (2, ""), argv
        assert answer.err
    assert desk("db", "dump", "--canonical").out == before


def test_set_changes_what_is_given_and_takes_away_what_is_empty(desk: CommandLine) -> None:
    given = ("--category", "billing", "--assignee", "zoe", "--company", "ACME", "--tag", "a", "--tag", "b")
    (changed,) = desk("tickets", "set", "1", *given, "--watch", "Kim@Example.org", "--json").json["tickets"]
    assert {key: changed[key] for key in ("status", "priority", "category", "assignee", "company", "tags")} == {
        "status": "open", "priority": "normal", "category": "billing", "assignee": "zoe", "company": "ACME",
        "tags": ["a", "b"],
    }  # fmt: skip
    assert changed["watchers"] == ["kim@example.org"]
    taken = ("--category", "", "--assignee", "", "--tag", "", "--unwatch", "kim@example.org")
    (changed,) = desk("tickets", "set", "1", *taken, "--json").json["tickets"]
    assert (changed["category"], changed["assignee"], changed["tags"], changed["watchers"]) == (None, None, [], [])
    assert changed["company"] == "ACME"


def test_each_change_tells_its_event_and_none_tells_none(desk: CommandLine) -> None:
    after = desk("events", "list", "--json").json["next_after"]
    desk("tickets", "set", "1", "2", "--status", "closed")
    desk("tickets", "set", "1", "--status", "closed")
    desk("tickets", "set", "1", "--status", "in_progress", "--watch", "kim@example.org")
    told = desk("events", "list", "--after", str(after), "--json").json["events"]
    assert [(event["type"], event["data"]["ticket_id"], event["data"]["changed"]) for event in told] == [
        ("ticket.updated", 1, {"status": "closed"}),
        ("ticket.updated", 2, {"status": "closed"}),
        ("ticket.reopened", 1, {"status": "in_progress", "watchers": True}),
    ]
    assert "kim@" not in str(told)


def test_many_at_once_are_asked_about(desk: CommandLine) -> None:
    many = [str(1 + number % 3) for number in range(11)]
    refused = desk("tickets", "set", *many, "--status", "closed")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert numbers(desk("tickets", "list", "--status", "closed", "--json")) == []
    asked = desk("tickets", "set", *many, "--status", "closed", stdin="n\n", terminal=True)
    assert asked.code != 0
    assert desk("tickets", "set", *many, "--status", "closed", "--yes").code == 0
    assert len(numbers(desk("tickets", "list", "--status", "closed", "--json"))) == 3


def answer_to(message_id: str, number: int) -> bytes:
    return mail(number, "Re: hello").replace(b"bob@example.org", b"any@other.example").replace(
        b"\r\nSubject", f"\r\nReferences: {message_id}\r\nSubject".encode()
    )  # fmt: skip


def test_a_reply_token_brings_the_answer_back_also_after_the_key_was_changed(desk: CommandLine) -> None:
    shape = desk("tickets", "reply-token", "2", "--json").json
    assert shape["ticket_id"] == "2"
    assert re.fullmatch(rf"<{re.escape(shape['token'])}\.[0-9a-f]{{16}}@example\.com>", shape["message_id"])
    once = desk("tickets", "reply-token", "2").out.strip()
    assert once != shape["message_id"], "no two mails have one id"
    desk.server.append(answer_to(once, 10))
    desk.server.append(answer_to(once.replace("t-2-", "t-1-"), 11))
    assert desk("sync", "support", "--json").json["integrations"][0]["counts"]["tickets_updated"] == 1
    assert desk("key", "rotate").code == 0
    desk.server.append(answer_to(shape["message_id"], 12))
    desk("sync", "support")
    assert len(desk("tickets", "show", "2", "--json").json["message_ids"]) == 3


def test_links_are_told_of_both_and_taken_away(desk: CommandLine) -> None:
    assert desk("tickets", "link", "1", "3", "--json").json["related"] == ["3"]
    assert desk("tickets", "show", "3", "--json").json["related"] == ["1"]
    assert desk("tickets", "link", "3", "1").code == 0
    assert desk("tickets", "link", "3", "1", "--remove", "--json").json["related"] == []
    assert desk("tickets", "show", "1", "--json").json["related"] == []


def test_a_message_taken_out_makes_a_ticket_of_its_own_and_its_answers_follow(desk: CommandLine) -> None:
    for number, answers in ((4, 1), (5, 4)):
        octets = mail(number, "Re: Printer").replace(
            b"\r\nSubject", f"\r\nIn-Reply-To: <{answers}@example.com>\r\nSubject".encode()
        )
        desk.server.append(octets)
    desk("sync", "support")
    assert desk("tickets", "show", "1", "--json").json["message_ids"] == ["1", "4", "5"]
    made = desk("tickets", "split", "1", "--message", "4", "--message", "5", "--json").json
    assert (made["number"], made["message_ids"], made["related"]) == ("4", ["4", "5"], ["1"])
    assert made["requester"]["email"] == "bob@example.org"
    assert desk("tickets", "show", "1", "--json").json["message_ids"] == ["1"]
    desk.server.append(mail(6, "Re: Printer").replace(b"\r\nSubject", b"\r\nIn-Reply-To: <5@example.com>\r\nSubject"))
    desk("sync", "support")
    assert desk("tickets", "show", made["id"], "--json").json["message_ids"] == ["4", "5", "6"]
    before = desk("db", "dump", "--canonical").out
    desk("sync", "support")
    assert desk("db", "dump", "--canonical").out == before


def test_settings_of_routing_are_kept_shown_and_checked(line: CommandLine) -> None:
    given = ("--closed-ticket", "new", "--subject-window", "14", "--ticket-tag", "Ticket {number}", "--sender-cap", "5",
             "--thread-cap", "0", "--bulk", "create")  # fmt: skip
    assert line.add("support", *given).code == 0
    wanted = {"closed_ticket": "new", "subject_window_days": 14, "ticket_tag": "Ticket {number}", "sender_cap": 5,
              "thread_cap": 0, "bulk": "create"}  # fmt: skip
    shown = line("show", "support", "--json").json
    assert {key: shown[key] for key in wanted} == wanted
    assert line("edit", "support", "--ticket-tag", "", "--bulk", "none", "--no-test").code == 0
    shown = line("show", "support", "--json").json
    assert {key: shown[key] for key in wanted} == {**wanted, "ticket_tag": "", "bulk": "none"}
    assert line("clone", "support", "other").code == 0
    assert line("show", "other", "--json").json["subject_window_days"] == 14
    wrong = ("--closed-ticket", "x", "--subject-window", "-1", "--ticket-tag", "{number}", "--sender-cap", "-1",
             "--thread-cap", "1001", "--bulk", "maybe")  # fmt: skip
    refused = line("edit", "support", *wrong, "--no-test")
    assert refused.code == 2
    assert all(option in refused.err for option in wrong[::2])
