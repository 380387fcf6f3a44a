"""Unstructured header text: RFC 2047 encoded words, raw 8-bit octets, and no control character in the result."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from inboxsync.mail import charsets

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

# Encoded text may hold spaces and question marks here, though RFC 2047 §2 forbids them: senders put them there. The
# count of the latter is bounded, so that the end of a word that has none is not looked for in all the header each time.
WORD = re.compile(rb"=\?([^?\s]{1,80})\?([bBqQ])\?((?:[^?=\n]++|=(?!\?(?!=))|\?(?!=)){0,2000}+)\?=")
# A value with one whole word in UTF-8, as most names and subjects have it: nothing in it could be read otherwise.
_ONE_WORD = re.compile(rb"([ -<>-~]*+)(=\?[uU][tT][fF]-8\?[bBqQ]\?[!->@-~]{1,100}+\?=)([ -<>-~]*+)\Z")
_BASE64 = (b"b", b"B")
# An escape that was folded in the middle: `=C3=` at the end of a line, `A9` on the next.
_FOLDED_ESCAPE = re.compile(rb"=[ \t]++(?=[0-9A-Fa-f]{2})")
_END_OF_ESCAPE = re.compile(rb"[89A-F][0-9A-F]")  # of an octet beyond ASCII: nothing else is worth splitting words for
_JUNK = re.compile(rb"[^A-Za-z0-9+/=]++")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ASCII_CONTROLS = dict.fromkeys((*range(0x20), 0x7F), " ")
_CONTROLS = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(slots=True)
class _Run:
    """Neighbouring encoded words of one charset: their octets are joined before they are decoded.

    Mailers split words inside a character, base64 inside its group of four, and Q inside an escape; all come right.
    """

    charset: str
    octets: bytearray = field(default_factory=bytearray)
    base64_rest: bytes = b""
    escape_rest: bytes = b""

    def add(self, encoding: bytes, encoded: bytes) -> None:
        if encoding in _BASE64:
            self.escape_rest = b""
            if (len(self.base64_rest) + len(encoded)) % 4 and len(encoded) % 4 != 1:
                self.flush_base64()  # padding was left out: what follows is a word of its own
            encoded = self.base64_rest + encoded
            complete = len(encoded) % 4 == 0 or encoded.endswith(b"=")
            self.base64_rest = b"" if complete else encoded
            if complete:
                self.octets += _base64(encoded)
            return
        self.flush_base64()
        if b"= " in encoded or b"=\t" in encoded:
            encoded = _FOLDED_ESCAPE.sub(b"=", encoded)
        if self.escape_rest and _END_OF_ESCAPE.match(encoded):
            encoded = self.escape_rest + encoded
        self.escape_rest = b"=" if encoded.endswith(b"=") else b""
        self.octets += binascii.a2b_qp(encoded, header=True)

    def flush_base64(self) -> None:
        if self.base64_rest:
            self.octets += _base64(self.base64_rest)
            self.base64_rest = b""

    def text(self, parsing: Parsing) -> str:
        self.flush_base64()
        return charsets.decode(bytes(self.octets), self.charset, parsing)


def _base64(encoded: bytes) -> bytes:
    """Decode base64 as far as it goes: without junk, also of the alphabet for URLs (RFC 4648 §5), each group that ends
    in padding for itself."""
    if encoded.isalnum():
        return _base64_group(encoded)
    return b"".join(map(_base64_group, _JUNK.sub(b"", encoded.translate(_URL_SAFE)).split(b"=")))


def _base64_group(digits: bytes) -> bytes:
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def clean(text: str) -> str:
    """Replace line breaks and control characters by spaces: header text is one line, whatever was encoded in it."""
    if text.isprintable():
        return text
    return text.translate(_ASCII_CONTROLS) if text.isascii() and "\r" not in text else _CONTROLS.sub(" ", text)


def decode_text(value: bytes, parsing: Parsing) -> str:
    """Decode a header value for people: encoded words wherever they stand, raw octets as what they most likely are."""
    has_words = value.find(b"=?") >= 0
    if not has_words and value.isascii() and "\x1b" not in (text := value.decode("ascii")):
        return clean(text).strip()
    if not has_words:
        return clean(charsets.decode(value, None, parsing)).strip()
    shown = decode_one_word(value)
    return shown if shown is not None else clean("".join(_pieces(value, parsing))).strip()


def decode_one_word(value: bytes) -> str | None:
    """Decode ASCII with one encoded word that is valid UTF-8, alike in every parse; None for anything else."""
    one = _ONE_WORD.match(value)
    if one is None:
        return None
    before, word, after = one.groups()
    text = _whole_word(word)
    return None if text is None else clean(f"{before.decode('ascii')}{text}{after.decode('ascii')}").strip()


@lru_cache(maxsize=1024)
def _whole_word(word: bytes) -> str | None:
    """Decode an encoded word in UTF-8, None where it is not valid. Names come again and again, twice in each mail."""
    _, _, encoding, encoded, _ = word.split(b"?")
    octets = _base64(encoded) if encoding in _BASE64 else binascii.a2b_qp(encoded, header=True)
    try:
        return octets.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def decode_fields(fields: Mapping[str, list[bytes]], parsing: Parsing) -> dict[str, tuple[str, ...]]:
    """Decode every value of every field. Values have no white space around them."""
    decoded: dict[str, tuple[str, ...]] = {}
    for name, values in fields.items():
        if len(values) > 1:
            decoded[name] = tuple([decode_text(value, parsing) for value in values])
            continue
        value = values[0]
        # What decode_text does, without the calls: eight of ten headers.
        if value.isascii() and (text := value.decode("ascii")).isprintable() and "=?" not in text:
            decoded[name] = (text,)
        else:
            decoded[name] = (decode_text(value, parsing),)
    return decoded


def _pieces(value: bytes, parsing: Parsing) -> list[str]:
    pieces: list[str] = []
    run: _Run | None = None
    position = 0
    for count, match in enumerate(WORD.finditer(value)):
        if count >= parsing.limits.encoded_words:
            parsing.defects.add("encoded_words_limit")
            break
        if match[2] in _BASE64 and b"?" in match[3]:
            continue  # no base64, so no encoded word
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
