"""Forms: the only bodies that are taken, from our own pages alone. Pure.

A form is small, and a browser says where it comes from: `Sec-Fetch-Site` (Fetch Metadata), or `Origin` where a browser
or an insecure address has no such header. What says neither did not come from a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from inboxsync.httpapi.refusals import Refusal, bad_request

FORM_PATHS = frozenset({"/sign-in", "/sign-out"})
FORM_BYTES = 4 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
_FIELDS = 8
Headers = Sequence[tuple[bytes, bytes]]


def form_refusal(headers: Headers) -> Refusal | None:
    """Judge the headers of a form that was sent; None where it may be read."""
    given = {name: value.decode("latin-1").strip() for name, value in headers}
    if given.get(b"content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return Refusal(415, f"a form is sent as {FORM_TYPE}")
    length = given.get(b"content-length", "")
    if not length.isdigit():
        return Refusal(411, "a form is sent with its length", {"connection": "close"})
    if len(length) > 9 or int(length) > FORM_BYTES:
        return Refusal(413, "the form is too large", {"connection": "close"})
    if not _is_our_own(given):
        return Refusal(403, "a form is taken from our own pages only")
    return None


def _is_our_own(given: Mapping[bytes, str]) -> bool:
    """Whether a form comes from one of our pages. A page elsewhere cannot choose these headers."""
    site = given.get(b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(given.get(b"origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc.lower() == given.get(b"host", "").lower() != ""


def read_form(octets: bytes) -> dict[str, str]:
    """Read the fields of a form, the last of each name. Raises Refusal (400)."""
    if len(octets) > FORM_BYTES:
        raise bad_request("the form is too large")
    try:
        return dict(parse_qsl(octets.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"))
    except ValueError:
        raise bad_request("this is no form") from None
