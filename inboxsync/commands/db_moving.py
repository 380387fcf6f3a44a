"""`db copy`, `db backup`, `db restore`: the store in another place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync.commands.addresses import ADDRESS_HELP, named_address
from inboxsync.commands.arguments import Json
from inboxsync.commands.context import shell_of
from inboxsync.commands.db_upkeep import Wait
from inboxsync.commands.durations import duration_s
from inboxsync.commands.occupied import wait_until_idle
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, StoreCorrupt
from inboxsync.render.moving import (
    copy_json,
    copy_lines,
    copy_table,
    file_lines,
    manifest_json,
    manifest_line,
    restored_json,
    restored_lines,
)
from inboxsync.render.progress import counted
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.model.backup import Restored
    from inboxsync.model.copying import CopyReport, FileCheck
    from inboxsync.render.output import Output
    from inboxsync.store.address import DatabaseAddress
    from inboxsync.store.restoring import RestoreOrder

_PasswordFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Its password, the file's one line.")]
INDEXED_AT_ONCE = 100


class _Bars:
    """One bar after another: `phase` begins the next."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._open = ExitStack()
        self._advance: Callable[[int], object] = lambda _done: None

    def phase(self, what: str, total: int) -> None:
        """Begin a bar, in place of the one before; none where there is nothing to do."""
        self.close()
        if not total:
            return
        output = self._output
        bar = counted(output.stderr, what, total, quiet=output.quiet, colour=output.colour)
        self._advance = self._open.enter_context(bar)

    def advance(self, done: int) -> None:
        """Move the bar."""
        self._advance(done)

    def close(self) -> None:
        """Take the bar away."""
        self._open.close()
        self._advance = lambda _done: None


@contextmanager
def _bars(application: Application, output: Output) -> Iterator[_Bars]:
    if threading.current_thread() is threading.main_thread():  # only there can signals be handled
        on_terminate(application.stop.set)
    bars = _Bars(output)
    try:
        yield bars
    finally:
        bars.close()


def copy(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=ADDRESS_HELP)],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The same; an empty database.")],
    source_password_file: _PasswordFile = None,
    target_password_file: _PasswordFile = None,
    copy_files_to: Annotated[
        Path | None, typer.Option("--copy-files-to", metavar="DIR", help="Put the files of mail there as well.")
    ] = None,
    wait: Wait = "30s",
    json: Json = False,
) -> int:
    """Copy the whole store into another, empty database: SQLite to Postgres, back, or to another file.

    It can be stopped at any time and goes on when it is called again. At the end every row is compared, and every file
    of mail read. Files stay in the data directory, which the target goes on using, unless --copy-files-to is given.
    Passwords stay sealed with the same master key. Stop timers first: what comes in meanwhile is not in the copy.
    """
    shell = shell_of(ctx)
    wait_s = duration_s(wait)
    with shell.application() as application:
        addresses = [
            named_address(text, application.settings, file)
            for text, file in ((source, source_password_file), (target, target_password_file))
        ]
        _wait_for_runs(application, addresses[0], wait_s)
        with _bars(application, shell.output) as bars:
            report, indexed, files = _copied(application, addresses[0], addresses[1], copy_files_to, bars)
    if json:
        shell.output.document(copy_json(report, files, indexed))
    else:
        shell.output.table(copy_table(report))
        where = copy_files_to or application.settings.data_dir
        for line in (*copy_lines(report), *file_lines(files, str(where))):
            shell.output.line(line)
        shell.output.note(_next_step(addresses[1], where))
    return EXIT_OK if files.is_whole else EXIT_CONFIG


def _wait_for_runs(application: Application, source: DatabaseAddress, wait_s: int) -> None:
    from inboxsync.store.copying import store_at

    with closing(store_at(source, application.settings.data_dir)) as store:
        if store.schema.current() is not None:
            wait_until_idle(store.control, "copying", application.now(), wait_s=wait_s, stop=application.stop)


