"""Files of companies and contacts: CSV or JSON read into entries and faults, and CSV written. Pure.

What a value means is judged where it is stored; here only whether the file can be taken apart. A bad line costs itself.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inboxsync.errors import Problem, UsageError
from inboxsync.model.directory import Company, CompanyEntry, Contact, ContactEntry, Entry

FILE_MAX_BYTES = 64 * 1024 * 1024
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = ",;\t"
_BETWEEN_DOMAINS = re.compile(r"[\s,;]+")
# What a spreadsheet takes for a formula (CWE-1236), also behind quotes of ours: so that reading gives back what was.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file can hold: its key in JSON and its columns, the one that must be there first."""

    key: str
    columns: tuple[str, ...]
    entry: Callable[[str, Values], Entry]


@dataclass(frozen=True, slots=True)
class FileContents:
    """What a file says, in its order, and the lines that cannot be read."""

    entries: tuple[Entry, ...] = ()
    faults: tuple[Problem, ...] = ()


def _company_entry(where: str, values: Values) -> CompanyEntry:
    domains = values.get("domains")
    if isinstance(domains, str):
        domains = [one for one in _BETWEEN_DOMAINS.split(domains) if one]
    return CompanyEntry(values["name"], None if domains is None else tuple(domains), where)


def _contact_entry(where: str, values: Values) -> ContactEntry:
    return ContactEntry(values["email"], values.get("name"), values.get("kind"), values.get("company"), where)


COMPANIES = FileKind("companies", ("name", "domains"), _company_entry)
CONTACTS = FileKind("contacts", ("email", "name", "kind", "company"), _contact_entry)


def read_directory_file(octets: bytes, kind: FileKind, *, is_json: bool) -> FileContents:
    """Read a file of companies or contacts. UsageError where it cannot be taken apart into lines at all."""
    if len(octets) > FILE_MAX_BYTES:
        raise UsageError(f"the file is larger than {FILE_MAX_BYTES} octets", hint="import it in parts")
    text = _text(octets)
    found = list(_json_items(text, kind) if is_json else _csv_lines(text, kind))
    entries = tuple(kind.entry(where, values) for where, values in found if isinstance(values, Mapping))
    return FileContents(entries, tuple(fault for _, fault in found if isinstance(fault, Problem)))


def _text(octets: bytes) -> str:
    mark, encoding = next(((m, name) for m, name in _BYTE_ORDER_MARKS if octets.startswith(m)), (b"", "utf-8"))
    try:
        return octets.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError("the file is not UTF-8 text", hint="save it as `CSV UTF-8` or JSON") from error


# --- CSV -----------------------------------------------------------------------------------------------------------

_Found = tuple[str, Values | Problem]


def _csv_lines(text: str, kind: FileKind) -> Iterator[_Found]:
    """Read CSV (RFC 4180) with a line of headings, its columns between commas, semicolons or tabs."""
    records = _records(text)
    columns = _headings(next(records, (1, [])), kind)
    for number, record in records:
        where = f"line {number}"
        if isinstance(record, str):
            yield where, Problem(where, record, "quote a cell as a whole, and double the quotes in it")
        else:
            yield where, _values(where, record, columns)


