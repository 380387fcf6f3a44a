"""`prune`, `db stats`, `db vacuum` as a person types them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxsync.model.state import Owner
from inboxsync.store.sql import open_store
from tests.crash.changes import with_attachment
from tests.unit.commands.harness import CommandLine, mail

EVERYTHING = ("--raw-older-than", "1d", "--attachments-older-than", "1d", "--bodies-older-than", "1d")


@pytest.fixture
def filled(line: CommandLine) -> CommandLine:
    line.server.append(with_attachment(1, 300_000))
    line.server.append(mail(2))
    line.add("support", "--tickets-since", "all")
    assert line("sync", "support").code == 0
    return line


def test_without_apply_it_only_tells(filled: CommandLine) -> None:
    shown = filled("prune", "--raw-older-than", "0d", "--json")
    assert (shown.code, shown.json["applied"], shown.json["finished"]) == (0, False, True)
    (raw, headers) = shown.json["lines"]
    assert (raw["what"], raw["items"], raw["held"]) == ("raw", 2, None)
    assert raw["size_bytes"] > 300_000
    assert headers["items"] == 0
    told = filled("prune", "--raw-older-than", "0d")
    assert told.out.splitlines()[0].split() == ["WOULD", "BE", "PRUNED", "ITEMS", "SIZE"]
    assert "nothing was changed; add --apply" in told.err
    assert filled("messages", "export", "1", "--output", "-").code == 0


def test_what_is_pruned_says_so_wherever_it_is_asked_for(filled: CommandLine) -> None:
    done = filled("prune", *EVERYTHING, "--apply")
    assert done.code == 0, done.err
    assert "octets of stored mail" in done.out
    assert "db vacuum" in done.err
    asked = filled("messages", "export", "1", "--output", "-")
    assert asked.code == 69
    assert "error: the octets of message 1 were pruned on 2026-03-02" in asked.err
    assert "  hint: a backup made before that day has it" in asked.err
    shown = filled("messages", "show", "1")
    assert "octets" in shown.out
    assert "(no text: pruned on 2026-03-02)" in shown.out
    assert "file pruned on 2026-03-02" in shown.out
    one = filled("messages", "show", "1", "--json").json
    assert (one["raw_pruned_at"], one["body_pruned_at"]) == ("2026-03-02T12:00:00Z",) * 2
    assert one["headers"]["subject"]
    everything = filled("messages", "export", "--all", "--format", "mbox", "--output", str(filled.data_dir / "a.mbox"))
    assert everything.code == 0
    assert "2 left out, their octets were pruned" in everything.err
    assert filled("db", "sweep", "--dry-run", "--json").json["missing"] == []
    assert filled("verify", "support", "--deep").code == 0
    assert filled("db", "stats", "--json").json["pruned"] == {"raw": 2, "bodies": 2, "attachments": 1}
    again = filled("messages", "reparse", "--all", "--json").json
    assert (again["pruned"], again["looked_at"], again["unreadable"]) == (2, 0, 0)


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        ((), "say what is to go"),
        (("--raw-older-than", "soon"), "'soon' is neither an age nor a date"),
        (("--raw-older-than", "5m"), "'5m' is neither an age nor a date"),
        (("--raw-older-than", "99999y"), "neither an age nor a date"),
        (("--raw-older-than", "1y", "--fate", "duplicate"), "of mail of fate 'duplicate' nothing is kept"),
        (("--raw-older-than", "1y", "--fate", "lost"), "lost"),
        (("--raw-older-than", "1y", "--larger-than", "ten"), "must be a size with its unit"),
        (("--raw-older-than", "1y", "--integration", "suport"), "there is no integration 'suport'"),
        (("--runs-older-than", "1y", "--larger-than", "1MB"), "choose among mail"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(filled: CommandLine, argv: tuple[str, ...], error: str) -> None:
    answer = filled("prune", *argv)
    assert answer.code == 2
    assert error in answer.err


def test_history_is_pruned_by_its_own_options(filled: CommandLine) -> None:
    filled("events", "ack", "1", "--consumer", "crm")
    filled.now += timedelta(minutes=1)
    done = filled("prune", "--runs-older-than", "0d", "--events-older-than", "2026-03-04", "--apply")
    assert done.code == 0, done.err
    assert "kept for consumer crm, which has read up to 1" in done.err
    assert filled("runs", "--json").json["runs"] == []
    filled("events", "ack", "3", "--consumer", "crm")
    filled("prune", "--events-older-than", "2026-03-04", "--apply")
    late = filled("events", "list", "--after", "1")
    assert late.code == 2
    assert "error: events up to 3 were pruned" in late.err
    assert "--after 3" in late.err


def test_statistics_tell_tables_files_and_integrations(filled: CommandLine) -> None:
    found = filled("db", "stats", "--json").json
    tables = {table["name"]: table for table in found["tables"]}
    assert (tables["inboxsync_messages"]["rows"], tables["inboxsync_raw"]["rows"]) == (2, 2)
    assert tables["inboxsync_messages"]["size_bytes"] > 0
    assert [(one["directory"], one["files"]) for one in found["files"]] == [("raw", 1), ("attachments", 1)]
    assert found["fates"] == {"stored": 2}
    (shown,) = found["integrations"]
    assert (shown["name"], shown["messages"]) == ("support", 2)
    assert found["size_bytes"] > found["free_bytes"]
    told = filled("db", "stats")
    assert "inboxsync_messages" in told.out
    assert "placements: 2 stored" in told.out


def test_vacuum_gives_room_back(filled: CommandLine) -> None:
    assert filled("search", "printer").code == 0
    with_rows = filled("db", "stats", "--json").json
    done = filled("db", "vacuum", "--json")
    assert done.code == 0, done.err
    assert done.json["steps"] == ["merge the full text", "analyze", "rewrite the file", "empty the log"]
    assert done.json["after_bytes"] <= done.json["before_bytes"]
    assert "rewrite the file …" in done.err
    after = filled("db", "stats", "--json").json
    assert [t["rows"] for t in after["tables"]] == [t["rows"] for t in with_rows["tables"]]
    assert after["free_bytes"] == 0
    assert not (filled.data_dir / "inboxsync.sqlite3-wal").exists() or (
        (filled.data_dir / "inboxsync.sqlite3-wal").stat().st_size == 0
    )
    light = filled("db", "vacuum", "--light", "-q")
    assert (light.code, light.err) == (0, "")
    assert light.out.startswith("the database took ")


def test_vacuum_waits_for_runs_and_says_who_works(filled: CommandLine) -> None:
    store = open_store(None, filled.data_dir)
    (integration,) = store.control.integrations()
    owner = Owner("elsewhere.example.com", 42, "then")
    filled.now = filled.now.replace(year=2020)
    store.control.acquire_lease(integration.id or 0, owner, lifetime_s=60, owner_is_dead=lambda _owner: False)
    store.close()
    refused = filled("db", "vacuum", "--wait", "0s")
    assert refused.code == 75
    assert "tidying up cannot begin: process 42 on elsewhere.example.com works on support" in refused.err
