"""What a trusted server says about who sent a message: Authentication-Results (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})

# A header that is longer than any server writes says nothing.
_MAX_BYTES = 16_384
_METHODS_MAX = 50
_PIECE = re.compile(r'\\.|[()"]|[^\\()"]+|\\', re.DOTALL)
_SEPARATORS = re.compile(r"[;=\s]")
_RESULT = re.compile(r"\s*([A-Za-z0-9_-]{1,40})\s*(?:/\s*\d+\s*)?=\s*([A-Za-z0-9_-]{1,40})")


def results(values: Sequence[bytes], trusted_authserv_ids: Collection[str]) -> Mapping[str, str]:
    """Answer method to verdict, both in lower case, of the topmost header whose authserv-id is trusted.

    `values` are as sent: an encoded word in them is no encoded word (RFC 2047 §5), and one that a sender put into his
    address must not become a separator. Headers below the topmost are not looked at: a sender can write any number of
    them with our own id, and only the topmost is known to come from our border (RFC 8601 §5). No trusted header:
    nothing.
    """
    if not trusted_authserv_ids or not values:
        return NOTHING
    trusted = {name.lower() for name in trusted_authserv_ids}
    for value in values:
        segments = _plain(value).split(";")
        words = segments[0].split()
        if words and words[0].lower() in trusted:
            return MappingProxyType(_verdicts(segments[1:]))
    return NOTHING


def _verdicts(segments: Sequence[str]) -> dict[str, str]:
    """Take the first verdict of a method; one valid DKIM signature among several is a pass (RFC 6376 §6.1)."""
    verdicts: dict[str, str] = {}
    for segment in segments:
        found = _RESULT.match(segment)
        if found is None or len(verdicts) >= _METHODS_MAX:
            continue
        method, verdict = found.group(1).lower(), found.group(2).lower()
        if method == "dkim" and verdict == "pass":
            verdicts[method] = verdict
        verdicts.setdefault(method, verdict)
    return verdicts


def _plain(value: bytes) -> str:
    """Drop comments and quotes; separators inside a quoted string lose their meaning."""
    return "".join(_outside(value.decode("utf-8", "replace"))) if len(value) <= _MAX_BYTES else ""


def _outside(value: str) -> Iterator[str]:
    """Yield the text outside comments (which nest, RFC 5322 §3.2.2), a blank where one was."""
    depth, quoted = 0, False
    for piece in _PIECE.findall(value):
        if piece == '"' and not depth:
            quoted = not quoted
        elif quoted:
            yield _SEPARATORS.sub("_", piece)
        elif piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
            yield " "
        elif not depth:
            yield piece
