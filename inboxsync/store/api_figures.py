"""Numbers about the whole store, from the ledger: dear with millions of placements, so callers keep them a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from inboxsync.model.figures import Figures, IntegrationFigures
from inboxsync.store.dialect import read_json
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import ControlStore

_FATES = (
    "SELECT f.integration_id, p.fate, count(*), sum(p.size_bytes) FROM inboxsync_placements AS p"
    " JOIN inboxsync_folders AS f ON f.id = p.folder_id WHERE p.retired_at IS NULL GROUP BY f.integration_id, p.fate"
)
_FAILURES = (
    "SELECT integration_id, error_code, count(*) FROM inboxsync_run_parts WHERE error_code IS NOT NULL"
    " GROUP BY integration_id, error_code"
)
_LAST_COUNTS = (
    "SELECT p.integration_id, p.counts FROM inboxsync_run_parts AS p JOIN (SELECT i.id, (SELECT max(n.id)"
    " FROM inboxsync_run_parts AS n WHERE n.integration_id = i.id) AS last FROM inboxsync_integrations AS i"
    " WHERE i.removed_at IS NULL) AS newest ON newest.last = p.id"
)
_SIZE_SQLITE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
_SIZE_POSTGRES = "SELECT pg_database_size(current_database())"
_WITH_CONTENT = ("stored", "duplicate")


def figures_of(control: ControlStore) -> Figures:
    """Answer the figures of an open control plane; TypeError for another kind of it. Raises StoreError."""
    from inboxsync.store.control import SqlControlStore

    if not isinstance(control, SqlControlStore):
        raise TypeError(f"{type(control).__name__} has no figures")
    return read_figures(control._database)


@retried
def read_figures(database: Database) -> Figures:
    """Answer the figures of a database; raises StoreError."""
    fates: dict[int, dict[str, int]] = defaultdict(dict)
    octets: dict[int, int] = defaultdict(int)
    for integration_id, fate, count, size in database.rows(_FATES):
        fates[integration_id][fate] = int(count)
        octets[integration_id] += int(size) if fate in _WITH_CONTENT else 0
    failures: dict[int, dict[str, int]] = defaultdict(dict)
    for integration_id, code, count in database.rows(_FAILURES):
        failures[integration_id][code] = int(count)
    last = {integration_id: _counts(text) for integration_id, text in database.rows(_LAST_COUNTS)}
    return Figures(
        {
            key: IntegrationFigures(fates.get(key, {}), octets.get(key, 0), failures.get(key, {}), last.get(key, {}))
            for key in {*fates, *failures, *last}
        },
        int(database.rows(_SIZE_SQLITE if database.dialect.is_sqlite else _SIZE_POSTGRES)[0][0]),
    )


def _counts(text: object) -> Mapping[str, int]:
    return {str(name): int(number) for name, number in read_json(text).items()}
