"""Reply tokens: a ticket's id signed so that nobody can guess another's. Pure.

An application that writes to a customer puts the token into the Message-ID of its mail; the answer brings it back in
In-Reply-To or References (RFC 5322 §3.6.4). `t-ID-MAC`, MAC the first 130 bits of HMAC-SHA256 in base32 without
capitals, since some programs change the case of ids.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Sequence

MAC_CHARACTERS = 26
_TOKEN = re.compile(r"(?<![a-z0-9-])t-(\d{1,18})-([a-z2-7]{26})(?![a-z0-9-])", re.IGNORECASE)
_PURPOSE = b"inboxsync reply token v1\0"


def token_key(master_key: bytes, store_uuid: str) -> bytes:
    """Derive the key that signs the tokens of one store (RFC 5869's idea with one block: the master key is random)."""
    return hmac.digest(master_key, _PURPOSE + store_uuid.encode(), "sha256")


def reply_token(ticket_id: int, key: bytes) -> str:
    """Sign a ticket's id; the same every time."""
    return f"t-{ticket_id}-{_mac(ticket_id, key)}"


def holds_token(identifiers: Iterable[str]) -> bool:
    """Whether any of these looks like it holds a token, so that it is worth asking for the keys."""
    return any(_TOKEN.search(identifier) for identifier in identifiers)


def ticket_ids(identifiers: Iterable[str], keys: Sequence[bytes]) -> tuple[int, ...]:
    """Answer the tickets whose token is in these ids and was signed with one of the keys, each once, in order."""
    found = (match for identifier in identifiers for match in _TOKEN.finditer(identifier))
    return tuple(dict.fromkeys(int(match[1]) for match in found if _is_signed(int(match[1]), match[2], keys)))


def _mac(ticket_id: int, key: bytes) -> str:
    digest = hmac.digest(key, str(ticket_id).encode("ascii"), "sha256")
    return base64.b32encode(digest).decode("ascii").lower()[:MAC_CHARACTERS]


def _is_signed(ticket_id: int, mac: str, keys: Sequence[bytes]) -> bool:
    # Every key is compared, and each in constant time: how long it takes tells nothing of the right MAC (H25).
    matches = [hmac.compare_digest(_mac(ticket_id, key), mac.lower()) for key in keys]
    return any(matches)
