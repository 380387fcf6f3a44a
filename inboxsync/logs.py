"""Logs: stdlib logging to stderr, one line an event, as text or JSON, with nothing in it that was meant to stay secret.

An event is a constant name with fields: `log.info("folder_planned", extra={"integration": "support", "listed": 3})`.
Field values are escaped and capped, so that mail can neither forge lines nor flood a disk (CWE-117). Above debug level
subjects are left out and addresses masked. Known secrets of the run, and their base64 forms, are replaced everywhere,
tracebacks included.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from inboxsync.model.secret import Secret

MAX_FIELD_CHARACTERS = 200
MAX_TRACEBACK_CHARACTERS = 8_000
REDACTED = "***"
LOG_FORMATS = ("text", "json")

# Content of mail: only debug records may carry it.
_PRIVATE_FIELDS = frozenset(
    {"subject", "sender", "recipient", "recipients", "body", "address", "email", "from_address"}
)
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:=]+@(?=[A-Za-z0-9\[])")
# What a LogRecord has by itself; all else came in as `extra` and is a field of the event.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# Shorter strings would blot out ordinary words and protect nothing.
_MIN_SECRET_CHARACTERS = 4
# imaplib logs message bodies at DEBUG (libraries measured); these never speak below WARNING, whatever the level.
_NEVER_DEBUG = ("imapclient", "imapclient.imaplib", "sqlalchemy", "sqlalchemy.engine", "keyring", "asyncio")


class Redactor:
    """Replaces known secret values, and the base64 forms they take on the wire, by `***`. Safe to use from threads."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, secret: Secret, *usernames: str) -> None:
        """Remember a secret from now on; with user names also the SASL PLAIN and XOAUTH2 texts made of them."""
        value = secret.reveal()
        if len(value) < _MIN_SECRET_CHARACTERS:
            return
        with self._lock:
            self._forms.update(_wire_forms(value, usernames))
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """Give the text without any known secret."""
        pattern = self._pattern
        return pattern.sub(REDACTED, text) if pattern else text


def _wire_forms(value: str, usernames: tuple[str, ...]) -> Iterator[str]:
    """Yield a secret as it may show up: plain, repr-escaped, base64 at each of three alignments, SASL texts whole."""
    yield value
    yield repr(value)[1:-1]
    octets = value.encode("utf-8", "surrogatepass")
    for offset in range(3):
        yield from _aligned_base64(octets, offset)
    for username in usernames:
        name = username.encode("utf-8", "surrogatepass")
        yield base64.b64encode(b"\0" + name + b"\0" + octets).decode()
        yield base64.b64encode(b"user=" + name + b"\x01auth=Bearer " + octets + b"\x01\x01").decode()


