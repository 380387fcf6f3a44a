"""The guide to filters says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inboxsync.errors import FilterInvalid
from inboxsync.rules.decode import decode_filter, decode_rules
from inboxsync.rules.decode_rule import ACTION_KEYS
from inboxsync.rules.fields import FIELDS, HEADER_FIELD
from inboxsync.rules.operators import OPERATORS
from inboxsync.rules.patterns import PatternInvalid, compile_pattern

GUIDE = (Path(__file__).parents[3] / "docs" / "filters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([^\n]*)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
TAKEN = [text for language, text in BLOCKS if language == "json"]


def section(title: str) -> str:
    return GUIDE.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@pytest.mark.parametrize("text", TAKEN)
def test_every_example_decodes(text: str) -> None:
    assert decode_rules(text) if text.startswith("[") else decode_filter(text)


def test_the_refused_example_is_refused_in_these_words() -> None:
    (refused_text,) = [text for language, text in BLOCKS if language == "json refused"]
    (told,) = [text for language, text in BLOCKS if language == "text"]
    with pytest.raises(FilterInvalid) as refused:
        decode_filter(refused_text)
    assert [str(problem) for problem in refused.value.problems] == told.splitlines()


def test_the_table_of_fields_is_the_code_s() -> None:
    documented = [([name.strip("`") for name in cells[0].split(", ")], cells[1]) for cells in rows(section("Fields"))]
    assert sorted(documented) == sorted(([field.name, *field.aliases], field.kind) for field in (*FIELDS, HEADER_FIELD))


def test_the_table_of_operators_is_the_code_s() -> None:
    assert [cells[0].strip("`") for cells in rows(section("Operators"))] == list(OPERATORS)


def test_the_table_of_actions_is_the_code_s() -> None:
    documented = [name.strip("`") for cells in rows(section("Rules")) for name in cells[0].split(", ")]
    assert documented == list(ACTION_KEYS)


@pytest.mark.parametrize(
    "pattern",
    ["(?=x)", "(?!x)", "(?<=x)", "(?<!x)", r"(x)\1", "(?P<name>x)(?P=name)", "x++", "(?>x)", r"x\Z", r"\u00e9",
     "(?#x)", "(x)?(?(1)y)", "x{1001}"],
)  # fmt: skip
def test_what_the_guide_says_is_not_taken_is_not(pattern: str) -> None:
    with pytest.raises(PatternInvalid):
        compile_pattern(pattern, case_sensitive=False)


@pytest.mark.parametrize("pattern", ["(?m)^x$", r"x\z", r"\x{e9}", r"\pL", r"\pN", "(?:x)", "x{1000}"])
def test_what_the_guide_offers_instead_is_taken(pattern: str) -> None:
    compile_pattern(pattern, case_sensitive=False)
