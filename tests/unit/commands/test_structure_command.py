"""`messages show --structure`: which parts a stored message is made of."""

from __future__ import annotations

from tests.unit.commands.harness import CommandLine
from tests.unit.mail.samples import RICH


def test_the_parts_of_a_stored_message_are_shown(line: CommandLine) -> None:
    line.server.append(RICH)
    line.add("support")
    assert line("sync", "support").code == 0
    identifier = line("messages", "list", "--json").json["messages"][0]["id"]

    people = line("messages", "show", identifier, "--structure")
    assert (people.code, people.err) == (0, "")
    lines = people.out.splitlines()
    assert [one.split(" (")[0] for one in lines[:4]] == [
        "multipart/mixed", "  multipart/related", "    multipart/alternative", "      text/plain",
    ]  # fmt: skip

    whole = line("messages", "show", identifier, "--structure", "--json").json
    assert whole["structure"]["children"][0]["content_type"] == "multipart/related"
    assert "structure" not in line("messages", "show", identifier, "--json").json
