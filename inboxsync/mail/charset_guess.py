"""What charset octets are in that say nothing of it: statistics by chardet, corrected by what is known of mail.

Statistics of a few words are weak. What helps: letters that no one language has together, signs inside words and
characters that hardly ever occur tell that a reading is wrong; and far more of such mail is in windows-1252 than in
its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Names by which chardet knows what unlabelled mail really is in, and the codecs. Detection among these is right far
# more often than among all that exist.
_LATIN = {
    "Windows-1252": "cp1252", "Windows-1250": "cp1250", "ISO-8859-2": "iso8859_2", "Windows-1254": "cp1254",
    "Windows-1257": "cp1257",
}  # fmt: skip
_ALL = {
    "Windows-1250": "cp1250", "Windows-1251": "cp1251", "Windows-1252": "cp1252", "Windows-1253": "cp1253",
    "Windows-1254": "cp1254", "Windows-1255": "cp1255", "Windows-1256": "cp1256", "KOI8-R": "koi8_r",
    "ISO-8859-2": "iso8859_2", "koi8-u": "koi8_u", "GB18030": "gb18030", "Big5": "cp950", "cp932": "cp932",
    "EUC-JP": "euc_jp", "CP949": "cp949",
}  # fmt: skip
_WESTERN = "cp1252"
# Of 600 subjects in 27 languages, most of them a word or two, nine of ten are read right with these.
_PRIOR = {_WESTERN: 1.4, "cp1257": 0.6, "cp1254": 0.9}
_ICELANDIC, _PRIOR_OF_ICELANDIC = re.compile("[þðýÞÐÝ]"), 0.85
# Six octets are a vowel in windows-1252 and a consonant in windows-1250 (è and č): their neighbours tell.
_VOWEL = "aeiouyáéíóúýôöüâêîûäëï"
_AS_VOWEL = re.compile(rf"(?<=[b-df-hj-np-tv-xz])[àèòøåæ](?![{_VOWEL}])", re.IGNORECASE)
_AS_CONSONANT = re.compile(rf"(?:[{_VOWEL}]|\b)[àèòøåæ](?=[{_VOWEL}])", re.IGNORECASE)
_VOWELS_MORE, _CONSONANTS_MORE = 2.5, 0.6
_SAME_LETTERS = 0.99  # chardet names one of two charsets where it takes them for equal; cp1250 is the commoner
_SAMPLE_BYTES = 64 * 1024
_SHORT_BYTES = 200
_HIGH_OCTETS = re.compile(rb"[\x80-\xff]+")

# Letters beyond ASCII that a language writes with, by the charset that has them all.
_ALPHABETS = {
    "cp1252": "äöüß àâæçéèêëîïôœùûüÿ áéíñóúüªº àáâãçéêíóôõúüªº àèéìíîòóùú áéëïóöüèê åäöéàü æøåéèóòôäöü äöåšž"
    " áðéíóúýþæö àçèéíïòóúü äöõüšž",
    "cp1250": "áčďéěíňóřšťúůýž áäčďéíĺľňóôŕšťúýž ąćęłńóśźż áéíóöőúüű čćđšž ăâîşţ",
    "cp1254": "çğıi̇öşüâîû",
    "cp1257": "ąčęėįšųūž āčēģīķļņšūž äöõüšž",
}
_ALPHABETS["iso8859_2"] = _ALPHABETS["cp1250"]
_LOANED = "éèëïàçñöü"  # naïve, à la carte, señor: in all languages that write in windows-1252
_ALPHABETS["cp1252"] = " ".join(alphabet + _LOANED for alphabet in _ALPHABETS["cp1252"].split())
_ALPHABETS_OF = {codec: tuple(map(frozenset, alphabets.split())) for codec, alphabets in _ALPHABETS.items()}
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_SIGNS = frozenset("ªº¼½¾¹²³¶±®©¥¤¦¨¬¯¸˘˛˝ˇ")
_NO_LETTERS = frozenset("ªºµ")  # by their use
_SIGNS_BEHIND_WORDS = frozenset("²³®©ªº")
_BETWEEN_WORDS = frozenset("“”„‘‚«»‹›†‡•‰™")  # at most one side of these touches a word

# Pairs of octets whose characters are in daily use: hardly any other stands in a few words.
_DAILY = {
    "gb18030": re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    "cp950": re.compile(rb"[\xa1\xa2\xa4-\xc6]."),
    "cp949": re.compile(rb"[\xa1-\xa3\xb0-\xc8][\xa1-\xfe]"),
    "euc_jp": re.compile(rb"[\xa1-\xa5\xb0-\xcf]."),
    "cp932": re.compile(rb"[\x81-\x83\x88-\x97]."),
}
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_KANA = re.compile(r"[\u3041-\u30fe]")
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u")
_CYRILLIC_WORD = re.compile(r"[А-ЯЁІЇЄҐ]?[а-яёіїєґ]{3,}|[А-ЯЁІЇЄҐ]{6,}")
_ODD_CAPITAL = re.compile(r"[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_HARDLY, _CAPITALISED = 0.3, 1.3
_FEW_PAIRS = 3


def guess_codec(octets: bytes) -> str:
    """Name the codec that octets beyond ASCII, no valid UTF-8, are most likely in; windows-1252 where nothing speaks
    for another."""
    sample = octets[:_SAMPLE_BYTES].replace(b"\r\n", b"\n")  # the same answer to both ways of ending lines
    return (_guess_latin(sample) if _has_accents(sample) else None) or _guess_any(sample)


def _has_accents(sample: bytes) -> bool:
    """Whether what is beyond ASCII are letters with accents: these mostly stand alone, those of other scripts in
    runs. Of a few words less is asked, since they are looked at letter by letter."""
    runs = [len(run) for run in _HIGH_OCTETS.findall(sample)]
    is_sparse = len(sample) <= _SHORT_BYTES and max(runs, default=0) <= 2 and sum(runs) * 4 < len(sample)
    return is_sparse or sum(runs) * 5 < len(runs) * 8


def _scores(sample: bytes, names: Mapping[str, str]) -> dict[str, float]:
    """Ask chardet how well each charset fits."""
    import chardet  # 26 ms to import, and mail that needs it is rare

    results = chardet.detect_all(sample, include_encodings=list(names), ignore_threshold=True)
    codecs = {name.lower(): codec for name, codec in names.items()}
    found = [(codecs.get((result["encoding"] or "").lower()), result["confidence"]) for result in results]
    return {codec: confidence for codec, confidence in found if codec is not None}


def _guess_latin(sample: bytes) -> str | None:
    """Name the most likely charset of a language in Latin letters, None where what is read is none."""
    scores = _scores(sample, _LATIN)
    scores.setdefault("iso8859_2", scores.get("cp1250", 0.0) * _SAME_LETTERS)
    read = {codec: sample.decode(codec, "replace") for codec in scores}
    if len(sample) <= _SHORT_BYTES:
        read = {codec: text for codec, text in read.items() if _is_plausible(text, codec)}
    likely = {codec: scores[codec] * _prior(codec, text) for codec, text in read.items() if scores[codec] > 0}
    return max(likely, key=lambda codec: likely[codec], default=None)


def _prior(codec: str, text: str) -> float:
    if codec != _WESTERN:
        return _PRIOR.get(codec, 1.0)
    if _ICELANDIC.search(text):
        return _PRIOR_OF_ICELANDIC  # in Turkish these octets are ş, ğ and ı
    vowels, consonants = len(_AS_VOWEL.findall(text)), len(_AS_CONSONANT.findall(text))
    return _PRIOR[codec] * (_VOWELS_MORE if vowels > consonants else _CONSONANTS_MORE if vowels < consonants else 1.0)


def _is_plausible(text: str, codec: str) -> bool:
    """Whether the letters are all of one language, and signs stand where signs do."""
    letters = {letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()} - _NO_LETTERS
    if not any(letters <= alphabet for alphabet in _ALPHABETS_OF[codec]):
        return False
    return not any(_is_misplaced(text, match.start()) for match in _FOREIGN.finditer(text))


def _is_misplaced(text: str, index: int) -> bool:
    """Whether it is a control, a sign that touches a word or another sign, a letter before a number, or a capital
    behind a small letter."""
    character, before, after = text[index], text[max(index - 1, 0) : index], text[index + 1 : index + 2]
    if character in _SIGNS:
        if after in _SIGNS and after != character:
            return True
        return after.isalpha() or (before.isalpha() and character not in _SIGNS_BEHIND_WORDS)
    if character < "\xa0" or (character in _BETWEEN_WORDS and before.isalpha() and after.isalpha()):
        return True
    if character.isupper() and before.islower():
        return True
    return character.isalpha() and (after.isdigit() or (character.islower() and after.isupper()))


def _guess_any(sample: bytes) -> str:
    scores = _scores(sample, _ALL)
    if len(sample) <= _SHORT_BYTES:
        scores = {codec: score * _likelihood(sample, codec) for codec, score in scores.items()}
    best = max(scores, key=lambda codec: scores[codec], default=_WESTERN)
    if best in _DAILY and len(_PAIR.findall(sample)) <= _FEW_PAIRS:
        # Two characters of Chinese are four letters of Cyrillic. That these make words is no chance.
        words = [codec for codec in _CYRILLIC if codec in scores and _is_cyrillic(sample.decode(codec, "replace"))]
        best = max(words, key=lambda codec: scores[codec], default=best)
    return best


def _likelihood(sample: bytes, codec: str) -> float:
    """Say how likely it is that a few words read by a charset are words, by more than statistics."""
    if codec in _DAILY:
        return _share_of_daily(sample, codec)
    text = sample.decode(codec, "replace")
    if codec in _ALPHABETS_OF:
        return 1.0 if _is_plausible(text, codec) else _HARDLY
    if codec not in _CYRILLIC:
        return 1.0
    return (
        _HARDLY if _ODD_CAPITAL.search(text) else _CAPITALISED if text != text.lower() and _is_cyrillic(text) else 1.0
    )


def _share_of_daily(sample: bytes, codec: str) -> float:
    """Say how much of a text in two octets a character is made of characters in daily use."""
    pairs = _PAIR.findall(sample)
    share = sum(_DAILY[codec].match(pair) is not None for pair in pairs) / len(pairs) if pairs else 0.0
    has_kana = codec != "euc_jp" or _KANA.search(sample.decode(codec, "replace")) is not None
    return share * share * (1.0 if has_kana else _HARDLY)


def _is_cyrillic(text: str) -> bool:
    words = [word for word in re.split(r"[\W\d_]+", text) if not word.isascii()]
    return bool(words) and all(_CYRILLIC_WORD.fullmatch(word) for word in words)
