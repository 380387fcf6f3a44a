"""HTML of mail to what may be shown: an allow-list, and nothing is fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import unquote

from inboxsync.mail.html_shown import CONTENT_DROPPED, KEPT_LINES, is_hidden, shown_tokens
from inboxsync.mail.html_tokens import Tag, Token, balanced, names

_ALLOWED_TAGS = names(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn"
    " div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s "
    "samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "tr": {"bgcolor", "height"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
}
_KEPT = {tag: frozenset(_ATTRIBUTES.get(tag, set()) | _ATTRIBUTES["*"]) for tag in _ALLOWED_TAGS}
_IMAGE_DATA = re.compile(r"data:image/(?:png|gif|jpeg|jpg|webp|bmp);base64,[A-Za-z0-9+/=\s]*+\Z", re.IGNORECASE)
_ANCHOR_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}


def sanitise(html: str, parts: Mapping[str, str] | None = None) -> str:
    """Reduce HTML to an allow-list that neither runs nor fetches anything: no script, style, form, frame or remote
    image, nothing its styles hide; links only http, https, mailto and tel.

    `src` of an image is kept where it is `data:image/*` without SVG, or `cid:`. With `parts`, which maps Content-IDs
    of the same mail to addresses of ours, `cid:` becomes that address and is dropped where the mail has no such part.

    The source is first rebuilt as a balanced, bounded tree of allowed tags: on 1 MB of nested `<div>` the tree builder
    behind nh3 works for more than 15 s, on unclosed `<font>` it takes more than 1 GB.
    """
    import nh3  # here, for a sync sanitises nothing

    tame = "".join(balanced(_with_breaks(shown_tokens(html, is_hidden)), _ALLOWED_TAGS, _KEPT))
    return nh3.clean(
        tame,
        tags=set(_ALLOWED_TAGS),
        clean_content_tags=set(CONTENT_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_filter_attribute, parts),
        url_schemes=_ANCHOR_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def _with_breaks(source: Iterable[Token]) -> Iterator[Token]:
    """Write the line ends that styles keep as tags, since styles are not kept."""
    depth = 0
    for token in source:
        if isinstance(token, Tag):
            depth += 0 if token.name != KEPT_LINES else -1 if token.is_end else 1
            yield token
        elif not depth:
            yield token
        else:
            first, *rest = token.split("\n")
            yield first
            for line in rest:
                yield from (Tag("br"), line)


def _filter_attribute(parts: Mapping[str, str] | None, tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        return _local_image(value.strip(), parts)
    if attribute == "href":
        lowered = value.strip().lower()
        return value if lowered.startswith(("http:", "https:", "mailto:", "tel:", "#")) else None
    return value


def _local_image(source: str, parts: Mapping[str, str] | None) -> str | None:
    if source[:4].lower() == "cid:":
        return source if parts is None else parts.get(unquote(source[4:]))
    return source if _IMAGE_DATA.match(source) else None
