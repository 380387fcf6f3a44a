"""The MIME structure of a message, as it is shown: which parts it has and what each says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartStructure:
    """One part and those in it (RFC 2045, RFC 2183). `children` is empty for a leaf.

    `content_type` is what it was read as, in lower case; `transfer_encoding` what it names, `7bit` where it names none;
    `size_bytes` is that of a leaf's decoded content, and of a multipart all that stands in it as sent.
    """

    content_type: str
    disposition: str | None
    filename: str | None
    charset: str | None
    transfer_encoding: str
    size_bytes: int
    children: tuple[PartStructure, ...] = ()
