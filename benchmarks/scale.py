"""How a store of a million messages answers: every question of `scale_questions`, on both databases.

Of each the processor time of this process and of the database together, which others on the machine do not disturb.
`python -m benchmarks.scale --plans` prints how each query is carried out as well.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import bench, measure, scale_fill
from benchmarks.bench import Row
from benchmarks.on_postgres import DurablePostgres
from benchmarks.scale_asked import Asked, Question
from benchmarks.scale_fill import END
from benchmarks.scale_layout import Size
from benchmarks.scale_questions import questions
from benchmarks.scale_watch import Watched, WatchedPostgres, WatchedSqlite, cost_ms
from inboxsync.model.search import read_query
from inboxsync.store.sql import open_store

FACTOR, FULL_FACTOR = 0.05, 1.0
COMMAND_MS = 50.0
SEARCHES = ("common", "usual", "rare", "common usual", "subject:order usual", "common in:INBOX")
COMMANDS = (("status",), ("messages", "list"), ("search", "common"), ("tickets", "list"))

_Store = tuple[str | None, Path]


def rows(home: Path, *, full: bool, plans: bool = False) -> Iterator[Row]:
    """Fill a store on each database and measure; with `plans` their plans are printed in between."""
    size = Size.of(FULL_FACTOR if full else FACTOR)
    yield from _of_database("SQLite", WatchedSqlite(home / "sqlite"), home / "sqlite", size, plans=plans)
    with DurablePostgres() as server:
        watched = WatchedPostgres(server, server.fresh_database())
        yield from _of_database("Postgres", watched, home / "postgres", size, plans=plans)


def _of_database(name: str, watched: Watched, data_dir: Path, size: Size, *, plans: bool) -> Iterator[Row]:
    scale_fill.fill(watched.url, data_dir, size)
    make_searchable(watched.url, data_dir)
    with closing(Asked(watched.url, data_dir, size)) as asked:
        for question in (*questions(), *searches()):
            yield _row(name, watched, asked, question)
            if plans:
                _show(watched, asked, question)
    yield from _commands(name, watched, data_dir)


def make_searchable(url: str | None, data_dir: Path) -> None:
    """Index all messages, as commands and runs do."""
    with closing(open_store(url, data_dir)) as store:
        store.content.search.queue_all()
        while store.content.search.index(1_000):
            pass


def searches() -> Iterator[Question]:
    """Yield searches, of a store that was made searchable."""
    for text in SEARCHES:
        query = read_query(text, END)

        def ask(asked: Asked, query: object = query) -> object:
            return asked.store.content.search.find(query, limit=20, page=1)  # type: ignore[arg-type]  # a default

        yield Question(f"search `{text}`, newest 20", ask, 50)


def _row(name: str, watched: Watched, asked: Asked, question: Question) -> Row:
    taken_ms = cost_ms(watched, lambda: question.ask(asked))
    work = f"{name}, {asked.size.messages:,}: {question.name}"
    grows = f" (grows with {question.grows_with})" if question.grows_with else ""
    return Row(work, f"<= {question.goal_ms:,.0f} ms{grows}", f"{taken_ms:.1f} ms", taken_ms <= question.goal_ms)


def _show(watched: Watched, asked: Asked, question: Question) -> None:
    """Print the plans of a question, asked over connections of its own."""
    with closing(Asked(watched.plans_url, asked.data_dir, asked.size)) as fresh:
        for plan in watched.plans(lambda: question.ask(fresh)):
            print(f"\n    {' '.join(plan.statement.split())[:300]}")
            print("".join(f"      {step}\n" for step in plan.steps), end="")
            print(f"      work: {plan.work:,}")


def _commands(name: str, watched: Watched, data_dir: Path) -> Iterator[Row]:
    """Whole commands against the same commands on an empty store: what is left is what the size costs."""
    empty_url = watched.server.fresh_database() if isinstance(watched, WatchedPostgres) else None
    with tempfile.TemporaryDirectory(prefix="inboxsync-empty-") as empty:
        for words in COMMANDS:
            yield _command_row(name, words, (watched.url, data_dir), (empty_url, Path(empty)))


def _command_row(name: str, words: tuple[str, ...], filled: _Store, empty: _Store) -> Row:
    _command(words, *empty)  # makes its schema
    mine, start = bench.in_turn(5, lambda: _command(words, *filled), lambda: _command(words, *empty))
    more_ms = 1000 * (mine.cpu_s - start.cpu_s)
    told = f"{more_ms:.0f} ms more than on an empty store ({1000 * mine.cpu_s:.0f} ms)"
    goal = f"<= {COMMAND_MS:.0f} ms and the start"
    return Row(f"{name}: `inboxsync {' '.join(words)}`", goal, told, more_ms <= COMMAND_MS)


def _command(words: tuple[str, ...], url: str | None, data_dir: Path) -> measure.Figure:
    environ = {**bench.environment(data_dir), "INBOXSYNC_DATA_DIR": str(data_dir)}
    if url is not None:
        environ["INBOXSYNC_DATABASE_URL"] = url
    return bench.expect(measure.run(bench.inboxsync(*words, "--json"), environ), " ".join(words))


def main() -> None:
    """Print the rows as a table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    options.add_argument("--full", action="store_true", help="a million messages, ten million placements")
    options.add_argument("--plans", action="store_true", help="print how each query is carried out")
    chosen = options.parse_args()
    print("| work | goal | measured | met |\n| --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(prefix="inboxsync-scale-") as home:
        for row in rows(Path(home), full=chosen.full, plans=chosen.plans):
            print(f"| {row.work} | {row.goal} | {row.measured} | {'yes' if row.met else 'NO'} |", flush=True)


if __name__ == "__main__":
    main()
