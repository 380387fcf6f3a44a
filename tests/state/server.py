"""The fake mail server with a memory of what it did: which messages it withheld, and whether it cut a connection."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fakes.mailbox import FakeFolder, FakeMessage, FakeServer

FAR_AWAY = 1_000_000


class RememberingServer(FakeServer):
    """A FakeServer with two folders."""

    def __init__(self) -> None:
        super().__init__()
        self.add_folder("Orders")
        self.was_cut = False
        self._withheld: list[FakeMessage] = []

    def dropping(self) -> bool:
        """Remember the cut."""
        cut = super().dropping()
        self.was_cut = self.was_cut or cut
        return cut

    def heal(self) -> None:
        """Cut no connection any more and let everybody in."""
        self.drop_after(FAR_AWAY)
        self.was_cut = False
        self.login_fault = None

    def withhold(self, folder: str, uid: int, how: str) -> None:
        """Do not give this message from now on: `refuse`, `answer_nil` or `leave_out`."""
        getattr(self, how)(uid, folder)
        self._withheld.append(self.folders[folder].messages[uid])

    def give_all(self, folder: str) -> None:
        """Withhold nothing of the folder any more."""
        place = self.folders[folder]
        for switches in (place.refused, place.nil, place.unlisted):
            switches.clear()

    def was_withheld(self, message: FakeMessage) -> bool:
        """Whether this message, under whatever UID, was ever withheld."""
        return any(message is one for one in self._withheld)

    def renumber(self, folder: str = "INBOX") -> None:
        """Change UIDVALIDITY; what is withheld goes by UID and so is given again."""
        self.give_all(folder)
        super().renumber(folder)

    def all_messages(self) -> Iterator[tuple[str, FakeFolder, int, FakeMessage]]:
        """Go through all that is there."""
        for name, place in self.folders.items():
            for uid, message in place.messages.items():
                yield name, place, uid, message
