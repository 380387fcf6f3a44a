"""The HTML of a reply without what mail programs mark as quoted in it, by the names that they give those elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inboxsync.mail.html_shown import is_hidden, is_indent, shown_tokens
from inboxsync.mail.html_text import write_text
from inboxsync.mail.html_tokens import Tag, Token, names
from inboxsync.mail.reply import new_text

# Lines that introduce a quote, and signatures. The quote itself is a blockquote, which text shows as `>`.
_LEFT_OUT = names(
    "gmail_attr gmail_signature gmail_signature_prefix moz-cite-prefix moz-signature yahoo-signature"
    " ms-outlook-mobile-signature applemailsignature protonmail_signature_block messagesignaturesection"
)
# Where a quote without marks begins that reaches to the end: Outlook on the web, on phones, Yahoo.
_TO_THE_END = names("divrplyfwdmsg appendonsend yahoo_quoted mail-editor-reference-message-container")
# Outlook for Windows names nothing; it draws this line above its block.
_OUTLOOK_RULE = re.compile(r"border:none;\s*border-top:solid #(?:E1E1E1|B5C4DF) 1\.0pt", re.IGNORECASE)
_PARTS_OF_MARKS = ("signature", "gmail_attr", "moz-cite", "divrply", "appendonsend", "yahoo_quoted", "mail-editor-ref")
_MAYBE = re.compile(
    r"gmail_(?:attr|signature)|moz-(?:cite|signature)|yahoo[_-](?:quoted|signature)|divrplyfwdmsg|appendonsend"
    r"|mail-editor-reference|mobile-signature|applemailsignature|protonmail_signature|messagesignature|<blockquote"
    r"|border-top:solid #",
    re.IGNORECASE,
)
# Outlook on the web puts `x_` before names, Gmail and Yahoo numbers of their own.
_PREFIX = re.compile(r"(?:x_|ydp[0-9a-f]{6,10}|m_-?[0-9]{1,24})++")
_FORWARDED = re.compile(r"gmail_quote.{0,400}?-{8,}|yahoo_quoted.{0,600}?-{5} ?\w", re.DOTALL)


def new_text_of(html: str, text: str) -> str:
    """Give the new text of HTML whose whole text is `text`: without the elements that say that they quote, then as
    text without quotes is read. `text` itself where nothing would be left. Linear in the HTML.
    """
    if _MAYBE.search(html) is None or _FORWARDED.search(html) is not None:
        return _new(text)
    rest = write_text(_before_quote(shown_tokens(html, _is_left_out)))
    if not rest:
        return text
    new = _new(rest)
    return text if new == text else new


def _new(text: str) -> str:
    """Read text made of HTML, which lacks the line end behind an introduction that nothing stands below."""
    new = new_text(f"{text}\n").strip("\n")
    return text if new == text else new


def _is_left_out(tag: Tag) -> bool:
    return is_hidden(tag) or not _LEFT_OUT.isdisjoint(_marks(tag))


def _before_quote(source: Iterator[Token]) -> Iterator[Token]:
    """Stop where a quote begins that reaches to the end; inside a blockquote, as others quote such mail, it reaches to
    that one's end, and answers stand below.
    """
    open_quotes: list[bool] = []
    depth = 0
    for token in source:
        if isinstance(token, Tag):
            if token.name == "blockquote":
                depth += _change_of_depth(token, open_quotes)
            elif not depth and not token.is_end and _begins_quote(token):
                return
        yield token


def _change_of_depth(blockquote: Tag, open_quotes: list[bool]) -> int:
    """Note of each open blockquote whether it quotes; one that only indents does not."""
    if blockquote.is_end:
        return -open_quotes.pop() if open_quotes else 0
    open_quotes.append(not is_indent(blockquote))
    return open_quotes[-1]


def _begins_quote(tag: Tag) -> bool:
    if tag.name == "div" and _OUTLOOK_RULE.search(tag.attributes_source):
        return True
    return not _TO_THE_END.isdisjoint(_marks(tag))


def _marks(tag: Tag) -> list[str]:
    """Give its classes, its id and its name in lower case, without what programs put before those of mail they show."""
    lowered = "" if tag.is_end else tag.attributes_source.lower()
    if not any(part in lowered for part in _PARTS_OF_MARKS):
        return []
    attributes = tag.attributes()
    words = " ".join(attributes.get(name, "") for name in ("class", "id", "name")).lower().split()
    return [_PREFIX.sub("", word) for word in words]