def _records(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Split text into numbered lines of cells, without those that are empty; of a line that does not split, say why."""
    heading = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _sentence(error)
        else:
            if any(cell.strip() for cell in cells):
                yield number, [_plain(cell.strip()) for cell in cells]


def _sentence(error: csv.Error) -> str:
    is_open = "unexpected end" in str(error)
    return "a quote is never closed, so nothing from here on was read" if is_open else f"does not split: {error}"


def _headings(line: tuple[int, list[str] | str], kind: FileKind) -> list[str]:
    """Read the line of headings; UsageError where it has none, a strange one, one twice or not the first column."""
    cells = line[1] if isinstance(line[1], list) else []
    columns = [cell.lower() for cell in cells]
    hint = f"the first line names the columns: {', '.join(kind.columns)}"
    if kind.columns[0] not in columns:
        raise UsageError(f"the file has no column {kind.columns[0]!r}", hint=hint)
    named = [column for column in columns if column]
    strange = next((column for column in named if column not in kind.columns), None)
    if strange is not None:
        raise UsageError(f"there is no column {strange!r}", hint=_nearest(strange, kind) or hint)
    if len(set(named)) < len(named):
        raise UsageError("a column is there twice", hint=hint)
    return columns


def _nearest(word: str, kind: FileKind) -> str:
    near = difflib.get_close_matches(word, kind.columns, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _values(where: str, cells: Sequence[str], columns: Sequence[str]) -> Values | Problem:
    # A spreadsheet fills lines with empty cells up to its last column.
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        message = f"has {len(cells)} cells, the first line names {len(columns)} columns"
        return Problem(where, message, "quote cells that hold the separator")
    return {column: cell for column, cell in zip(columns, cells, strict=False) if column}


def _plain(cell: str) -> str:
    """Take back what `_guarded` does."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _guarded(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula: someone else chose the name that stands in it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def companies_csv(companies: Iterable[Company]) -> str:
    """Write companies as CSV that `companies import` takes; no cell of it is a formula."""
    return _csv(COMPANIES, ((company.name, " ".join(company.domains)) for company in companies))


def contacts_csv(contacts: Iterable[Contact]) -> str:
    """Write contacts as CSV that `contacts import` takes; no cell of it is a formula."""
    return _csv(CONTACTS, ((one.email, one.name, one.kind.value, one.company or "") for one in contacts))


def _csv(kind: FileKind, lines: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(kind.columns)
    writer.writerows([_guarded(cell) for cell in line] for line in lines)
    return written.getvalue()


# --- JSON ----------------------------------------------------------------------------------------------------------


def _json_items(text: str, kind: FileKind) -> Iterator[_Found]:
    """Read an array of objects, bare or under the key that `list --json` writes it under."""
    items, place = _json_document(text), ""
    if isinstance(items, dict) and kind.key in items:
        items, place = items[kind.key], f"/{kind.key}"
    if not isinstance(items, list):
        raise UsageError(
            "the file is no list", hint=f'write [{{"{kind.columns[0]}": "…"}}, …] or {{"{kind.key}": […]}}'
        )
    for number, item in enumerate(items):
        where = f"{place}/{number}"
        yield where, _json_fault(where, item, kind) or _json_values(item)


def _json_document(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise UsageError("the file is nested too deeply", hint="it holds a list of objects with texts") from error
    except ValueError as error:
        raise UsageError(f"the file is not JSON: {error}", hint="a file that ends in .csv is read as CSV") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"an object has a key twice: {', '.join(key for key, _ in pairs)}")
    return found


def _json_fault(where: str, item: Any, kind: FileKind) -> Problem | None:
    if not isinstance(item, dict):
        return Problem(where, "is not an object", f"its keys are {', '.join(kind.columns)}")
    for key, value in item.items():
        if key != "id" and key not in kind.columns:
            return Problem(
                f"{where}/{key}", "is not a key", _nearest(key, kind) or f"keys are {', '.join(kind.columns)}"
            )
        if key != "id" and not _is_right_type(key, value, kind):
            return Problem(f"{where}/{key}", "is of the wrong type", _EXPECTED.get(key, "write a text"))
    if kind.columns[0] not in item:
        return Problem(where, f"has no {kind.columns[0]!r}", "it says which one is meant")
    return None


_EXPECTED = {"domains": 'write a list of texts like ["example.com"]'}


def _is_right_type(key: str, value: Any, kind: FileKind) -> bool:
    if key == "domains":
        return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    return isinstance(value, str) or (value is None and key != kind.columns[0])


def _json_values(item: Mapping[str, Any]) -> Values:
    """Give the values that are there; null takes a value away, as an empty cell does."""
    empty: dict[str, Any] = {"domains": ()}
    return {key: empty.get(key, "") if value is None else value for key, value in item.items() if key != "id"}
