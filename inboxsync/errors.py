"""One tree of errors: each says what happened, where, and what a person does next.

A class carries a stable `code` (a word other programs may compare), the `exit_code` of design §6,
whether it is `transient` (the next run may do better by itself), and a `hint`.
Only what the outside world caused is an InboxsyncError; a bug keeps its own traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 69
EXIT_TEMPORARY = 75
EXIT_CREDENTIALS = 77
EXIT_CONFIG = 78

# Several integrations failing: the first of these that occurs is the exit code of the run (design §6).
EXIT_PRECEDENCE = (EXIT_BUG, EXIT_CONFIG, EXIT_CREDENTIALS, EXIT_UNAVAILABLE, EXIT_TEMPORARY)


class InboxsyncError(Exception):
    """Something outside the program went wrong; `str()` names what and where, `hint` the remedy.

    Neither text ever holds a secret: they are stored in error columns and printed.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = EXIT_TEMPORARY
    transient: ClassVar[bool] = False
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint


# --- usage and configuration ---------------------------------------------------------------------------------------


class UsageError(InboxsyncError):
    """The command line cannot be carried out as typed."""

    code = "usage"
    exit_code = EXIT_USAGE


class CursorTooOld(UsageError):
    """A reader of the feed asks for events behind a place that `prune` has passed: it has missed some."""

    code = "cursor_too_old"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in something a person wrote: where it is, what is wrong, what to write instead."""

    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class ConfigError(InboxsyncError):
    """Settings, filter, rules or environment cannot be used; `problems` holds every fault found."""

    code = "config_invalid"
    exit_code = EXIT_CONFIG

    def __init__(self, message: str, *, hint: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class FilterInvalid(ConfigError):
    """A filter or a list of rules does not decode; until it does nothing is filtered or taken (fail closed)."""

    code = "filter_invalid"


class KeyMissing(ConfigError):
    """The store holds secrets and no key source has a key that opens them."""

    code = "key_missing"
    default_hint = (
        "restore the key file from its backup, or point INBOXSYNC_KEY_FILE at it; `inboxsync key status` "
        "shows what is looked for"
    )


class KeyWrong(ConfigError):
    """A key was found and it does not open this store's secrets."""

    code = "key_wrong"
    default_hint = "use the key this store was made with; `inboxsync key status` shows which source was taken"


class SecretUnreadable(ConfigError):
    """A stored secret does not open with the right key: it was altered, or its integration was re-pointed."""

    code = "secret_unreadable"
    default_hint = "enter the password again with `inboxsync edit NAME --password-file FILE`"


# --- the mail server -----------------------------------------------------------------------------------------------


class ImapError(InboxsyncError):
    """Anything a mail server or the way to it did."""

    code = "imap_error"


class Unreachable(ImapError):
    """No connection: the name does not resolve, the port refuses, the network is down."""

    code = "unreachable"
    transient = True
    default_hint = "check host and port with `inboxsync test NAME`, and the network of this machine"


class ConnectionLost(ImapError):
    """The connection ended in the middle of the work (EOF, reset, BYE)."""

    code = "connection_lost"
    transient = True
    default_hint = "nothing is lost; the next run goes on where this one stopped"


class DeadlineExceeded(ImapError):
    """A command, a folder or an integration took longer than its wall-clock budget."""

    code = "deadline"
    transient = True
    default_hint = "nothing is lost; the next run goes on where this one stopped"


class Throttled(ImapError):
    """The server asks to slow down; `retry_after_s` is its own hint, if it gave one."""

    code = "throttled"
    transient = True
    default_hint = "the provider limits this account for a while; the next runs wait as it asks"

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ServerUnavailable(ImapError):
    """The server says that it cannot serve now (UNAVAILABLE, INUSE, SERVERBUG, 'not connected')."""

    code = "server_unavailable"
    transient = True
    default_hint = "a fault of the server; the next run tries again"


class ProtocolFault(ImapError):
    """The server sent something that is not IMAP, or more of it than the limits take."""

    code = "protocol"
    default_hint = "check that host and port belong to an IMAP server; `inboxsync -v test NAME` shows what it said"


class AuthFailed(ImapError):
    """The server refuses the login. Never retried within a run: repeated attempts lock accounts."""

    code = "auth_failed"
    exit_code = EXIT_CREDENTIALS
    default_hint = (
        "check user name and password; many providers want an app password: `inboxsync edit NAME` sets a new one"
    )


