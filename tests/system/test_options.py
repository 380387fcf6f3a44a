"""What the options of an integration do to real mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system.cli import COUNTS, Account, Machine, adds_up, at, letter

pytestmark = pytest.mark.dovecot


def counted(machine: Machine, name: str = "support", *, tickets: bool = False) -> Mapping[str, int]:
    """Sync and answer the counts that are not 0; tickets where asked, for mail of the second of `add` makes one."""
    counts = machine.sync(name).done().part["counts"]
    assert adds_up(counts)
    aside = {"bytes", "fetched"} if tickets else {"bytes", "fetched", "tickets_created"}
    return {key: count for key, count in counts.items() if count and key not in aside}


def document(machine: Machine, name: str, content: Any) -> str:
    """Write a JSON file and answer its path."""
    file = machine.home / name
    file.write_text(json.dumps(content))
    return str(file)


def test_mark_read_marks_what_was_stored(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), at(letter(2), datetime.now(UTC), flags="F"), letter(3))
    machine.add(account, "support", "--mark-read").done()
    assert account.flags() == ["", "F", ""]
    assert counted(machine) == {"listed": 3, "stored": 3}
    assert account.flags() == ["S", "FS", "S"]
    again = machine.sync("support").done().part
    assert again["counts"] == dict.fromkeys(COUNTS, 0)
    assert again["folders"][0]["plan"] == "nothing_new"


def test_mark_read_leaves_alone_what_was_filtered(machine: Machine, account: Account) -> None:
    chosen = document(machine, "filter.json", {"field": "subject", "contains": "invoice"})
    account.deliver(letter(1, "Invoice 1"), letter(2, "Lunch"))
    machine.add(account, "support", "--mark-read", "--filter", chosen).done()
    assert counted(machine) == {"listed": 2, "stored": 1, "filtered": 1}
    assert account.flags() == ["S", ""]


def test_unread_only_passes_what_was_read(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), at(letter(2), datetime.now(UTC), flags="S"))
    machine.add(account, "support", "--unread-only").done()
    assert counted(machine) == {"listed": 2, "stored": 1, "filtered": 1}
    assert [view["uid"] for view in machine.messages()] == ["1"]


def test_since_passes_what_came_before(machine: Machine, account: Account) -> None:
    now = datetime.now(UTC)
    account.deliver(at(letter(1), now - timedelta(days=15)), at(letter(2), now - timedelta(days=13)))
    machine.add(account, "support", "--since", "14d").done()
    assert counted(machine) == {"listed": 2, "stored": 1, "filtered": 1}
    assert [view["uid"] for view in machine.messages()] == ["2"]


def test_tickets_are_made_of_new_mail_unless_all_is_asked_for(machine: Machine, account: Account) -> None:
    now = datetime.now(UTC)
    account.deliver(at(letter(1), now - timedelta(hours=1)))
    for name, more in (("new", ()), ("all", ("--tickets-since", "all")), ("none", ("--no-tickets",))):
        machine.add(account, name, *more).done()
    account.deliver(at(letter(2), now + timedelta(minutes=1)))
    made = [counted(machine, name, tickets=True).get("tickets_created", 0) for name in ("new", "all", "none")]
    assert made == [1, 2, 0]
    (ticket,) = machine("tickets", "list", "--integration", "new", "--json").done().json["tickets"]
    assert ticket["external_reference"] == "2@example.com"


def test_mail_of_the_second_in_which_it_was_added_makes_a_ticket(machine: Machine, account: Account) -> None:
    added = machine.add(account, "support", "--json").done().json
    since = datetime.fromisoformat(added["tickets_since"])
    account.deliver(at(letter(1), since.replace(microsecond=0)))  # INTERNALDATE knows no fractions (RFC 9051 §9)
    assert counted(machine, tickets=True) == {"listed": 1, "stored": 1, "tickets_created": 1}


def test_known_senders_only_takes_no_stranger(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support", "--known-senders-only").done()
    assert counted(machine) == {"listed": 1, "unknown_sender": 1}


def test_a_filter_of_bodies(machine: Machine, account: Account) -> None:
    chosen = document(machine, "filter.json", {"none": [{"field": "body", "contains": "unsubscribe"}]})
    account.deliver(letter(1, body="Click to unsubscribe"), letter(2))
    machine.add(account, "support", "--filter", chosen).done()
    assert counted(machine) == {"listed": 2, "stored": 1, "filtered": 1}


def test_rules_route_what_is_taken(machine: Machine, account: Account) -> None:
    rules = [
        {
            "name": "invoices",
            "when": {"field": "subject", "contains": "invoice"},
            "then": {
                "priority": "high",
                "category": "billing",
                "tags": ["invoice"],
                "company": "ACME",
                "assignee": "accounting",
                "server": {"mark_read": True},
                "stop": True,
            },
        },
        {"name": "the rest", "when": {"field": "subject", "present": True}, "then": {"ticket": "none"}},
    ]
    account.deliver(letter(1, "Invoice 4711"), letter(2, "Lunch"))
    chosen = document(machine, "rules.json", rules)
    machine.add(account, "support", "--rules", chosen, "--tickets-since", "all").done()
    assert counted(machine, tickets=True) == {"listed": 2, "stored": 2, "tickets_created": 1}
    (ticket,) = machine("tickets", "list", "--json").done().json["tickets"]
    keys = ("priority", "category", "tags", "company", "assignee", "subject")
    assert [ticket[key] for key in keys] == ["high", "billing", ["invoice"], "ACME", "accounting", "Invoice 4711"]
    assert account.flags() == ["S", ""]


def test_several_folders_each_with_its_plan(machine: Machine, account: Account) -> None:
    other = "Überweisungen/2026"
    account.deliver(letter(1), letter(2))
    account.deliver(letter(3), letter(1), folder=other)
    machine.add(account, "support", "--folder", "INBOX", "--folder", other).done()
    part = machine.sync("support").done().part
    assert [(folder["name"], folder["plan"], folder["counts"]["listed"]) for folder in part["folders"]] == [
        ("INBOX", "initial", 2),
        (other, "initial", 2),
    ]
    assert (part["counts"]["stored"], part["counts"]["duplicate"]) == (3, 1)
    assert [view["uid"] for view in machine.messages("--folder", other, "--fate", "stored")] == ["1"]


def test_a_new_uidvalidity_makes_no_second_record_and_no_second_ticket(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), letter(2))
    machine.add(account, "support", "--tickets-since", "all").done()
    machine.sync("support").done()
    account.server.renumber(account.user)
    part = machine.sync("support").done().part
    assert part["folders"][0]["plan"] == "uidvalidity_changed"
    assert (part["counts"]["stored"], part["counts"]["tickets_created"]) == (0, 0)
    assert adds_up(part["counts"])
    assert len(machine.messages()) == 2
    assert machine("tickets", "list", "--json").done().json["total"] == 2


QUARANTINED = {
    "id", "integration", "folder", "uid", "reason", "error", "attempts", "size_bytes", "has_octets", "at",
}  # fmt: skip


def test_one_bad_message_costs_one_message_and_no_exit_code(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), b"", letter(2))
    machine.add(account, "support", "--mark-read").done()
    part = machine.sync("support").done().part
    assert adds_up(part["counts"])
    assert (part["status"], part["counts"]["stored"], part["counts"]["quarantined"]) == ("partial", 2, 1)
    assert account.flags() == ["S", "", "S"]
    (item,) = machine("quarantine", "list", "--json").done().json["quarantine"]
    assert set(item) == QUARANTINED
    assert (item["integration"], item["folder"], item["uid"]) == ("support", "INBOX", "2")
    assert machine("quarantine", "show", item["id"], "--json").done().json == item
    again = machine.sync("support").done().part
    assert (again["status"], again["folders"][0]["plan"]) == ("success", "nothing_new")
    line = machine.status("support")
    assert (line["state"], line["quarantined"], line["last_sync_status"]) == ("ok", 1, "success")


def test_of_too_large_mail_the_header_is_kept(machine: Machine, account: Account) -> None:
    account.deliver(letter(1, body="x" * 20_000), letter(2))
    machine.add(account, "support", "--mark-read").done()
    machine = machine.with_environ(INBOXSYNC_MESSAGE_SIZE_LIMIT="10000")
    assert counted(machine) == {"listed": 2, "stored": 1, "too_large": 1}
    assert machine.rows("SELECT count(*) FROM inboxsync_placement_headers") == [(1,)]
    assert account.flags() == ["", "S"]
    assert machine.sync("support").done().part["folders"][0]["plan"] == "nothing_new"


def test_a_reused_message_id_with_other_content_is_another_message(machine: Machine, account: Account) -> None:
    account.deliver(letter(1, "One"), letter(1, "Two"))
    machine.add(account, "support", "--tickets-since", "all").done()
    assert counted(machine, tickets=True) == {"listed": 2, "stored": 2, "tickets_created": 2}
    names = sorted(view["external_id"] for view in machine.messages())
    assert names[0] == "1@example.com"
    assert names[1].startswith("1@example.com#")
