"""Opening folders: by which name the server knows one, what it is asked to tell, what it said.

Reading opens with EXAMINE; SELECT is for the one command that changes something.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import FolderMissing, ProtocolFault, ServerUnavailable
from inboxsync.imap import folders
from inboxsync.imap.login import quoted
from inboxsync.imap.parsing import parse_folder_status
from inboxsync.imap.translate import Phase

if TYPE_CHECKING:
    from inboxsync.imap.wire import Wire
    from inboxsync.model.placement import FolderInfo, FolderStatus

_log = logging.getLogger(__name__)
_UNSEEN = re.compile(rb".*\([^()]*\bUNSEEN (\d{1,19})", re.IGNORECASE | re.DOTALL)


class Opening:
    """The folders of one session. `tells_gone` says whether the server tells which UIDs vanished (QRESYNC)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._wire_names: dict[str, bytes] = {}
        self._may_enable = {"QRESYNC", "ENABLE"} <= self._capabilities
        self.tells_gone = False

    @property
    def _capabilities(self) -> frozenset[str]:
        return frozenset(self._wire.capabilities)

    def list_folders(self) -> Sequence[FolderInfo]:
        """List all folders, with their marks; a name that does not decode never hides the others.

        Servers may leave the marks out unless asked for them (RFC 6154 §2), which takes LIST-EXTENDED (RFC 5258).
        """
        asks = ("RETURN", "(SPECIAL-USE)") if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._capabilities else ()
        try:
            self._wire.call(Phase.OTHER, "LIST", '""', '"*"', *asks)
        except ProtocolFault:
            if not asks:
                raise
            self._wire.call(Phase.OTHER, "LIST", '""', '"*"')
        return folders.parse_list(self._wire.take("LIST"))

    def examine(self, folder: str) -> FolderStatus:
        """Open a folder read-only; the name is tried as it is, then as the listing of folders knows it."""
        try:
            return self._open("EXAMINE", self._wire_name(folder))
        except FolderMissing as refused:
            self._wire_names[folder] = self._look_up(folder, refused)
            return self._open("EXAMINE", self._wire_names[folder])

    def select(self, folder: str) -> FolderStatus:
        """Open a folder that was examined before, to change something in it."""
        return self._open("SELECT", self._wire_name(folder))

    def unseen_count(self, folder: str) -> int | None:
        """Answer how many messages are unread, None where the server does not say."""
        try:
            self._call_on_folder(Phase.OPEN, "STATUS", self._wire_name(folder), "(UNSEEN)")
        except FolderMissing:
            return None
        told = self._wire.take("STATUS")
        line = told[-1] if told else b""
        found = _UNSEEN.match(line) if isinstance(line, bytes) else None
        return int(found[1]) if found else None

    def wire_name_of_listed(self, folder: str) -> bytes:
        """Answer how the server writes the name of a folder into which mail can be put. Raises FolderMissing."""
        listed = self.list_folders()
        found = folders.choose(folder, listed, self._namespaces())
        if found is None or not found.selectable:
            raise folders.missing(folder, listed)
        return found.wire_name

    # --- names ------------------------------------------------------------------------------------------------------

    def _wire_name(self, folder: str) -> bytes:
        known = self._wire_names.get(folder)
        return folders.encode_name(folder) if known is None else known

    def _look_up(self, folder: str, refused: FolderMissing) -> bytes:
        """Find the name again in the listing; what was refused under the very same name is not asked for twice."""
        listed = self.list_folders()
        found = folders.choose(folder, listed, self._namespaces())
        if found is None:
            raise folders.missing(folder, listed) from refused
        if not found.selectable or found.wire_name == self._wire_name(folder):
            raise folders.missing(folder, listed, refused.message) from refused
        return found.wire_name

    def _namespaces(self) -> list[tuple[str, str]]:
        if "NAMESPACE" not in self._capabilities:
            return [("INBOX.", "."), ("INBOX/", "/")]
        self._wire.call(Phase.OTHER, "NAMESPACE")
        return folders.parse_personal_namespaces(self._wire.take("NAMESPACE"))

    # --- commands ---------------------------------------------------------------------------------------------------

    def _open(self, command: str, wire_name: bytes) -> FolderStatus:
        # After a refusal no folder is open (RFC 9051 §6.3.2).
        self._wire.state = "AUTH"
        self._wire.is_readonly = command == "EXAMINE"
        options = self._options(command, wire_name)
        if options and self._may_enable:
            self._enable_and_open(command, wire_name, options)
        else:
            self._call_on_folder(Phase.OPEN, command, wire_name, *options)
        self._wire.state = "SELECTED"
        return parse_folder_status(dict(self._wire.untagged_responses))

    def _options(self, command: str, wire_name: bytes) -> tuple[str, ...]:
        """Ask for HIGHESTMODSEQ where we read: Dovecot tells it only to those who ask (RFC 7162 §3.1.8)."""
        asks = command == "EXAMINE" and _is_plain(wire_name)
        return ("(CONDSTORE)",) if asks and {"CONDSTORE", "QRESYNC"} & self._capabilities else ()

    def _enable_and_open(self, command: str, wire_name: bytes, options: Sequence[str]) -> None:
        """Switch QRESYNC on in the round trip that opens the first folder; ENABLE is for before that (RFC 5161 §3.1).

        A server that offers it and refuses costs nothing but the help.
        """
        self._may_enable = False
        self._wire.claim()
        enabling = self._wire.start("ENABLE", "QRESYNC")
        opening = self._wire.start(command, quoted(wire_name.decode("ascii")), *options)
        try:
            self._wire.finish(Phase.OTHER, enabling)
            told = (line for line in self._wire.take("ENABLED") if isinstance(line, bytes))
            self.tells_gone = any(b"QRESYNC" in line.upper().split() for line in told)
        except (ServerUnavailable, ProtocolFault) as refused:
            _log.warning("qresync_refused", extra={"said": refused.message})
        self._wire.finish(Phase.OPEN, opening)

    def _call_on_folder(self, phase: Phase, command: str, wire_name: bytes, *rest: str) -> None:
        """Send a command on a folder, its name quoted, or as a literal where it holds more than ASCII."""
        if _is_plain(wire_name):
            self._wire.call(phase, command, quoted(wire_name.decode("ascii")), *rest)
        elif rest:
            raise FolderMissing("this command cannot name a folder that is not ASCII")
        else:
            self._wire.call(phase, command, literal=wire_name)


def _is_plain(wire_name: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in wire_name)
