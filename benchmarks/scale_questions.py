"""What is asked of a very large store: by every command, poll and page that must not slow down as it fills."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import scale_layout
from benchmarks.scale_asked import Asked, Question
from benchmarks.scale_fill import END
from inboxsync.model.api_query import MessageFilter, Stretch, TicketFilter
from inboxsync.model.judging import MailQuery
from inboxsync.model.placement import Fate
from inboxsync.model.reparsing import ReparseOrder
from inboxsync.model.routing import RoutingQuestion
from inboxsync.model.state import Owner
from inboxsync.model.ticketing import TicketQuery
from inboxsync.model.token import Sight
from inboxsync.model.views import MessageQuery
from inboxsync.store.events import feed_of
from inboxsync.store.idle import idle_until
from inboxsync.store.ticket_desk import tickets_of

OWNER = Owner("host.example.com", 1, "1")
PARSER_VERSION = 2
# What lists of a few folders grow with, whichever way is the shorter one (`store.api_messages`).
_WALK = "the folders, or the root of the ledger"
UIDS_A_BATCH = 50
JOBS = 32


def questions() -> Iterator[Question]:
    """Yield all of them."""
    yield from _of_people()
    yield from _of_polls()
    yield from _of_runs()
    yield from _of_readers()
    yield from _of_upkeep()


def _of_people() -> Iterator[Question]:
    def listed(name: str, goal_ms: float = 50, grows_with: str | None = None, **wanted: object) -> Question:
        return Question(name, lambda a: a.store.content.messages(_query(a, wanted)), goal_ms, grows_with)

    yield Question("status", _status, 50, "folders, and tickets by index alone")
    yield listed("messages list", grows_with="folders")
    yield listed("messages list, large integration", integration="large", grows_with=_WALK)
    yield listed("messages list, small integration", integration="small", grows_with=_WALK)
    yield listed("messages list, folder INBOX", folder="INBOX", grows_with="folders")
    yield listed("messages list, folder of a large integration", integration="large", folder="Archive",
                 grows_with=_WALK)  # fmt: skip
    yield listed("messages list, duplicates", fate="duplicate", grows_with="folders")
    yield listed("messages list, page 100", 200, "the page", page=100)
    yield Question("messages show", lambda a: a.store.content.message(a.size.messages // 2), 50)
    yield Question("tickets list", _tickets, 50, "tickets, by index alone")
    yield Question("tickets list, open", lambda a: _tickets(a, status="open"), 50, "open tickets")
    yield Question(
        "tickets list, small integration", lambda a: _tickets(a, integration=a.small), 50, "tickets of the integration"
    )
    yield Question("quarantine list", lambda a: a.store.content.quarantined(), 50, "what is set aside")
    yield Question("quarantine list, small integration", lambda a: a.store.content.quarantined(a.small), 50)
    yield Question("runs", lambda a: a.store.control.runs(limit=20), 50)
    yield Question("runs of an integration", lambda a: a.store.control.runs(integration=a.large, limit=20), 50)


def _query(asked: Asked, wanted: dict[str, object]) -> MessageQuery:
    named = {"large": asked.large, "small": asked.small}
    values = {name: named.get(str(value), value) for name, value in wanted.items()}
    return MessageQuery(**values)  # type: ignore[arg-type]  # the fields of a query by keyword


def _status(asked: Asked) -> object:
    control = asked.store.control
    return (control.integrations(), control.states(), control.totals(), control.leases())


def _tickets(asked: Asked, **wanted: str) -> object:
    return tickets_of(asked.store.content).page(TicketQuery(**wanted))  # type: ignore[arg-type]  # fields by keyword


def _of_polls() -> Iterator[Question]:
    yield Question("poll: what is due and free", _due, 20, "integrations")
    yield Question("poll: leases and settings of 32", _claim, 20)
    yield Question("sync-all: all settings and states", _settings, 50, "integrations")
    yield Question(
        "poll: until when nothing is", lambda a: idle_until(a.store.control._database, END), 20, "integrations"
    )
    yield Question("lease taken, renewed, given back", _lease, 20)
    yield Question("webhooks due", lambda a: a.store.control.deliveries_due(END), 20)


def _due(asked: Asked) -> object:
    return asked.store.control.poll(END, host=OWNER.host, owner_is_dead=lambda _owner: True)


def _settings(asked: Asked) -> object:
    control = asked.store.control
    return (control.integrations(), control.states())


def _claim(asked: Asked) -> object:
    control = asked.store.control
    wanted = range(1, 1 + JOBS)
    leases = control.acquire_leases(wanted, OWNER, lifetime_s=60, owner_is_dead=lambda _owner: True)
    return (leases, control.integrations_of(wanted))


def _lease(asked: Asked) -> object:
    control = asked.store.control
    lease = control.acquire_lease(1, OWNER, lifetime_s=60, owner_is_dead=lambda _owner: True)
    assert lease is not None
    renewed = control.renew_lease(lease, lifetime_s=60)
    control.release_lease(lease)
    return renewed


def _of_runs() -> Iterator[Question]:
    """What a run asks of the largest folder: its ledger of a hundred thousand placements is not to be read."""
    yield Question("run: folder and what is open", lambda a: a.store.control.folders(1), 20, "open mail")
    yield Question("run: open placements", lambda a: a.store.content.open_placements(1, 1, now=END), 20, "open mail")
    yield Question("run: to be marked read", lambda a: a.store.content.seen_wanted(1, 1), 20, "open actions")
    yield Question("run: to be moved", lambda a: a.store.content.moving.wanted(1, 1), 20, "open actions")
    yield Question(
        "run: ended UIDVALIDITYs, after a new one", lambda a: a.store.content.remapping.ended(1), 500, "the folder"
    )
    yield Question("run: former placements", lambda a: a.store.content.remapping.has_formers(1), 20)
    yield Question("run: which ids are known", _known, 20)
    yield Question("run: what routing asks", _routing, 20)
    yield Question("follow: a page of older mail", _below, 20)
    yield Question(
        "follow: what is gone", lambda a: a.store.content.gone_uids(1, 1, 500), 200, "mail that is there, between"
    )
    yield Question("follow: live and unread", lambda a: a.store.content.live_counts(1, 1), 200, "the folder")
    yield Question("verify: the ledger of a folder", _ledger, 2_000, "the folder")
    yield Question("verify: a page of it", lambda a: next(iter(_lines(a, a.largest_folder_uids // 2))), 20,
                   "its lines, up to 2,000")  # fmt: skip
    yield Question("verify: sums of an integration", _fates, 500, "the integration")


def _known(asked: Asked) -> object:
    ids = [f"m{number}@example.com" for number in range(1, 2 * UIDS_A_BATCH)]
    with asked.store.content.transaction(scope_of_large()) as transaction:
        return transaction.known(scope_of_large(), ids)


def scope_of_large() -> str:
    """The dedup scope of the largest integration."""
    return scale_layout.scope_of(1)


def _routing(asked: Asked) -> object:
    numbers = range(1, UIDS_A_BATCH)
    question = RoutingQuestion(
        message_ids={f"m{number}@example.com": f"m{number}@example.com" for number in numbers},
        requesters={f"ann{number}@example.com" for number in numbers},
        numbers={f"T-{number}" for number in numbers},
        since=END.replace(year=END.year - 1),
        until=END,
    )
    with asked.store.content.transaction(scope_of_large()) as transaction:
        return transaction.routing_facts(question)


def _below(asked: Asked) -> object:
    return asked.store.content.live_uid_before(1, 1, asked.largest_folder_uids, 500)


def _lines(asked: Asked, first_uid: int) -> Iterator[object]:
    return asked.store.content.known_placements(1, 1, first_uid, asked.largest_folder_uids)


def _ledger(asked: Asked) -> object:
    return sum(1 for _ in _lines(asked, 1))


def _fates(asked: Asked) -> object:
    found = asked.store.control.integration(asked.large)
    assert found is not None
    return asked.store.content.fates(found)


def _of_readers() -> Iterator[Question]:
    def page(name: str, grows_with: str | None = None, page: int = 1, **wanted: object) -> Question:
        chosen, stretch = MessageFilter(**wanted), Stretch(page=page)  # type: ignore[arg-type]  # fields by keyword
        return Question(name, lambda a: _shown(a, chosen, stretch), 50, grows_with)

    def count(name: str, goal_ms: float, grows_with: str | None, **wanted: object) -> Question:
        chosen = MessageFilter(**wanted)  # type: ignore[arg-type]  # fields by keyword
        return Question(name, lambda a: a.http.content.count(chosen), goal_ms, grows_with)

    yield page("GET messages")
    yield page("GET messages, page 20", "the page", page=20)
    yield page("GET messages of an integration", _WALK, integration_id=1)
    yield page("GET messages of a folder name", _WALK, folder="Offers")
    yield page("GET unread messages", "mail that is read, between", unread=True)
    yield Question("GET messages behind a place", _behind, 50)
    yield Question("GET messages, token of one integration",
                   lambda a: _shown(a, MessageFilter(a.sight_of_one), Stretch()), 50, _WALK)  # fmt: skip
    yield count("count of messages", 500, "folders")
    yield count("count of an integration", 50, "the integration, by index alone", integration_id=1)
    yield count("count of unread messages", 60_000, "all mail", unread=True)
    yield Question(
        "GET tickets", lambda a: a.http.content.tickets(TicketFilter(), Stretch()), 50, "tickets, by index alone"
    )
    yield Question("GET events", lambda a: a.http.history.events(Sight(), 1_000, limit=100), 50)
    yield Question(
        "GET events of a type", lambda a: a.http.history.events(Sight(), 0, limit=100, types=("sync.failed",)), 50
    )
    yield Question("GET events, token of one integration",
                   lambda a: a.http.history.events(a.sight_of_one, 0, limit=100), 50)  # fmt: skip
    yield Question(
        "GET quarantine", lambda a: a.http.history.set_aside(Sight(), None, Stretch()), 50, "what is set aside"
    )
    yield Question(
        "consumers and how far behind", lambda a: feed_of(a.store.control).consumers(), 50, "events not read"
    )
    yield Question("metrics", lambda a: a.http.figures(), 10_000, "the ledger")


def _shown(asked: Asked, wanted: MessageFilter, stretch: Stretch) -> object:
    content = asked.http.content
    places = content.places(wanted, stretch)
    return content.listed([place.placement_id for place in places], wanted.sight)


def _behind(asked: Asked) -> object:
    last = asked.http.content.places(MessageFilter(), Stretch(limit=2))[-1]
    return asked.http.content.places(MessageFilter(), Stretch(after=last))


def _of_upkeep() -> Iterator[Question]:
    old = ReparseOrder(PARSER_VERSION)
    of_small = ReparseOrder(PARSER_VERSION, everything=True, integration="mailbox-00002")
    yield Question("sweep: files that rows name", _raw_files, 2_000, "large mail")
    yield Question("reparse: how many", lambda a: a.store.content.reparsing.count(old, 0), 2_000, "all mail")
    yield Question(
        "reparse: a page",
        lambda a: a.store.content.reparsing.page(old, 0, 100),
        2_000,
        "mail between that needs nothing",
    )
    yield Question(
        "reparse: a page of an integration",
        lambda a: a.store.content.reparsing.page(of_small, 0, 100),
        500,
        "mail of others, between",
    )
    yield Question("refilter: a page", lambda a: a.store.content.judging.refused(1, 0, 100), 20)
    yield Question("refilter: how many", lambda a: a.store.content.judging.refused_count(1), 1_000, "the integration")
    yield Question("rules test: newest 100", lambda a: _judged(a, limit=100), 100)
    yield Question(
        "rules test: all of an integration", lambda a: _judged(a, integration_id=1), 2_000, "the integration"
    )
    yield Question("refetch: what can be asked for again", _settled, 2_000, "the integration")
    yield Question("export: a page of a small integration", _exported, 5_000, "mail of others, between")


def _raw_files(asked: Asked) -> object:
    from inboxsync.store import orphans

    return len(asked.store.control._database.rows(orphans._RAW_FILES))


def _judged(asked: Asked, **wanted: int) -> object:
    return asked.store.content.judging.placements(MailQuery(**wanted))  # type: ignore[arg-type]  # fields by keyword


def _settled(asked: Asked) -> object:
    found = asked.store.control.integration(asked.large)
    assert found is not None
    return asked.store.content.settled(found, Fate.FILTERED)


def _exported(asked: Asked) -> object:
    return next(asked.store.content.stored_ids(integration=asked.small))
