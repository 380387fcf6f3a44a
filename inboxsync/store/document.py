"""Makes docs/schema.md from the tables: `python -m inboxsync.store.document > docs/schema.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from inboxsync.store import tables
from inboxsync.store.version import SCHEMA_VERSION
from inboxsync.store.view_columns import VIEW_COLUMNS, VIEW_DESCRIPTIONS

_HEAD = """\
# The schema

Schema version {version}. Made from `inboxsync/store/tables/` by `python -m inboxsync.store.document`; a test
compares.

## What you may rely on

- The **views** `inboxsync_messages_v1` and `inboxsync_tickets_v1` keep their name, their columns and what those
  mean. Columns may be
  added at the end. A change that would break a reader becomes a `_v2` beside it.
- The **tables** may gain columns, tables and indexes with any version; what a column below means stays within a
  major version of
  inboxsync. Ids are never used again for other content.
- Reading is always allowed and needs no lock: SQLite is in WAL mode, so readers and the writer do not wait for each
  other.
  Writing is ours alone. Keep your own data in your own tables; refer to ours by id.
- `inboxsync_events` is the feed to poll: ids only grow, a row is written in the transaction that made it true.
- SQLite and an empty Postgres get the schema by themselves on first use; a Postgres with data only by `inboxsync db
  upgrade`.

## Types

| here | SQLite | Postgres |
| --- | --- | --- |
| integer | INTEGER | integer or bigint |
| text | TEXT | text |
| boolean | 0 or 1 | boolean |
| time | text `YYYY-MM-DD HH:MM:SS.ffffff`, UTC | timestamp with time zone |
| JSON | JSON text | json |
| octets | BLOB | bytea |

Text holds no NUL and no lone surrogates, whatever the mail held: its octets as received are in `inboxsync_raw`.

## Reading from Django

[Reading from Django](django.md) has whole files to copy: settings, a router that keeps the store read-only, models and
an admin. In short: point a database alias at the store (the SQLite file `inboxsync.sqlite3` in the data directory, or
the same Postgres database) and declare what you need as an unmanaged model:

```python
class Mail(models.Model):
    placement_id = models.BigIntegerField(primary_key=True)
    id_in_store = models.BigIntegerField(db_column="id")
    subject = models.TextField()
    sender = models.TextField()
    date_received = models.DateTimeField()
    folder = models.TextField()
    integration = models.TextField()
    body_text = models.TextField(null=True)
    ticket_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "inboxsync_messages_v1"
```

With `USE_TZ = True` and the connection in UTC (Django's default) times come out aware and right on both databases.
`body_html_source`
is what the sender wrote: sanitise it before it reaches a browser.
"""

_COLUMNS = "| column | type | null | description |\n| --- | --- | --- | --- |"


def document() -> str:
    """Answer the whole document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD.format(version=SCHEMA_VERSION)
    yield "## Views\n"
    for view, columns in VIEW_COLUMNS.items():
        yield f"### {view}\n\n{VIEW_DESCRIPTIONS[view]}\n\n{_COLUMNS}"
        for column in columns:
            yield f"| `{column.name}` | {column.type} | {'yes' if column.null else ''} | {column.description} |"
        yield ""
    yield "## Tables\n"
    models = sorted(_models(), key=lambda model: str(model.__tablename__))
    for model in models:
        yield from _table(model)


def _models() -> list[type[SQLModel]]:
    named = [value for value in vars(tables).values() if isinstance(value, type) and issubclass(value, SQLModel)]
    return [model for model in named if hasattr(model, "__table__")]


def _table(model: type[SQLModel]) -> Iterator[str]:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    yield f"### {table.name}\n\n{(model.__doc__ or '').strip()}\n"
    yield _COLUMNS
    for column in table.columns:
        description = model.model_fields[column.name].description or ""
        null = "yes" if column.nullable else ""
        yield f"| `{column.name}` | {_type(column)} | {null} | {description}{_target(column)} |"
    yield f"\nPrimary key: {_names(table.primary_key.columns)}.{_unique(table)}{_indexes(table)}\n"


def _type(column: Column[object]) -> str:
    # SQLAlchemy's dialect classes are untyped.
    shown = str(column.type.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    words = {"TIMESTAMP WITH TIME ZONE": "time", "BYTEA": "octets", "BIGINT": "integer", "JSON": "JSON"}
    return words.get(shown, shown.lower())


def _target(column: Column[object]) -> str:
    return "".join(f" → `{key.target_fullname}`" for key in column.foreign_keys)


def _names(columns: Iterable[ColumnElement[Any]]) -> str:
    return ", ".join(f"`{column.key}`" for column in columns)


def _unique(table: Table) -> str:
    found = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    ordered = sorted(_names(one.columns) for one in found)
    return "".join(f" Unique: {names}." for names in ordered)


def _indexes(table: Table) -> str:
    return "".join(f" Index: {_index(one)}." for one in sorted(table.indexes, key=lambda one: str(one.name)))


def _index(index: Index) -> str:
    where = index.dialect_options["sqlite"]["where"]
    return _names(index.columns) + (f" where `{where.text}`" if where is not None else "")


if __name__ == "__main__":
    sys.stdout.write(document())
