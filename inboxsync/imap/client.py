"""imapclient with our wire under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imapclient import IMAPClient

from inboxsync.imap.wire import Wire
from inboxsync.model.integration import Endpoint, TlsMode

if TYPE_CHECKING:
    from inboxsync.imap.session import SessionLimits


class Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    """An IMAPClient that is greeted and, where the endpoint says so, encrypted; its two costly defaults are off.

    As delivered it formats every literal for a log that is off (ten times slower) and, with that log on, writes whole
    messages to it; `debug = 0` ends both.
    """

    def __init__(self, endpoint: Endpoint, limits: SessionLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        super().__init__(endpoint.host, endpoint.port, ssl=endpoint.tls is TlsMode.IMPLICIT)
        self._imap.debug = 0
        self.normalise_times = False
        self.folder_encode = False

    def _create_IMAP4(self) -> Wire:  # noqa: N802  imapclient's name
        return Wire(self._endpoint, self._limits)

    def _set_read_timeout(self) -> None:
        """Leave the socket as the wire has it: non-blocking, with deadlines of its own."""

    @property
    def wire(self) -> Wire:
        """The connection itself."""
        wire = self._imap
        assert isinstance(wire, Wire)
        return wire
