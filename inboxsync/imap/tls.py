"""Encryption that is checked, always: by a certificate authority and the host's name, or by a pinned certificate."""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from inboxsync.errors import ConnectionLost, DeadlineExceeded, ImapError, TlsFailed
from inboxsync.imap.session import never
from inboxsync.imap.translate import legible
from inboxsync.imap.transport import in_slices

if TYPE_CHECKING:
    from inboxsync.model.integration import Endpoint

_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{64})")

# OpenSSL's X509_V_ERR_*: what people can act on.
_VERIFY_FAULTS = {
    9: "the server's certificate is not valid yet (check this machine's clock)",
    10: "the server's certificate has expired",
    18: "the server's certificate is self-signed",
    19: "the server's certificate ends in a self-signed authority that is not trusted here",
    20: "the server's certificate was signed by an authority that is not trusted here",
    21: "the server's certificate was signed by an authority that is not trusted here",
    62: "the server's certificate is for another host name",
    64: "the server's certificate is for another IP address",
}
_HANDSHAKE_FAULTS = {
    "UNSUPPORTED_PROTOCOL": "the server only speaks an old TLS version; 1.2 is the least that is taken",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server and this machine share no TLS version from 1.2 on",
    "NO_PROTOCOLS_AVAILABLE": "the server and this machine share no TLS version from 1.2 on",
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port",
    "HTTP_REQUEST": "the server does not speak TLS on this port",
}
_OTHER_PORT_HINT = "try --tls starttls, or the port for implicit TLS (993)"


def encrypt(
    plain: socket.socket, endpoint: Endpoint, timeout_s: float, stopped: Callable[[], bool] = never
) -> ssl.SSLSocket:
    """Shake hands over an open connection and check who answers; the plain socket is consumed, also on failure.

    With a pin the certificate must be exactly that one and nothing else is asked of it; without one the chain must
    lead to a trusted authority and carry the host's name (RFC 9525). Raises TlsFailed, DeadlineExceeded,
    ConnectionLost.
    """
    try:
        pin = None if endpoint.pin_sha256 is None else normal_fingerprint(endpoint.pin_sha256)
        context = make_context(endpoint.ca_file, pinned=pin is not None)
        secured = context.wrap_socket(plain, server_hostname=endpoint.host, do_handshake_on_connect=False)
    except BaseException as error:
        plain.close()
        if isinstance(error, OSError | ValueError):
            raise _explain(error, endpoint) from error
        raise
    try:
        in_slices(secured, timeout_s, stopped, secured.do_handshake)
    except BaseException as error:
        secured.close()
        if isinstance(error, OSError | ValueError):
            raise _explain(error, endpoint) from error
        raise
    if pin is not None:
        _require_pin(secured, pin, endpoint)
    return secured


def make_context(ca_file: str | None, *, pinned: bool) -> ssl.SSLContext:
    """Make the context: TLS 1.2 at least, verification on unless a pin takes its place. Raises TlsFailed."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise TlsFailed(
            f"the CA file {ca_file} cannot be used: {error.strerror or error}",
            hint="give a readable PEM file with --ca-file",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if pinned:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def normal_fingerprint(text: str) -> str:
    """Bring a SHA-256 fingerprint to 64 lower-case hex digits; it may hold colons and blanks. Raises TlsFailed."""
    bare = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    found = _FINGERPRINT.fullmatch(bare)
    if found is None:
        raise TlsFailed("the certificate pin is not a SHA-256 fingerprint", hint="give 64 hex digits with --pin-sha256")
    return found[1]


def _require_pin(secured: ssl.SSLSocket, pin: str, endpoint: Endpoint) -> None:
    actual = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
    if hmac.compare_digest(actual, pin):
        return
    secured.close()
    raise TlsFailed(
        f"{endpoint.host} shows another certificate than the pinned one: its SHA-256 fingerprint is {actual}",
        hint="if the server really has a new certificate, set its fingerprint with `inboxsync edit NAME --pin-sha256`",
    )


def _explain(error: OSError | ValueError, endpoint: Endpoint) -> ImapError:
    where = f"{endpoint.host}:{endpoint.port}"
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(f"{where} did not finish the TLS handshake in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _VERIFY_FAULTS.get(error.verify_code, f"the certificate is not accepted: {error.verify_message}")
        return TlsFailed(f"{where}: {legible(reason)}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        return ConnectionLost(f"{where} closed the connection during the TLS handshake", hint=_OTHER_PORT_HINT)
    if isinstance(error, ssl.SSLError):
        known = _HANDSHAKE_FAULTS.get(error.reason or "")
        hint = _OTHER_PORT_HINT if known and "port" in known else None
        return TlsFailed(f"{where}: {known or 'the TLS handshake failed: ' + legible(str(error.reason))}", hint=hint)
    if isinstance(error, OSError):
        return ConnectionLost(f"{where}: the connection failed during the TLS handshake: {error.strerror or error}")
    return TlsFailed(f"{where}: the host name cannot be used in a certificate check: {legible(str(error))}")
