"""The rows of a filled store, as statements that a database carries out by itself: the same on SQLite and Postgres.

Each value follows from the number of its row by arithmetic, so that both databases and any two fillings hold the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.scale_layout import PLACEMENTS_A_MESSAGE, Size

BEGIN_S = 1_609_459_200  # 2021-01-01; mail comes in evenly for five years
SPAN_S = 5 * 365 * 86_400
END_S = BEGIN_S + SPAN_S
# Mail of different mailboxes was not stored in the order in which it came: two rounds lie within this.
_DISORDER_S = 182 * 86_400
WORDS_A_BODY = 40
VOCABULARY = 20_000
PARTS_AN_INTEGRATION = 500
_PRIME = 2_147_483_647
_STEPS = (48_271, 69_621, 40_692, 16_807, 39_373, 742_938_285, 950_706_376, 1_226_874_159)

_COUNTS = '{"listed": 3, "fetched": 3, "stored": 2, "duplicate": 1, "bytes": 48211}'
_HEADERS = (
    '{"from": ["Ann Example <ann@example.com>"], "to": ["support@example.com"], "subject": ["Order"],'
    ' "received": ["from mx1.example.net by mx.example.com with ESMTPS; Mon, 1 Jan 2024 10:00:00 +0000"],'
    ' "mime-version": ["1.0"], "content-type": ["text/plain; charset=utf-8"]}'
)
_PEOPLE = '{"from": [["Ann", "ann@example.com"]], "to": [["", "support@example.com"]]}'


@dataclass(frozen=True, slots=True)
class Spelling:
    """What the two databases write differently. `mail` yields each `l.size` numbers `k.n` from 0 for a chunk `l`."""

    time: str
    json: str
    hexadecimal: str
    octets: str
    series: str
    mail: str

    def at(self, seconds: str) -> str:
        """A time, of an expression of seconds since 1970."""
        return self.time.format(seconds)

    def document(self, text: str) -> str:
        """JSON, of an expression of text."""
        return self.json.format(text)

    def digest(self, number: str) -> str:
        """64 hexadecimal digits, other ones for each number."""
        return self.hexadecimal.format(number)

    def blob(self, length: int) -> str:
        """So many octets."""
        return self.octets.format(length)

    def numbers(self, last: int) -> str:
        """A source `k` of the numbers `k.n` from 1 on."""
        return self.series.format(last)

    def chunks(self, size: str) -> str:
        """A source of chunks `l`, each with the numbers `k.n` from 0 on that are below an expression of it."""
        return self.mail.format(size)


SQLITE = Spelling(
    time="strftime('%Y-%m-%d %H:%M:%S.000000', {}, 'unixepoch')",
    json="{}",
    hexadecimal="printf('%064x', {})",
    octets="zeroblob({})",
    series="(WITH RECURSIVE s (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {}) SELECT n FROM s) AS k",
    mail="scale_chunks AS l JOIN scale_numbers AS k ON k.n < {}",
)
POSTGRES = Spelling(
    time="to_timestamp({})",
    json="CAST({} AS json)",
    hexadecimal="lpad(to_hex({}), 64, '0')",
    octets="decode(repeat('00', {}), 'hex')",
    series="generate_series(1, CAST({} AS bigint)) AS k (n)",
    mail="scale_chunks AS l CROSS JOIN LATERAL generate_series(0, {} - 1) AS k (n)",
)


def spread(number: str, below: int, step: int = 0) -> str:
    """An expression that gives numbers from 0 to `below`, spread as by chance, for numbers in a row."""
    return f"(({number} * {_STEPS[step % len(_STEPS)] + step // len(_STEPS)}) % {_PRIME} % {below})"


def received_s(size: Size, message: str) -> str:
    """An expression of the time at which a message was received."""
    return f"({BEGIN_S} + {message} * {SPAN_S} / {size.messages} - {spread(message, _DISORDER_S)})"


def statements(size: Size, spelling: Spelling) -> Iterator[str]:
    """Yield what fills the tables of mail, ledger, tickets and history; `scale_chunks` is there already."""
    yield _messages(size, spelling)
    yield _bodies(size, spelling)
    yield _raw(size, spelling)
    yield _attachments(size, spelling)
    yield _placements(size, spelling)
    yield _headers(spelling)
    yield _quarantine(spelling)
    yield _tickets(size, spelling)
    yield from _of_tickets(size, spelling)
    yield from _events(size, spelling)
    yield from _runs(size, spelling)


# --- mail ----------------------------------------------------------------------------------------------------------


def _messages(size: Size, spelling: Spelling) -> str:
    m, empty = "(l.first_message + k.n)", spelling.document("'[]'")
    nothing = spelling.document("'{}'")
    received = spelling.at(received_s(size, m))
    return f"""
