"""A store filled by statements is a sound one, the same on both databases; and its size makes no question dearer.

Measured in work, not in time: steps of SQLite's machine, pages that Postgres looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import scale_fill, scale_layout
from benchmarks.scale_asked import Asked
from benchmarks.scale_layout import Size
from benchmarks.scale_questions import questions
from benchmarks.scale_watch import Watched, WatchedPostgres, WatchedSqlite
from devtools.postgres import Postgres
from inboxsync.model.views import MessageQuery
from inboxsync.store import folder_counts
from inboxsync.store.sql import open_store

SMALL, LARGE = Size(1_000, 20), Size(3_000, 20)
# Of three times the mail; what is met on the way is not the same in both stores.
MORE = {"sqlite": (1.5, 1_500), "postgres": (1.5, 250)}
# Whole tables of mail, read from one end to the other.
SCANS = ("SCAN inboxsync_messages", "SCAN inboxsync_placements", "Seq Scan on inboxsync_messages",
         "Seq Scan on inboxsync_placements")  # fmt: skip

_UNSOUND = {
    "a UID that the cursor has not passed": """
        SELECT count(*) FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id
        WHERE p.retired_at IS NULL AND (p.uid >= f.uidnext OR p.uidvalidity <> f.uidvalidity)""",
    "content without its message, or with another one": """
        SELECT count(*) FROM inboxsync_placements AS p LEFT JOIN inboxsync_messages AS m ON m.id = p.message_id
        WHERE (p.fate IN ('stored', 'duplicate')) <> (m.id IS NOT NULL) OR m.external_id <> p.external_id""",
    "a message of another scope": """
        SELECT count(*) FROM inboxsync_placements AS p JOIN inboxsync_messages AS m ON m.id = p.message_id
        JOIN inboxsync_folders AS f ON f.id = p.folder_id JOIN inboxsync_integrations AS i ON i.id = f.integration_id
        WHERE m.scope <> CASE WHEN i.company IS NULL THEN 'integration:' || i.uuid ELSE 'company:' || i.company END""",
    "a message that was not stored once": """
        SELECT count(*) FROM inboxsync_messages AS m WHERE 1 <> (SELECT count(*) FROM inboxsync_placements AS p
        WHERE p.message_id = m.id AND p.fate = 'stored' AND p.retired_at IS NULL)""",
    "a pending placement that is settled, or the other way round": """
        SELECT count(*) FROM inboxsync_placements WHERE (fate = 'pending') <> (settled_at IS NULL)""",
    "a retired placement whose successor has not its fate": """
        SELECT count(*) FROM inboxsync_placements AS o LEFT JOIN inboxsync_placements AS n
        ON n.folder_id = o.folder_id AND n.uidvalidity = o.uidvalidity + 1 AND n.uid = o.remapped_uid
        WHERE o.retired_at IS NOT NULL AND (n.id IS NULL OR n.message_id <> o.message_id)""",
    "a ticket without its message or its effect": """
        SELECT count(*) FROM inboxsync_tickets AS t WHERE NOT EXISTS (SELECT 1 FROM inboxsync_ticket_messages AS m
        WHERE m.ticket_id = t.id) OR NOT EXISTS (SELECT 1 FROM inboxsync_ticket_effects AS e
        WHERE e.ticket_id = t.id AND e.effect = 'created' AND e.external_id = t.external_reference)""",
    "a message without text or octets": """
        SELECT count(*) FROM inboxsync_messages AS m LEFT JOIN inboxsync_bodies AS b ON b.message_id = m.id
        LEFT JOIN inboxsync_raw AS r ON r.sha256 = m.raw_sha256 WHERE b.message_id IS NULL OR r.sha256 IS NULL""",
    "a folder that was found larger or smaller than its ledger": """
        SELECT count(*) FROM inboxsync_folders AS f WHERE exists_count <> (SELECT count(*)
        FROM inboxsync_placements AS p WHERE p.folder_id = f.id AND p.retired_at IS NULL
        AND p.expunged_at IS NULL AND p.fate <> 'vanished')""",
    "a quarantined placement without a reason": """
        SELECT count(*) FROM inboxsync_placements AS p LEFT JOIN inboxsync_quarantine AS q ON q.placement_id = p.id
        WHERE (p.fate = 'quarantined') <> (q.placement_id IS NOT NULL)""",
}
_SUMS = """
SELECT fate, count(*), count(message_id), count(retired_at), count(expunged_at), sum(size_bytes), sum(uid)
FROM inboxsync_placements GROUP BY fate ORDER BY fate
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Size, Asked]]:
    """A small store and a larger one of as many integrations."""
    filled: dict[Size, Asked] = {}
    for size in (SMALL, LARGE):
        home = tmp_path_factory.mktemp(f"scale{size.messages}")
        url = None if request.param == "sqlite" else request.getfixturevalue("server").fresh_database()
        scale_fill.fill(url, home, size)
        filled[size] = Asked(url, home, size)
    yield filled
    for asked in filled.values():
        asked.close()


