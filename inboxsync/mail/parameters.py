"""Content-Type, Content-Disposition and their parameters (RFC 2045 §5.1, RFC 2183, RFC 2231), as senders write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from inboxsync.mail import charsets, encoded_words
from inboxsync.mail.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

# Some web mailers quote what is quoted already: `filename=""a.pdf""`.
_QUOTED_TWICE = re.compile(rb'=[ \t]{0,9}""([^";\r\n]{1,500})""')
# What follows a value is another parameter behind a semicolon, or behind blanks where its name is well known: some
# senders forget the semicolon (`filename=a.zip size=3`).
_REST = (
    rb"(?:[^;\s]++|\s++(?!(?:boundary|charset|(?:creation|modification|read)-date|delsp|(?:file)?name|format|method"
    rb"|protocol|report-type|size|start|type)[*0-9]{0,6}\s{0,9}=))*+"
)
# A quoted string is recognised right after `=` only, so that an inch sign in a file name opens none.
_PARAMETER = re.compile(
    rb'[;,\s]*+([^=;\s"]*+)\s*+(?:=\s*+("(?:[^"\\]++|\\.)*+(?:"|\Z)|' + _REST + rb"))?+" + _REST,
    re.DOTALL | re.IGNORECASE,
)
# A type with one parameter and nothing odd, as most Content-Types are.
_SIMPLE = re.compile(
    rb'([a-zA-Z]++/[a-zA-Z0-9.+-]++);[ \t]*+([a-zA-Z-]++)=(?:"([^"\\]*+)"|([!#-\x27*-:<>-\[\]-~]++))\Z'
)
_FILE_NAMES = ("filename", "name")
_REST_MAX_BYTES = 300
_SEGMENT = re.compile(r"(.+?)\*(\d{1,3})(\*?)\Z")
# Some write a comma for the first semicolon.
_VALUE = re.compile(rb"[^;,\s(=/]*+(?:\s*+/\s*+[^;,\s(=]*+(?=[;,\s(]|\Z))?+(?=[;,\s(/]|\Z)")
_KNOWN_TYPE = re.compile(r"(?:application|audio|font|image|message|model|multipart|text|video)/[a-z0-9][a-z0-9.+_-]*")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}\Z")


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A structured header: its value in lower case, and its parameters as octets, names in lower case, in order.

    `lacks_quotes` is true where a file name without quotes has blanks or semicolons.
    """

    value: str = ""
    parameters: tuple[tuple[str, bytes], ...] = ()
    lacks_quotes: bool = False

    def raw(self, name: str) -> bytes | None:
        """Give the first plain occurrence of a parameter."""
        for key, value in self.parameters:
            if key == name:
                return value
        return None

    def label(self, name: str) -> str | None:
        """Give a parameter that is a plain word (charset, format), as ASCII text."""
        value = self.raw(name)
        return value.decode("ascii", "replace").strip() if value else None

    def is_ambiguous(self, name: str) -> bool:
        """Whether the parameter occurs with several values: parsers differ in which one they take."""
        return len(self.parameters) > 1 and len({value for key, value in self.parameters if key == name}) > 1

    def text(self, name: str, parsing: Parsing) -> str | None:
        """Decode a parameter for people: `name*`, else `name*0…` without a gap, else `name` (RFC 2231 §3, §4).

        Where there is no other form, the segments may begin at any number: the first example of RFC 2231 §4.1 began
        at 1 until it was corrected.
        """
        extended = self.raw(name + "*")
        if extended is not None:
            return _decode_extended(extended, parsing)
        segments, plain = self._segments(name), self.raw(name)
        if segments and (0 in segments or plain is None):
            return _decode_segments(segments, parsing)
        if segments:
            parsing.defects.add("parameter_segments_gap")
        return None if plain is None else encoded_words.decode_text(plain, parsing)

    def texts(self, name: str, parsing: Parsing) -> list[str]:
        """Decode every form a parameter has, the one that counts first (see `text`); [] where it has none."""
        first = self.text(name, parsing)
        if first is None:
            return []
        if self.lacks_quotes:
            parsing.defects.add("parameter_unquoted")
        extended, plain = self.raw(name + "*"), self.raw(name)
        segments = self._segments(name) if len(self.parameters) > 1 else {}
        others = [_decode_segments(segments, parsing)] if extended is not None and 0 in segments else []
        if plain is not None and (extended is not None or 0 in segments):
            others.append(encoded_words.decode_text(plain, parsing))
        return [first, *others]

    def _segments(self, name: str) -> dict[int, tuple[bool, bytes]]:
        """Collect the numbered pieces of a parameter; the first of each number counts."""
        found: dict[int, tuple[bool, bytes]] = {}
        for key, value in self.parameters:
            match = _SEGMENT.match(key) if key.startswith(name + "*") else None
            if match and match[1] == name:
                found.setdefault(int(match[2]), (bool(match[3]), value))
        return found


_NOTHING = Parameterised()
SHORT_BYTES = 300  # of which no more than a hundred parameters can be made: such a value reaches no limit


