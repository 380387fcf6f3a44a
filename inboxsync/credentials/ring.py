"""The key ring: several 256-bit keys of which the first encrypts and all decrypt, and its text form.

One key a line, `key_id:base64url(32 bytes)`; empty lines and lines that begin with `#` say nothing. Pure but for the
random source of `new_key`. No error message and no string form ever holds key material.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inboxsync.errors import ConfigError, Problem
from inboxsync.model.secret import Secret

KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER = """\
# The master key of inboxsync: whoever has it and the database can read every stored password.
# Keep a copy in another place. The first key encrypts, all of them decrypt.
"""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One key: an id that is stored beside what it sealed, and 32 octets that no string form shows."""

    key_id: str
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.octets) != KEY_BYTES or not is_key_id(self.key_id):
            raise ValueError("a master key has 32 octets and an id of 1 to 64 letters, digits, '.', '_' or '-'")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys in order; never empty, and no id or key twice."""

    keys: tuple[MasterKey, ...]

    def __post_init__(self) -> None:
        ids, octets = {key.key_id for key in self.keys}, {key.octets for key in self.keys}
        if not self.keys or len(ids) < len(self.keys) or len(octets) < len(self.keys):
            raise ValueError("a key ring has at least one key, and none twice")

    @property
    def primary(self) -> MasterKey:
        """The key that encrypts."""
        return self.keys[0]

    def get(self, key_id: str) -> MasterKey | None:
        """Answer the key of this id, or None."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    def rotated(self, new_key: MasterKey) -> KeyRing:
        """Put a new key first; the others go on decrypting. ValueError if the ring has it already."""
        return KeyRing((new_key, *self.keys))

    def retired(self) -> KeyRing:
        """Keep the first key alone, for when every record is sealed with it."""
        return KeyRing(self.keys[:1])


def is_key_id(text: str) -> bool:
    """Whether this is a key id: 1 to 64 ASCII letters, digits, `.`, `_` or `-`."""
    return _KEY_ID.fullmatch(text) is not None


def new_key(random: Callable[[int], bytes] = os.urandom) -> MasterKey:
    """Make a key whose id comes from its octets, so that one id never names two keys."""
    octets = random(KEY_BYTES)
    return MasterKey(hashlib.sha256(b"inboxsync key id\0" + octets).hexdigest()[:12], octets)


def format_key_ring(ring: KeyRing) -> bytes:
    """Write a ring as `parse_key_ring` reads it. The result is the secret itself."""
    lines = (f"{key.key_id}:{base64.urlsafe_b64encode(key.octets).decode('ascii')}\n" for key in ring.keys)
    return (_HEADER + "".join(lines)).encode("ascii")


def parse_key_ring(text: Secret, where: str) -> KeyRing:
    """Read a ring; `where` names the source in messages. ConfigError with every fault, by line and never by value."""
    numbered = _key_lines(text)
    read = [(number, _parse_line(line)) for number, line in numbered]
    keys = [(number, key) for number, key in read if isinstance(key, MasterKey)]
    problems = [Problem(f"{where}: line {number}", key) for number, key in read if isinstance(key, str)]
    problems += [
        Problem(f"{where}: line {number}", "the same key or key id stands above") for number in _repeated(keys)
    ]
    if not read:
        problems.append(Problem(where, "holds no key"))
    if problems:
        hint = "restore it from its backup; it is one key a line, `key_id:` and 32 octets in base64url"
        raise ConfigError(f"not a key ring: {'; '.join(map(str, problems))}", hint=hint, problems=problems)
    return KeyRing(tuple(key for _, key in keys))


def _key_lines(text: Secret) -> list[tuple[int, Secret]]:
    lines = enumerate(text.reveal().removeprefix("\ufeff").splitlines(), start=1)
    stripped = ((number, line.strip()) for number, line in lines)
    return [(number, Secret(line)) for number, line in stripped if line and not line.startswith("#")]


def _parse_line(line: Secret) -> MasterKey | str:
    """Answer the key, or what is wrong with the line."""
    key_id, colon, encoded = line.reveal().partition(":")
    if not colon or not is_key_id(key_id):
        return "does not begin with a key id and a colon"
    octets = _decode(Secret(encoded))
    return "the part after the colon is not 32 octets in base64url" if octets is None else MasterKey(key_id, octets)


def _decode(encoded: Secret) -> bytes | None:
    """Decode strictly: the one spelling that encoding gives, with or without its padding."""
    bare = encoded.reveal().removesuffix("=")
    try:
        octets = base64.b64decode(bare + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    spelled = base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")
    return octets if len(octets) == KEY_BYTES and spelled == bare else None


def _repeated(keys: Sequence[tuple[int, MasterKey]]) -> list[int]:
    return [
        number
        for index, (number, key) in enumerate(keys)
        if any(key.key_id == other.key_id or key.octets == other.octets for _, other in keys[:index])
    ]
