"""Commands that take messages out of a folder: MOVE (RFC 6851), or COPY and the removal of exactly these (UIDPLUS).

A plain EXPUNGE is never sent: it removes whatever anybody has marked deleted (RFC 4315 §2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import FolderMissing, MessageRefused
from inboxsync.imap.login import quoted
from inboxsync.imap.parsing import uid_sets
from inboxsync.imap.translate import Phase

if TYPE_CHECKING:
    from inboxsync.imap.opening import Opening
    from inboxsync.imap.wire import Wire


def check_offered(capabilities: Collection[str]) -> None:
    """Raise MessageRefused where nothing that this server offers moves a message safely."""
    if not {"MOVE", "UIDPLUS"} & set(capabilities):
        raise MessageRefused("the server offers neither MOVE nor UIDPLUS, so mail cannot be moved safely")


def check_removal(capabilities: Collection[str]) -> None:
    """Raise MessageRefused where the server cannot remove single messages."""
    if "UIDPLUS" not in capabilities:
        raise MessageRefused("the server offers no UIDPLUS any more, so the copied mail cannot be removed safely")


def target(opening: Opening, folder: str) -> bytes:
    """Answer how the server writes the name of the target. MessageRefused where there is none: we make no folders."""
    try:
        return opening.wire_name_of_listed(folder)
    except FolderMissing as missing:
        raise MessageRefused(f"mail cannot be moved there: {missing.message}") from missing


def move(wire: Wire, uids: Sequence[int], wire_name: bytes, copied: Callable[[], object]) -> None:
    """Move messages out of the folder that is selected; `copied` is called where removing them is all that is left."""
    if "MOVE" in wire.capabilities:
        _with_name(wire, "MOVE", uids, wire_name)
        return
    _with_name(wire, "COPY", uids, wire_name)
    copied()
    remove(wire, uids)


def remove(wire: Wire, uids: Sequence[int]) -> None:
    """Mark messages of the selected folder deleted and expunge them alone."""
    for uid_set, _ in uid_sets(uids):
        wire.call(Phase.MOVE, "UID", "STORE", uid_set, "+FLAGS.SILENT", r"(\Deleted)")
        wire.call(Phase.MOVE, "UID", "EXPUNGE", uid_set)


def _with_name(wire: Wire, command: str, uids: Sequence[int], wire_name: bytes) -> None:
    for uid_set, _ in uid_sets(uids):
        if all(0x20 <= octet < 0x7F for octet in wire_name):
            wire.call(Phase.MOVE, "UID", command, uid_set, quoted(wire_name.decode("ascii")))
        else:
            wire.call(Phase.MOVE, "UID", command, uid_set, literal=wire_name)