INSERT INTO inboxsync_messages (id, scope, external_id, fingerprint, fingerprint_version, raw_sha256, size_bytes,
message_id, subject, from_address, from_name, from_raw, recipients, sent_at, received_at, in_reply_to, reference_ids,
thread_id, subject_key, headers, snippet, has_attachments, is_auto_reply, is_bounce, is_bulk, delivery_reports,
authentication, defects, parser_version, company, is_unverified, stored_at)
SELECT {m}, l.scope, 'm' || {m} || '@example.com', {spelling.digest(m)}, 1, {spelling.digest(m)},
1000 + {spread(m, 40_000)}, 'm' || {m} || '@example.com', 'Order ' || {spread(m, 90_000)},
'ann' || {spread(m, 50_000, 1)} || '@example.com', 'Ann', 'Ann <ann' || {spread(m, 50_000, 1)} || '@example.com>',
{spelling.document(f"'{_PEOPLE}'")}, {received}, {received}, {empty}, {empty}, 'm' || ({m} - {m} % 3) || '@example.com',
{spread(m, 1_000_000, 2)}, {spelling.document(f"'{_HEADERS}'")}, 'Dear all, this is about the order of last week',
{m} % 10 = 1, FALSE, {m} % 200 = 7, {m} % 5 = 3, {empty}, {nothing}, {empty},
CASE WHEN {m} % 1000 = 0 THEN 1 ELSE 2 END, NULL, FALSE, l.listed_at
FROM {spelling.chunks(f"l.size / {PLACEMENTS_A_MESSAGE}")} WHERE l.is_new"""


def body_text(m: str) -> str:
    """An expression of the text of a message; its marked words are those of the search benchmark."""
    marked = (
        f"CASE WHEN {m} % 2 = 1 THEN 'common ' ELSE '' END || CASE WHEN {m} % 50 = 0 THEN 'usual ' ELSE '' END"
        f" || CASE WHEN {m} % 100 = 51 THEN 'common usual ' ELSE '' END"
        f" || CASE WHEN {m} % 100000 = 0 THEN 'rare ' ELSE '' END"
    )
    return " || ' w' || ".join([marked, *(spread(m, VOCABULARY, step) for step in range(WORDS_A_BODY))])


def _bodies(size: Size, spelling: Spelling) -> str:
    text = body_text("k.n")
    return (
        "INSERT INTO inboxsync_bodies (message_id, body_text, reply_text, body_html)"
        f" SELECT k.n, {text}, NULL, NULL FROM {spelling.numbers(size.messages)}"
    )


def _raw(size: Size, spelling: Spelling) -> str:
    """Small octets stand in for all; those of large mail, one in thirty, are said to be in a file."""
    name = spelling.digest("k.n")
    return f"""
INSERT INTO inboxsync_raw (sha256, encoding, size_bytes, data, path)
SELECT {name}, 'identity', 600, CASE WHEN k.n % 30 = 0 THEN NULL ELSE {spelling.blob(600)} END,
CASE WHEN k.n % 30 = 0 THEN 'raw/00/' || {name} END FROM {spelling.numbers(size.messages)}"""


def _attachments(size: Size, spelling: Spelling) -> str:
    m = "(k.n * 10 + 1)"
    digest = spelling.digest(m)
    return f"""
