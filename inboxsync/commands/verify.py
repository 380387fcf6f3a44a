"""`verify`: the server's own listing beside the ledger, UID by UID."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.durations import duration_s
from inboxsync.commands.shell import Shell
from inboxsync.errors import worst_exit_code
from inboxsync.model.verification import Doubt, FolderCheck, IntegrationCheck
from inboxsync.render.json_shapes import listing
from inboxsync.render.tables import Table
from inboxsync.system.service import on_terminate

app = typer.Typer()

SHOWN_UIDS = 8
DOUBTS = {
    Doubt.NEVER_SYNCED: "never synced",
    Doubt.UIDVALIDITY_CHANGED: "UIDVALIDITY changed since the last run",
    Doubt.UIDS_NOT_STICKY: "the server's UIDs do not last: only numbers compared",
    Doubt.SHOWN_IN_PART: "the server lists fewer messages than it counts",
}


@app.command(
    "verify", cls=Command, epilog=example("verify", "verify support --deep --sample 100", "verify support --repair")
)
def verify(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Names; all without.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read a sample of messages in full on both sides.")] = False,
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=100_000, metavar="N", help="So many a folder with --deep.")
    ] = 20,
    repair: Annotated[
        bool, typer.Option("--repair", help="Enter what is missing here for the next sync; note what is gone there.")
    ] = False,
    wait: Annotated[str, typer.Option("--wait", metavar="30s", help="Wait so long for a run to end.")] = "30s",
    json: Json = False,
) -> int:
    """Compare what the servers list with what is recorded.

    Exit code 0: they agree. Nothing is changed on a server, and nothing here without --repair.
    """
    from inboxsync.sync.verify import VerifyOrder

    shell = shell_of(ctx)
    order = VerifyOrder(deep=deep, sample=sample, repair=repair, wait_s=duration_s(wait))
    with shell.application() as application:
        if threading.current_thread() is threading.main_thread():  # only there can signals be handled
            on_terminate(application.stop.set)
        checks = application.verify(names or (), order)
    if json:
        shell.output.document(listing("integrations", map(check_json, checks)))
    else:
        _tell(shell, checks, repair=repair)
    return worst_exit_code([check.exit_code for check in checks])


def check_json(check: IntegrationCheck) -> dict[str, Any]:
    """Give an integration's comparison under its public keys; `error` only where there is one."""
    shape: dict[str, Any] = {"name": check.name, "agrees": check.agrees}
    if check.error is not None:
        shape["error"] = {"code": check.error.code, "message": check.error.message, "hint": check.error.hint}
    return shape | {"folders": [_folder_json(folder) for folder in check.folders]}


def _folder_json(folder: FolderCheck) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": folder.name,
        "uidvalidity": folder.uidvalidity,
        "ledger_uidvalidity": folder.ledger_uidvalidity,
        "server": folder.server,
        "ledger": folder.ledger,
        "new": folder.new,
        "missing": folder.missing,
        "extra": folder.extra,
        "returned": folder.returned,
        "pending": folder.pending,
        "damaged": [damage.uid for damage in folder.damaged],
        "sampled": folder.sampled,
        "doubt": folder.doubt,
        "repaired": folder.repaired,
    }
    if folder.error is not None:
        shape["error"] = {"code": folder.error.code, "message": folder.error.message, "hint": folder.error.hint}
    return shape


def _tell(shell: Shell, checks: Sequence[IntegrationCheck], *, repair: bool) -> None:
    output = shell.output
    rows = [
        (check.name, folder.name, folder.server, folder.ledger, folder.new, "; ".join(differences(folder)) or "agrees")
        for check in checks
        for folder in check.folders
    ]
    headings = ("integration", "folder", "server", "ledger", "new", "difference")
    output.table(Table.of(headings, rows, right=(2, 3, 4)), empty="nothing was compared")
    for check in checks:
        for fault in filter(None, (check.error, *(folder.error for folder in check.folders))):
            output.error(f"{check.name}: {fault.message}", hint=fault.hint.replace(" NAME", f" {check.name}"))
        for folder in check.folders:
            for damage in folder.damaged:
                output.note(f"{check.name}: {folder.name} UID {damage.uid}: {damage.why}")
        if check.error is None and not check.agrees:
            output.note(_advice(check, repair=repair))


def differences(folder: FolderCheck) -> Iterator[str]:
    """Say in words how a folder differs; nothing where it agrees."""
    if folder.error is not None:
        yield folder.error.code
    if folder.doubt is not None and not folder.agrees:
        yield DOUBTS[folder.doubt]
    damaged = tuple(damage.uid for damage in folder.damaged)
    for uids, words in (
        (folder.missing, "missing here"),
        (folder.extra, "gone there, noted" if folder.repaired else "gone there, not noted"),
        (folder.returned, "back there"),
        (folder.pending, "pending"),
        (damaged, "damaged"),
    ):
        if uids:
            yield f"{len(uids)} {words} (UID {shown(uids)})"


def shown(uids: Sequence[int]) -> str:
    """Name some UIDs.

    >>> shown(range(1, 12))
    '1, 2, 3, 4, 5, 6, 7, 8 …'
    """
    return ", ".join(map(str, uids[:SHOWN_UIDS])) + (" …" if len(uids) > SHOWN_UIDS else "")


def _advice(check: IntegrationCheck, *, repair: bool) -> str:
    sync = f"`inboxsync sync {check.name}`"
    if any(folder.damaged for folder in check.folders):
        return f"{check.name}: restore what is damaged from a backup of database and data directory"
    if repair:
        return f"{check.name}: run {sync} to fetch what was entered, then verify again"
    if any(folder.missing or folder.extra or folder.returned for folder in check.folders):
        return f"{check.name}: `inboxsync verify {check.name} --repair` mends the ledger"
    return f"{check.name}: run {sync}, then verify again"