class SecretMissing(ImapError):
    """The integration has no stored password."""

    code = "secret_missing"
    exit_code = EXIT_CREDENTIALS
    default_hint = "set one with `inboxsync edit NAME --password-file FILE` or `--password-stdin`"


class TlsFailed(ImapError):
    """No trustworthy encrypted connection: certificate, host name, pin, protocol or STARTTLS."""

    code = "tls_failed"
    exit_code = EXIT_UNAVAILABLE
    default_hint = (
        "give the right CA with --ca-file or pin the certificate with --pin-sha256; checks cannot be switched off"
    )


class FolderMissing(ImapError):
    """The folder does not exist or cannot be opened with these rights."""

    code = "folder_missing"
    exit_code = EXIT_UNAVAILABLE
    default_hint = (
        "`inboxsync test NAME` lists the folders this account has; set the right one with `inboxsync edit "
        "NAME --folder F`"
    )


class MessageRefused(ImapError):
    """The server answers NO (or nothing usable) for particular messages; the others can still be fetched."""

    code = "message_refused"


# --- the store -----------------------------------------------------------------------------------------------------


class StoreError(InboxsyncError):
    """The database or the data directory did not do what it must."""

    code = "store_error"


class StoreBusy(StoreError):
    """Another process holds the database longer than we wait."""

    code = "store_busy"
    transient = True
    default_hint = "another process writes to the database; the next run tries again"


class StoreConflict(StoreBusy):
    """The database gave this transaction up for another's sake (deadlock, serialization); none of it was written."""

    code = "store_conflict"
    default_hint = "nothing is lost; the next run goes on where this one stopped"


class StoreUnwritable(StoreError):
    """The data directory or the database cannot be written by this user."""

    code = "store_unwritable"
    exit_code = EXIT_CONFIG
    default_hint = "give this user the data directory, or choose another with INBOXSYNC_DATA_DIR"


class StoreUnreachable(StoreError):
    """The database server does not answer or refuses us."""

    code = "store_unreachable"
    default_hint = "check INBOXSYNC_DATABASE_URL and that the database runs"


class StoreLost(StoreUnreachable):
    """The connection to the database server ended in the middle of the work, which was rolled back."""

    code = "store_lost"
    default_hint = "nothing is lost; the next run goes on where this one stopped"


class StoreStandby(StoreError):
    """The database server takes no writes: a standby, or one that has become it."""

    code = "store_standby"
    default_hint = "let INBOXSYNC_DATABASE_URL name the primary, or all servers with `?target_session_attrs=read-write`"


class DiskFull(StoreError):
    """No space left; the batch was rolled back and nothing half-written stays."""

    code = "disk_full"
    default_hint = "free some space; the next run goes on where this one stopped"


class StoreIoFailed(StoreError):
    """The disk reported an error; no commit is retried after it."""

    code = "store_io"
    default_hint = "check the disk and then the database with `inboxsync db check`"


class StoreCorrupt(StoreError):
    """The database file is damaged or is not a database."""

    code = "store_corrupt"
    exit_code = EXIT_CONFIG
    default_hint = "restore the database from its backup; `inboxsync db check` shows the damage"


class OctetsPruned(StoreError):
    """What was asked for was given up by `prune`; no backup of this store alone brings it back."""

    code = "pruned"
    exit_code = EXIT_UNAVAILABLE
    default_hint = "a backup made before that day has it, and the mail server if the message is still there"


class StoreRefused(StoreError):
    """The database refuses this very content, and would again; nothing of the transaction was written."""

    code = "store_refused"
    default_hint = "`inboxsync db check` shows faults of the database; report this with the message"


class SchemaNewer(StoreError):
    """The database was written by a newer inboxsync; this one leaves it alone."""

    code = "schema_newer"
    exit_code = EXIT_CONFIG
    default_hint = "use the newer inboxsync that upgraded this database"


class SchemaOlder(StoreError):
    """The database needs `inboxsync db upgrade` and it was not ours to run it (Postgres with data)."""

    code = "schema_older"
    exit_code = EXIT_CONFIG
    default_hint = "back the database up, then run `inboxsync db upgrade`"


class LeaseHeld(InboxsyncError):
    """Another process works on this integration."""

    code = "locked"
    exit_code = EXIT_TEMPORARY
    transient = True
    default_hint = "another run works on it; wait for it, or try again later"


def worst_exit_code(codes: Sequence[int]) -> int:
    """Answer the exit code of a run from those of its parts, by the precedence of design §6; 0 where there are none."""
    present = set(codes)
    return next((code for code in EXIT_PRECEDENCE if code in present), EXIT_OK)
