"""Which folders of an account are read: names as they are, roles by what the server says now (RFC 6154).

A role is found by the server's mark first, then by the names that are usual with the provider. Its ledger belongs to
the role: where the server marks another name today and the former one is gone, the folder was renamed or the account's
language changed, and the ledger takes the new name instead of beginning anew.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.errors import FolderMissing
from inboxsync.model.roles import INBOX, FolderRole, RoleNames, asks_for_role, role_of

if TYPE_CHECKING:
    from inboxsync.model.placement import FolderInfo
    from inboxsync.store.ports import Store


@dataclass(frozen=True, slots=True)
class Chosen:
    """A folder to read. `role` where it was chosen by one, `is_marked` where the server itself says so.

    `error` where no folder has the role; `name` is the setting then.
    """

    name: str
    role: FolderRole | None = None
    is_marked: bool = False
    error: FolderMissing | None = None


def needs_listing(settings: Sequence[str]) -> bool:
    """Whether one of these settings is a role or may be one, so that the server has to list its folders."""
    return any(role_of(setting) is not None for setting in settings)


def choose_folders(
    settings: Sequence[str], list_folders: Callable[[], Sequence[FolderInfo]], names: Callable[[], RoleNames]
) -> tuple[tuple[Chosen, ...], Sequence[FolderInfo]]:
    """Answer the folders that settings mean, each once, and the listing that was asked for; empty where none was.

    Settings without a role cost nothing: a name is matched when its folder is opened.
    """
    if not needs_listing(settings):
        return tuple(Chosen(setting) for setting in settings), ()
    listed, known = list_folders(), names()
    by_name: dict[str, Chosen] = {}
    for chosen in (_choose(setting, listed, known) for setting in settings):
        by_name.setdefault(chosen.name, chosen)
    return tuple(by_name.values()), listed


def _choose(setting: str, listed: Sequence[FolderInfo], names: RoleNames) -> Chosen:
    role = role_of(setting)
    is_name = not asks_for_role(setting) and any(setting in _variants(folder) for folder in listed)
    if role is None or is_name:
        return Chosen(setting)
    marked = marked_folder(role, listed)
    folder = marked or _usual(role, listed, names)
    if folder is None:
        return Chosen(setting, role, error=_nowhere(setting, role, listed))
    return Chosen(folder.name, role, is_marked=marked is not None)


def marked_folder(role: FolderRole, listed: Sequence[FolderInfo]) -> FolderInfo | None:
    """Find the folder that the server marks; of several the one with the fewest levels, then the first by name."""
    marked = [folder for folder in listed if folder.selectable and role.attribute in _attributes(folder)]
    return min(marked, key=lambda folder: (folder.name.count(folder.delimiter or "\0"), folder.name), default=None)


def _usual(role: FolderRole, listed: Sequence[FolderInfo], names: RoleNames) -> FolderInfo | None:
    selectable = [folder for folder in listed if folder.selectable]
    found = (folder for name in names.get(role, ()) for folder in selectable if _is_named(folder, name))
    return next(found, None)


def _attributes(folder: FolderInfo) -> frozenset[str]:
    return frozenset(attribute.lower() for attribute in folder.attributes)


def _is_named(folder: FolderInfo, name: str) -> bool:
    """Whether a folder has this name, in any case; many accounts keep all folders below INBOX (RFC 2342)."""
    return _folded(name) in {_folded(variant) for variant in _variants(folder)}


def _variants(folder: FolderInfo) -> Iterator[str]:
    yield folder.name
    if folder.delimiter and folder.name.upper().startswith(INBOX + folder.delimiter):
        yield folder.name[len(INBOX) + len(folder.delimiter) :]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _nowhere(setting: str, role: FolderRole, listed: Sequence[FolderInfo]) -> FolderMissing:
    from inboxsync.imap.folders import missing

    return missing(setting, listed, f"the server marks none as \\{role.capitalize()}, and none has a usual name for it")


def keep_role(store: Store, integration_id: int, chosen: Chosen, listed: Sequence[FolderInfo]) -> None:
    """Note which folder has the role, and let the ledger of one that was renamed go along. Writes on a change alone.

    Only the server's mark proves a new name: UIDs of a folder that merely has a usual name may be those of other mail.
    """
    if chosen.role is None or chosen.error is not None:
        return
    known = store.control.folders(integration_id)
    former = next((folder for folder in known if folder.role == chosen.role and folder.name != chosen.name), None)
    if former is None and any(folder.role == chosen.role for folder in known):
        return
    folder = store.control.folder(integration_id, chosen.name)
    if former is not None:
        is_renamed = chosen.is_marked and all(folder.name != former.name for folder in listed)
        if is_renamed and store.content.remapping.adopt(folder.id, former.id):
            return
        store.content.remapping.set_role(former.id, None)
    store.content.remapping.set_role(folder.id, chosen.role)
