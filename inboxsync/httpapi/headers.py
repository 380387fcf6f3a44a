"""Headers of answers: what keeps a browser from doing anything with them, and names of downloads. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

from inboxsync.mail.file_names import safe_name

# `default-src 'none'`: JSON and files are no pages; pages bring their own policy.
NO_PAGE_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": NO_PAGE_CSP,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# Mail shown as a page: no script, no form, no link that leaves its frame; images of the same mail and none from afar.
MAIL_CSP = (
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_ACTIVE = re.compile(r".*(?:html|xml|svg|script|xsl|x-shockwave-flash).*")
_PLAIN = re.compile(r"[^A-Za-z0-9!#$&+.^_`|~ -]")


def content_disposition(filename: str) -> str:
    """Offer a file as a download under this name, never shown in place (RFC 6266 §4, RFC 8187 §3.2).

    Both forms of the name are written: one that every client reads, and the exact one.
    """
    plain = _PLAIN.sub("_", filename.encode("ascii", "replace").decode().replace("?", "_"))
    exact = quote(filename, safe="!#$&+-.^_`|~", encoding="utf-8", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"


def download_name(filename: str | None, position: int) -> str:
    """Give the name to save an attachment under: no path, no device, no direction marks, bounded."""
    return safe_name(filename, position)


def download_type(content_type: str) -> str:
    """Give the media type of a download; what a browser could run or what is no type becomes unnamed octets."""
    if not _TYPE.fullmatch(content_type) or _ACTIVE.fullmatch(content_type):
        return "application/octet-stream"
    return content_type