def _copied(
    application: Application, source: DatabaseAddress, target: DatabaseAddress, files_to: Path | None, bars: _Bars
) -> tuple[CopyReport, int, FileCheck]:
    """Files first: a target is not a store before all that it names is there. Then rows, search index, and a look."""
    from inboxsync.model.copying import CopyWatch
    from inboxsync.store.copying import copy_store
    from inboxsync.store.file_references import check_files, place_files
    from inboxsync.store.snapshots import snapshot_of

    data_dir = application.settings.data_dir
    copied = 0
    if files_to is not None:
        with snapshot_of(source) as snapshot:
            bars.phase("files", snapshot.count("inboxsync_attachments"))
            copied = place_files(snapshot, data_dir, files_to.absolute(), links=False, advance=bars.advance).copied
    report = copy_store(source, target, CopyWatch(bars.phase, bars.advance, application.stop.is_set))
    indexed = _indexed(application, target, bars)
    with snapshot_of(target) as snapshot:
        bars.phase("reading files", snapshot.count("inboxsync_attachments"))
        found = check_files(snapshot, files_to or data_dir, bars.advance)
    return report, indexed, replace(found, copied=copied)


def _indexed(application: Application, target: DatabaseAddress, bars: _Bars) -> int:
    """Make the copied messages searchable; what is left when it is stopped waits for later runs."""
    from inboxsync.store.copying import store_at

    indexed = 0
    with closing(store_at(target, application.settings.data_dir)) as store:
        search = store.content.search
        bars.phase("indexing", search.waiting())
        while not application.stop.is_set() and (done := search.index(INDEXED_AT_ONCE)):
            indexed += done
            bars.advance(done)
    return indexed


def _next_step(target: DatabaseAddress, data_dir: Path | str) -> str:
    url = target.url if target.is_sqlite else "its URL"
    return f"to use it: INBOXSYNC_DATABASE_URL={url}, INBOXSYNC_DATA_DIR={data_dir}, and the same master key"


def backup(
    ctx: typer.Context,
    place: Annotated[
        Path,
        typer.Argument(metavar="PLACE", help="New directory, or NAME.tar; in a directory that is there, a new one."),
    ],
    copy_files: Annotated[bool, typer.Option("--copy", help="Copy files, also where a hard link would do.")] = False,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Without the database, of which somebody else takes care.")
    ] = False,
    json: Json = False,
) -> int:
    """Back the store up while it is used: the database as it is at one instant, and the files that it names.

    Of Postgres pg_dump, which has to be installed, takes the whole database. Not in it: the master key, without which
    passwords stay sealed; keep that elsewhere. docs/keeping.md tells what a restore means.
    """
    from inboxsync.store.backing_up import BackupOrder, BackupWatch, back_up

    shell = shell_of(ctx)
    with shell.application() as application, _bars(application, shell.output) as bars:
        order = BackupOrder(place, application.now(), links=not copy_files, database=not files_only)
        path = str(order.path)
        watch = BackupWatch(bars.phase, bars.advance, application.stop.is_set)
        with closing(application.open_store()) as store:
            manifest = back_up(store, order, watch)
    if json:
        shell.output.document(manifest_json(manifest, path))
    else:
        shell.output.line(manifest_line(manifest, path))
    for missing in manifest.missing_raw:
        shell.output.note(f"missing: {missing}; the store has lost it, so it is not in the backup")
    return EXIT_CONFIG if manifest.missing_raw else EXIT_OK


def restore(
    ctx: typer.Context,
    backup_place: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `db backup` made.")],
    replace_store: Annotated[bool, typer.Option("--replace", help="Put the database that is there aside.")] = False,
    wait: Wait = "0s",
    json: Json = False,
) -> None:
    """Put a backup in the place of the store, on SQLite. Stop timers and `serve` first.

    Mail that came since is fetched again with the next sync, as far as the servers have it. Tickets made since are made
    anew, and events told again, under new ids. docs/keeping.md has the steps, also for Postgres.
    """
    from inboxsync.store.restoring import RestoreOrder

    shell = shell_of(ctx)
    with shell.application() as application:
        _wait_for_present(application, duration_s(wait))
        restored = _restored(application, RestoreOrder(backup_place, application.now(), replace_store))
    if json:
        shell.output.document(restored_json(restored))
        return
    for line in restored_lines(restored):
        shell.output.line(line)
    shell.output.note("next: `inboxsync key check`, `inboxsync db check`, `inboxsync sync-all`, `inboxsync verify`")


def _wait_for_present(application: Application, wait_s: int) -> None:
    """Wait for runs on the database that is there; one that cannot be read is no obstacle, it may be why."""
    with closing(application.open_store()) as store, suppress(StoreCorrupt):
        if store.schema.current() is not None:
            wait_until_idle(store.control, "restoring", application.now(), wait_s=wait_s, stop=application.stop)


def _restored(application: Application, order: RestoreOrder) -> Restored:
    from inboxsync.store.restoring import restore as put_back

    with closing(application.open_store()) as store:
        return put_back(store, order)
