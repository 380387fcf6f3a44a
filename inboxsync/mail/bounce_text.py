"""Bounces that are written for people only: whom exim, qmail, Postfix, sendmail, Exchange and Gmail could not reach.

Read only where headers say already that a mail system speaks. Addresses count where such systems set them: behind the
sentence that announces them and before the copy of the returned mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from inboxsync.mail.delivery_status import canonical_address, enhanced_status
from inboxsync.model.message import DeliveryReport

_READ_CHARS = 20_000
_LINES_MAX = 300
_LINE_MAX_CHARS = 500
_RECIPIENTS_MAX = 100
_DIAGNOSTIC_MAX_LINES = 8
_DIAGNOSTIC_MAX_CHARS = 1000

_ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){0,10}"
# What such mail announces its recipients with; lower case, blanks as one.
_ANNOUNCED = re.compile(
    r"not (?:be )?delivered to|couldn't be delivered|(?:wasn't|was not) able to deliver|cannot be delivered"
    r"|delivery (?:has failed|to the following|failed|failure)|did not reach|message wasn't delivered|unable to deliver"
    r"|recipient\(?s?\)? (?:can ?not|could not|cannot) be|(?:address|recipient)(?:\(?e?s\)?|es|s)? failed|undelivered"
    r"|had (?:permanent |fatal |delivery |permanent fatal )errors|undeliverable|could not deliver|returned to sender"
    r"|following (?:address|recipient)|konnte nicht (?:zugestellt|übermittelt)|unzustellbar|non remis"
    r"|n'a pas pu être (?:remis|distribué|livré)|no se (?:ha podido|pudo) entregar|nebyla doručena|nelze doručit"
    r"|non è stato (?:possibile|recapitato)|kon niet worden (?:bezorgd|afgeleverd)|nije (?:moguće )?(?:isporuč|dostav)"
)
_STRONG = re.compile(
    r"this is the qmail-send program|this is the mail system at host|delivery has failed to these recipients"
    r"|this message was created automatically by (?:the )?mail delivery|the following addresses had permanent"
    r"|this is the mail delivery (?:agent|system)|following recipient\(s\) (?:cannot|could not) be reached"
    r"|could not be delivered to one or more"
)
_DELAYED_SUBJECT = re.compile(r"delay|warning: |still being retried|verzögert|retardé|not yet delivered")
_DELAYED = re.compile(
    r"not yet been delivered|do not need to re-?send|no action is required|still being retried|(?:has been|is) delayed"
    r"|delivery attempts will (?:be )?continue|will (?:be retried|keep trying)|this is (?:only )?a warning"
)
_FINAL = re.compile(r"permanent|giving up|given up|undeliverable|returned to sender|will be deleted")
_COPY = re.compile(
    r"[-_= ]*(?:below this line is|below is a copy|this is a copy|original message|returned message|unsent message"
    r"|message headers?"
    r"|the message that you sent|copy of the|included is|undelivered message|original mail|message header follows)"
    r"|(?:received|return-path|dkim-signature|mime-version|x-received): ?",
    re.IGNORECASE,
)
_LINE_ADDRESS = re.compile(
    rf"[\s*•>-]{{0,8}}[<\"'(\[]{{0,2}}({_ADDRESS})[>\"')\]]{{0,2}}\s{{0,4}}(?:$|[:;,(<\[]|\.\.\.|-\s|on\s|mailto:)"
)
# Not a bare "mail to": it is what they say of their own postmaster.
_SENTENCE_ADDRESS = re.compile(
    rf"(?:delivered to|deliver(?:ed)? (?:your |the |this )?(?:message|mail|e-?mail) to|deliver(?:y)? to"
    rf"|(?:your|the following|this) (?:message|mail|e-?mail) to|recipient(?: address)?s?:)"
    rf"\s{{1,4}}[<\"'(]{{0,2}}({_ADDRESS})[>\"')]{{0,2}}",
    re.IGNORECASE,
)
# What may stand before an address where nothing has announced it.
_LOOSE_ADDRESS = re.compile(
    r"(?:^[\s*•>-]{0,8}[<\"'(\[]{0,2}"
    r"|(?:unknown user|user unknown|no such user|rcpt to|recipient|failed \d+ attempts)[\s:<\"'(]{1,4}"
    r"|^\s{0,8}[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?<)"
    rf"({_ADDRESS})(?![\w.@-])",
    re.IGNORECASE,
)
_SMTP = re.compile(r"(?<![\d.])([45]\d\d)[ -]")
_REFUSED = re.compile(r"^[ \t]*5\d\d[ -]", re.MULTILINE)


def announces_failure(text: str) -> bool:
    """Whether a text begins with words that only mail systems use of mail they could not deliver."""
    return _STRONG.search(_flat(text[:2000])) is not None


def says_refused(text: str) -> bool:
    """Whether a text begins with the answer by which a server refuses for good (RFC 5321 §4.2.1)."""
    return _REFUSED.search(text[:2000]) is not None


def says_delayed(subject: str, text: str) -> bool:
    """Whether a report without fields for machines says that delivery is still being tried."""
    words = _flat(text[:3000])
    if _FINAL.search(words) or _FINAL.search(subject.lower()):
        return False
    return _DELAYED_SUBJECT.search(subject.lower()) is not None or _DELAYED.search(words) is not None


def read_bounce_text(text: str, own: Collection[str], known: Collection[str] = ()) -> tuple[DeliveryReport, ...]:
    """Find failed recipients in words, with status and diagnosis where they stand near.

    `own`: addresses in lower case that are never meant, those of the one who gets the bounce. `known`: recipients that
    a header names; where there are some, the text says only why.
    """
    lines = list(_lines_before_copy(text))
    if known:
        return _explained(lines, known)
    announced = _announced_at(lines)
    found = _found(lines, announced, own, _addresses)
    return found or _found(lines, 0, own, _LOOSE_ADDRESS.findall)


def _explained(lines: list[str], known: Collection[str]) -> tuple[DeliveryReport, ...]:
    """Say of each recipient what the first line that begins with it says."""
    places = {
        address.lower(): index for index, line in reversed(list(enumerate(lines))) for address in _addresses(line)
    }
    indexes = [places.get(address.lower()) for address in known]
    return tuple(
        _report(address, () if index is None else lines[index:]) for address, index in zip(known, indexes, strict=True)
    )


def _found(
    lines: list[str], begin: int, own: Collection[str], read: Callable[[str], Collection[str]]
) -> tuple[DeliveryReport, ...]:
    found: dict[str, DeliveryReport] = {}
    for index in range(begin, len(lines)):
        for address in read(lines[index]):
            key = address.lower()
            if key not in found and key not in own and len(found) < _RECIPIENTS_MAX:
                found[key] = _report(address, lines[index:])
    return tuple(found.values())


def _flat(text: str) -> str:
    return " ".join(text.split()).lower().replace("\u2019", "'")


def _lines_before_copy(text: str) -> Iterator[str]:
    for number, line in enumerate(text[:_READ_CHARS].split("\n")):
        if number >= _LINES_MAX or (number > 1 and _COPY.match(line)):
            return
        yield line[:_LINE_MAX_CHARS]


def _announced_at(lines: list[str]) -> int:
    """Find the line that announces recipients; a sentence may be wrapped over two."""
    for index, line in enumerate(lines):
        if _ANNOUNCED.search(_flat(line + " " + (lines[index + 1] if index + 1 < len(lines) else ""))):
            return index
    return len(lines)


def _addresses(line: str) -> list[str]:
    match = _LINE_ADDRESS.match(line)
    if match:
        return [match[1]]
    return _SENTENCE_ADDRESS.findall(line)


def _report(address: str, lines: Collection[str]) -> DeliveryReport:
    """Join what stands at and below an address, down to the next one or an empty line after it."""
    words: list[str] = []
    for number, line in enumerate(lines):
        is_next = number > 0 and (_LINE_ADDRESS.match(line) or (not line.strip() and len(words) > 1))
        if is_next or number > _DIAGNOSTIC_MAX_LINES:
            break
        if line.strip():
            words.append(line.strip())
    diagnostic = " ".join(" ".join(words).split())[:_DIAGNOSTIC_MAX_CHARS]
    smtp = _SMTP.search(diagnostic)
    status = enhanced_status(diagnostic) or (f"{smtp[1][0]}.0.0" if smtp else "")
    return DeliveryReport(canonical_address(address), "failed", status, diagnostic)
