"""Write what is made from code: the schema, provider and command pages, bulk tables, filter schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from inboxsync.providers.document import markdown
from inboxsync.rules.schema import schema_text
from inboxsync.store.core_source import core_source, shapes_source
from inboxsync.store.document import document

ROOT = Path(__file__).parent.parent


def formatted(source: str) -> str:
    """Bring Python source into the project's form."""
    return subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-"], input=source, capture_output=True, text=True, check=True
    ).stdout


def command_reference() -> str:
    """The reference of the command line, by the command line itself."""
    shown = subprocess.run(
        [sys.executable, "-m", "inboxsync", "man", "--format", "markdown"], capture_output=True, text=True, check=True
    )
    return shown.stdout


def main() -> None:
    """Write every page that differs, and name it."""
    pages = {
        ROOT / "docs" / "schema.md": document(),
        ROOT / "docs" / "providers.md": markdown(),
        ROOT / "docs" / "cli.md": command_reference(),
        ROOT / "inboxsync" / "store" / "core_tables.py": formatted(core_source()),
        ROOT / "inboxsync" / "store" / "shapes.py": formatted(shapes_source()),
        ROOT / "inboxsync" / "rules" / "filter.schema.json": schema_text(),
    }
    for path, text in pages.items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
