"""Octets to text: declared charset by an alias map, then UTF-8, then detection. Total; no codec that is not for text.

Labels mean what browsers take them to mean (WHATWG Encoding, §4.2): senders write iso-8859-1 for windows-1252, gb2312
for gb18030, ks_c_5601-1987 for cp949. Only codecs listed here are ever used: Python also offers `unicode_escape`,
`idna`, `zip` and UTF-7 under names that a mail may put in its header.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from inboxsync.mail.japanese import decode_windows_japanese

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing

_ALIASES = {
    "utf-8": "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf_8 utf-8-mac utf8mb4 cp65001"
    " x-utf8",
    "cp1252": "windows-1252 cp1252 x-cp1252 win-1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso-ir-100 latin1"
    " latin-1 l1 cp819 ibm819 csisolatin1 iso_8859-1:1987 ansi_x3.4-1986 8859-1 iso-8859-1-windows",
    "iso8859_2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 iso-ir-101 latin2 latin-2 l2 csisolatin2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso_8859-3 iso_8859-3:1988 iso-ir-109 latin3 l3 csisolatin3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso_8859-4 iso_8859-4:1988 iso-ir-110 latin4 l4 csisolatin4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso_8859-5 iso_8859-5:1988 iso-ir-144 cyrillic csisolatincyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso_8859-6 iso-8859-6-e iso-8859-6-i arabic asmo-708 ecma-114"
    " csiso88596e csiso88596i csisolatinarabic iso_8859-6:1987 iso-ir-127",
    "iso8859_7": "iso-8859-7 iso8859-7 iso_8859-7 greek greek8 ecma-118 elot_928"
    " csisolatingreek iso_8859-7:1987 iso-ir-126 sun_eu_greek",
    "iso8859_8": "iso-8859-8 iso8859-8 iso_8859-8 iso-8859-8-e iso-8859-8-i logical visual hebrew"
    " csiso88598e csiso88598i csisolatinhebrew iso_8859-8:1988 iso-ir-138",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6 l6 csisolatin6 iso-ir-157",
    "iso8859_13": "iso-8859-13 iso8859-13 latin7",
    "iso8859_14": "iso-8859-14 iso8859-14 latin8",
    "iso8859_15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 latin9 latin-9 l9 latin0 csisolatin9",
    "iso8859_16": "iso-8859-16 iso8859-16 latin10",
    "cp874": "windows-874 cp874 tis-620 tis620 iso-8859-11 iso8859-11 dos-874",
    "cp1250": "windows-1250 cp1250 x-cp1250 cp-1250 win-1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 cp-1251 win-1251 win1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 iso_8859-9:1989"
    " iso-ir-148 latin5 latin-5 l5 csisolatin5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp437": "cp437 ibm437 437 cspc8codepage437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp858": "cp858 ibm00858",
    "cp862": "cp862 ibm862 dos-862",
    "cp866": "cp866 ibm866 csibm866 866",
    "koi8_r": "koi8-r koi koi8 koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru koi8_u",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian maccyrillic",
    "mac_latin2": "x-mac-ce x-mac-centraleurroman maccentraleurope",
    "mac_greek": "x-mac-greek macgreek",
    "mac_turkish": "x-mac-turkish macturkish",
    "gb18030": "gb18030 gbk gb2312 gb_2312-80 gb_2312 gb2312-80 x-gbk chinese cp936 windows-936 ms936 csgb2312"
    " csiso58gb231280 iso-ir-58 euc-cn gb2312_charset",
    "hz": "hz-gb-2312 hz",
    "cp950": "big5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 big-5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis ms932 shiftjis x-mac-japanese",
    "euc_jp": "euc-jp x-euc-jp eucjp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-ms cp50220 cp50221 iso2022-jp",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ks_c_5601 korean cseuckr windows-949 uhc"
    " csksc56011987 iso-ir-149 ksx1001",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "utf-16": "utf-16 utf16 unicode ucs-2 iso-10646-ucs-2 csunicode",
    "utf-16-le": "utf-16le unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32": "utf-32 utf32 ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
}
_NO_DIFFERENCE = re.compile(r"[^a-z0-9]|\bx(?=[^a-z])")
_CODECS = {label: codec for codec, labels in _ALIASES.items() for label in (codec, *labels.split())}

_LOOSE_CODECS = {_NO_DIFFERENCE.sub("", label): codec for label, codec in _CODECS.items()}

# Codecs whose octets can all be ASCII and yet mean something else.
_STATEFUL = frozenset(
    {"hz", "iso2022_jp_ext", "iso2022_kr", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
)
_OF_PAIRS = frozenset({"gb18030", "cp950", "cp949", "cp932", "euc_jp"})
_PROOF, _PROOF_OF_PAIRS = 2, 4  # continuing octets of UTF-8 that are no chance
_CAPITAL_IN_WORD = re.compile(rb"[a-z][\xc2-\xdf]")
_SURROGATES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Tried in turn before giving up on the declared charset: the first is what senders mean most often.
_STRICT_ORDER = {
    "cp950": ("cp950", "big5hkscs"),
    "iso2022_jp_ext": ("iso2022_jp_ext", "iso2022_jp_2004", "iso2022_jp_2"),
    "utf-32": ("utf-32", "utf-32-be"),
}
_LABEL = re.compile(r"[A-Za-z0-9_.:+-]+")
_META_CHARSET = re.compile(
    rb"<meta[^>]{1,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_LABEL_CHARS = 80
# No word is written in Latin letters around one of Greek, Cyrillic, Hebrew or Arabic: `M\u044cller` is `M\xfcller`.
_TWO_SCRIPTS = re.compile("[A-Za-z][\u0370-\u06ff]{1,2}[a-z]")
_SAMPLE_BYTES = 64 * 1024
_SIGNED_BYTES = 1000
_JAPANESE = "iso2022_jp_ext"


def codec_for(label: str | None) -> str | None:
    """Name the Python codec for a charset label as found in mail, None when it is missing, unknown or not to be used.

    Junk around the label is ignored (`utf-8 (comment)`, `"utf-8;`, `de_DE.UTF-8`), and what does not tell labels apart
    (`windows1252`, `ISO 8859-1`). us-ascii counts as unknown: who writes it and then sends other octets says nothing
    about them.
    """
    if label is None or label in _CODECS:
        return _CODECS[label] if label else None
    return _codec_of_unusual(label[:_LABEL_CHARS])


@lru_cache(maxsize=256)
def _codec_of_unusual(label: str) -> str | None:
    match = _LABEL.search(label)
    name = match.group().lower() if match else ""
    whole = label.partition(";")[0].partition("(")[0].lower()
    loose = (_LOOSE_CODECS.get(_NO_DIFFERENCE.sub("", text)) for text in (whole, name, name.rpartition(".")[2]))
    return _CODECS.get(name) or next((codec for codec in loose if codec is not None), None)


def decode(octets: bytes, label: str | None, parsing: Parsing, *, is_html: bool = False) -> str:
    """Decode text whose declared charset is `label`; total, with at worst replacement characters and a defect."""
    codec = codec_for(label)
    if octets.isascii() and codec not in _STATEFUL and "\x1b" not in (ascii_text := octets.decode("ascii")):
        return ascii_text
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
    if codec not in _STATEFUL and (text := _utf8_after_all(octets, codec)) is not None:
        parsing.defects.add("charset_mislabelled")
        return text.removeprefix("\ufeff")
    for candidate in _candidates(octets, codec):
        if (text := _strict(octets, candidate)) is not None:
            return text.removeprefix("\ufeff")
    return _decode_mostly(octets, codec, parsing)


def _utf8_after_all(octets: bytes, codec: str) -> str | None:
    """Decode UTF-8 under another label, as mailers send it that name a charset whatever they write. A few octets of
    any text may be valid UTF-8 by chance: so little is believed of windows-1252 only, whose letters never are."""
    text = _strict(octets, "utf-8")
    if text is None or codec == "cp1252":
        return text
    continuing = len(octets) - len(text)
    if continuing >= (_PROOF_OF_PAIRS if codec in _OF_PAIRS else _PROOF):
        return text
    return text if continuing == 1 and codec not in _OF_PAIRS and _CAPITAL_IN_WORD.search(octets) else None


def _candidates(octets: bytes, codec: str) -> tuple[str, ...]:
    """Name the codecs to try for a declared one: what senders mean most often comes first."""
    if codec == "utf-16" and octets[:2] not in _MARKS_OF_UTF_16 and octets[::2].count(0) > octets[1::2].count(0):
        return ("utf-16-be",)  # unmarked, it is of the order that makes its Latin letters such (RFC 2781 §4.3)
    return _STRICT_ORDER.get(codec, (codec,))


def _decode_utf8(octets: bytes, parsing: Parsing) -> str | None:
    try:
        return octets.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if (text := _with_surrogates(octets)) is not None:
            return text
        if error.end == len(octets) and _is_cut(octets[error.start :], octets[: error.start]):
            parsing.defects.add("charset_errors")
            return octets.decode("utf-8", "replace")
    return _decode_mostly(octets, "utf-8", parsing)


def _with_surrogates(octets: bytes) -> str | None:
    """Decode UTF-8 made of UTF-16 without joining its pairs (CESU-8, Unicode report 26), as old databases do."""
    if not _SURROGATES.search(octets):
        return None
    try:
        return octets.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeError:
        return None


def _is_cut(tail: bytes, before: bytes) -> bool:
    """Whether what ends text is the beginning of a character, and no letter of windows-1252: one octet is such a
    letter where it is a small one, or a capital among capitals."""
    return len(tail) > 1 or (tail < b"\xdf" and not before[-1:].isupper())


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
    codec = (_meta_codec(octets) if is_html else None) or _by_signature(octets) or _hinted(octets, parsing)
    parsing.defects.add("charset_guessed")
    if codec in (None, "utf-8"):
        from inboxsync.mail.charset_guess import guess_codec  # mail that needs it is rare

        codec = guess_codec(octets)
    return _with_replacements(octets, codec or "cp1252").removeprefix("\ufeff")


def _with_replacements(octets: bytes, codec: str) -> str:
    text = decode_windows_japanese(octets) if codec == _JAPANESE else None
    return octets.decode(codec, "replace") if text is None else text


def _hinted(octets: bytes, parsing: Parsing) -> str | None:
    """Name the charset that the rest of the message suggests, None where these octets cannot be in it."""
    if parsing.charset_hint is None:
        return None
    hint = parsing.charset_hint()
    parsing.charset_hint = lambda: hint  # asked for once a raw value, found once
    codec = codec_for(hint)
    text = None if codec is None or codec in _STATEFUL else _strict(octets, codec)
    return None if text is None or _TWO_SCRIPTS.search(text) else codec


def _meta_codec(octets: bytes) -> str | None:
    match = _META_CHARSET.search(octets, 0, 4096)
    return codec_for(match.group(1).decode("ascii")) if match else None


def _by_signature(octets: bytes) -> str | None:
    if octets[:2] in _MARKS_OF_UTF_16 and b"\0" in octets[:_SIGNED_BYTES]:  # no line of UTF-16 has no NUL
        return "utf-16"
    return _JAPANESE if b"\x1b$B" in octets or b"\x1b$@" in octets else None


def _strict(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeError:
        return None
