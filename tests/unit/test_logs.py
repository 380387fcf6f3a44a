"""Log lines: one an event, escaped, capped, redacted."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync import logs
from inboxsync.model.secret import Secret

CANARY = "CANARY-7f3a pass:word"
LOG = logging.getLogger("inboxsync.sync.tests")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where log lines go, and logging put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    level = root.level
    out = io.StringIO()
    yield out
    sys.excepthook, threading.excepthook = hooks
    root.setLevel(level)
    for handler in [h for h in root.handlers if isinstance(h.formatter, logs.EventFormatter)]:
        root.removeHandler(handler)


Configure = Callable[..., logs.Redactor]


@pytest.fixture
def configure(stream: io.StringIO) -> Configure:
    """Set logging up on the stream."""

    def set_up(log_format: str = "text", level: int = logging.DEBUG) -> logs.Redactor:
        redactor = logs.Redactor()
        redactor.add(Secret(CANARY), "ana@example.com")
        logs.configure(level=level, log_format=log_format, stream=stream, redactor=redactor)
        return redactor

    return set_up


def test_an_event_is_one_line_of_text(stream: io.StringIO, configure: Configure) -> None:
    configure()
    LOG.info("folder_planned", extra={"integration": "support", "folder": "A\nB\x1b[2J", "listed": 3})
    (text,) = stream.getvalue().splitlines()
    assert text.endswith("INFO inboxsync.sync.tests folder_planned integration=support folder=A\\nB\\x1b[2J listed=3")


def test_an_event_is_one_json_object(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    LOG.warning("sync_failed", extra={"integration": "support", "folder": "A\nB\u202e\x1b", "attempt": 2})
    (text,) = stream.getvalue().splitlines()
    assert "\u202e" not in text
    told = json.loads(text)
    assert (told["event"], told["level"], told["attempt"]) == ("sync_failed", "warning", 2)
    assert told["folder"] == "A\nB\u202e\x1b"
    assert told["time"].endswith("Z")


def test_fields_cannot_take_the_place_of_what_the_line_says_itself(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    LOG.warning("sync_failed", extra={"event": "all_is_well", "level": "debug"})
    told = json.loads(stream.getvalue())
    assert (told["event"], told["level"]) == ("sync_failed", "warning")


def test_fields_are_capped(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    LOG.info("x", extra={"answer": "a" * 10_000})
    assert json.loads(stream.getvalue())["answer"] == "a" * 200 + "…(+9800)"


def test_subjects_and_addresses_are_for_debug_only(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    LOG.info("x", extra={"subject": "Salary", "error": "no mailbox ana@example.com"})
    LOG.debug("x", extra={"subject": "Salary", "error": "no mailbox ana@example.com"})
    above, debug = map(json.loads, stream.getvalue().splitlines())
    assert "subject" not in above
    assert above["error"] == "no mailbox ***@example.com"
    assert (debug["subject"], debug["error"]) == ("Salary", "no mailbox ana@example.com")


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(b"\0ana@example.com\0" + CANARY.encode()).decode(),
        base64.b64encode(b"user=ana@example.com\x01auth=Bearer " + CANARY.encode() + b"\x01\x01").decode(),
        repr([CANARY]),
    ],
)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_known_secrets_never_show(stream: io.StringIO, configure: Configure, form: str, log_format: str) -> None:
    configure(log_format)
    LOG.debug("sent %s", form, extra={"line": f"A1 AUTHENTICATE PLAIN {form}"})
    written = stream.getvalue()
    assert CANARY not in written
    assert form not in written
    assert "***" in written


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=12), st.text(min_size=8, max_size=20).filter(str.isprintable), st.binary(max_size=12))
def test_a_secret_inside_other_octets_is_not_readable_from_base64(before: bytes, value: str, after: bytes) -> None:
    redactor = logs.Redactor()
    redactor.add(Secret(value))
    encoded = base64.b64encode(before + value.encode() + after).decode()
    assert "***" in redactor.clean(encoded)


def test_a_secret_that_the_cap_would_cut_in_half_is_still_known(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    LOG.debug("x", extra={"line": "a" * 190 + CANARY})
    assert "CANARY" not in stream.getvalue()


def test_tracebacks_show_no_locals_and_no_secrets(stream: io.StringIO, configure: Configure) -> None:
    configure("json")
    password = CANARY
    try:
        raise ValueError(f"cannot use {password}")
    except ValueError:
        LOG.exception("bug")
    written = stream.getvalue()
    assert len(written.splitlines()) == 1
    assert "ValueError: cannot use ***" in json.loads(written)["traceback"]
    assert CANARY not in written


def test_third_parties_never_log_below_warning(stream: io.StringIO, configure: Configure) -> None:
    configure(level=logging.DEBUG)
    for name in ("imapclient.imaplib", "imapclient.imapclient", "sqlalchemy.engine", "other"):
        logging.getLogger(name).debug("body of a mail")
        logging.getLogger(name).info("body of a mail")
    assert stream.getvalue() == ""


def test_setting_up_again_replaces_the_handler(stream: io.StringIO, configure: Configure) -> None:
    configure()
    configure()
    LOG.error("once")
    assert len(stream.getvalue().splitlines()) == 1


def test_a_log_target_that_is_gone_ends_nothing(configure: Configure, stream: io.StringIO) -> None:
    configure()
    stream.close()
    LOG.error("x")


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({}, logging.WARNING),
        ({"quiet": True}, logging.ERROR),
        ({"verbose": 1}, logging.INFO),
        ({"verbose": 2}, logging.DEBUG),
        ({"debug": True, "quiet": True}, logging.DEBUG),
        ({"default": "info"}, logging.INFO),
        ({"default": "info", "quiet": True}, logging.ERROR),
    ],
)
def test_levels(options: dict[str, int], level: int) -> None:
    assert logs.level_for(**options) == level  # type: ignore[arg-type]  # the table mixes the types of all options


def test_hooks_redact_what_nothing_caught(stream: io.StringIO, configure: Configure) -> None:
    redactor = configure()
    logs.guard_hooks(redactor, debug=True, stream=stream)
    error = ValueError(f"bad {CANARY}")
    sys.excepthook(ValueError, error, None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    assert stream.getvalue().count("ValueError: bad ***") == 2


def test_a_bug_is_one_line_without_debug() -> None:
    text = logs.bug_text(ValueError("odd\nthing"), debug=False)
    assert text.splitlines() == [
        "error: a bug in inboxsync: ValueError: odd\\nthing",
        "  hint: run it again with --debug and report what it prints",
    ]