def _aligned_base64(octets: bytes, offset: int) -> Iterator[str]:
    """Yield the base64 characters that depend on the secret alone when `offset` octets (mod 3) stand before it.

    A neighbour before or behind shares its group with the secret; those edge characters are left out.
    """
    whole = base64.b64encode(b"\0" * offset + octets).decode().rstrip("=")
    first = -(-offset * 8 // 6)
    last = (offset + len(octets)) * 8 // 6
    inner = whole[first:last]
    if len(inner) >= _MIN_SECRET_CHARACTERS:
        yield inner


class EventFormatter(logging.Formatter):
    """Writes one record as one line: time, level, logger, event name, fields."""

    def __init__(self, redactor: Redactor, *, as_json: bool) -> None:
        super().__init__()
        self._redactor = redactor
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; never raises on odd fields, since a log line must not end a run."""
        event = self._cleaned(record.getMessage(), record.levelno)
        fields = {name: self._value(value, record.levelno) for name, value in event_fields(record).items()}
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = self._redactor.clean(plain_traceback(record.exc_info[1]))[-MAX_TRACEBACK_CHARACTERS:]
        head = {
            "time": _time_text(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        return _json_line(head, fields) if self._as_json else _text_line(head, fields)

    def _value(self, value: object, level: int) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._cleaned(str(value), level)

    def _cleaned(self, text: str, level: int) -> str:
        # Redaction comes before the cap: a secret cut in half would no longer be known.
        clean = self._redactor.clean(text)
        if level > logging.DEBUG:
            clean = _ADDRESS.sub(REDACTED + "@", clean)
        return capped(clean)


def event_fields(record: logging.LogRecord) -> Mapping[str, object]:
    """Pick the fields of an event; content of mail only from debug records."""
    private = frozenset() if record.levelno <= logging.DEBUG else _PRIVATE_FIELDS
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name not in private and not name.startswith("_")
    }


def escaped(text: str) -> str:
    """Give text on one line in which all that is not printable, controls and line separators too, is an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def capped(text: str) -> str:
    """Cut a field to 200 characters, saying how many were cut off."""
    extra = len(text) - MAX_FIELD_CHARACTERS
    return text if extra <= 0 else f"{text[:MAX_FIELD_CHARACTERS]}…(+{extra})"


def plain_traceback(error: BaseException) -> str:
    """Write a traceback without the values of local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())


def _json_line(head: Mapping[str, object], fields: Mapping[str, object]) -> str:
    # ASCII alone: all that could act on whoever reads the log is escaped, DEL by hand because JSON lets it stand.
    return json.dumps({**fields, **head}, default=str).replace("\x7f", "\\u007f")


def _text_line(head: Mapping[str, str], fields: Mapping[str, object]) -> str:
    pairs = "".join(f" {name}={_quoted(value)}" for name, value in fields.items())
    return f"{head['time']} {head['level'].upper()} {head['logger']} {escaped(head['event'])}{pairs}"


def _quoted(value: object) -> str:
    text = escaped(str(value))
    return json.dumps(text, ensure_ascii=False) if text == "" or re.search(r'[\s"=]', text) else text


def _time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def level_for(*, verbose: int = 0, quiet: bool = False, debug: bool = False, default: str = "warning") -> int:
    """Choose the level: -v what is done, -vv or --debug everything, -q errors only, else the setting's word."""
    if debug or verbose >= 2:
        return logging.DEBUG
    if verbose:
        return logging.INFO
    return logging.ERROR if quiet else logging.getLevelNamesMapping()[default.upper()]


def configure(*, level: int, log_format: str, stream: TextIO, redactor: Redactor) -> None:
    """Set the program's logging up anew: one handler on `stream`, third parties from WARNING only."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(EventFormatter(redactor, as_json=log_format == "json"))
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, EventFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("inboxsync").setLevel(level)
    hush_third_parties()
    # A log target that is gone must not print a traceback for every event, nor end a run.
    logging.raiseExceptions = False


def hush_third_parties() -> None:
    """Keep what others log of mail and statements out of any log, whoever set logging up."""
    for name in _NEVER_DEBUG:
        logging.getLogger(name).setLevel(logging.WARNING)


def guard_hooks(redactor: Redactor, *, debug: bool, stream: TextIO) -> None:
    """Send what no code caught, in any thread, through redaction: one line, or the traceback with --debug."""

    def hook(_kind: type[BaseException], error: BaseException | None, _where: TracebackType | None) -> None:
        if error is not None and not isinstance(error, SystemExit):
            stream.write(redactor.clean(bug_text(error, debug=debug)))

    sys.excepthook = hook
    threading.excepthook = lambda args: hook(args.exc_type, args.exc_value, args.exc_traceback)


def bug_text(error: BaseException, *, debug: bool) -> str:
    """Write what is said of a bug: its traceback with --debug, else one line and how to get the traceback."""
    if debug:
        return "\n".join(escaped(line) for line in plain_traceback(error).splitlines()) + "\n"
    kind = type(error).__name__
    return (
        f"error: a bug in inboxsync: {kind}: {capped(escaped(str(error)))}\n"
        "  hint: run it again with --debug and report what it prints\n"
    )
