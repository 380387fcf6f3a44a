"""The sentences by which mail systems tell people that mail did not arrive, in the languages they were met in."""

from __future__ import annotations

import re
from itertools import islice

_BEGINNING_CHARS = 2000
# What such mail announces its recipients with; lower case, blanks as one.
_ANNOUNCED = re.compile(
    r"not (?:be )?delivered to|couldn't be delivered|(?:wasn't|was not) able to (?:be )?deliver|cannot be delivered"
    r"|delivery (?:has failed|to the following|failed|failure)|did not reach|message wasn't delivered|unable to deliver"
    r"|recipient\(?s?\)? (?:can ?not|could not|cannot) be|(?:address|recipient)(?:\(?e?s\)?|es|s)? failed|undelivered"
    r"|had (?:permanent |fatal |delivery |permanent fatal )errors|undeliverable|could not deliver|returned to sender"
    r"|(?:could|can|was) ?not be (?:delivered|sent)|failed to deliver|exceeds allowed size"
    r"|following (?:list of )?(?:address|recipient)|failed (?:address|recipient)|valid recipients were found"
    r"|error delivering|trouble delivering|not been delivered|was blocked by"
    r"|(?:mail|message) (?:has been|was) (?:returned|rejected)|no such user|unknown user|user (?:not known|unknown)"
    r"|could not find a gateway|konnte nicht (?:zugestellt|übermittelt)|unzustellbar|non remis"
    r"|n'a pas pu être (?:remis|distribué|livré)|no se (?:ha podido|pudo) entregar|nebyla doručena|nelze doručit"
    r"|non è stato (?:possibile|recapitato)|kon niet worden (?:bezorgd|afgeleverd)|nije (?:moguće )?(?:isporuč|dostav)"
    r"|не может быть доставлен|送信できませんでした|配信できませんでした"
)
_STRONG = re.compile(
    r"this is the qmail-send program|this is the mail system at host|delivery has failed to these recipients"
    r"|this message was created automatically by (?:the )?mail delivery|the following addresses had permanent"
    r"|this is the mail delivery (?:agent|system)|following recipient\(s\) (?:cannot|could not) be reached"
    r"|could not be delivered to one or more|could not deliver message to the following recipient"
    r"|non-?delivery report|this is an automatically generated delivery status notification"
    r"|[-=]{2} ?failed recipients? ?[-=]{2}"
)
# How a text begins that no person writes; people quote and tell of such sentences further down.
_OPENING = re.compile(
    r"[^\w<>]{0,99}(?:your (?:e-?mail |mail )?(?:message )?(?:with subject:? .{0,200} |to .{0,150} )?"
    r"(?:could not|cannot|can not) be delivered|votre message n'a pas pu [eê]tre|this is an advisory-only e-?mail"
    r"|(?:ihre|die) nachricht .{0,200}konnte nicht zugestellt werden)"
)
_ALONE = re.compile(
    r"^[ \t]{0,99}(?:<[^\s<>@]{1,64}@[^\s<>@]{1,255}>|[^\s<>@]{1,64}@[^\s<>@]{1,255}[ \t\r]{0,9}$)", re.MULTILINE
)
_GREETING_CHARS = 100
_GREETING = re.compile(
    r"\s{0,50}(?:hi|hello|hey|hallo|hoi|moin|servus|ciao|hola|salut|ahoj|bok|dear|good (?:morning|afternoon|day)"
    r"|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|bonjour|bonsoir|(?:cher|chère)s?|madame|monsieur"
    r"|buenos|buenas|estimad[oa]s?|buongiorno|buonasera|gentil[ei]|egregi[oa]|salve|beste|geachte|dobrý den"
    r"|vážen[íáýé]|poštovan[iaoe])\b"
)
_DELAYED_SUBJECT = re.compile(
    r"delay|could not send message for past|still being retried|verzögert|retardé|not yet delivered"
)
_DELAYED = re.compile(r"no action is required|(?:has been|is) (?:delayed|postponed)")
_STILL_TRIED = re.compile(
    r"not yet been delivered|do not need to re-?send|still being retried|delivery attempts will (?:be )?continue"
    r"|will be retried|will (?:continue to try|keep trying|retry)|this is (?:only )?a (?:warning|temporary)"
)
# "You are told if delivery fails permanently" is said of what may come.
_GIVEN_UP = re.compile(r"(?<!fails )permanent|giving up|given up")
_FINAL = re.compile(r"(?<!fails )permanent|giving up|given up|undeliverable|returned to sender|will be deleted")
# The answer by which a server refuses for good (RFC 5321 §4.2.1).
_REFUSED = re.compile(r"^[ \t]*5\d\d[ -]", re.MULTILINE)


def announces_failure(text: str) -> bool:
    """Whether a text begins with words that only mail systems use of mail they could not deliver."""
    return _STRONG.search(flat(text[:_BEGINNING_CHARS])) is not None


def begins_with_failure(text: str) -> bool:
    """Whether such words begin in the first line of a text: people who show a report say something before they do."""
    lines = [*islice((flat(line) for line in text[:_BEGINNING_CHARS].split("\n") if any(map(str.isalnum, line))), 2)]
    found = _STRONG.search(" ".join(lines))
    return found is not None and found.start() < len(lines[0])


def opens_as_system(text: str) -> bool:
    """Whether the first sentence of a text is one of a mail system, and an address has a line of its own."""
    is_opened = _OPENING.match(flat(text[:600])) is not None
    return is_opened and _ALONE.search(text[:_BEGINNING_CHARS]) is not None


def greets(text: str) -> bool:
    """Whether a text begins as people begin their letters."""
    return _GREETING.match(text[:_GREETING_CHARS].lower()) is not None


def speaks_of_failure(text: str) -> bool:
    """Whether a text begins with words by which recipients that were not reached are announced; people write so too."""
    return announces_recipients(text[:_BEGINNING_CHARS])


def says_refused(text: str) -> bool:
    """Whether a text begins with the answer by which a server refuses for good (RFC 5321 §4.2.1)."""
    return _REFUSED.search(text[:_BEGINNING_CHARS]) is not None


def says_delayed(subject: str, text: str) -> bool:
    """Whether a report without fields for machines says that delivery is still being tried."""
    words = flat(subject + " " + text[:3000])
    if _STILL_TRIED.search(words):  # of what happens at last such a warning may speak too: "if undeliverable, then ..."
        return _GIVEN_UP.search(words) is None
    is_told = _DELAYED_SUBJECT.search(subject.lower()) or _DELAYED.search(words)
    return is_told is not None and _FINAL.search(words) is None


def announces_recipients(line: str) -> bool:
    """Whether a line has words behind which those follow who were not reached."""
    return _ANNOUNCED.search(flat(line)) is not None


def flat(text: str) -> str:
    """Give a text in lower case on one line, with blanks as one and typewriter apostrophes."""
    return " ".join(text.split()).lower().replace("\u2019", "'")