def rows(asked: Asked, statement: str) -> list[tuple[object, ...]]:
    return asked.store.control._database.rows(statement)


def watched(asked: Asked, request: pytest.FixtureRequest) -> Watched:
    if asked.url is None:
        return WatchedSqlite(asked.data_dir)
    # A table of a thousand rows is read fastest as a whole; what is asked for is the way of a million.
    return WatchedPostgres(request.getfixturevalue("server"), asked.url, ("enable_seqscan=off",))


def test_the_layout_holds_what_was_asked_for() -> None:
    chunks = list(scale_layout.chunks(Size.of(0.01)))
    assert sum(one.size for one in chunks if one.is_new) == 100_000
    ids = [one.first_id for one in chunks]
    assert ids == sorted(ids)
    assert all(one.first_id + one.size == after.first_id for one, after in pairwise(chunks))
    assert any(one.remapped_to for one in chunks)


@pytest.mark.parametrize("fault", _UNSOUND)
def test_a_filled_store_has_no(stores: dict[Size, Asked], fault: str) -> None:
    assert rows(stores[SMALL], _UNSOUND[fault]) == [(0,)]


def test_a_filled_store_is_sound(stores: dict[Size, Asked]) -> None:
    asked = stores[SMALL]
    assert list(asked.store.schema.check()) == []
    assert rows(asked, folder_counts.WRONG) == []
    page = asked.store.content.messages(MessageQuery(limit=5))
    assert page.total == 6_000
    times = [item.date_received for item in page.items]
    assert times == sorted(times, reverse=True)
    assert asked.store.content.message(500) is not None


@pytest.mark.postgres
def test_both_databases_hold_the_same(server: Postgres, tmp_path: Path) -> None:
    sums = []
    for url in (None, server.fresh_database()):
        scale_fill.fill(url, tmp_path, SMALL)
        with closing(open_store(url, tmp_path)) as store:
            sums.append([tuple(map(str, row)) for row in store.control._database.rows(_SUMS)])
    assert sums[0] == sums[1]


def test_no_question_grows_with_the_mail_that_need_not(
    stores: dict[Size, Asked], request: pytest.FixtureRequest
) -> None:
    kind = "sqlite" if stores[SMALL].url is None else "postgres"
    factor, slack = MORE[kind]
    grown = {}
    for question in questions():
        if question.grows_with is not None and not question.grows_with.startswith("folders"):
            continue
        work = {}
        for size, asked in stores.items():
            watching = watched(asked, request)
            with closing(Asked(watching.plans_url, asked.data_dir, size)) as fresh:
                plans = watching.plans(lambda fresh=fresh, ask=question.ask: ask(fresh))  # type: ignore[misc]  # bound
            work[size] = sum(plan.work for plan in plans)
            scans = [step for plan in plans for step in plan.steps if step.strip("-> ").startswith(SCANS)]
            assert not [step for step in scans if "USING" not in step], question.name
        if work[LARGE] > factor * work[SMALL] + slack:
            grown[question.name] = (work[SMALL], work[LARGE])
    assert grown == {}
