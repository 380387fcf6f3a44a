"""Messages as an mbox file (RFC 4155, quoted reversibly as mboxrd does)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# RFC 4155 Appendix A: what cannot be told is named so.
UNKNOWN_SENDER = "MAILER-DAEMON"
_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
# asctime by hand: strftime speaks the language of the locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def mbox_entry(octets: bytes, sender: str, received_at: datetime) -> bytes:
    """Give one message of an mbox: From_ line, octets with bare line feeds and `From ` quoted, an empty line.

    One `>` is put before each line that is `From ` after any number of `>`: taking one away gives the message back,
    but for its line ends. `sender` stands in the From_ line where it is a plain address.
    """
    head = f"From {sender if _ADDRESS.fullmatch(sender) else UNKNOWN_SENDER} {_asctime(received_at)}\n".encode("ascii")
    lines = _FROM_LINE.sub(rb">\1", octets.replace(b"\r\n", b"\n"))
    return head + lines + (b"\n" if lines.endswith(b"\n") else b"\n\n")


def _asctime(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S} {at.year:04d}"