INSERT INTO inboxsync_attachments (message_id, position, filename, content_type, size_bytes, sha256, is_inline,
safe_name, path)
SELECT {m}, 0, 'invoice.pdf', 'application/pdf', 20000, {digest}, FALSE, 'invoice.pdf',
'attachments/2024/01/01/' || {digest} FROM {spelling.numbers(size.messages // 10 - 1)}"""


# --- the ledger ----------------------------------------------------------------------------------------------------

_FATE = """CASE WHEN c = 0 THEN 'stored' WHEN c <= 4 OR c = 9 THEN 'duplicate'
WHEN c = 5 AND id % 2000 = 6 AND round >= 18 THEN 'pending' WHEN c = 6 AND id % 5000 = 7 THEN 'quarantined'
WHEN c <= 7 THEN 'filtered' WHEN id % 90 = 9 THEN 'too_large' WHEN id % 20 = 9 THEN 'unknown_sender'
ELSE 'vanished' END"""


def _placements(size: Size, spelling: Spelling) -> str:
    """Of ten placements one is stored, five are copies, three were filtered; one other was not taken or is gone."""
    seen, unseen = spelling.document("""'["\\\\Seen"]'"""), spelling.document("'[]'")
    return f"""
INSERT INTO inboxsync_placements (id, folder_id, uidvalidity, uid, fate, reason, message_id, external_id, size_bytes,
internal_date, flags, email_id, from_address, ticket_effect, ticket_reason, header_sha256, remapped_uid, seen_action,
attempts, listed_at, settled_at, retired_at, expunged_at)
SELECT id, folder_id, uidvalidity, first_uid + k, fate,
CASE fate WHEN 'filtered' THEN 'filter' WHEN 'quarantined' THEN 'unparsable' END, message_id,
CASE WHEN message_id IS NOT NULL THEN 'm' || message_id || '@example.com' END, 1000 + {spread("id", 40_000)},
{spelling.at(received_s(size, f"coalesce(message_id, (1 + id / {PLACEMENTS_A_MESSAGE}) % {size.messages})"))},
CASE WHEN {spread("id", 10, 5)} < 7 THEN {seen} ELSE {unseen} END,
CASE WHEN integration_id % 3 = 0 THEN 'gm:' || id END,
CASE WHEN message_id IS NULL THEN 'ben' || {spread("id", 50_000)} || '@example.org' END,
CASE WHEN c > 0 THEN NULL WHEN message_id % 5 = 0 THEN 'created' WHEN message_id % 5 = 1 AND message_id > 5
THEN 'appended' ELSE 'none' END,
CASE WHEN c = 0 THEN 'every_mail' END, CASE WHEN fate NOT IN ('pending', 'vanished') THEN {spelling.digest("id")} END,
remapped_to + k, CASE WHEN c > 0 OR retired_at IS NOT NULL THEN 'none' WHEN id % 9001 = 0 THEN 'wanted' ELSE 'done' END,
CASE fate WHEN 'quarantined' THEN 3 ELSE 0 END, listed_at,
CASE WHEN fate <> 'pending' THEN listed_at END, retired_at,
CASE WHEN retired_at IS NULL AND fate NOT IN ('pending', 'vanished') AND {spread("id", 100, 6)} < 12
THEN {spelling.at(str(END_S))} END
FROM (SELECT *, {_FATE} AS fate FROM (
SELECT l.*, l.first_id + k.n AS id, k.n AS k, k.n % {PLACEMENTS_A_MESSAGE} AS c,
CASE k.n % {PLACEMENTS_A_MESSAGE} WHEN 0 THEN l.first_message + k.n / {PLACEMENTS_A_MESSAGE}
WHEN 5 THEN NULL WHEN 6 THEN NULL WHEN 7 THEN NULL WHEN 8 THEN NULL
ELSE l.copy_first + (k.n / {PLACEMENTS_A_MESSAGE} + k.n) % l.copy_count END AS message_id
FROM {spelling.chunks("l.size")}) AS met) AS settled"""


def _headers(spelling: Spelling) -> str:
    return (
        "INSERT INTO inboxsync_placement_headers (placement_id, encoding, data)"
        f" SELECT id, 'identity', {spelling.blob(200)} FROM inboxsync_placements"
        " WHERE fate IN ('filtered', 'unknown_sender', 'too_large')"
    )


def _quarantine(spelling: Spelling) -> str:
    return (
        "INSERT INTO inboxsync_quarantine (placement_id, reason, error, raw_sha256, at)"
        f" SELECT id, 'unparsable', 'a part ends in the middle', {spelling.digest('1')}, settled_at"
        " FROM inboxsync_placements WHERE fate = 'quarantined'"
    )


# --- tickets and history -------------------------------------------------------------------------------------------


def _tickets(size: Size, spelling: Spelling) -> str:
    """One message of five made a ticket, the next one after it belongs to it as well."""
    m, empty = "(l.first_message + k.n)", spelling.document("'[]'")
    received = spelling.at(received_s(size, m))
    return f"""
INSERT INTO inboxsync_tickets (id, number, integration_id, subject, status, priority, tags, company, requester_name,
requester_email, requester_key, is_unverified, watchers, external_reference, created_at, updated_at, first_message_at,
last_message_at)
SELECT {m} / 5, 'T-' || ({m} / 5), l.integration_id, 'Order ' || {spread(m, 90_000)},
CASE WHEN {spread(m, 100, 3)} < 3 THEN 'open' WHEN {m} % 3 = 0 THEN 'resolved' ELSE 'closed' END, 'normal', {empty},
NULL, 'Ann', 'ann' || {spread(m, 50_000, 1)} || '@example.com', 'ann' || {spread(m, 50_000, 1)} || '@example.com',
FALSE, {empty}, 'm' || {m} || '@example.com', l.listed_at, l.listed_at, {received}, {received}
FROM {spelling.chunks(f"l.size / {PLACEMENTS_A_MESSAGE}")} WHERE l.is_new AND {m} % 5 = 0"""


def _of_tickets(size: Size, spelling: Spelling) -> Iterator[str]:
    m = "(l.first_message + k.n)"
    with_ticket = f"{m} >= 5 AND {m} % 5 <= 1"
    yield (
        f"INSERT INTO inboxsync_ticket_messages (ticket_id, message_id) SELECT k.n / 5, k.n FROM"
        f" {spelling.numbers(size.messages)} WHERE k.n >= 5 AND k.n % 5 <= 1"
    )
    yield f"""
INSERT INTO inboxsync_ticket_effects (scope, external_id, effect, ticket_id, at)
SELECT l.scope, 'm' || {m} || '@example.com', CASE WHEN {m} % 5 = 0 THEN 'created' ELSE 'appended' END, {m} / 5,
l.listed_at FROM {spelling.chunks(f"l.size / {PLACEMENTS_A_MESSAGE}")} WHERE l.is_new AND {with_ticket}"""


def _events(size: Size, spelling: Spelling) -> Iterator[str]:
    m = "(l.first_message + k.n)"
    source = spelling.chunks(f"l.size / {PLACEMENTS_A_MESSAGE}")
    stored, created = f"'{{\"message_id\": ' || {m} || '}}'", f"'{{\"ticket_id\": ' || ({m} / 5) || '}}'"
    into = "INSERT INTO inboxsync_events (id, type, at, integration_id, data) SELECT"
    yield (
        f"{into} {m} + {m} / 5, 'message.stored', l.listed_at, l.integration_id, {spelling.document(stored)}"
        f" FROM {source} WHERE l.is_new"
    )
    yield (
        f"{into} {m} + {m} / 5 - 1, 'ticket.created', l.listed_at, l.integration_id, {spelling.document(created)}"
        f" FROM {source} WHERE l.is_new AND {m} % 5 = 0"
    )


def _runs(size: Size, spelling: Spelling) -> Iterator[str]:
    """Runs every five minutes, each of all integrations; one part of a hundred failed."""
    runs = PARTS_AN_INTEGRATION
    at = f"({END_S} - ({runs} - k.n) * 300)"
    yield (
        "INSERT INTO inboxsync_runs (id, started_at, finished_at, status, trigger, host, pid)"
        f" SELECT k.n, {spelling.at(at)}, {spelling.at(at)}, 'success', 'sync-all', 'example', 1"
        f" FROM {spelling.numbers(runs)}"
    )
    run, failed = f"(1 + (k.n - 1) / {size.integrations})", "k.n % 101 = 0"
    at = spelling.at(f"({END_S} - ({runs} - {run}) * 300)")
    yield f"""
INSERT INTO inboxsync_run_parts (id, run_id, integration_id, status, error_code, error_message, counts, started_at,
finished_at)
SELECT k.n, {run}, 1 + (k.n - 1) % {size.integrations}, CASE WHEN {failed} THEN 'error' ELSE 'success' END,
CASE WHEN {failed} THEN 'connection_lost' END, CASE WHEN {failed} THEN 'the server went away' END,
{spelling.document(f"'{_COUNTS}'")}, {at}, {at} FROM {spelling.numbers(runs * size.integrations)}"""
