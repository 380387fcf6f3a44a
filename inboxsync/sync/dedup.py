"""Identity of a content in its dedup scope (design §4). Pure.

A Message-ID alone is not an identity: senders reuse them and leave them out (hazards: FreeScout lost mail that reused
one, piler lost mail that had none). So the fingerprint decides, and the ID is what people see of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.ingest import Known

SUFFIX_HEX = 16  # 64 bits of fingerprint behind a reused ID: a collision needs 2**32 contents under one ID
MAX_ID_CHARACTERS = 400  # Postgres indexes at most 2,704 octets a value; four octets a character stay well below


@dataclass(frozen=True, slots=True)
class Identity:
    """The external_id of a content, and whether the scope meets it for the first time."""

    external_id: str
    is_new: bool


def candidate_ids(message_id: str | None, fingerprint: str) -> tuple[str, str]:
    """Give the ids a content can have: the plain one, and the one it takes where the plain one is another content's."""
    plain = _bounded(message_id) if message_id else f"sha256:{fingerprint}"
    return plain, f"{plain}#{fingerprint[:SUFFIX_HEX]}"


def identify(message_id: str | None, fingerprint: str, known: Mapping[str, Known | str]) -> Identity:
    """Decide the identity. `known`: external ids of the scope, and of this batch so far, with their fingerprints."""
    plain, qualified = candidate_ids(message_id, fingerprint)
    owner = known.get(plain)
    if owner is None:
        return Identity(plain, is_new=True)
    if _fingerprint(owner) == fingerprint:
        return Identity(plain, is_new=False)
    return Identity(qualified, is_new=qualified not in known)


def _fingerprint(known: Known | str) -> str:
    return known if isinstance(known, str) else known.fingerprint


def _bounded(message_id: str) -> str:
    """Keep ids that some mailers make thousands of characters long unique and short enough for an index."""
    if len(message_id) <= MAX_ID_CHARACTERS:
        return message_id
    digest = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{message_id[:MAX_ID_CHARACTERS]}~{digest}"
