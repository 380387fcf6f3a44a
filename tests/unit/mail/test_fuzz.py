"""Twenty thousand broken messages from one seed: the parser gives an answer to each, within its limits, and the same
answer to both ways of ending lines."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from inboxsync.mail.limits import DEFAULT_LIMITS
from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage
from tests.unit.mail.samples import RICH, mail, multipart
from tests.unit.mail.test_totality import SEEDS, assert_sound

CASES = 20_000
PARTS = [
    mail("Content-Type: text/html; charset=koi8-r", body=b"<p>\xf0\xd2\xc9\xd7\xc5\xd4 &amp; <b>x</p>"),
    mail("Content-Type: message/rfc822", body=RICH[:400]),
    mail(
        "Content-Disposition: attachment; filename=\"a.bin\"; filename*=utf-8''%E2%82%AC.bin",
        "Content-Transfer-Encoding: base64",
        body=base64.encodebytes(bytes(range(256))),
    ),
    mail("Content-Type: multipart/alternative; boundary=inner", body=multipart("inner", mail(), mail())),
    mail("Content-Transfer-Encoding: quoted-printable", body="=C3=A9 soft=\n break  \n=0D=0A"),
]
MIXED = mail(
    'From: =?utf-8?B?w4Rs?= <a@example.com>, g: b@example.org (c), "d, e" <f@example.net>;',
    "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=",
    "Date: Fri, 20 Nov 2026 05:49:00 +0100",
    'Content-Type: multipart/mixed; boundary="outer"',
    body=multipart("outer", *PARTS),
)
SOURCES = [*SEEDS, MIXED, MIXED]


def truncate(octets: bytes, chance: random.Random) -> bytes:
    """Cut the end off."""
    return octets[: chance.randrange(len(octets) + 1)]


def flip(octets: bytes, chance: random.Random) -> bytes:
    """Turn one bit over in a few octets."""
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def splice(octets: bytes, chance: random.Random) -> bytes:
    """Put a piece of another message into this one, in the place of something."""
    other = chance.choice(SOURCES)
    begin, at = chance.randrange(len(other)), chance.randrange(len(octets))
    return octets[:at] + other[begin : begin + chance.randint(1, 200)] + octets[at + chance.randrange(60) :]


def repeat_line(octets: bytes, chance: random.Random) -> bytes:
    """Repeat a line, which most often is a boundary or a field, somewhere else."""
    lines = octets.split(b"\n")
    marked = [line for line in lines if line.startswith(b"--")] or lines
    for _ in range(chance.randint(1, 4)):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(marked if chance.random() < 0.6 else lines))
    return b"\n".join(lines)


def swap_lines(octets: bytes, chance: random.Random) -> bytes:
    """Exchange two lines."""
    lines = octets.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


CHANGES: list[Callable[[bytes, random.Random], bytes]] = [truncate, flip, splice, repeat_line, swap_lines]


def assert_within_limits(parsed: ParsedMessage) -> None:
    assert len(parsed.attachments) <= DEFAULT_LIMITS.parts
    assert sum(len(values) for values in parsed.headers.values()) <= DEFAULT_LIMITS.header_fields
    assert len(parsed.to) <= DEFAULT_LIMITS.addresses
    assert len(parsed.body_text or "") <= DEFAULT_LIMITS.text_chars
    assert len(parsed.snippet) <= DEFAULT_LIMITS.snippet_chars
    for attachment in parsed.attachments:
        assert len(attachment.filename or "") <= DEFAULT_LIMITS.filename_chars
        assert len(attachment.safe_name.encode()) <= 200
        assert attachment.size_bytes == len(attachment.content)


def test_twenty_thousand_broken_messages() -> None:
    chance = random.Random(20261120)
    for number in range(CASES):
        octets = SOURCES[number % len(SOURCES)]
        for _ in range(chance.randint(1, 3)):
            octets = chance.choice(CHANGES)(octets, chance) or b"\n"
        parsed = parse_message(octets)
        assert_sound(parsed)
        assert_within_limits(parsed)


# Prints how much more memory than its octets a message took, in octets.
_MEASURED = """
import resource
import sys
from inboxsync.mail.parse import parse_message
with open(sys.argv[1], "rb") as file:
    octets = file.read()
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + int(sys.argv[2]),) * 2)
parsed = parse_message(octets)
assert not [defect for defect in parsed.defects if defect.startswith("parser_failed")], parsed.defects
"""
_MIB = 1 << 20
LARGE = {
    "base64": mail("Content-Transfer-Encoding: base64", "Content-Type: image/png", body=b"QUJD" * 19 + b"\n")
    + (b"QUJD" * 19 + b"\n") * (10 * _MIB // 77),
    "quoted-printable": mail("Content-Transfer-Encoding: quoted-printable") + b"=41 b =\n" * (10 * _MIB // 8),
    "text": mail() + b"text\r\n" * (10 * _MIB // 6),
    "parts": mail("Content-Type: multipart/mixed; boundary=b") + b"--b\n\nx\n" * (10 * _MIB // 7),
    "fields": b"a:\n" * (10 * _MIB // 3),
    "fields without a body": b"a:b\n" * (10 * _MIB // 4) + b"-",
    "html": mail("Content-Type: text/html") + b"<p>a" * (10 * _MIB // 4),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on address space is measured by /proc")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_message_takes_no_more_than_three_times_its_size(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("large") / "message"
    path.write_bytes(LARGE[name])
    allowed = 2 * len(LARGE[name]) + 24 * _MIB  # beside its own octets; what is kept of text has limits of its own
    program = [sys.executable, "-c", _MEASURED, str(path), str(allowed)]
    subprocess.run(program, check=True, capture_output=True, text=True, timeout=60)
