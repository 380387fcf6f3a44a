"""Signatures as Standard Webhooks 1.0 specifies them: HMAC-SHA256 over id, timestamp and body. Pure.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, "Signature scheme".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from inboxsync.errors import UsageError
from inboxsync.model.secret import Secret

PREFIX = "whsec_"
# "Secrets should be between 24 bytes (192 bits) and 64 bytes (512 bits)."
MIN_BYTES, MAX_BYTES, NEW_BYTES = 24, 64, 32


def format_secret(octets: bytes) -> Secret:
    """Write a signing key as people exchange it: `whsec_` and base64."""
    return Secret(PREFIX + base64.b64encode(octets).decode("ascii"))


def check_secret(secret: Secret) -> None:
    """Accept what `format_secret` writes for 24 to 64 octets; UsageError that never quotes the text."""
    octets = _octets(secret)
    if octets is None or not MIN_BYTES <= len(octets) <= MAX_BYTES:
        raise UsageError(
            "this is no signing secret of Standard Webhooks",
            hint=f"it is {PREFIX} and {MIN_BYTES} to {MAX_BYTES} octets in base64; leave it out and one is made",
        )


def headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[Secret]) -> Mapping[str, str]:
    """Answer the three headers that prove a body; with several secrets any of their signatures does."""
    timestamp = str(int(at.timestamp()))
    signatures = " ".join(signature(message_id, timestamp, body, secret) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def signature(message_id: str, timestamp: str, body: bytes, secret: Secret) -> str:
    """Sign `{id}.{timestamp}.{body}`; `timestamp` is whole seconds since 1970. ValueError for a malformed secret."""
    octets = _octets(secret)
    if octets is None:
        raise ValueError("a signing secret that was not checked")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(octets, signed, hashlib.sha256).digest()).decode("ascii")


def _octets(secret: Secret) -> bytes | None:
    text = secret.reveal()
    if not text.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
