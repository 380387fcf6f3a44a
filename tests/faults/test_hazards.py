"""The catalogue is complete, and every proof that it names is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.cases import CASES
from tests.faults.hazards import BEHAVIOURS, FAULTS, NOT_HERE, WHAT_THE_LIBRARY_DID
from tests.faults.server_rows import ROWS

TESTS = Path(__file__).parents[1]
MATRIX = (
    *(f"C{number}" for number in range(1, 9)),
    *(f"D{number}" for number in range(1, 8)),
    *(f"N{number}" for number in range(1, 7)),
    *("T1", "T2", "A1", "A2", "A3"),
    *(f"I{number}" for number in range(1, 13)),
    *(f"M{number}" for number in range(1, 5)),
    *("F1", "F2", "W1", "K1", "E1", "L1", "R1"),
)
LIBRARY_ROWS, BEHAVIOUR_ROWS = 26, 35
PROVED = {**WHAT_THE_LIBRARY_DID, **BEHAVIOURS, **FAULTS}


def test_every_row_of_the_matrix_has_a_proof_or_a_reason() -> None:
    reasons = {row for row in NOT_HERE if row in MATRIX}
    assert sorted([*FAULTS, *reasons]) == sorted(MATRIX)


def test_every_behaviour_of_servers_has_a_proof_or_a_reason() -> None:
    reasons = [row for row in NOT_HERE if row not in MATRIX]
    assert len(WHAT_THE_LIBRARY_DID) == LIBRARY_ROWS
    assert len(BEHAVIOURS) + len(reasons) == BEHAVIOUR_ROWS


@pytest.mark.parametrize("row", PROVED)
def test_what_is_named_as_a_proof_is_there(row: str) -> None:
    assert PROVED[row]
    for proof in PROVED[row]:
        assert is_there(proof), proof


def test_every_row_and_every_case_proves_something() -> None:
    named = {proof for proofs in PROVED.values() for proof in proofs}
    assert {f"rows:{row.name}" for row in ROWS} - named == {"rows:plain"}
    assert {f"cases:{case.name}" for case in CASES} <= named
    assert all(f"cases:{case.name}" in FAULTS[case.row] for case in CASES)


def is_there(proof: str) -> bool:
    """Whether a row, a case or a test of this name exists."""
    kind, _, name = proof.partition(":")
    if kind == "rows":
        return name in {row.name for row in ROWS}
    if kind == "cases":
        return name in {case.name for case in CASES}
    file, _, test = proof.partition("::")
    return test in names_in(TESTS / file)


@cache
def names_in(file: Path) -> frozenset[str]:
    """The test functions of a file, those of a class as `Class.function`."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(found)
