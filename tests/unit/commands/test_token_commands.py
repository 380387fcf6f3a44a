"""`token`, and what `serve` and `status --prometheus` refuse before they begin."""

from __future__ import annotations

from pathlib import Path

from tests.unit.commands.harness import CommandLine


def test_a_token_is_shown_once_and_kept_as_a_hash(line: CommandLine) -> None:
    made = line("token", "create", "crm", "--json").json
    assert made["integrations"] is None
    assert made["token"].startswith(f"isx_{made['id']}_")
    listed = line("token", "list", "--json")
    assert [one["name"] for one in listed.json["tokens"]] == ["crm"]
    secret = made["token"].rpartition("_")[2]
    assert secret not in listed.out
    for file in line.data_dir.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()


def test_a_plain_answer_is_the_token_alone_on_stdout(line: CommandLine) -> None:
    result = line("token", "create", "crm")
    assert result.code == 0
    assert len(result.out.splitlines()) == 1
    assert "shown only now" in result.err


def test_a_token_is_bound_and_expires(line: CommandLine) -> None:
    line.add("support", "--no-test")
    made = line("token", "create", "crm", "--integration", "support", "--expires", "90d", "--json").json
    assert (made["integrations"], made["expires_at"], made["expired"]) == (["support"], "2026-05-31T12:00:00Z", False)
    assert line("token", "create", "x", "--integration", "nobody").code == 2
    assert line("token", "create", "x", "--expires", "0d").code == 2
    assert line("token", "create", "crm").code == 2
    assert "expires" in line("token", "list").out.lower()


def test_a_token_is_revoked(line: CommandLine) -> None:
    line("token", "create", "crm")
    assert line("token", "revoke", "crm", "--json").json == {"revoked": "crm"}
    assert line("token", "revoke", "crm").code == 2
    assert line("token", "list", "--json").json == {"tokens": []}


def test_nothing_is_opened_to_a_network_without_a_token(line: CommandLine) -> None:
    result = line("serve", "--host", "0.0.0.0", "--port", "0")
    assert result.code == 2
    assert "token create" in result.err


def test_serve_names_what_is_wrong(line: CommandLine, tmp_path: Path) -> None:
    assert line("serve", "--proxy", "nonsense").code == 2
    assert line("serve", "--port", "70000").code == 2
    taken = tmp_path / "file"
    taken.write_text("not a socket")
    result = line("serve", "--unix-socket", str(taken))
    assert result.code == 2
    assert "cannot listen" in result.err
    assert taken.read_text() == "not a socket"


def test_metrics_are_written_whole_for_others_to_read(line: CommandLine, tmp_path: Path) -> None:
    line.add("support", "--no-test")
    file = tmp_path / "inboxsync.prom"
    assert line("status", "--prometheus", str(file)).code == 0
    assert 'inboxsync_integration_state{integration="support",state="never"} 1.0' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    assert line("status", "--prometheus", str(tmp_path / "no" / "x.prom")).code == 2
