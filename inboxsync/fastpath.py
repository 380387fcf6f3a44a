"""Answer "nothing is due" with the standard library alone: what cron asks 288 times a day (docs/adr/0005).

For exactly the `sync-all` command lines known here, one query on the SQLite store decides, or the stamp that the last
run on Postgres left (docs/adr/0015). Whatever is not surely
"nothing is due" (a flag not known here, a store not of this version, any exception) falls through to the command line.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is not cheap
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inboxsync.config.location import Location

MAILBOX_NEEDS = (
    ("INBOXSYNC_IMAP_HOST", "IMAP_HOST"),
    ("INBOXSYNC_IMAP_USER", "IMAP_USER"),
    ("INBOXSYNC_IMAP_PASSWORD_FILE", "INBOXSYNC_IMAP_PASSWORD", "IMAP_PASSWORD"),
)
SWITCHES = frozenset({"-q", "--quiet", "--json"})


def nothing_due(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Answer what to print when nothing is due ('' for nothing at all), None where the command line must decide."""
    asked = _read(argv)
    if asked is None:
        return None
    try:
        if not _is_idle(environ):
            return None
    except Exception:  # noqa: BLE001  whatever it is, the command line meets it again and tells it properly
        return None
    return _report() if "--json" in asked else ""


def _read(argv: Sequence[str]) -> Sequence[str] | None:
    """Answer the switches of a command line known by heart, None for any other."""
    words = [word for word in argv if word != "sync-all"]
    if len(words) != len(argv) - 1 or any(word not in SWITCHES for word in words):
        return None
    place = list(argv).index("sync-all")
    return None if "--json" in argv[:place] else words


def _is_idle(environ: Mapping[str, str]) -> bool:
    if _mailbox_in_parts(environ):
        return False  # what is missing is the command line's to tell
    from inboxsync.config.location import locate

    place = locate(environ)
    if place.pings:
        return False  # a monitor wants to hear of runs with nothing to do above all
    file = place.database_file
    if file is None:
        return _is_stamped(place)
    from inboxsync.store.due import nothing_due as nothing_due_in

    return nothing_due_in(file, _now("%Y-%m-%d %H:%M:%S.000000"))


def _is_stamped(place: Location) -> bool:
    """Whether the last run that asked the database server found that nothing will be due by now."""
    import time

    from inboxsync.config.database import identity
    from inboxsync.store.stamp import holds, key_of

    key = key_of(identity(place.database_url or ""), place.config_file_text)
    return holds(place.data_dir_text, key, time.time())


def _mailbox_in_parts(environ: Mapping[str, str]) -> bool:
    """Whether the variables of a single mailbox are set in part."""
    given = [any(environ.get(name) for name in names) for names in MAILBOX_NEEDS]
    return any(given) and not all(given)


def _now(form: str) -> str:
    import time

    return time.strftime(form, time.gmtime())


def _report() -> str:
    at = _now("%Y-%m-%dT%H:%M:%SZ")
    return f'{{"status": "success", "started_at": "{at}", "finished_at": "{at}", "integrations": []}}\n'
