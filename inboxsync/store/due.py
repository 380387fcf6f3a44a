"""Is anything due? Asked by the fast path, which may import nothing heavier than `sqlite3` (design §5).

A wrong "nothing" would be mail that nobody fetches; so every doubt is answered with "perhaps".
"""

from __future__ import annotations

from inboxsync import system
from inboxsync.store.version import SCHEMA_VERSION

# A reader of a WAL database waits for nobody but a recovery after a crash.
_TIMEOUT_S = 1.0
# Of an alias `w`, with the time given twice: a delivery can be tried, or the feed has events it was not asked about.
WEBHOOK_DUE = (
    "w.active AND (w.hold_until IS NULL OR w.hold_until <= ?) AND (w.due_at <= ?"
    " OR w.event_cursor < (SELECT coalesce(max(id), 0) FROM inboxsync_events))"
)
DELIVERIES_DUE = f"SELECT EXISTS (SELECT 1 FROM inboxsync_webhooks AS w WHERE {WEBHOOK_DUE})"  # noqa: S608  a constant
# Both outer conditions stop at the first row; integrations number a thousand at most, states are found by key.
_NOTHING_DUE = f"""
SELECT EXISTS (
    SELECT 1 FROM inboxsync_integrations WHERE active AND removed_at IS NULL
) AND NOT EXISTS (
    SELECT 1 FROM inboxsync_integrations AS i LEFT JOIN inboxsync_sync_states AS s ON s.integration_id = i.id
    WHERE i.active AND i.removed_at IS NULL
    AND (s.due_at IS NULL OR s.due_at <= ? OR s.paused OR s.error_exit_code IN (77, 78))
) AND NOT EXISTS (
    SELECT 1 FROM inboxsync_webhooks AS w WHERE {WEBHOOK_DUE}
) AND EXISTS (
    SELECT 1 FROM inboxsync_meta WHERE name = 'schema_version' AND value = ?
)
"""  # noqa: S608  constants


def nothing_due(database_file: str, now_text: str) -> bool:
    """Whether this SQLite store surely has nothing to do now; False where anything is odd, and never an exception.

    `database_file` is an absolute path, `now_text` the time as the store writes it: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC.
    True means: our schema version, at least one active integration, none of them due, never run, paused, or with an
    outstanding fault of exit code 77 or 78, which every run has to tell; and nothing to send to a webhook. The file is
    never made, nothing in it changed.
    """
    try:
        import _sqlite3 as sqlite3  # what the module `sqlite3` wraps; its wrapper's imports cost a millisecond more
    except ImportError:
        import sqlite3  # type: ignore[no-redef]  # another Python than CPython

    try:
        # Not mode=ro: that fails on a WAL database whose index file is not there.
        connection = sqlite3.connect(_uri(database_file), uri=True, timeout=_TIMEOUT_S, isolation_level=None)
    except (sqlite3.Error, OSError, ValueError):
        return False
    try:
        connection.execute("PRAGMA query_only = ON")
        row = connection.execute(_NOTHING_DUE, (now_text, now_text, now_text, str(SCHEMA_VERSION))).fetchone()
    except (sqlite3.Error, OSError, ValueError):
        return False
    finally:
        connection.close()
    return bool(row[0])


def _uri(file: str) -> str:
    """Write an absolute path as SQLite reads URIs (sqlite.org/uri.html §3.1); by hand, for pathlib costs 3 ms."""
    path = file.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if system.IS_WINDOWS:  # elsewhere a backslash is a character of a name like any other
        path = path.replace("\\", "/")
    return f"file://{'' if path.startswith('/') else '/'}{path}?mode=rw"
