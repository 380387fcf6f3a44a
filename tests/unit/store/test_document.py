from pathlib import Path

from inboxsync.store.document import document
from inboxsync.store.tables import Meta
from inboxsync.store.version import SCHEMA_VERSION

ROOT = Path(__file__).parents[3]


def test_docs_schema_md_is_what_the_generator_says() -> None:
    remedy = "run: python -m inboxsync.store.document > docs/schema.md"
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == document(), remedy


def test_every_table_and_column_is_described() -> None:
    lines = document().splitlines()
    for table in Meta.metadata.sorted_tables:
        section = lines[lines.index(f"### {table.name}") :]
        for column in table.columns:
            row = next(line for line in section if line.startswith(f"| `{column.name}` |"))
            assert row.split("|")[4].strip(), f"{table.name}.{column.name} has no description"


def test_the_version_is_told() -> None:
    assert f"Schema version {SCHEMA_VERSION}." in document()
