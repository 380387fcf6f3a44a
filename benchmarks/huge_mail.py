"""Messages of one size in every shape that could cost more than their size: what a stranger can send.

As a program it parses one of them, argv: shape, megabytes, and prints what that took as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from inboxsync.mail.parse import parse_message

_KIB = 1024
_DIGITS = base64.b64encode(bytes(range(57))) + b"\r\n"
_TYPE = b"Subject: large\r\nContent-Type: "
_FILE = _TYPE + b"application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: "
_MIXED = _TYPE + b"multipart/mixed; boundary=b\r\n"


def _repeated(head: bytes, piece: bytes, tail: bytes = b"") -> Callable[[int], bytes]:
    return lambda size_bytes: head + piece * ((size_bytes - len(head) - len(tail)) // len(piece)) + tail


def _encoded_whole(size_bytes: int) -> bytes:
    inner = b"--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    inner += _DIGITS * (size_bytes * 57 // 78 // len(_DIGITS) - 10) + b"--b--\r\n"
    return _MIXED + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(inner)


SHAPES: Mapping[str, Callable[[int], bytes]] = {
    "base64 file": _repeated(_FILE + b"base64\r\n\r\n", _DIGITS),
    "base64 with junk": _repeated(_FILE + b"base64\r\n\r\n", b"!" + _DIGITS),
    "base64 in pieces": _repeated(_FILE + b"base64\r\n\r\n", b"QQ==\r\n"),
    "base64 with dashes": _repeated(_FILE + b"base64\r\n\r\n", b"-\n--QUJD"),
    "quoted-printable file": _repeated(_FILE + b"quoted-printable\r\n\r\n", b"=C3=A4 text \t\r\n"),
    "uuencoded file": _repeated(_FILE + b"x-uuencode\r\n\r\nbegin 644 a\r\n", b"#86)C\r\n"),
    "8bit file": _repeated(_FILE + b"8bit\r\n\r\n", b"a line of text\r\n"),
    "binary file": _repeated(_FILE + b"binary\r\n\r\n", bytes(range(256))),
    "plain text": _repeated(_TYPE + b"text/plain; charset=utf-8\r\n\r\n", "a line ä\r\n".encode()),
    "flowed text": _repeated(_TYPE + b"text/plain; format=flowed; delsp=yes\r\n\r\n", b"> quoted \r\ntext \r\n"),
    "japanese text": _repeated(_TYPE + b"text/plain; charset=iso-2022-jp\r\n\r\n", b"\x1b$B-!$3\x1b(B\r\n"),
    "text of no charset": _repeated(_TYPE + b"text/plain\r\n\r\n", b"caf\xe9 \x1b$B \xff\r\n"),
    "enriched text": _repeated(_TYPE + b"text/enriched\r\n\r\n", b"<bold>a<<\n\n"),
    "html": _repeated(_TYPE + b"text/html; charset=utf-8\r\n\r\n", b'<div><p>a <a href="x">b</a>&amp;'),
    "html of open tags": _repeated(_TYPE + b"text/html\r\n\r\n", b"<div>"),
    "quoted reply": _repeated(_TYPE + b"text/plain\r\n\r\n", b"> a\r\nOn 1.1.2026 10:00 b wrote:\r\n"),
    "empty parts": _repeated(_MIXED + b"\r\n", b"--b\r\n\r\n"),
    "unknown boundaries": _repeated(_MIXED + b"\r\n", b"\r\n--a\r\n--bb\r\n"),
    "nested parts": _repeated(b"", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"),
    "encoded as a whole": _encoded_whole,
    "attached message": _repeated(_TYPE + b"message/rfc822\r\n\r\nSubject: in\r\n\r\n", b"text\r\n"),
    "header of one line": _repeated(b"Subject: ", b"=?utf-8?Q?=C3?= ", b"\r\n\r\nx"),
    "header of many fields": _repeated(b"", b"A: b\r\n", b"\r\nx"),
    "header of folds": _repeated(b"To: a", b"\r\n b@c,", b"\r\n\r\nx"),
    "junk for a header": _repeated(b"", b"no field\r\n", b"\r\nx"),
    "carriage returns": _repeated(b"Subject: a\r\r", b"text\r"),
    "line feeds": _repeated(b"Subject: a\n", b"\n"),
    "zeros": _repeated(b"Subject: a\r\n\r\n", b"\0"),
    "calendar": _repeated(_TYPE + b"text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n", b"SUMMARY:a\r\n"),
    "delivery report": _repeated(
        _TYPE + b"multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n",
        b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n",
    ),
    "bounce in words": _repeated(
        b"From: MAILER-DAEMON\r\nReturn-Path: <>\r\nSubject: failure notice\r\n\r\n",
        b"<a@b.example>:\r\n550 unknown\r\n",
    ),
}  # fmt: skip


def main() -> None:
    """Parse one message of the shape and the megabytes that are asked for."""
    parse_message(b"Subject: warm\n\n")
    empty_kib = _memory_kib("VmRSS")
    octets = SHAPES[sys.argv[1]](int(sys.argv[2]) * 1_000_000)
    Path("/proc/self/clear_refs").write_text("5")  # the peak of making it is no concern of the parser
    began = time.process_time()
    parsed = parse_message(octets)
    cpu_s = time.process_time() - began
    assert not any(defect.startswith("parser_failed") for defect in parsed.defects)
    times = (_memory_kib("VmHWM") - empty_kib) * _KIB / len(octets)
    print(json.dumps({"cpu_s": cpu_s, "times_its_size": times}))


def _memory_kib(name: str) -> int:
    """Read a figure of this process; `getrusage` would count the peak of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
