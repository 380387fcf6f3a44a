"""Unstructured header text: RFC 2047 encoded words, raw 8-bit octets, and no control character in the result."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inboxsync.mail import charsets

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

# Encoded text may hold spaces here, though RFC 2047 §2 forbids them: senders put them there.
WORD = re.compile(rb"=\?([^?\s]{1,80})\?([bBqQ])\?([^?\n]*+)\?=")
_CONTROLS = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(slots=True)
class _Run:
    """Neighbouring encoded words of one charset: their octets are joined before they are decoded.

    Mailers split words inside a character, and base64 inside its group of four; both come right this way.
    """

    charset: str
    octets: bytearray = field(default_factory=bytearray)
    base64_rest: bytes = b""

    def add(self, encoding: bytes, encoded: bytes) -> None:
        if encoding in b"bB":
            encoded = self.base64_rest + encoded
            complete = len(encoded) % 4 == 0 or encoded.endswith(b"=")
            self.base64_rest = b"" if complete else encoded
            if complete:
                self.octets += _base64(encoded)
            return
        self.flush_base64()
        self.octets += binascii.a2b_qp(encoded, header=True)

    def flush_base64(self) -> None:
        if self.base64_rest:
            self.octets += _base64(self.base64_rest)
            self.base64_rest = b""

    def text(self, parsing: Parsing) -> str:
        self.flush_base64()
        return charsets.decode(bytes(self.octets), self.charset, parsing)


def _base64(encoded: bytes) -> bytes:
    digits = bytes(encoded).rstrip(b"=")
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    try:
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:  # junk characters put the count of digits out
        return b""


def clean(text: str) -> str:
    """Replace line breaks and control characters by spaces: header text is one line, whatever was encoded in it."""
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def decode_text(value: bytes, parsing: Parsing) -> str:
    """Decode a header value for people: encoded words wherever they stand, raw octets as what they most likely are."""
    if b"=?" not in value:
        return clean(charsets.decode(value, None, parsing)).strip()
    return clean("".join(_pieces(value, parsing))).strip()


def _pieces(value: bytes, parsing: Parsing) -> list[str]:
    pieces: list[str] = []
    run: _Run | None = None
    position = 0
    for count, match in enumerate(WORD.finditer(value)):
        if count >= parsing.limits.encoded_words:
            parsing.defects.add("encoded_words_limit")
            break
        between = value[position : match.start()]
        position = match.end()
        charset = match[1].partition(b"*")[0].decode("ascii", "replace").lower()
        if run is None or between.strip() or run.charset != charset:
            _close(pieces, run, between, parsing)
            run = _Run(charset)
        run.add(match[2], match[3])
    _close(pieces, run, value[position:], parsing, is_last=True)
    return pieces


def _close(pieces: list[str], run: _Run | None, between: bytes, parsing: Parsing, *, is_last: bool = False) -> None:
    """End a run. White space between two encoded words is no text (RFC 2047 §6.2)."""
    if run is not None:
        pieces.append(run.text(parsing))
    if between.strip() or run is None or is_last:
        pieces.append(charsets.decode(between, None, parsing))
