"""What databases and disks raise, translated once into our errors; both planes use it.

Nothing but the standard library is imported: SQLAlchemy's wrappers are known by their `orig`, psycopg's errors by
their SQLSTATE. Messages name the place and the cause in the database's own primary words, never a statement or its
parameters (they hold mail and ciphertext). What is not the outside world's doing passes unchanged: it is a bug.
"""

from __future__ import annotations

import errno
import sqlite3
from types import TracebackType

from inboxsync.errors import (
    DiskFull,
    StoreBusy,
    StoreConflict,
    StoreCorrupt,
    StoreError,
    StoreIoFailed,
    StoreLost,
    StoreRefused,
    StoreStandby,
    StoreUnreachable,
    StoreUnwritable,
)

# Primary result codes, https://www.sqlite.org/rescode.html: the low byte of the extended code that Python gives.
_SQLITE_CODES: dict[int, type[StoreError]] = {
    3: StoreUnwritable,  # SQLITE_PERM
    5: StoreBusy,  # SQLITE_BUSY
    6: StoreBusy,  # SQLITE_LOCKED
    8: StoreUnwritable,  # SQLITE_READONLY
    9: StoreBusy,  # SQLITE_INTERRUPT: a reader's time was up
    10: StoreIoFailed,  # SQLITE_IOERR
    11: StoreCorrupt,  # SQLITE_CORRUPT
    13: DiskFull,  # SQLITE_FULL
    14: StoreUnwritable,  # SQLITE_CANTOPEN
    15: StoreBusy,  # SQLITE_PROTOCOL: lost the race for the WAL locks
    18: StoreRefused,  # SQLITE_TOOBIG
    19: StoreRefused,  # SQLITE_CONSTRAINT
    20: StoreRefused,  # SQLITE_MISMATCH
    23: StoreUnwritable,  # SQLITE_AUTH
    26: StoreCorrupt,  # SQLITE_NOTADB
}
# SQLITE_IOERR_SHMSIZE: the shared-memory file could not grow, which is what a full disk looks like in WAL mode.
_SHMSIZE = 10 | 19 << 8

# For errors without a code: raised by wrappers, and by the module itself in some cases.
_SQLITE_TEXTS: tuple[tuple[str, type[StoreError]], ...] = (
    ("database or disk is full", DiskFull),
    ("disk i/o error", StoreIoFailed),
    ("malformed", StoreCorrupt),
    ("not a database", StoreCorrupt),
    ("is locked", StoreBusy),
    ("readonly database", StoreUnwritable),
    ("unable to open database file", StoreUnwritable),
)

# SQLSTATE, whole or class, https://www.postgresql.org/docs/15/errcodes-appendix.html; the longest match decides.
_SQLSTATES: dict[str, type[StoreError]] = {
    "08": StoreUnreachable,
    "08003": StoreLost,  # connection_does_not_exist
    "08006": StoreLost,  # connection_failure
    "08007": StoreLost,  # transaction_resolution_unknown
    "22": StoreRefused,  # data_exception: no such character, number or time
    "23": StoreRefused,  # integrity_constraint_violation
    "25006": StoreStandby,  # read_only_sql_transaction: a standby after failover
    "25P03": StoreLost,  # idle_in_transaction_session_timeout
    "28": StoreUnreachable,  # the login is refused
    "3D000": StoreUnreachable,  # no such database
    "40": StoreConflict,  # serialization_failure, deadlock_detected
    "40003": StoreLost,  # statement_completion_unknown
    "42501": StoreUnwritable,  # insufficient_privilege
    "53": StoreBusy,  # too many connections, out of memory
    "53100": DiskFull,
    "54": StoreRefused,  # program_limit_exceeded: a value too long for an index or a row
    "55P03": StoreBusy,  # lock_not_available
    "57": StoreUnreachable,  # shutting down, starting up
    "57014": StoreBusy,  # query_canceled by a timeout
    "57P01": StoreLost,  # admin_shutdown
    "57P02": StoreLost,  # crash_shutdown
    "57P05": StoreLost,  # idle_session_timeout
    "58": StoreIoFailed,
    "58P01": StoreCorrupt,  # a file of the database is missing
    "XX001": StoreCorrupt,
    "XX002": StoreCorrupt,
}

_POSTGRES_UNWRITABLE = "let this login create and write tables in the database"

