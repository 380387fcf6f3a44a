"""Files of companies and contacts: a bad line costs itself, and what is written reads back as it was."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.config.directory_file import (
    COMPANIES,
    CONTACTS,
    FILE_MAX_BYTES,
    FileContents,
    FileKind,
    companies_csv,
    contacts_csv,
    read_directory_file,
)
from inboxsync.errors import UsageError
from inboxsync.model.directory import Company, CompanyEntry, Contact, ContactEntry, ContactKind


def read_csv(text: str | bytes, kind: FileKind = CONTACTS) -> FileContents:
    return read_directory_file(text if isinstance(text, bytes) else text.encode(), kind, is_json=False)


def read_json(value: object, kind: FileKind = CONTACTS) -> FileContents:
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_directory_file(octets, kind, is_json=True)


def faults(contents: FileContents) -> list[tuple[str, str]]:
    return [(fault.where, fault.message) for fault in contents.faults]


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_lines_become_entries_with_their_numbers() -> None:
    found = read_csv('email,name,kind,company\r\nana@example.com,"Stone, Ana",user,ACME\r\nbob@example.org,,,\r\n')
    assert found == FileContents(
        (
            ContactEntry("ana@example.com", "Stone, Ana", "user", "ACME", "line 2"),
            ContactEntry("bob@example.org", "", "", "", "line 3"),
        )
    )


def test_a_column_that_is_not_there_says_nothing() -> None:
    (entry,) = read_csv("Company, EMAIL \nACME,ana@example.com\n").entries
    assert entry == ContactEntry("ana@example.com", None, None, "ACME", "line 2")
    assert read_csv("name\nACME", COMPANIES).entries == (CompanyEntry("ACME", None, "line 2"),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_spreadsheets_write_is_read(delimiter: str, end: str) -> None:
    text = end.join([delimiter.join(["name", "domains", ""]), delimiter.join(["ACME", "a.example  b.example", ""]), ""])
    for octets in (text.encode("utf-8-sig"), text.encode("utf-8"), b"\xff\xfe" + text.encode("utf-16-le")):
        assert read_csv(octets, COMPANIES) == FileContents(
            (CompanyEntry("ACME", ("a.example", "b.example"), "line 2"),)
        )


def test_domains_stand_between_blanks_commas_or_semicolons() -> None:
    (entry,) = read_csv('name,domains\nACME,"a.example, b.example;c.example\nd.example"\n', COMPANIES).entries
    assert entry == CompanyEntry("ACME", ("a.example", "b.example", "c.example", "d.example"), "line 2")
    assert read_csv("name,domains\nACME,\n", COMPANIES).entries == (CompanyEntry("ACME", (), "line 2"),)


def test_empty_lines_say_nothing_and_count() -> None:
    found = read_csv("\n\nemail,name\n\n,\n  ,\nana@example.com,A\n")
    assert found == FileContents((ContactEntry("ana@example.com", "A", where="line 7"),))


def test_a_cell_over_several_lines_moves_the_numbers_on() -> None:
    found = read_csv('email,name\na@example.com,"two\nlines"\nb@example.com,B\n')
    assert [entry.where for entry in found.entries] == ["line 2", "line 4"]


def test_a_bad_line_costs_itself_only() -> None:
    found = read_csv('email,name\na@example.com\nb@example.com,B,more\nc@example.com,"C"x\nd@example.com,D,,\n')
    assert [entry.where for entry in found.entries] == ["line 5"]
    assert [where for where, _ in faults(found)] == ["line 2", "line 3", "line 4"]
    assert found.faults[0].message == "has 1 cells, the first line names 2 columns"
    assert "does not split" in found.faults[2].message


def test_an_open_quote_is_told_where_it_opens() -> None:
    found = read_csv('email,name\na@example.com,A\nb@example.com,"B\nc@example.com,C\n')
    assert [entry.where for entry in found.entries] == ["line 2"]
    assert faults(found) == [("line 3", "a quote is never closed, so nothing from here on was read")]


def test_a_cell_beyond_all_measure_costs_its_line() -> None:
    found = read_csv("email,name\na@example.com," + "x" * 200_000 + "\nb@example.com,B\n")
    assert [where for where, _ in faults(found)] == ["line 2"]
    assert [entry.where for entry in found.entries] == ["line 3"]


@pytest.mark.parametrize(
    ("octets", "message", "hint"),
    [
        (b"", "no column 'email'", "email, name, kind, company"),
        (b"name,company\nAna,ACME\n", "no column 'email'", "first line"),
        (b"email,compny\n", "no column 'compny'", "did you mean 'company'?"),
        (b"email,telephone\n", "no column 'telephone'", "email, name, kind, company"),
        (b"email,name,Name\n", "twice", "first line"),
        (b'"email,name\n', "no column 'email'", "first line"),
        (b"email\nJos\xe9@example.com\n", "not UTF-8", "CSV UTF-8"),
    ],
)
def test_a_file_without_usable_headings_is_refused(octets: bytes, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_csv(octets)
    assert hint in caught.value.hint


def test_a_file_has_a_limit() -> None:
    with pytest.raises(UsageError, match="larger than"):
        read_csv(b"x" * (FILE_MAX_BYTES + 1))


# --- CSV, written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1+1", "''-1", '=cmd|"/c calc"!A1'])
def test_no_cell_is_a_formula_and_it_reads_back(name: str) -> None:
    written = contacts_csv([Contact("+tag@example.com", name, ContactKind.STAFF, "@home")])
    (_, cells) = csv.reader(io.StringIO(written, newline=""))
    assert all(cell[0] not in "=+-@\t\r\n" for cell in cells)
    assert read_csv(written).entries == (ContactEntry("+tag@example.com", name, "staff", "@home", "line 2"),)


def test_a_quote_that_guards_nothing_stays() -> None:
    (entry,) = read_csv("email,name\na@example.com,'t Hooft\n").entries
    assert entry == ContactEntry("a@example.com", "'t Hooft", where="line 2")


def test_companies_are_written_and_read_back() -> None:
    written = companies_csv([Company("ACME, Ltd", ("a.example", "b.example"), 7), Company("Beta")])
    assert written == 'name,domains\r\n"ACME, Ltd",a.example b.example\r\nBeta,\r\n'
    assert read_csv(written, COMPANIES).entries == (
        CompanyEntry("ACME, Ltd", ("a.example", "b.example"), "line 2"),
        CompanyEntry("Beta", (), "line 3"),
    )


STORED_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20).map(
    lambda text: " ".join(text.split())
)


@settings(deadline=None)
@given(STORED_TEXTS, STORED_TEXTS)
def test_whatever_name_is_stored_survives_the_way_through_csv(name: str, company: str) -> None:
    written = contacts_csv([Contact("a@example.com", name, ContactKind.USER, company)])
    assert read_csv(written).entries == (ContactEntry("a@example.com", name, "user", company, "line 2"),)


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", [False, True])
def test_objects_become_entries_with_their_pointers(wrapped: bool) -> None:
    items = [
        {"id": "1", "email": "ana@example.com", "name": "Ana", "kind": "user", "company": None},
        {"email": "bob@example.org"},
    ]
    place = "/contacts" if wrapped else ""
    assert read_json({"contacts": items} if wrapped else items) == FileContents(
        (
            ContactEntry("ana@example.com", "Ana", "user", "", f"{place}/0"),
            ContactEntry("bob@example.org", where=f"{place}/1"),
        )
    )


def test_domains_are_a_list() -> None:
    items = [{"name": "A", "domains": ["a.example"]}, {"name": "B", "domains": None}, {"name": "C"}]
    assert read_json(items, COMPANIES).entries == (
        CompanyEntry("A", ("a.example",), "/0"), CompanyEntry("B", (), "/1"), CompanyEntry("C", None, "/2"),
    )  # fmt: skip


def test_a_bad_object_costs_itself_only() -> None:
    items = [7, {"name": "Ana"}, {"email": None}, {"email": "a@b.c", "compny": "x"}, {"email": "a@b.c", "name": 1},
             {"email": "ok@example.com"}]  # fmt: skip
    found = read_json(items)
    assert [entry.where for entry in found.entries] == ["/5"]
    assert [where for where, _ in faults(found)] == ["/0", "/1", "/2/email", "/3/compny", "/4/name"]
    assert found.faults[3].hint == "did you mean 'company'?"
    (wrong,) = read_json([{"name": "A", "domains": "a.example"}], COMPANIES).faults
    assert (wrong.where, wrong.hint) == ("/0/domains", 'write a list of texts like ["example.com"]')


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b'{"companies": []}', "no list"),
        (b"null", "no list"),
        (b'[{"email": "a@example.com", "email": "b@example.com"}]', "key twice"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_list_is_refused(octets: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_json(octets)


# --- both ----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("email,name\n" + text).encode("utf-8", "replace"))
)
def test_any_octets_are_entries_faults_or_a_usage_error(octets: bytes) -> None:
    for kind in (COMPANIES, CONTACTS):
        for is_json in (False, True):
            try:
                found = read_directory_file(octets, kind, is_json=is_json)
            except UsageError:
                continue
            assert all(fault.where for fault in found.faults)


KEYS = st.sampled_from(["email", "name", "domains", "contacts", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_entries_faults_or_a_usage_error(value: object) -> None:
    for kind in (COMPANIES, CONTACTS):
        try:
            found = read_json(value, kind)
        except UsageError:
            continue
        assert all(isinstance(entry, CompanyEntry | ContactEntry) for entry in found.entries)
