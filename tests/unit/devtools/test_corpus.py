"""What the corpus says it wrote is what our own reader reads; a seed always gives the same octets."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from devtools.corpus import Specimen, mixed, varied
from devtools.corpus.maker import KINDS
from inboxsync.mail.parse import parse_message

SEEDS = (1, 7, 2026)
ROOT = Path(__file__).parents[3]


def digest(letters: Iterable[Specimen]) -> str:
    """One hash over all octets of a series."""
    summed = hashlib.sha256()
    for letter in letters:
        summed.update(hashlib.sha256(letter.octets).digest())
    return summed.hexdigest()


def plain_text(text: str | None) -> str | None:
    """A text without the line ends that mail may add."""
    return text and text.replace("\r\n", "\n").rstrip("\n")


def disagreements(letter: Specimen) -> list[str]:
    """What the reader reads otherwise than it was written."""
    read = parse_message(letter.octets)
    author = read.first_author
    found: dict[str, tuple[object, object]] = {
        "message_id": (read.message_id, letter.message_id),
        "subject": (read.subject, letter.subject),
        "from": (author and (author.name, author.address), (letter.from_name, letter.from_address)),
        "sent_at": (read.sent_at, letter.sent_at),
        "in_reply_to": (read.in_reply_to, (letter.in_reply_to,) if letter.in_reply_to else ()),
        "size": (read.size_bytes, len(letter.octets)),
    }
    if letter.text is not None:
        found["text"] = (plain_text(read.body_text), plain_text(letter.text))
    if letter.kind != "forwarded":  # the message within it is an attachment to the reader
        files = [(each.filename, each.content_type, each.content) for each in read.attachments]
        found["attachments"] = (
            files,
            [(each.filename, each.content_type, each.content) for each in letter.attachments],
        )
    return [f"{letter.kind} {name}: {pair}" for name, pair in found.items() if pair[0] != pair[1]]


@pytest.mark.parametrize("seed", SEEDS)
def test_varied_mail_reads_back_as_it_was_written(seed: int) -> None:
    letters = list(varied(4 * len(KINDS), seed=seed))
    assert [fault for letter in letters for fault in disagreements(letter)] == []
    assert [defect for letter in letters for defect in parse_message(letter.octets).defects] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_mail_reads_back_as_it_was_written(seed: int) -> None:
    assert [fault for letter in mixed(60, seed=seed) for fault in disagreements(letter)] == []


def test_a_forwarded_message_is_an_attachment() -> None:
    letter = next(letter for letter in varied(len(KINDS)) if letter.kind == "forwarded")
    (inner,) = parse_message(letter.octets).attachments
    assert inner.content_type == "message/rfc822"
    assert parse_message(inner.content).subject
    # Seven-bit parts have no line ends of their own: CRLF is the wire's (RFC 2046 §4.1.1).
    assert inner.content.replace(b"\r\n", b"\n") in letter.octets.replace(b"\r\n", b"\n")


def test_the_broken_one_is_read_as_far_as_it_goes() -> None:
    letters = list(varied(9, with_broken=True))
    assert [letter.broken for letter in letters] == [False] * 4 + [True] + [False] * 4
    read = parse_message(letters[4].octets)
    assert read.message_id == letters[4].message_id
    assert plain_text(read.body_text) == letters[4].text
    assert len(read.attachments) == 1
    assert {"header_junk_line", "boundary_unclosed"} <= set(read.defects)


@pytest.mark.parametrize("make", [varied, mixed])
def test_a_seed_gives_the_same_octets_and_another_others(make: type) -> None:
    assert digest(make(30, seed=5)) == digest(make(30, seed=5))
    assert digest(make(30, seed=5)) != digest(make(30, seed=6))
    assert digest(make(10, seed=5)) == digest(list(make(30, seed=5))[:10])


IN_ANOTHER_PROCESS = """
from devtools.corpus import mixed, varied
from tests.unit.devtools.test_corpus import digest
print(digest(varied(26, seed=9, with_broken=True)), digest(mixed(20, seed=9)))
"""


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_a_seed_gives_the_same_octets_in_every_process(hash_seed: str) -> None:
    here = f"{digest(varied(26, seed=9, with_broken=True))} {digest(mixed(20, seed=9))}"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    told = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == here.split()


def test_every_kind_is_there_and_doubles_are_doubles() -> None:
    letters = list(varied(2 * len(KINDS), seed=3))
    assert Counter(letter.kind for letter in letters) == dict.fromkeys((kind.__name__ for kind in KINDS), 2)
    for before, double in itertools.pairwise(letters):
        if double.kind == "duplicate":
            assert double.octets.endswith(before.octets)
            assert parse_message(double.octets).fingerprint == parse_message(before.octets).fingerprint
    ids = [letter.message_id for letter in letters if letter.kind != "duplicate" and letter.message_id]
    assert len(set(ids)) == len(ids)


def test_lines_end_with_crlf_and_ids_belong_to_the_domain() -> None:
    for letter in varied(len(KINDS), domain="series.example.com"):
        assert b"\n" not in letter.octets.replace(b"\r\n", b"")
        assert letter.message_id is None or letter.message_id.endswith("@series.example.com")


def test_the_mix_has_the_sizes_that_benchmarks_promise() -> None:
    letters = list(mixed(400, seed=2))
    shares = Counter(letter.kind for letter in letters)
    assert 0.6 < shares["small"] / 400 < 0.8
    assert 0.12 < shares["medium"] / 400 < 0.28
    assert all(3_000 <= len(letter.octets) <= 30_000 for letter in letters if letter.kind == "small")
    assert all(65_000 <= len(letter.octets) <= 430_000 for letter in letters if letter.kind == "medium")
    assert all(1_000_000 <= len(letter.octets) <= 5_500_000 for letter in letters if letter.kind == "large")
    assert all(len(letter.octets) < 1_500 for letter in letters if letter.kind == "tiny")
