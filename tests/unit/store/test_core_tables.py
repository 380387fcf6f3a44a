"""The tables for bulk statements are those that are declared, and cost no SQLModel."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inboxsync.store import core_tables
from inboxsync.store.core_source import core_source
from inboxsync.store.core_tables import METADATA
from inboxsync.store.tables import Meta


def test_the_generated_module_is_up_to_date() -> None:
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-"], input=core_source(), capture_output=True, text=True, check=True
    )
    with open(core_tables.__file__, encoding="utf-8") as file:
        assert file.read() == formatted.stdout, "run `make docs`"


@pytest.mark.parametrize("name", sorted(name for name in Meta.metadata.tables if name.startswith("inboxsync_")))
def test_every_column_is_the_declared_one(name: str) -> None:
    declared, bulk = Meta.metadata.tables[name], METADATA.tables[name]
    assert [c.name for c in bulk.columns] == [c.name for c in declared.columns]
    for column in declared.columns:
        twin = bulk.columns[column.name]
        assert (twin.nullable, twin.primary_key) == (column.nullable, column.primary_key)
        assert twin.type._type_affinity is column.type._type_affinity


def test_writing_content_imports_neither_sqlmodel_nor_pydantic() -> None:
    look = "import sys, inboxsync.store.content; print(*({'sqlmodel', 'pydantic', 'alembic'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
