"""What one line of a reply is: the introduction of a quote, a divider, a key of a header block, a phone's signature.

Decided on the line alone, or on the few lines that it is wrapped over; `reply` knows where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from inboxsync.mail import reply_phrases as phrases

LINE_MAX_CHARS = 500
AROUND = " \t\r\u00a0*_<>[]"
COLONS = (":", "：")
BLOCK_BEGINS = ("from", "sent")


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", " ") for word in sorted(words, key=len, reverse=True))


_FROM_WORDS = tuple(word.capitalize() for word in phrases.FROM)
_FROM_INITIALS = "".join(sorted({word[0] for word in _FROM_WORDS}))
# Looking at the initial first takes a third of the time.
FROM_START = re.compile(rf"\n[ \t*_]{{0,10}}+(?=[{_FROM_INITIALS}])(?:{_any_of(_FROM_WORDS)})\b")
QUOTED = re.compile(r"[ \t\u00a0]{0,3}>(?!From )")
_VERB = rf"(?:{_any_of(phrases.WROTE)})(?=[\s:,(]|$)|(?:{_any_of(phrases.WROTE_UNSPACED)})"
_WROTE = re.compile(
    rf"(?:(?:^|[\s,>)\"'»]|\d)(?:{_any_of(phrases.WROTE)})(?=[\s:,(]|$))|{_any_of(phrases.WROTE_UNSPACED)}"
)
_ON = re.compile(rf"-? ?(?:{_any_of(phrases.ON)})[\s,]")
_ON_DAY = re.compile(rf"(?:{_any_of(phrases.ON)})[\s,][^\n\d]{{0,20}}\d")
_MOMENT = re.compile(r"\d{4}|\d{1,2}[:.h]\d{2}|\d{1,2}[./-]\s?\d{1,2}[./-]")
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
# A weekday before the date ends in a comma or period: "Di., 5. Jan 2026".
_DATE_FIRST = r"(?:[^\W\d_]{1,12}[.,]{1,2} ?|[^\W\d_]{2,3} )?\d"
_STARTS_WITH_DATE = re.compile(_DATE_FIRST)
# "5.1.2026, 10:00, Bob <bob@example.com>:", in which no verb tells its language.
_DATED_ADDRESS = re.compile(rf"{_DATE_FIRST}.{{4,200}}[\s<][^\s<>@]{{1,64}}@[^\s<>@]{{1,255}}>\s?[:：]$")
_PERSON = re.compile(r".{0,100}?[<(\[]\s?[^\s<>@]{1,64}@[^\s<>@]{1,255}[>)\]]{1,2}")
_VERB_NEXT = re.compile(rf",? (?:{_VERB}|(?:{_any_of(phrases.WRITTEN)}):)")
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
_NAME_WROTE_ON = re.compile(rf".{{1,80}}?[\s>](?:{_VERB}).{{0,40}}?(?:\d{{4}}|\d[./-]\s?\d).{{1,20}}\d[:.h]\d{{2}}")
# What old programs write above marked quotes, which is neither a sentence nor ends in a colon.
_BARE_INTRODUCTION = re.compile(
    r"\d{4}[./-]\d{1,2}[./-]\d{1,2}.{1,100}@[^\s<>@]{1,255}$"
    r"|\d{4}-\d\d-\d\d \d{1,2}:\d\d gmt[+-]\d\d:\d\d .{1,100}$"
    r"|posted by .{1,80} on \d{1,2}/\d{1,2}/\d{4}$"
    r"|quoting .{1,80} \(\d{4}-\d\d-\d\d \d{1,2}:\d\d(?::\d\d)?\)$"
)
# New text that shares its line with an introduction: only a capital in the middle of a line tells where that begins.
_SHARED = re.compile(
    rf"(.{{0,399}}?[^\W_][^\s-]{{0,40}})(?:[ \t]++|[ \t]*+-{{2,}}[ \t]*+)"
    rf"(?=(?:{_any_of(tuple(word.capitalize() for word in phrases.ON if len(word) > 1))}) [^\n\d]{{0,20}}\d)"
)
_RULE = r"[-_=*~ \t]{2,200}+"
_ORIGINAL = re.compile(rf"{_RULE}(?:{_any_of(phrases.ORIGINAL_MESSAGE)})[-_=*~ \t:]{{2,200}}+$")
_RULED_WROTE = re.compile(rf"{_RULE}.{{0,300}}(?:{_any_of(phrases.WROTE)})[-_=*~ \t:]{{2,200}}+$")
# GroupWise: ">>> Bob 05.01.2026 10:00 >>>", and no mark on what follows.
_BETWEEN_ARROWS = re.compile(r">>> ?.{3,200}>>>$")
_FORWARDED = re.compile(
    rf"{_RULE}(?:{_any_of(phrases.FORWARDED_MESSAGE)})\b.{{0,100}}$"
    rf"|(?:{_any_of((*phrases.BEGIN_FORWARDED, *phrases.FORWARDED_MESSAGE))})[ \t\u00a0]?[:：]$"
)
_BLOCK_KEY = re.compile(r"[*_ \t]{0,4}([^\W\d_][^:：*\n]{0,18}?)[ \t\u00a0]*[*_]{0,2}[ \t\u00a0]*[:：]")
_RAW_HEADER = re.compile(
    r"(?:received|return-path|delivered-to|message-id|mime-version|content-(?:type|transfer-encoding)|dkim-signature"
    r"|authentication-results|x-[a-z-]{2,30})[ \t]?:"
)
# A further key on the line of the first: Yahoo writes a whole block so.
_INLINE_KEY = re.compile(r"[ \t>*]([^\W\d_][^\s:：<>@]{1,18})[*]{0,2} ?[:：][*]{0,2} ")
_BLOCK_KINDS = {
    word: kind
    for kind, words in (
        ("from", phrases.FROM), ("sent", phrases.SENT), ("to", phrases.TO),
        ("copy", phrases.COPY), ("subject", phrases.SUBJECT),
    )
    for word in words
}  # fmt: skip
SENT_FROM = re.compile(rf"\(?(?:{'|'.join(phrases.SENT_FROM)})[.!)]{{0,2}}$")
ONLY_RULE = re.compile(r"[ \t]*[-_=*~]{5,}[ \t]*$")


def comparable(line: str) -> str:
    """Give what a line says, for comparison: no marks of emphasis around it, no blanks, lower case."""
    return line[:LINE_MAX_CHARS].strip(AROUND).replace("\u00a0", " ").replace("\u202f", " ").lower()


def is_forwarded(ruled: str) -> bool:
    """Whether a line says that a forwarded message begins."""
    return _FORWARDED.match(ruled) is not None


def is_divider(ruled: str) -> bool:
    """Whether a line between rules or arrows says that a quote without marks begins."""
    if _ORIGINAL.match(ruled):
        return True
    return bool(_RULED_WROTE.match(ruled) or _BETWEEN_ARROWS.match(ruled)) and is_dated(ruled)


def is_dated(text: str) -> bool:
    """Whether a date or a time of day is named."""
    return _MOMENT.search(text) is not None


def names_moment_or_person(text: str) -> bool:
    """Whether a line names a moment or an address."""
    return is_dated(text) or _names_person(text)


def _names_person(text: str) -> bool:
    return "@" in text and _ADDRESS.search(text) is not None


def says_wrote(text: str) -> bool:
    """Whether one of the verbs of introductions stands in it."""
    return _WROTE.search(text) is not None


def begins_introduction(text: str) -> bool:
    """Whether a line can be the first of several that introduce a quote: the date stands in it."""
    return is_dated(text) and bool(_ON.match(text) or _MOMENT.search(text[:40]))


def may_begin_introduction(text: str) -> bool:
    """Whether a line can be that too where its date is cut off or has no year."""
    if _ON_DAY.match(text) or begins_introduction(text):
        return True
    return "@" in text and says_wrote(text) and _names_person(text)


def introduces_marked(words: Sequence[str]) -> bool:
    """Whether lines above marked ones introduce them: far less is asked of them than where no marks follow."""
    text = " ".join(words)
    if len(words) == 1 or begins_introduction(words[0]):
        return names_moment_or_person(text) or says_wrote(text)
    return _names_person(text) and says_wrote(text)


def introduces_unmarked(words: Sequence[str]) -> bool:
    """Whether lines are built as programs build introductions, so that all below them is quoted.

    A sentence that ends in "he wrote:" is none: the date comes first, or the address stands at the verb.
    """
    text = " ".join(words)
    if len(words) > 1 and not begins_introduction(words[0]):
        return False
    if not says_wrote(text):
        return _DATED_ADDRESS.match(text) is not None or _person_wrote(text)
    if (_ON.match(text) or _STARTS_WITH_DATE.match(text)) and names_moment_or_person(text):
        return True
    return _NAME_WROTE_ON.match(text) is not None or _person_wrote(text)


def _person_wrote(text: str) -> bool:
    """Whether the verb follows an address in brackets at once, or with the time."""
    person = _PERSON.match(text)
    if person is None:
        return False
    rest = text[person.end() :]
    return bool(_VERB_NEXT.match(rest) or (_CLOCK.search(rest) and says_wrote(rest)))


def is_bare_introduction(text: str) -> bool:
    """Whether a line above marked lines is of an old program's form that neither has a verb nor ends in a colon."""
    return _BARE_INTRODUCTION.match(text) is not None


