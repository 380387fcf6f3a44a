"""Messages that were set aside or not taken, on the command line: seen, exported, asked for again."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail

POISON = mail(2, "poison").replace(b"Body", b"\x00\xff Body")


def execute(line: CommandLine, statement: str) -> None:
    with sqlite3.connect(line.data_dir / "inboxsync.sqlite3") as connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def full(line: CommandLine) -> CommandLine:
    """One message stored, one set aside with its octets, one without; the cause of the first is mended."""
    line.add("support", "--tickets-since", "all")
    for octets in (mail(1), POISON, b""):
        line.server.append(octets)
    execute(
        line,
        "CREATE TRIGGER refuse BEFORE INSERT ON inboxsync_messages WHEN instr(NEW.subject, 'poison')"
        " BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    answer = line("sync", "support", "--json")
    assert (answer.code, answer.json["status"]) == (0, "partial")
    execute(line, "DROP TRIGGER refuse")
    line.now += timedelta(minutes=10)
    return line


def ids(line: CommandLine) -> dict[str, str]:
    """Give the id of what is set aside by its reason."""
    items = line("quarantine", "list", "--json").json["quarantine"]
    return {item["reason"]: item["id"] for item in items}


def stored(line: CommandLine) -> int:
    return int(line("messages", "list", "--json").json["total"])


# --- quarantine ----------------------------------------------------------------------------------------------------


def test_status_counts_it_and_later_runs_are_a_success(full: CommandLine) -> None:
    (told,) = full("status", "--json").json["integrations"]
    assert (told["quarantined"], told["last_sync_status"]) == (2, "partial")
    answer = full("sync", "support", "--json")
    assert (answer.code, answer.json["status"]) == (0, "success")
    (told,) = full("status", "--json").json["integrations"]
    assert (told["quarantined"], told["last_sync_status"]) == (2, "success")


def test_export_writes_the_octets_exactly(full: CommandLine, tmp_path: Path) -> None:
    file, item = tmp_path / "out.eml", ids(full)["store_refused"]
    answer = full("quarantine", "export", item, "--output", str(file))
    assert (answer.code, answer.out) == (0, "")
    assert f"{len(POISON)} octets" in answer.err
    assert file.read_bytes() == POISON
    assert full("quarantine", "export", item, "-o", str(tmp_path)).code == 2


def test_export_says_where_there_are_no_octets(full: CommandLine, tmp_path: Path) -> None:
    item = ids(full)["empty"]
    answer = full("quarantine", "export", item, "--output", str(tmp_path / "none"))
    assert answer.code == 2
    assert f"no octets of {item}" in answer.err
    assert f"quarantine retry {item}" in answer.err
    assert not (tmp_path / "none").exists()


def test_retry_opens_what_is_named(full: CommandLine, tmp_path: Path) -> None:
    item = ids(full)["store_refused"]
    answer = full("quarantine", "retry", item, "--json")
    assert answer.json == {"asked": 1, "reopened": 1, "integrations": ["support"]}
    assert set(ids(full)) == {"empty"}
    assert full("quarantine", "export", item, "-o", str(tmp_path / "meanwhile")).code == 0
    assert (tmp_path / "meanwhile").read_bytes() == POISON
    assert full("sync-all", "--json").json["integrations"][0]["counts"]["stored"] == 1
    assert stored(full) == 2
    assert full("quarantine", "export", item, "-o", str(tmp_path / "after")).code == 2


def test_retry_opens_all_of_an_integration(full: CommandLine) -> None:
    full.add("sales")
    assert full("quarantine", "retry", "--all", "--integration", "sales", "--json").json["asked"] == 0
    assert "nothing is set aside" in full("quarantine", "retry", "--integration", "sales").err
    answer = full("quarantine", "retry", "--all")
    assert answer.out == "2 to be fetched again with the next run of support\n"
    report = full("sync", "support", "--json").json
    assert report["integrations"][0]["counts"]["quarantined"] == 1
    assert set(ids(full)) == {"empty"}


def test_retry_tells_what_cannot_be_fetched_any_more(full: CommandLine, tmp_path: Path) -> None:
    item = ids(full)["store_refused"]
    full.server.folders["INBOX"].messages.clear()
    full.server.renumber()
    full("sync", "support")
    answer = full("quarantine", "retry", item)
    assert answer.code == 0
    assert "1 cannot be fetched any more" in answer.err
    assert full("quarantine", "export", item, "-o", str(tmp_path / "kept")).code == 0
    assert (tmp_path / "kept").read_bytes() == POISON


def test_octets_of_what_is_gone_stay_in_sight(full: CommandLine, tmp_path: Path) -> None:
    item = ids(full)["store_refused"]
    full("quarantine", "retry", item)
    full.server.expunge(2)
    assert full("sync", "support").code == 0
    told = full("quarantine", "show", item, "--json").json
    assert (told["reason"], told["has_octets"]) == ("gone_from_server", True)
    assert full("quarantine", "export", item, "-o", str(tmp_path / "kept")).code == 0
    assert (tmp_path / "kept").read_bytes() == POISON


@pytest.mark.parametrize(
    "argv",
    [
        ["quarantine", "retry"],
        ["quarantine", "retry", "999"],
        ["quarantine", "retry", "x"],
        ["quarantine", "retry", "1", "--all"],
        ["quarantine", "retry", "--all", "--integration", "nobody"],
        ["quarantine", "export", "999", "-o", "-"],
        ["quarantine", "export", "9" * 30, "-o", "-"],
        ["quarantine", "export", "x", "-o", "-"],
        ["quarantine", "export", "1"],
        ["messages", "refetch", "--fate", "filtered"],
        ["messages", "refetch", "--integration", "support"],
        ["messages", "refetch", "--integration", "nobody", "--fate", "filtered"],
        ["messages", "refetch", "--integration", "support", "--fate", "eaten"],
        ["messages", "refetch", "--integration", "support", "--fate", "stored"],
        ["messages", "refetch", "--integration", "support", "--fate", "quarantined"],
        ["messages", "refetch", "--integration", "support", "--fate", "filtered", "--since", "soon"],
    ],
)
def test_what_cannot_be_is_a_usage_error(full: CommandLine, argv: list[str]) -> None:
    answer = full(*argv)
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert len(ids(full)) == 2


def test_an_id_of_another_integration_is_unknown_to_this_one(full: CommandLine) -> None:
    full.add("sales")
    assert full("quarantine", "retry", ids(full)["empty"], "--integration", "sales").code == 2


# --- asking again for what was not taken ---------------------------------------------------------------------------


def test_a_raised_size_limit_takes_in_what_was_too_large(line: CommandLine) -> None:
    line.environ["INBOXSYNC_MESSAGE_SIZE_LIMIT"] = "1000"
    line.add("support", "--tickets-since", "all")
    for size in (2_000, 9_000):
        line.server.append(mail(size) + b"x" * size)
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["too_large"] == 2
    refetch = ("messages", "refetch", "--integration", "support", "--fate", "too_large")
    assert line(*refetch, "--json").json["reopened"] == 0, "they are too large still"
    line.environ["INBOXSYNC_MESSAGE_SIZE_LIMIT"] = "5000"
    assert line(*refetch, "--dry-run").out == "1 would be fetched again\n"
    assert line(*refetch, "--dry-run", "--json").json == {
        "integration": "support", "fate": "too_large", "asked": 1, "reopened": 0
    }  # fmt: skip
    assert line(*refetch).out == "1 to be fetched again with the next run of support\n"
    line.now += timedelta(minutes=1)
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["stored"] == 1


@pytest.fixture
def filtering(line: CommandLine, tmp_path: Path) -> CommandLine:
    """Three messages, of which the filter takes one; they arrived one, two and three days ago."""
    (tmp_path / "f.json").write_text('{"field": "subject", "contains": "one"}')
    line.add("support", "--filter", str(tmp_path / "f.json"), "--tickets-since", "all")
    for number, subject in enumerate(("one", "two", "three"), 1):
        line.server.append(mail(number, subject), internal_date=line.now - timedelta(days=number))
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["filtered"] == 2
    return line


def test_another_filter_only_tells_and_refetch_judges_anew(filtering: CommandLine) -> None:
    answer = filtering("edit", "support", "--no-filter")
    assert answer.code == 0
    assert "the old filter refused and that stay so: 2;" in answer.err
    assert "messages refetch --integration support --fate filtered" in answer.err
    assert filtering("sync", "support", "--json").json["integrations"][0]["counts"]["fetched"] == 0
    refetch = ("messages", "refetch", "--integration", "support", "--fate", "filtered")
    assert filtering(*refetch, "--since", "60h", "--json").json["reopened"] == 1
    assert filtering(*refetch, "--json").json["reopened"] == 1
    filtering("sync", "support")
    assert stored(filtering) == 3


def test_the_same_filter_refuses_again_what_was_asked_for(filtering: CommandLine) -> None:
    filtering("messages", "refetch", "--integration", "support", "--fate", "filtered")
    counts = filtering("sync", "support", "--json").json["integrations"][0]["counts"]
    assert (counts["filtered"], counts["fetched"]) == (2, 0)


def test_an_edit_of_other_things_tells_nothing(filtering: CommandLine) -> None:
    assert filtering("edit", "support", "--priority", "7", "--json").json["notes"] == []


def test_an_earlier_start_fetches_what_lies_within_it(line: CommandLine) -> None:
    line.add("support", "--since", "1d", "--tickets-since", "all")
    for days in (0, 5, 40):
        line.server.append(mail(days), internal_date=line.now - timedelta(days=days))
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["filtered"] == 2
    refetch = ("messages", "refetch", "--integration", "support", "--fate", "filtered", "--json")
    assert line(*refetch).json["reopened"] == 0, "the start has not moved"
    line.now += timedelta(minutes=1)
    answer = line("edit", "support", "--since", "14d", "--json")
    assert answer.json["notes"] == ["messages from before the old start that the next run fetches: 1"]
    line.now += timedelta(minutes=1)
    report = line("sync-all", "--json").json
    assert report["integrations"][0]["counts"]["stored"] == 1
    assert line("edit", "support", "--since", "13d", "--json").json["notes"] == [], "asked for once"
    assert "fetches: 1" in line("edit", "support", "--since", "all").err
    line("sync", "support")
    assert stored(line) == 3


def test_a_later_start_asks_for_nothing(line: CommandLine) -> None:
    line.add("support", "--since", "10d")
    line.server.append(mail(1), internal_date=line.now - timedelta(days=20))
    line("sync", "support")
    assert line("edit", "support", "--since", "2d", "--json").json["notes"] == []
