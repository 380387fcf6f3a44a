"""`companies` and `contacts`: kept by hand, imported from files, listed in a form that imports take back."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail

GROUPS = ("companies", "contacts")
COMMANDS = [(group, command) for group in GROUPS for command in ("list", "add", "edit", "remove", "import")]


@pytest.fixture
def acme(line: CommandLine) -> CommandLine:
    """A machine with a company of two domains and a contact."""
    assert line("companies", "add", "ACME Ltd", "--domain", "ACME.example", "--domain", "acme.test").code == 0
    assert line("contacts", "add", "Ana@acme.example", "--name", "Ana", "--company", "ACME Ltd").code == 0
    return line


def companies(line: CommandLine) -> dict[str, list[str]]:
    return {one["name"]: one["domains"] for one in line("companies", "list", "--json").json["companies"]}


def contacts(line: CommandLine) -> dict[str, tuple[str, str, str | None]]:
    listed = line("contacts", "list", "--json").json["contacts"]
    return {one["email"]: (one["name"], one["kind"], one["company"]) for one in listed}


@pytest.mark.parametrize(("group", "command"), COMMANDS)
def test_every_help_has_an_example(
    line: CommandLine, capsys: pytest.CaptureFixture[str], group: str, command: str
) -> None:
    answer = line(group, command, "--help")
    assert answer.code == 0
    help_text = answer.out + capsys.readouterr().out  # typer writes help to the process's own stdout
    assert f"inboxsync {group} {command}" in help_text.split("Example:")[1]


# --- companies -----------------------------------------------------------------------------------------------------


def test_companies_are_listed_for_people_programs_and_spreadsheets(acme: CommandLine) -> None:
    assert acme("companies", "list").out.splitlines() == ["NAME      DOMAINS", "ACME Ltd  acme.example, acme.test"]
    assert acme("companies", "list", "--json").json == {
        "companies": [{"id": "1", "name": "ACME Ltd", "domains": ["acme.example", "acme.test"]}]
    }
    assert acme("companies", "list", "--csv").out == "name,domains\r\nACME Ltd,acme.example acme.test\r\n"
    assert acme("companies", "list", "--csv", "--json").code == 2


def test_empty_lists_say_so(line: CommandLine) -> None:
    for group in GROUPS:
        answer = line(group, "list")
        assert (answer.code, answer.out, answer.err) == (0, "", f"no {group}\n")


def test_a_company_is_changed_bit_by_bit(acme: CommandLine) -> None:
    acme("companies", "edit", "ACME Ltd", "--add-domain", "new.example", "--remove-domain", "ACME.test")
    assert companies(acme) == {"ACME Ltd": ["acme.example", "new.example"]}
    answer = acme("companies", "edit", "ACME Ltd", "--domain", "only.example", "--json")
    assert answer.json == {"id": "1", "name": "ACME Ltd", "domains": ["only.example"]}
    assert acme("companies", "edit", "ACME Ltd", "--rename", "ACME", "--domain", "").out == "ACME: changed\n"
    assert companies(acme) == {"ACME": []}
    assert contacts(acme) == {"ana@acme.example": ("Ana", "user", "ACME")}


def test_integrations_that_go_on_naming_a_company_are_told(acme: CommandLine) -> None:
    acme.add("support", "--company", "ACME Ltd")
    acme.add("sales", "--company", "Other")
    answer = acme("companies", "edit", "ACME Ltd", "--rename", "ACME")
    assert "integration support goes on naming company 'ACME Ltd', not 'ACME'" in answer.err
    assert "sales" not in answer.err
    acme("companies", "edit", "ACME", "--rename", "ACME Ltd")
    assert "support goes on naming" in acme("companies", "remove", "ACME Ltd", "--yes").err


def test_a_removed_company_leaves_its_contacts(acme: CommandLine) -> None:
    assert acme("companies", "remove", "ACME Ltd", "--yes", "--json").json == {"removed": "ACME Ltd"}
    assert companies(acme) == {}
    assert contacts(acme) == {"ana@acme.example": ("Ana", "user", None)}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("companies", "add", "ACME Ltd"), "there is a company 'ACME Ltd' already"),
        (("companies", "add", "New", "--domain", "acme.test"), "belongs to company 'ACME Ltd'"),
        (("companies", "add", "New", "--domain", "a b"), "write it like example.com"),
        (("companies", "edit", "acme", "--rename", "X"), "did you mean 'ACME Ltd'?"),
        (("companies", "edit", "ACME Ltd"), "nothing to change is given"),
        (("companies", "edit", "ACME Ltd", "--remove-domain", "x.example"), "it has acme.example, acme.test"),
        (("companies", "remove", "acme", "--yes"), "did you mean 'ACME Ltd'?"),
        (("companies", "remove", "ACME Ltd"), "add --yes"),
        (("contacts", "add", "ana@acme.example"), "there is a contact 'ana@acme.example' already"),
        (("contacts", "add", "Ana <ana@acme.example>"), "give the address alone"),
        (("contacts", "add", "x@y.example", "--company", "ACME"), "did you mean 'ACME Ltd'?"),
        (("contacts", "add", "x@y.example", "--company", "Zulu"), "`inboxsync companies add Zulu` adds it"),
        (("contacts", "add", "x@y.example", "--kind", "boss"), "write user or staff"),
        (("contacts", "edit", "anna@acme.example", "--name", "A"), "did you mean 'ana@acme.example'?"),
        (("contacts", "edit", "ana@acme.example"), "nothing to change is given"),
        (("contacts", "edit", "ana@acme.example", "--email", "nobody"), "is not an address"),
        (("contacts", "remove", "ana@acme.test", "--yes"), "did you mean 'ana@acme.example'?"),
        (("contacts", "remove", "ana@acme.example"), "add --yes"),
        (("contacts", "list", "--csv", "--json"), "give one of them"),
    ],
)
def test_usage_errors_are_2_with_what_to_do_and_change_nothing(
    acme: CommandLine, argv: tuple[str, ...], said: str
) -> None:
    before = companies(acme), contacts(acme)
    answer = acme(*argv)
    assert answer.code == 2
    assert said in answer.err
    assert (companies(acme), contacts(acme)) == before


# --- contacts ------------------------------------------------------------------------------------------------------


def test_contacts_are_listed_for_people_programs_and_spreadsheets(acme: CommandLine) -> None:
    acme("contacts", "add", "bob@example.org", "--kind", "staff", "--name", "=HYPERLINK(1)")
    assert acme("contacts", "list").out.splitlines() == [
        "EMAIL             NAME           KIND   COMPANY",
        "ana@acme.example  Ana            user   ACME Ltd",
        "bob@example.org   =HYPERLINK(1)  staff  -",
    ]
    assert acme("contacts", "list", "--json").json["contacts"][0] == {
        "id": "1", "email": "ana@acme.example", "name": "Ana", "kind": "user", "company": "ACME Ltd",
    }  # fmt: skip
    assert acme("contacts", "list", "--csv").out.splitlines()[2] == "bob@example.org,'=HYPERLINK(1),staff,"


def test_a_contact_is_added_changed_and_removed(acme: CommandLine) -> None:
    added = acme("contacts", "add", "Bob@Example.org", "--json").json
    assert added == {"id": "2", "email": "bob@example.org", "name": "", "kind": "user", "company": None}
    changed = acme("contacts", "edit", "BOB@example.org", "--email", "rob@example.org", "--kind", "Staff", "--company",
                   "ACME Ltd", "--name", "Rob", "--json").json  # fmt: skip
    assert changed == {"id": "2", "email": "rob@example.org", "name": "Rob", "kind": "staff", "company": "ACME Ltd"}
    assert (
        acme("contacts", "edit", "rob@example.org", "--company", "", "--name", "").out == "rob@example.org: changed\n"
    )
    assert contacts(acme)["rob@example.org"] == ("", "staff", None)
    assert acme("contacts", "remove", "Rob@example.org", "--yes").out == "rob@example.org: removed\n"
    assert set(contacts(acme)) == {"ana@acme.example"}


def test_what_known_senders_only_takes_follows_the_contacts(line: CommandLine) -> None:
    line.add("support", "--known-senders-only")
    line.server.append(mail(1))
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["unknown_sender"] == 1
    assert line("contacts", "add", "Bob@Example.org").code == 0
    line.server.append(mail(2))
    assert line("sync", "support", "--json").json["integrations"][0]["counts"]["stored"] == 1


# --- import --------------------------------------------------------------------------------------------------------


def test_an_import_adds_what_is_new_and_again_changes_nothing(acme: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("email,name,company\nAna@acme.example,Ana Stone,ACME Ltd\nbob@example.org,Bob,\n")
    assert acme("contacts", "import", str(file)).out == "1 added, 1 changed, 0 unchanged, 0 faults\n"
    assert contacts(acme) == {
        "ana@acme.example": ("Ana Stone", "user", "ACME Ltd"), "bob@example.org": ("Bob", "user", None),
    }  # fmt: skip
    again = acme("contacts", "import", str(file), "--json")
    assert (again.code, again.err) == (0, "")
    assert again.json == {"dry_run": False, "added": 0, "changed": 0, "unchanged": 2, "changes": [], "faults": []}


def test_a_dry_run_shows_what_would_change(acme: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "companies.json"
    file.write_text(json.dumps([{"name": "ACME Ltd", "domains": ["acme.example"]}, {"name": "Beta"}]))
    before = companies(acme)
    answer = acme("companies", "import", str(file), "--dry-run")
    assert answer.out.splitlines() == [
        "WHERE  WHAT      CHANGE   FIELDS",
        "/0     ACME Ltd  changed  domains",
        "/1     Beta      added    -",
        "would be: 1 added, 1 changed, 0 unchanged, 0 faults",
    ]
    assert companies(acme) == before
    told = acme("companies", "import", str(file), "--dry-run", "--json").json
    assert told["dry_run"] is True
    assert told["changes"][0] == {"where": "/0", "subject": "ACME Ltd", "change": "changed", "fields": ["domains"]}


def test_bad_lines_are_told_in_order_and_the_others_imported(acme: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("email,company\nnobody,\nb@example.org\nc@example.org,ACME\nd@example.org,ACME Ltd\n")
    answer = acme("contacts", "import", str(file))
    assert answer.code == 2
    assert answer.out == "1 added, 0 changed, 0 unchanged, 3 faults\n"
    told = [said.strip() for said in answer.err.splitlines()]
    assert told[0] == f"error: {file}: 3 faults; their lines were left out"
    assert [said.partition(":")[0] for said in told[1::2]] == ["line 2", "line 3", "line 4"]
    assert "hint: did you mean 'ACME Ltd'?" in told
    assert set(contacts(acme)) == {"ana@acme.example", "d@example.org"}
    faults = acme("contacts", "import", str(file), "--json").json["faults"]
    assert [fault["where"] for fault in faults] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_is_listed_can_be_imported_elsewhere(acme: CommandLine, tmp_path: Path, group: str, form: str) -> None:
    other = CommandLine(tmp_path / "other")
    other("companies", "add", "ACME Ltd")
    file = tmp_path / f"list.{form}"
    file.write_bytes(acme(group, "list", f"--{form}").out.encode())
    assert other(group, "import", str(file)).code == 0
    assert acme(group, "list", "--csv").out == other(group, "list", "--csv").out
    assert other(group, "import", str(file), "--json").json["changes"] == []


def test_files_that_cannot_be_read_are_usage_errors(line: CommandLine, tmp_path: Path) -> None:
    for name, octets, said in (
        ("contacts.txt", b"email\n", "ends neither in .csv nor in .json"),
        ("contacts.csv", b"mail\n", "has no column 'email'"),
        ("contacts.json", b"{", "is not JSON"),
    ):
        file = tmp_path / name
        file.write_bytes(octets)
        answer = line("contacts", "import", str(file))
        assert answer.code == 2
        assert f"{file} {said}" in answer.err
    assert "cannot be read" in line("contacts", "import", str(tmp_path / "none.csv")).err
    assert not line.data_dir.exists(), "nothing was opened"


# --- what the page says --------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[3] / "docs" / "directory.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_commands_and_files_that_work(
    line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (contacts_csv,), (contacts_json,) = blocks("csv"), blocks("json")
    Path("companies.csv").write_text("name,domains\nACME Ltd,acme.example\n")
    Path("contacts.csv").write_text(contacts_csv)
    Path("contacts.json").write_text(contacts_json)
    line.add("support")
    typed = [words for block in blocks("sh") for words in map(shlex.split, block.splitlines()) if words]
    assert len(typed) == 12
    for words in [*typed, ["inboxsync", "contacts", "import", "contacts.json"]]:
        answer = line(*words[1:])
        assert (answer.code, answer.err) == (0, ""), words
    assert contacts(line) == {
        "ana@acme.example": ("Ana Stone", "user", "ACME Ltd"),
        "bob@example.org": ("Bob, the porter", "staff", None),
    }
