"""What the engine asks of the store about mail that the server names itself; a part of `ports.ContentStore`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.copies import KnownCopy


class CopyStore(Protocol):
    """Mail that an account is known to have under the server's own ids (docs/adr/0012)."""

    def known(self, integration_id: int, email_ids: Iterable[str]) -> Sequence[KnownCopy]:
        """Settled placements with these ids in any folder of the integration, gone or retired ones too.

        Only those of which octets or a header are kept; what is pending, quarantined or vanished is nobody's copy.
        Those with content first, of these the ones that were stored themselves, then the latest settled.
        """

    def header(self, placement_id: int) -> bytes | None:
        """The header kept of mail that was not stored; None where there is none."""
