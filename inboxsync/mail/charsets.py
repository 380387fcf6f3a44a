"""Octets to text: declared charset by an alias map, then UTF-8, then detection. Total; no codec that is not for text.

Labels mean what browsers take them to mean (WHATWG Encoding, §4.2): senders write iso-8859-1 for windows-1252, gb2312
for gb18030, ks_c_5601-1987 for cp949. Only codecs listed here are ever used: Python also offers `unicode_escape`,
`idna`, `zip` and UTF-7 under names that a mail may put in its header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inboxsync.mail.japanese import decode_windows_japanese

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_ALIASES = {
    "utf-8": "utf8 unicode-1-1-utf-8 unicode11utf8 utf_8 utf-8-mac utf8mb4 cp65001 x-utf8",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso-ir-100 latin1"
    " latin-1 l1 cp819 ibm819 csisolatin1 iso_8859-1:1987 ansi_x3.4-1986 8859-1 iso-8859-1-windows",
    "iso8859_2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 latin2 latin-2 l2 csisolatin2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso_8859-3 latin3 l3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso_8859-4 latin4 l4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso_8859-5 cyrillic csisolatincyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso_8859-6 iso-8859-6-e iso-8859-6-i arabic asmo-708 ecma-114",
    "iso8859_7": "iso-8859-7 iso8859-7 iso_8859-7 greek greek8 ecma-118 elot_928",
    "iso8859_8": "iso-8859-8 iso8859-8 iso_8859-8 iso-8859-8-e iso-8859-8-i logical visual hebrew",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859_13": "iso-8859-13 iso8859-13 latin7",
    "iso8859_14": "iso-8859-14 iso8859-14 latin8",
    "iso8859_15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 latin9 latin-9 l9 latin0",
    "iso8859_16": "iso-8859-16 iso8859-16 latin10",
    "cp874": "windows-874 cp874 tis-620 tis620 iso-8859-11 iso8859-11 dos-874",
    "cp1250": "windows-1250 cp1250 x-cp1250 cp-1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 cp-1251 win-1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5 latin-5 l5 csisolatin5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp858": "cp858 ibm00858",
    "cp862": "cp862 ibm862 dos-862",
    "cp866": "cp866 ibm866 csibm866 866",
    "koi8_r": "koi8-r koi koi8 koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru koi8_u",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian maccyrillic",
    "gb18030": "gb18030 gbk gb2312 gb_2312-80 gb_2312 gb2312-80 x-gbk chinese cp936 windows-936 ms936 csgb2312",
    "hz": "hz-gb-2312 hz",
    "cp950": "big5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 big-5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis ms932 shiftjis",
    "euc_jp": "euc-jp x-euc-jp eucjp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-ms cp50220 cp50221 iso2022-jp",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ks_c_5601 korean cseuckr windows-949 uhc",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "utf-16": "utf-16 utf16 unicode ucs-2 iso-10646-ucs-2 csunicode",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32": "utf-32 utf32 ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
}
_CODECS = {label: codec for codec, labels in _ALIASES.items() for label in (codec, *labels.split())}

# Codecs whose octets can all be ASCII and yet mean something else.
_STATEFUL = frozenset(
    {"hz", "iso2022_jp_ext", "iso2022_kr", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
)
# Tried in turn before giving up on the declared charset: the first is what senders mean most often.
_STRICT_ORDER = {
    "cp950": ("cp950", "big5hkscs"),
    "iso2022_jp_ext": ("iso2022_jp_ext", "iso2022_jp_2004", "iso2022_jp_2"),
}
# What unlabelled mail really is in; detection among these is right far more often than among all that exist.
_DETECTABLE = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "koi8-r"),
    *("gb18030", "big5", "cp932", "euc-jp", "cp949"),
)

_LABEL = re.compile(r"[A-Za-z0-9_.:+-]+")
_META_CHARSET = re.compile(
    rb"<meta[^>]{1,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_SAMPLE_BYTES = 64 * 1024
_SHORT_BYTES = 64
_SIGNED_BYTES = 1000
_JAPANESE = "iso2022_jp_ext"


def codec_for(label: str | None) -> str | None:
    """Name the Python codec for a charset label as found in mail, None when it is missing, unknown or not to be used.

    Junk around the label is ignored (`utf-8 (comment)`, `"utf-8;`). us-ascii counts as unknown: who writes it
    and then sends other octets says nothing about them.
    """
    if label is None or label in _CODECS:
        return _CODECS[label] if label else None
    match = _LABEL.search(label)
    return _CODECS.get(match.group().lower()) if match else None


def decode(octets: bytes, label: str | None, parsing: Parsing, *, is_html: bool = False) -> str:
    """Decode text whose declared charset is `label`; total, with at worst replacement characters and a defect."""
    codec = codec_for(label)
    if octets.isascii() and codec not in _STATEFUL and b"\x1b" not in octets:
        return octets.decode("ascii")
    if codec is not None:
        text = _decode_declared(octets, codec, parsing)
        if text is not None:
            return text
    elif label and not _is_ascii_label(label):
        parsing.defects.add("charset_unknown")
    return _decode_undeclared(octets, parsing, is_html=is_html)


def _is_ascii_label(label: str) -> bool:
    return label.strip().lower() in {"us-ascii", "ascii", "7bit", "unknown-8bit", "x-unknown", "default"}


def _decode_declared(octets: bytes, codec: str, parsing: Parsing) -> str | None:
    if codec == "utf-8":
        return _decode_utf8(octets, parsing)
    if codec == "cp1252" and (text := _strict(octets, "utf-8")) is not None:
        # No real windows-1252 text is valid UTF-8 by chance; mailers that label UTF-8 as latin-1 are common.
        parsing.defects.add("charset_mislabelled")
        return text
    for candidate in _STRICT_ORDER.get(codec, (codec,)):
        if (text := _strict(octets, candidate)) is not None:
            return text.removeprefix("\ufeff")
    return _decode_mostly(octets, codec, parsing)


def _decode_utf8(octets: bytes, parsing: Parsing) -> str | None:
    text = _strict(octets, "utf-8")
    return text.removeprefix("\ufeff") if text is not None else _decode_mostly(octets, "utf-8", parsing)


def _decode_mostly(octets: bytes, codec: str, parsing: Parsing) -> str | None:
    """Keep the declared charset when a few octets are broken; None when so many are that the label must be wrong."""
    text = _with_replacements(octets, codec)
    broken = text.count("\ufffd")
    if codec == _JAPANESE and not broken:
        return text
    foreign = sum(1 for c in text[:_SAMPLE_BYTES] if c > "\x7f")
    parsing.defects.add("charset_errors")
    return text if codec == "cp1252" or broken * 3 <= foreign else None


def _decode_undeclared(octets: bytes, parsing: Parsing, *, is_html: bool) -> str:
    text = _strict(octets, "utf-8")
    if text is not None and b"\x1b$" not in octets:
        return text.removeprefix("\ufeff")
    codec = (_meta_codec(octets) if is_html else None) or _by_signature(octets) or _hinted(parsing)
    if codec in (None, "utf-8"):
        codec = _detect(octets)
    parsing.defects.add("charset_guessed")
    return _with_replacements(octets, codec or "cp1252").removeprefix("\ufeff")


def _with_replacements(octets: bytes, codec: str) -> str:
    text = decode_windows_japanese(octets) if codec == _JAPANESE else None
    return octets.decode(codec, "replace") if text is None else text


def _hinted(parsing: Parsing) -> str | None:
    return None if parsing.charset_hint is None else codec_for(parsing.charset_hint())


def _meta_codec(octets: bytes) -> str | None:
    match = _META_CHARSET.search(octets, 0, 4096)
    return codec_for(match.group(1).decode("ascii")) if match else None


def _by_signature(octets: bytes) -> str | None:
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff") and b"\0" in octets[:_SIGNED_BYTES]:  # no line of UTF-16 has no NUL
        return "utf-16"
    return _JAPANESE if b"\x1b$B" in octets or b"\x1b$@" in octets else None


def _detect(octets: bytes) -> str:
    """Guess a charset; short text with few accents is windows-1252, since no statistics are to be had from it."""
    sample = octets[:_SAMPLE_BYTES].replace(b"\r\n", b"\n")  # the same answer to both ways of ending lines
    if len(sample) <= _SHORT_BYTES and _has_few_accents(sample):
        return "cp1252"
    import chardet  # 26 ms to import, and mail that needs it is rare

    found = chardet.detect(sample, include_encodings=_DETECTABLE)["encoding"]
    return codec_for(found) or "cp1252"


def _has_few_accents(octets: bytes) -> bool:
    """Whether octets beyond ASCII are few, or not so many and mostly alone: of other scripts they stand in runs."""
    runs = _HIGH_OCTETS.findall(octets)
    high = sum(map(len, runs))
    return high * 4 < len(octets) or (high * 5 < len(octets) * 2 and high * 5 < len(runs) * 8)


_HIGH_OCTETS = re.compile(rb"[\x80-\xff]+")


def _strict(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeError:
        return None
