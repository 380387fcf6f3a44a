"""Messages out of an mbox file (RFC 4155), one at a time, with what `mbox_entry` quoted given back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def is_mbox(start: bytes) -> bool:
    """Whether octets begin as an mbox does: no header of a message is named `From ` with a blank."""
    return start.startswith(b"From ")


def mbox_messages(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the octets of each message, without its From_ line and the empty line that ends it.

    A From_ line counts where the line before it is empty or it is the first, as RFC 4155 Appendix A wants it written.
    """
    message: list[bytes] = []
    begun, after_blank = False, True
    for line in lines:
        if after_blank and line.startswith(b"From "):
            if begun:
                yield _octets(message)
            message, begun, after_blank = [], True, False
            continue
        message.append(line)
        after_blank = line in (b"\n", b"\r\n")
    if begun:
        yield _octets(message)


def _octets(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]
    return _QUOTED.sub(rb"\1", b"".join(lines))
