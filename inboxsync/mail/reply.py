"""The new text of a reply, apart from what it quotes and from the signature.

Two kinds of quotes. Marked ones (`>`) are left out line by line with the line that introduces them, so that what
stands between and below them stays: answers are written there too. Unmarked ones, as Outlook sets them below a header
block, reach to the end. A forwarded message is no quote: it is what the sender wants read. Where nothing would be
left, all is.
"""

from __future__ import annotations

from inboxsync.mail import reply_phrases

_LINES_MAX = 20_000
# By the rarest character of each, which is found at once.
_MARKS = {
    ">": ("\n>", "\n >"),
    ":": (":\n", ": \n", ":\u00a0\n"),
    "-": ("\n--",),
    "_": ("\n__",),
    "=": ("\n==",),
    "*": ("\n**", ":*\n"),
    "~": ("\n~~",),
    "：": ("：",),
}
_TAIL_CHARS = 200


def new_text(text: str) -> str:
    """Give the new text of a reply; `text` itself where it has neither quote nor signature, and where nothing but
    these would be found. Pure, linear in the text.
    """
    if not _may_have_quotes(text):
        return text
    from inboxsync.mail.reply_walk import Reply  # 10 ms of expressions, for mail that has a quote alone

    lines = text.split("\n")
    if len(lines) > _LINES_MAX:
        return text
    new = Reply(lines).read()
    return text if not new or new == text.strip("\n") else new


def _may_have_quotes(text: str) -> bool:
    """Look for what a quote or signature cannot do without; plain text searches, since most mail has none of it."""
    if text[:1] in reply_phrases.MARK_STARTS:
        return True
    for character, marks in _MARKS.items():
        if character in text and any(mark in text for mark in marks):
            return True
    if ":" in text and text.count(":") > 2 and _begins_block(text):
        return True
    tail = text[-_TAIL_CHARS:].rstrip().rsplit("\n", 2)[-2:]
    shown = "\n".join(tail).lower()
    words = reply_phrases.SENT_FROM_ASCII_WORDS if shown.isascii() else reply_phrases.SENT_FROM_WORDS
    for word in words:
        if word in shown:
            return any(map(_says_sent_from, tail))
    return False


def _begins_block(text: str) -> bool:
    from inboxsync.mail.reply_lines import FROM_START  # as above

    return FROM_START.search(text) is not None


def _says_sent_from(line: str) -> bool:
    from inboxsync.mail.reply_lines import SENT_FROM, comparable  # as above

    return SENT_FROM.match(comparable(line)) is not None
