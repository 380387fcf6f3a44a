"""Passwords at rest: AES-256-GCM, each record bound to the integration, server and login it is for.

Record: `v1`, one octet with the length of the key id, the key id, a 12-octet random nonce, ciphertext and tag.
Associated data: every field that says what the secret is and where it would be sent, each with its length before it.
So two records cannot be swapped, and who can write to the database cannot point an account at another server or turn
its encryption off and wait for the next login. With random 96-bit nonces a key is good for 2^32 records
(NIST SP 800-38D §8.3), far more than a store ever seals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inboxsync.credentials.ring import KeyRing, MasterKey, is_key_id
from inboxsync.errors import KeyWrong, SecretUnreadable, UsageError
from inboxsync.model.secret import Secret

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration

PRODUCT = "inboxsync"
VERSION = "v1"
SECRETS_TABLE = "inboxsync_secrets"
META_TABLE = "inboxsync_meta"
NONCE_BYTES = 12
TAG_BYTES = 16
_CANARY = b"the master key fits this store"


@dataclass(frozen=True, slots=True)
class _Record:
    key_id: str
    nonce: bytes
    sealed: bytes = field(repr=False)


class Vault:
    """Seals and opens secrets with a key ring; nothing else sees a secret and its ciphertext together."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, secret: Secret, integration: Integration, field: str = "password") -> bytes:
        """Encrypt a secret for this integration as it is configured now; another endpoint needs another `seal`.

        UsageError where it is empty or holds what no login can send (CR, LF, NUL, half characters).
        """
        fault = _secret_fault(secret)
        if fault:
            raise UsageError(f"the password {fault}", hint="give the password alone, as one line of text")
        return _seal(secret.reveal().encode(), _associated(integration, field), self._ring.primary)

    def open(self, record: bytes, integration: Integration, field: str = "password") -> Secret:
        """Decrypt a secret. KeyWrong where the ring lacks the key it names; SecretUnreadable where it or what it is
        bound to (uuid, field, host, port, TLS, login) is not as it was sealed.
        """
        what = f"the stored {field} of {integration.name!r}"
        return Secret(_open(record, _associated(integration, field), self._ring, what).decode())

    def seal_bound(self, secret: Secret, place: Sequence[str]) -> bytes:
        """Encrypt a secret that belongs to no integration, bound to its place: table, uuid, field, where it is used."""
        return _seal(secret.reveal().encode(), _bound_to(place), self._ring.primary)

    def open_bound(self, record: bytes, place: Sequence[str], what: str) -> Secret:
        """Decrypt what `seal_bound` sealed; `what` names it in messages. Raises KeyWrong and SecretUnreadable."""
        return Secret(_open(record, _bound_to(place), self._ring, what).decode())

    def derived_keys(self, derive: Callable[[bytes], bytes]) -> tuple[bytes, ...]:
        """Answer what `derive` makes of each master key, of the one that encrypts first. It must be one-way."""
        return tuple(derive(key.octets) for key in self._ring.keys)

    def seal_canary(self, store_id: str) -> bytes:
        """Make the record that later tells a wrong key before any login is tried; bound to the store's uuid."""
        return _seal(_CANARY, _canary_data(store_id), self._ring.primary)

    def check_canary(self, record: bytes, store_id: str) -> None:
        """Return if this key ring is the store's; KeyWrong if not; SecretUnreadable if the record is none at all."""
        try:
            _open(record, _canary_data(store_id), self._ring, "the key check of this store")
        except SecretUnreadable:
            _parse(record, "the key check of this store")
            raise KeyWrong("the key that was found is not the one this store was made with") from None


def reseal(record: bytes, integration: Integration, ring: KeyRing, field: str = "password") -> bytes | None:
    """Answer the record sealed with the ring's first key, or None where it is already. Raises as `Vault.open`."""
    if _parse(record, f"the stored {field} of {integration.name!r}").key_id == ring.primary.key_id:
        return None
    vault = Vault(ring)
    return vault.seal(vault.open(record, integration, field), integration, field)


def reseal_bound(record: bytes, place: Sequence[str], what: str, ring: KeyRing) -> bytes | None:
    """Answer the record sealed with the ring's first key, or None where it is already. Raises as `open_bound`."""
    if _parse(record, what).key_id == ring.primary.key_id:
        return None
    vault = Vault(ring)
    return vault.seal_bound(vault.open_bound(record, place, what), place)


def reseal_canary(record: bytes, store_id: str, ring: KeyRing) -> bytes | None:
    """Answer the canary sealed with the ring's first key, or None where it is already. Raises as `check_canary`."""
    vault = Vault(ring)
    vault.check_canary(record, store_id)
    is_current = _parse(record, "the key check of this store").key_id == ring.primary.key_id
    return None if is_current else vault.seal_canary(store_id)


def key_id_of(record: bytes) -> str:
    """Tell which key a record was sealed with; SecretUnreadable where it is no record."""
    return _parse(record, "the record").key_id


def _secret_fault(secret: Secret) -> str | None:
    """What keeps this text from being a password. CR and LF would end the LOGIN command and start another."""
    text = secret.reveal()
    if not text:
        return "is empty"
    if any(character in text for character in "\r\n\0"):
        return "holds a line break or a NUL"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "is not valid UTF-8 text"
    return None


def _associated(integration: Integration, field: str) -> bytes:
    endpoint = integration.endpoint
    place = f"{endpoint.host}:{endpoint.port}"
    return _lengthed(
        (PRODUCT, VERSION, SECRETS_TABLE, integration.uuid, field, place, str(endpoint.tls), endpoint.username)
    )


def _bound_to(place: Sequence[str]) -> bytes:
    return _lengthed((PRODUCT, VERSION, *place))


def _canary_data(store_id: str) -> bytes:
    return _lengthed((PRODUCT, VERSION, META_TABLE, store_id, "canary"))


def _lengthed(fields: Sequence[str]) -> bytes:
    """Join fields so that no two lists give the same octets: each with its length in four octets before it."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in fields]
    return b"".join(len(octets).to_bytes(4, "big") + octets for octets in encoded)


def _seal(plain: bytes, associated: bytes, key: MasterKey) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, key_id = os.urandom(NONCE_BYTES), key.key_id.encode("ascii")
    sealed = AESGCM(key.octets).encrypt(nonce, plain, associated)
    return VERSION.encode("ascii") + bytes([len(key_id)]) + key_id + nonce + sealed


def _open(record: bytes, associated: bytes, ring: KeyRing, what: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parsed = _parse(record, what)
    key = ring.get(parsed.key_id)
    if key is None:
        raise KeyWrong(f"{what} was sealed with the key {parsed.key_id!r}, which the key ring does not hold")
    try:
        return AESGCM(key.octets).decrypt(parsed.nonce, parsed.sealed, associated)
    except InvalidTag:
        raise SecretUnreadable(f"{what} was altered, or its server, login or TLS mode was changed beside it") from None


def _parse(record: bytes, what: str) -> _Record:
    head = len(VERSION) + 1
    if not record.startswith(VERSION.encode("ascii")) or len(record) < head:
        raise SecretUnreadable(f"{what} is not a record of this version")
    body = head + record[head - 1]
    key_id = record[head:body].decode("ascii", "replace")
    if not is_key_id(key_id) or len(record) < body + NONCE_BYTES + TAG_BYTES:
        raise SecretUnreadable(f"{what} is damaged")
    return _Record(key_id, record[body : body + NONCE_BYTES], record[body + NONCE_BYTES :])
