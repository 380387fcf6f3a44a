"""`rules test|explain|diff` and `refilter`, as a person and as a program read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail

URGENT = '{"field": "subject", "contains": "urgent"}'
TAGGED = '[{"name": "tag it", "when": {"field": "subject", "contains": "urgent"}, "then": {"tags": ["hot"]}}]'


@pytest.fixture
def full(line: CommandLine, tmp_path: Path) -> CommandLine:
    """Three stored messages, two of them urgent; files of a filter, rules and mail beside them."""
    for number, subject in enumerate(("urgent: printer", "URGENT: phone", "holidays"), 1):
        line.server.append(mail(number, subject))
    line.add("support", "--tickets-since", "all")
    assert line("sync", "support").code == 0
    (tmp_path / "f.json").write_text(URGENT)
    (tmp_path / "r.json").write_text(TAGGED)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "a.eml").write_bytes(mail(8, "urgent"))
    entries = [b"From x Thu Jan  1 00:00:00 1970\n" + mail(n, "quiet").replace(b"\r\n", b"\n") + b"\n" for n in (1, 2)]
    (tmp_path / "mail" / "b.mbox").write_bytes(b"".join(entries))
    return line


def test_what_would_be_taken_is_counted_with_what_decided(full: CommandLine, tmp_path: Path) -> None:
    told = full("rules", "test", str(tmp_path / "f.json"), "--integration", "support", "--json").json
    assert (told["tested"], told["taken"], told["refused"], told["faults"]) == (3, 2, 1, 0)
    assert told["decided_by"][0] == {
        "ruling": "taken", "pointer": "", "condition": 'subject contains "urgent"', "messages": 2,
    }  # fmt: skip
    assert {one["id"]: one["taken"] for one in told["results"]} == {"1": True, "2": True, "3": False}
    people = full("rules", "test", str(tmp_path / "f.json")).out
    assert 'subject contains "urgent"' in people
    assert "holidays" in people


def test_an_integration_is_tried_with_its_own_filter_and_rules(full: CommandLine, tmp_path: Path) -> None:
    full("edit", "support", "--filter", str(tmp_path / "f.json"), "--rules", str(tmp_path / "r.json"))
    own = full("rules", "test", "--integration", "support", "--json").json
    assert (own["taken"], own["rules"], own["tickets"]) == (2, {"tag it": 2}, {"create": 2})
    (tmp_path / "all.json").write_text("null")
    other = full("rules", "test", "--integration", "support", "--filter", str(tmp_path / "all.json"), "--json").json
    assert (other["taken"], other["rules"]) == (3, {"tag it": 2, "(no rule)": 1})
    assert full("rules", "test", "--integration", "support", "--limit", "1", "--json").json["tested"] == 1
    assert full("rules", "test", "--integration", "support", "--since", "2030-01-01", "--json").json["tested"] == 0


def test_files_and_directories_are_tried(full: CommandLine, tmp_path: Path) -> None:
    told = full("rules", "test", str(tmp_path / "f.json"), "--eml", str(tmp_path / "mail"), "--json").json
    assert [(one["id"], one["taken"]) for one in told["results"]] == [
        ("a.eml", True), ("b.mbox:1", False), ("b.mbox:2", False),
    ]  # fmt: skip


WRONG = """
rules test
rules test --eml MAIL
rules test FILTER --filter FILTER
rules test FILTER --eml nowhere.eml
rules test FILTER --message 99
rules explain 99
rules explain MAIL
rules diff support
rules diff nobody FILTER
rules diff FILTER --filter FILTER
refilter nobody
"""


def test_what_cannot_be_tried_is_a_usage_error(full: CommandLine, tmp_path: Path) -> None:
    paths = {"MAIL": str(tmp_path / "mail" / "a.eml"), "FILTER": str(tmp_path / "f.json")}
    for wrong in WRONG.strip().splitlines():
        answer = full(*(paths.get(word, word) for word in wrong.split()))
        assert answer.code == 2, wrong
        assert answer.err.startswith("error: ")


def test_a_filter_that_cannot_be_read_is_exit_78(full: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"field": "subjekt", "contains": "x"}')
    for argv in (["rules", "test"], ["rules", "diff", "support"]):
        assert full(*argv, str(tmp_path / "bad.json")).code == 78


def test_a_message_is_explained_with_what_it_met_when_it_came(full: CommandLine, tmp_path: Path) -> None:
    full("edit", "support", "--filter", str(tmp_path / "f.json"), "--rules", str(tmp_path / "r.json"))
    full.server.append(mail(4, "very urgent"))
    full("sync", "support")
    told = full("rules", "explain", "4", "--json").json
    (place,) = told["placements"]
    assert (place["integration"], place["folder"], place["uid"]) == ("support", "INBOX", 4)
    assert place["stored"]["trace"]["rules"] == [{"index": 0, "met": True, "name": "tag it", "stopped": False}]
    assert place["now"]["ruling"] == "taken"
    assert place["now"]["filter"]["seen"] == ["very urgent"]
    assert place["now"]["rules"][0]["met"] is True
    assert place["now"]["actions"]["tags"] == ["hot"]
    people = full("rules", "explain", "4").out
    assert "when it came: stored" in people
    assert 'yes subject contains "urgent"  saw "very urgent"' in people
    assert "rule tag it: met" in people
    assert "tag it: met" in full("messages", "show", "4").out
    assert full("messages", "show", "4", "--json").json["rule_trace"]["rules"][0]["name"] == "tag it"


def test_a_file_is_explained_and_its_text_cannot_act_on_the_terminal(full: CommandLine, tmp_path: Path) -> None:
    evil = tmp_path / "evil.eml"
    evil.write_bytes(mail(1, "urgent \x1b]0;x\x07").replace(b"Body", b"\x1b[2J"))
    answer = full("rules", "explain", str(evil), "--filter", str(tmp_path / "f.json"))
    assert answer.code == 0
    assert "\x1b" not in answer.out
    for argv in (["rules", "test", str(tmp_path / "f.json"), "--eml", str(evil)],):
        assert "\x1b" not in full(*argv).out


def test_a_difference_names_each_message_and_why(full: CommandLine, tmp_path: Path) -> None:
    told = full("rules", "diff", "support", str(tmp_path / "f.json"), "--json").json
    assert (told["tested"], told["changed"], told["counts"]) == (3, 1, {"taken to refused": 1})
    (change,) = told["results"]
    assert (change["id"], change["subject"], change["why"]) == ("3", "holidays", 'subject contains "urgent"')
    assert (change["before"]["taken"], change["after"]["taken"]) == (True, False)
    assert "holidays" in full("rules", "diff", "support", "--filter", str(tmp_path / "f.json")).out


def test_a_difference_of_rules_names_what_they_ask_for(full: CommandLine, tmp_path: Path) -> None:
    told = full("rules", "diff", "support", str(tmp_path / "r.json"), "--json").json
    assert told["counts"] == {"routed otherwise": 2}
    assert told["results"][0]["actions"] == {"tags": [None, ["hot"]]}
    assert told["results"][0]["why"] == "tags: none to hot"


def test_two_files_are_compared_over_what_is_stored(full: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text('{"field": "subject", "contains": "phone"}')
    files = [str(tmp_path / "f.json"), str(tmp_path / "g.json")]
    told = full("rules", "diff", *files, "--integration", "support", "--json").json
    assert told["counts"] == {"taken to refused": 1}
    assert full("rules", "diff", files[0], files[0]).out == ""


def test_refilter_tells_first_and_does_it_then(full: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text('{"any": []}')
    full("edit", "support", "--filter", str(tmp_path / "none.json"))
    full.server.append(mail(4, "urgent"))
    assert full("sync", "support", "--json").json["integrations"][0]["counts"]["filtered"] == 1
    full("edit", "support", "--filter", str(tmp_path / "f.json"))
    dry = full("refilter", "support", "--json").json
    assert (dry["apply"], dry["wanted"], dry["reopened"], dry["refused_now"]) == (False, 1, 0, 1)
    assert "nothing was changed" in full("refilter", "support").err
    done = full("refilter", "support", "--apply")
    assert (done.code, "1 would" in done.out) == (0, False)
    assert "1 to be fetched again" in done.out
    assert full("sync", "support", "--json").json["integrations"][0]["counts"]["stored"] == 1


def test_fields_are_listed_with_their_other_names(line: CommandLine) -> None:
    told = {one["name"]: one for one in line("rules", "fields", "--json").json["fields"]}
    assert {"headers.<name>", "mailbox.folder", "account.id"} <= told.keys()
    assert "integration.id" in line("rules", "fields").out
    assert json.dumps(told)