# Raised by drivers before the database is asked: an integer of more than 64 bits, half a surrogate pair.
_DRIVERS = frozenset({"sqlalchemy", "psycopg", "psycopg_binary", "psycopg_c"})
# Where drivers without frames of their own are called.
_STATEMENTS = "inboxsync.store.statements"
_REFUSING = {"DataError", "IntegrityError"}  # PEP 249: the fault lies in the values, whatever the code

_ERRNOS: dict[int, type[StoreError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EIO: StoreIoFailed,
    errno.EACCES: StoreUnwritable,
    errno.EPERM: StoreUnwritable,
    errno.EROFS: StoreUnwritable,
    errno.ENOENT: StoreUnwritable,
    errno.ENOTDIR: StoreUnwritable,
    errno.EISDIR: StoreUnwritable,
    errno.EEXIST: StoreUnwritable,  # a file stands where a directory must be
    errno.ELOOP: StoreUnwritable,
    errno.ENAMETOOLONG: StoreUnwritable,
}


def translate(error: BaseException, place: str) -> StoreError | None:
    """Answer our error for what a driver, SQLAlchemy or the system raised, or None where it is not the world's doing.

    `place` names the database or directory to people and is part of the message.
    """
    cause = _original(error)
    if isinstance(cause, TimeoutError) and cause.errno is None:  # system.locking.file_lock
        return StoreBusy(f"{place}: {cause}")
    if isinstance(cause, OSError):
        return _made(_ERRNOS.get(cause.errno or 0), place, cause.strerror or type(cause).__name__)
    if isinstance(cause, sqlite3.Error):
        return _made(_sqlite_class(cause), place, str(cause))
    if type(cause).__module__.partition(".")[0] == "psycopg":
        kind = _postgres_class(cause)
        return _made(kind, place, _postgres_text(cause), _POSTGRES_UNWRITABLE if kind is StoreUnwritable else None)
    if isinstance(cause, OverflowError | UnicodeEncodeError) and (cause is not error or _is_of_driver(cause)):
        return _made(StoreRefused, place, str(cause))
    return None


class translated:  # noqa: N801  reads like contextlib's: `with translated(place):`
    """Raise our error in place of what the world did inside the `with` block; bugs and our own errors pass."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        known = None if error is None else translate(error, self._place)
        if known is not None:
            raise known from error


def _made(kind: type[StoreError] | None, place: str, cause: str, hint: str | None = None) -> StoreError | None:
    if kind is StoreRefused:  # kept beside the message that is refused, where the place of the database says nothing
        return StoreRefused(f"the database refuses it: {cause}", hint=hint)
    return None if kind is None else kind(f"{place}: {cause}", hint=hint)


def _original(error: BaseException) -> BaseException:
    """SQLAlchemy's DBAPIError carries the driver's error as `orig`."""
    original = getattr(error, "orig", None)
    return original if isinstance(original, BaseException) else error


def _is_of_driver(error: BaseException) -> bool:
    """Whether a driver raised it, by its innermost frame; the same error out of our own code is a bug."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] in _DRIVERS or module == _STATEMENTS


def _refuses(error: BaseException) -> bool:
    return bool(_REFUSING & {kind.__name__ for kind in type(error).__mro__})


def _sqlite_class(error: sqlite3.Error) -> type[StoreError] | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code == _SHMSIZE:
        return DiskFull
    if code is not None:
        return _SQLITE_CODES.get(code & 0xFF)
    text = str(error).lower()
    by_text = next((kind for words, kind in _SQLITE_TEXTS if words in text), None)
    return StoreRefused if by_text is None and _refuses(error) else by_text


def _postgres_class(error: BaseException) -> type[StoreError] | None:
    state = getattr(error, "sqlstate", None)
    if state:
        return _SQLSTATES.get(state) or _SQLSTATES.get(state[:2])
    if _refuses(error):
        return StoreRefused
    # Without a state libpq itself failed: no server, connection lost or already closed.
    lost = {"OperationalError", "InterfaceError"}
    if not lost & {kind.__name__ for kind in type(error).__mro__}:
        return None
    # psycopg hands the connection along where the attempt to make it failed, and only there.
    return StoreLost if getattr(error, "pgconn", None) is None else StoreUnreachable


def _postgres_text(error: BaseException) -> str:
    """The primary message alone: DETAIL repeats values of the row."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(primary or error).strip().partition("\n")[0]
