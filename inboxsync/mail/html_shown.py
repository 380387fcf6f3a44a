"""What of HTML a reader of the mail would see, and what is only there for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from inboxsync.mail.html_tokens import ENDS_ITSELF, Tag, Token, names, pruned, tokens, unescape

CONTENT_DROPPED = names(
    "script style title template noscript iframe object svg math textarea select xmp noembed noframes xml"
)
_FOREIGN = frozenset({"svg", "math"})
_DISPLAY = re.compile(r"(?:^|;)\s*+display\s*+:\s*+([a-z-]++)")
_VISIBILITY = re.compile(r"(?:^|;)\s*+visibility\s*+:\s*+(?:hidden|collapse)")
_NO_HEIGHT = re.compile(r"(?:^|;)\s*+max-height\s*+:\s*+0(?![.\d])")
_CUT_OFF = re.compile(r"(?:^|;)\s*+overflow\s*+:\s*+hidden")
_KEEPS_LINES = re.compile(r"white-space\s*+:\s*+(?:pre|break-spaces)", re.IGNORECASE)
KEPT_LINES = "#lines"
_NO_BORDER = re.compile(r"border(?:-left)?\s*+:\s*+(?:none|0|medium none)")


def is_dropped(tag: Tag) -> bool:
    """Whether an element holds no text of the mail at all: scripts, styles, forms' choices, drawings."""
    return tag.name in CONTENT_DROPPED and not (tag.name in _FOREIGN and tag.is_empty)


def is_hidden(tag: Tag) -> bool:
    """Whether an element is dropped, or styled so that nobody sees it: preview lines, copies for small screens.

    `font-size:0` is no such style: frames of layouts have it around cells that set a size again. Nor is
    `mso-hide`, which hides from one program what all others show.
    """
    if is_dropped(tag):
        return True
    source = tag.attributes_source
    if not source:
        return False
    lowered = source.lower()  # a first look, so that the attributes of few tags are read
    if not ("none" in lowered or "hidden" in lowered or "collapse" in lowered):
        return False
    attributes = tag.attributes()
    return "hidden" in attributes or _hides(unescape(attributes.get("style", "")).lower())


def _hides(style: str) -> bool:
    displays = _DISPLAY.findall(style)
    if displays and displays[-1] == "none":
        return True
    return bool(_VISIBILITY.search(style) or (_NO_HEIGHT.search(style) and _CUT_OFF.search(style)))


def is_indent(tag: Tag) -> bool:
    """Whether a blockquote only moves text to the right, as editors make it for their indent button."""
    source = tag.attributes_source
    if not source or "cite" in source:
        return False
    return "webkit-indent" in source or bool(_NO_BORDER.search(source.lower()) and "gmail_quote" not in source)


def shown_tokens(html: str, is_left_out: Callable[[Tag], bool]) -> Iterator[Token]:
    """Give the tokens of HTML without the elements left out; `KEPT_LINES` is the name of tags around what is styled
    to keep its line ends, as forms on web pages style what people wrote into them.
    """
    shown = pruned(tokens(html), is_left_out)
    return shown if _KEEPS_LINES.search(html) is None else _with_kept_lines(shown)


def _with_kept_lines(source: Iterable[Token]) -> Iterator[Token]:
    name, depth = "", 0
    for token in source:
        if isinstance(token, str):
            yield token
        elif depth and token.name == name:
            depth += -1 if token.is_end or name in ENDS_ITSELF else 1
            yield from (token,) if depth else (Tag(KEPT_LINES, is_end=True), token)
        elif not depth and not token.is_end and _KEEPS_LINES.search(token.attributes_source):
            name, depth = token.name, 1
            yield from (token, Tag(KEPT_LINES))
        else:
            yield token
