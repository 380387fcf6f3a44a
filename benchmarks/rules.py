"""Filters and rules: how fast a compiled filter decides, and how long a person waits who tries one on stored mail."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from benchmarks.bench import Row, inboxsync, run
from inboxsync.mail.parse import parse_header
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.message import ParsedMessage
from inboxsync.rules.decode import decode_filter
from inboxsync.rules.evaluate import CompiledFilter, compile_filter
from inboxsync.rules.facts import Facts
from inboxsync.store.address import read_address
from inboxsync.store.core_tables import BODIES, MESSAGES, PLACEMENTS
from inboxsync.store.message_rows import derived_columns
from inboxsync.store.sql import open_store
from tests.fakes.engine import open_engine

GOAL_A_SECOND = 100_000
GOAL_TRIED_S = 20.0
AT_ONCE = 5_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAILBOX = Integration(
    uuid="bench", name="support", email="support@example.com",
    endpoint=Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "support@example.com"),
)  # fmt: skip
TEN_CONDITIONS = {
    "all": [
        {"field": "from.domain", "not_in": ["spam.example", "junk.example"]},
        {"field": "subject", "not_contains": "newsletter"},
        {"field": "subject", "not_contains": "webinar"},
        {"field": "to", "contains": "support"},
        {"field": "is_bulk", "equals": False},
        {"field": "size", "lt": 5_000_000},
        {"field": "headers.x-spam-flag", "not_equals": "YES"},
        {"field": "reply_to.addresses", "absent": True},
        {"any": [{"field": "subject", "contains": "order"}, {"field": "from.address", "starts_with": "ann"}]},
    ]
}
WITH_BODY = {"any": [{"field": "body", "contains": "refund"}, {"field": "subject", "matches": r"order\s+\d*7\b"}]}


def rows(home: Path, *, full: bool) -> list[Row]:
    """Measure both; `full` takes the sizes of the promises."""
    return [deciding(), *tried(home, 100_000 if full else 20_000)]


def deciding() -> Row:
    """A filter of ten conditions on header fields, by processor time, facts included."""
    decoded = compile_filter(decode_filter(json.dumps(TEN_CONDITIONS)), time.monotonic)
    messages = [parse_header(_header(number)) for number in range(2_000)]
    best = min(_seconds(decoded, messages) for _ in range(7))
    rate = len(messages) / best
    work = "a filter of ten conditions on header fields, processor time"
    return Row(work, f"≥ {GOAL_A_SECOND:,} /s", f"{rate:,.0f} /s", rate >= GOAL_A_SECOND)


def _seconds(filter_: CompiledFilter, messages: Sequence[ParsedMessage]) -> float:
    gc.collect()
    began = time.process_time()
    taken = [filter_.decide(_facts(message)).taken for message in messages]
    spent = time.process_time() - began
    assert sum(taken) == len(messages), "all are looked at by every condition but the last"
    return spent


def _facts(message: ParsedMessage) -> Facts:
    return Facts.of(
        message, flags=("\\Seen",), folder="INBOX", integration=MAILBOX, size_bytes=1_000, received_at=NOW, now=NOW
    )


def _header(number: int) -> bytes:
    return (
        f"Received: from a.example by b.example; Wed, 01 May 2024 10:00:00 +0200\r\n"
        f"From: Ann <Ann{number}@Vendor.example>\r\nTo: Support <support@example.com>, second@example.com\r\n"
        f"Subject: Your Order {number} of last week\r\n"
        f"Message-ID: <{number}@vendor.example>\r\nDate: Wed, 01 May 2024 10:00:00 +0200\r\n\r\n"
    ).encode()


def tried(home: Path, count: int) -> Iterator[Row]:
    """`rules test` as a process over a store that was filled by bulk statements; the goal is for 100,000 messages."""
    _fill(home / "data", count)
    for what, filter_ in (("ten conditions on the header", TEN_CONDITIONS), ("conditions on the body", WITH_BODY)):
        (home / "filter.json").write_text(json.dumps(filter_))
        figure = run(inboxsync("rules", "test", str(home / "filter.json"), "--integration", "support"), home)
        goal_s = GOAL_TRIED_S * count / 100_000
        shown = f"{figure.cpu_s:.1f} s, {figure.peak_mib:.0f} MiB"
        work = f"`rules test` over {count:,} stored messages, {what}, processor time"
        yield Row(work, f"≤ {goal_s:.0f} s", shown, figure.cpu_s <= goal_s)


def _fill(data_dir: Path, count: int) -> None:
    data_dir.mkdir(parents=True)
    store = open_store(None, data_dir)
    store.schema.ensure()
    made = store.control.add_integration(MAILBOX, None)
    folder_id = store.control.folder(made.id or 0, "INBOX").id
    store.close()
    engine = open_engine(read_address(None, data_dir))
    for first in range(1, count + 1, AT_ONCE):
        ids = range(first, min(first + AT_ONCE, count + 1))
        with engine.begin() as connection:
            connection.execute(insert(MESSAGES), [_message(one) for one in ids])
            connection.execute(insert(BODIES), [{"message_id": one, "body_text": _text(one)} for one in ids])
            connection.execute(insert(PLACEMENTS), [_placement(one, folder_id) for one in ids])
    engine.dispose()


def _text(number: int) -> str:
    return " ".join(f"word{(number * 7 + step) % 9_973}" for step in range(200)) + " refund" * (number % 10 == 0)


def _message(number: int) -> dict[str, object]:
    at = NOW - timedelta(minutes=number)
    own = {"id": number, "scope": "store", "external_id": f"{number}@vendor.example", "is_unverified": False}
    return {**own, "received_at": at, "stored_at": at, **derived_columns(parse_header(_header(number)))}


def _placement(number: int, folder_id: int) -> dict[str, object]:
    at = NOW - timedelta(minutes=number)
    return {
        "folder_id": folder_id, "uidvalidity": 1, "uid": number, "fate": "stored", "message_id": number,
        "external_id": f"{number}@vendor.example", "size_bytes": 3_000, "internal_date": at,
        "flags": ["\\Seen"][: number % 2], "seen_action": "none", "attempts": 0, "listed_at": NOW,
    }  # fmt: skip
