"""Tokens as text: making them, reading them out of a header, comparing them. Pure but for the random source."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

PREFIX = "isx"
SECRET_BYTES = 32
_TOKEN = re.compile(r"isx_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_SCHEMES = ("bearer", "token")
_HEADER_CHARS = 200


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: its text is shown once and kept nowhere."""

    text: str = field(repr=False)
    token_id: str

    @property
    def sha256(self) -> str:
        """What is kept of it."""
        return digest(self.text)


def new_token() -> NewToken:
    """Make a token of 256 random bits with a public part by which it is found."""
    token_id = secrets.token_hex(6)
    return NewToken(f"{PREFIX}_{token_id}_{secrets.token_urlsafe(SECRET_BYTES)}", token_id)


def digest(text: str) -> str:
    """Give the SHA-256 of a token, hex: enough for what is random itself."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def given_token(authorization: str) -> str | None:
    """Read a token out of an Authorization header, `Bearer T` or `Token T`; None for anything else (RFC 6750 §2.1)."""
    if len(authorization) > _HEADER_CHARS:
        return None
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() or None if scheme.lower() in _SCHEMES else None


def public_part(text: str) -> str | None:
    """Answer by what a token is found; None for a text that cannot be one."""
    found = _TOKEN.fullmatch(text)
    return None if found is None else found[1]


def is_same(text: str, sha256: str) -> bool:
    """Whether a token is the one with this hash, in a time that tells nothing."""
    return hmac.compare_digest(digest(text), sha256)