def new_before_introduction(line: str) -> str:
    """Give the new text that shares a line with the introduction of a quote, '' where there is none."""
    shared = _SHARED.match(line[:LINE_MAX_CHARS])
    return "" if shared is None or names_moment_or_person(shared[1]) else shared[1]


def key_kind(text: str) -> str | None:
    """Name what a line of a header block tells: from, sent, to, copy, subject."""
    match = _BLOCK_KEY.match(text)
    return _BLOCK_KINDS.get(match[1]) if match else None


def is_raw_header(text: str) -> bool:
    """Whether a line is one of a mail's own header that no program shows above a quote: somebody pasted it."""
    return _RAW_HEADER.match(text) is not None


def inline_kinds(text: str) -> set[str]:
    """Name what further keys on one line tell, as `key_kind` does."""
    return {_BLOCK_KINDS[key] for key in _INLINE_KEY.findall(text) if key in _BLOCK_KINDS}


def is_block(kinds: Mapping[str, str], lines: int) -> bool:
    """Three of its keys make a block: with a subject, or with an address in From; four where all are on one line.
    Fewer are somebody's list."""
    if len(kinds) < (3 if lines > 1 else 4) or "from" not in kinds:
        return False
    return "subject" in kinds or ("sent" in kinds and "@" in kinds["from"])