def parse_parameterised(value: bytes | None, parsing: Parsing) -> Parameterised:
    """Split a structured header into value and parameters; total and linear, at most `limits.parameters` of them."""
    if not value:
        return _NOTHING
    if len(value) <= SHORT_BYTES and parsing.limits is DEFAULT_LIMITS:
        return parse_short(value)
    if len(value) > parsing.limits.structured_header_bytes:
        parsing.defects.add("structured_header_truncated")
        value = value[: parsing.limits.structured_header_bytes]
    parameterised = _of_any(value)
    if len(parameterised.parameters) > parsing.limits.parameters:
        parsing.defects.add("parameters_limit")
        return replace(parameterised, parameters=parameterised.parameters[: parsing.limits.parameters])
    return parameterised


def parse_short(value: bytes) -> Parameterised:
    """Split a structured header of at most `SHORT_BYTES` as `parse_parameterised` does by default."""
    return _of_any(value) if value.find(b"boundary") >= 0 else _of_short(value)  # no boundary comes twice


def _of_any(value: bytes) -> Parameterised:
    simple = _SIMPLE.match(value)
    if simple is not None:
        type_, name, quoted, bare = simple.groups()
        content = quoted if quoted is not None else bare
        return Parameterised(type_.decode("ascii").lower(), ((name.decode("ascii").lower(), content),))
    if b'""' in value:
        value = _QUOTED_TWICE.sub(rb'="\1"', value)
    head = _VALUE.match(value)
    token = b"".join(head.group().split()).decode("ascii", "replace").lower() if head else ""
    return Parameterised(token, *_parameters(value, head.end() if head else 0))


# The same few values of Content-Type and Content-Disposition make up most of any mailbox.
_of_short = lru_cache(maxsize=1024)(_of_any)


def _parameters(value: bytes, position: int) -> tuple[tuple[tuple[str, bytes], ...], bool]:
    """Give the parameters from a position on, and whether a file name among them should have had quotes."""
    found: list[tuple[str, bytes]] = []
    lacks_quotes = False
    name_end = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None or match.end() == position:
            break
        position = match.end()
        if match[1] and match[2] is not None:
            found.append((match[1].decode("ascii", "replace").lower(), _unquote(match[2])))
            name_end = position if found[-1][0] in _FILE_NAMES and not match[2].startswith(b'"') else 0
            lacks_quotes |= name_end > 0 and b" " in found[-1][1]
        elif name_end and _ends_a_name(rest := value[name_end : min(position, name_end + _REST_MAX_BYTES)]):
            found[-1] = (found[-1][0], found[-1][1] + rest.rstrip())
            name_end, lacks_quotes = position, True
    return tuple(found), lacks_quotes


def _ends_a_name(rest: bytes) -> bool:
    """Whether what follows a file name without quotes belongs to it: no parameter, and it ends as file names do."""
    stem, _, extension = rest.rstrip().rpartition(b".")
    return b"=" not in rest and len(extension) <= 5 and extension.isalnum() and not stem.endswith((b";", b" "))


def _unquote(value: bytes) -> bytes:
    """Take the quotes off; only `\\"` and `\\\\` are escapes, since Windows paths are sent with bare backslashes."""
    value = value.strip()
    if not value.startswith(b'"'):
        return value[:-1] if value.find(b'"') == len(value) - 1 else value  # a quote that only closes
    inner = value[1:-1] if len(value) > 1 and value.endswith(b'"') else value[1:]
    return inner.replace(b"\\\\", b"\\").replace(b'\\"', b'"') if b"\\" in inner else inner


def _decode_extended(value: bytes, parsing: Parsing) -> str:
    charset, language, rest = _split_extended(value)
    if language is None:
        parsing.defects.add("parameter_charset_missing")
    return encoded_words.clean(charsets.decode(unquote_to_bytes(rest), charset, parsing))


def _split_extended(value: bytes) -> tuple[str | None, bytes | None, bytes]:
    """Split `charset'language'octets`; some leave out the language and a quote. Without a charset all is octets."""
    parts = value.split(b"'", 2)
    charset = parts[0].decode("ascii", "replace")
    if len(parts) == 3:
        return charset, parts[1], parts[2]
    if len(parts) == 2 and charsets.codec_for(charset) is not None:
        return charset, None, parts[1]
    return None, None, value


def _decode_segments(segments: dict[int, tuple[bool, bytes]], parsing: Parsing) -> str:
    """Join pieces up to the first gap, as octets, and decode them once: a character may be cut in two."""
    charset: str | None = None
    octets = bytearray()
    any_extended = False
    first = index = min(segments)
    while index in segments and index - first < parsing.limits.segments:
        is_extended, piece = segments[index]
        if index == first and is_extended:
            charset, _, piece = _split_extended(piece)
        any_extended |= is_extended
        octets += unquote_to_bytes(piece) if is_extended else piece
        index += 1
    if first > 0 or len(segments) > index:
        parsing.defects.add("parameter_segments_gap")
    if not any_extended:
        return encoded_words.decode_text(bytes(octets), parsing)
    return encoded_words.clean(charsets.decode(bytes(octets), charset, parsing))


def media_type(content_type: Parameterised, default: str) -> str:
    """Name the type of a part: `default` where there is none, what stands in it of a known kind where something else
    stands there too, multipart/mixed for no subtype and a boundary, text/plain for junk (RFC 2045 §5.2)."""
    value = content_type.value
    if _MEDIA_TYPE.match(value):
        return value
    known = _KNOWN_TYPE.search(value)
    if known is not None or value == "html":
        return known.group() if known else "text/html"
    if (not value or value.startswith("multipart")) and content_type.raw("boundary"):
        return "multipart/mixed"
    return default if not value else "text/plain"
