"""What octets say they are: a small table of signatures, to be set beside the type on the label. Nothing is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WITHIN_BYTES = 64


@dataclass(frozen=True, slots=True)
class _Signature:
    """How a kind of content begins, what it is called, and which labels agree with it besides that name."""

    begins: re.Pattern[bytes]
    type: str
    labels: re.Pattern[str]


def _signature(begins: bytes, type_: str, labels: str = "") -> _Signature:
    return _Signature(re.compile(begins, re.DOTALL), type_, re.compile(labels or re.escape(type_)))


_SIGNATURES = (
    _signature(rb"%PDF-", "application/pdf", r"application/(x-)?pdf|application/postscript|application/illustrator"),
    _signature(rb"\x89PNG\r\n\x1a\n", "image/png", r"image/(x-|a|vnd.mozilla.a)?png"),
    _signature(rb"\xff\xd8\xff", "image/jpeg", r"image/p?jpe?g"),
    _signature(rb"GIF8[79]a", "image/gif"),
    _signature(rb"RIFF....WEBP", "image/webp"),
    _signature(rb"II\*\0|MM\0\*", "image/tiff", r"image/"),
    _signature(rb"BM....\0\0\0\0", "image/bmp", r"image/(x-)?(ms-)?(win)?bmp|application/riscos"),
    _signature(
        rb"PK(?:\x03\x04|\x05\x06)", "application/zip", r".*(zip|openxml|opendocument|epub|java|android|\+|vnd\.)"
    ),
    _signature(rb"Rar!\x1a\x07", "application/vnd.rar", r".*rar"),
    _signature(rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", r".*7z"),
    _signature(rb"\x1f\x8b\x08", "application/gzip", r".*(gzip|tgz|tar|gz|compress|\+)"),
    _signature(
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", r".*(ms|ole|visio|word|excel|office)"
    ),
    _signature(
        rb"MZ.{58}|MZ\x90\0", "application/vnd.microsoft.portable-executable", r".*(exe|msdo|dos|msi|executable)"
    ),
    _signature(rb"\x7fELF", "application/x-elf", r".*(elf|exec|object|sharedlib)"),
    _signature(rb"\x78\x9f\x3e\x22", "application/ms-tnef", r"application/(vnd\.)?ms-tnef"),
    _signature(rb"\x30[\x80-\x84].{0,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", "application/pkcs7-mime", r".*pkcs7"),
    _signature(rb"\s*-----BEGIN PGP MESSAGE", "application/pgp-encrypted", r".*(pgp|text/plain|octet)"),
    _signature(rb"\s*-----BEGIN PGP SIGNATURE", "application/pgp-signature", r".*(pgp|text/plain)"),
    _signature(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", "text/calendar", r".*(calendar|ics)|text/plain"),
    _signature(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCARD", "text/vcard", r".*(vcard|directory)|text/plain"),
)
# Labels that say nothing: what the content is adds to them and contradicts none.
_UNTYPED = frozenset(
    {"application/octet-stream", "application/binary", "application/x-download", "application/force-download"}
)


def detected_type(content: bytes) -> str | None:
    """Name the type that the first octets tell, None where they tell none."""
    found = _signature_of(content)
    return found.type if found else None


def disagrees(content: bytes, label: str) -> bool:
    """Whether the octets say another type than the label, as a program called a picture does."""
    found = _signature_of(content)
    return found is not None and label != found.type and label not in _UNTYPED and not found.labels.match(label)


def _signature_of(content: bytes) -> _Signature | None:
    head = content[:_WITHIN_BYTES]
    return next((signature for signature in _SIGNATURES if signature.begins.match(head)), None)
