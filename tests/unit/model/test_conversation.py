"""What ties messages into conversations."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.conversation import LAST_REFERENCES, Ties, base_subject, canonical_id, has_prefix, is_forward, ties

AT = datetime(2026, 3, 2, tzinfo=UTC)


def of(**fields: Any) -> Ties:
    plain: dict[str, Any] = {
        "message_id": "m@example.com", "answered": (), "subject": "Re: Printer",
        "people": ("ann@example.com", "help@example.com"), "received_at": AT,
    }  # fmt: skip
    return ties(**(plain | fields))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a@example.com", "a@example.com"),
        ("<a@Example.COM>", "a@example.com"),
        ("A@b", "A@b"),
        ('"a.b"@Example.com', "a.b@example.com"),
        ('"a\\"b"@example.com', '"a\\"b"@example.com'),
        ("a@\r\n example.com", "a@example.com"),
        ("no-at-sign", "no-at-sign"),
        ("", ""),
    ],
)
def test_message_ids_are_compared_in_one_form(text: str, canonical: str) -> None:
    assert canonical_id(text) == canonical


@given(st.text(alphabet='<>"@aB. \\\t', max_size=20))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    assert canonical_id(canonical_id(text)) == canonical_id(text)


@pytest.mark.parametrize(
    ("subject", "base", "answers"),
    [
        ("Re: Printer", "printer", True),
        ("AW: Re[2]: [help]  Printer  broken", "printer broken", True),
        ("[help] Re: Printer", "printer", True),
        ("[help] Printer", "printer", False),
        ("Fwd: Printer", "printer", False),
        ("WG: AW: Printer", "printer", True),
        ("回复：你好", "你好", True),
        ("Printer Re: x", "printer re: x", False),
        ("Reading: a book", "reading: a book", False),
        ("Re:", "", True),
        ("[only a tag]", "[only a tag]", False),
        ("", "", False),
    ],
)
def test_the_base_of_a_subject(subject: str, base: str, answers: bool) -> None:
    assert base_subject(subject) == (base, answers)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Re: x", True), ("AW: x", True), ("Fwd: x", True), ("RE[2]: x", True), ("R: x", True), ("Report: x", False)],
)
def test_prefixes_of_answers_and_forwards(subject: str, expected: bool) -> None:
    assert has_prefix(subject) is expected


@pytest.mark.parametrize("subject", ["Fwd: It", "FW: Re: It", "[help] WG: It", "TR : It", "转发：It", "I: Fattura"])
def test_a_subject_that_forwards(subject: str) -> None:
    assert is_forward(subject)


@pytest.mark.parametrize("subject", ["Re: Fwd: It", "It", "", "AW: WG: It", "Forward: march", "Fwd it to me"])
def test_a_subject_that_answers_or_says_nothing_of_the_kind(subject: str) -> None:
    assert not is_forward(subject)


def test_references_tie_and_the_message_itself_does_not() -> None:
    found = of(answered=("a@example.com", "M@x", "m@Example.com", "a@EXAMPLE.com"))
    assert found == Ties("m@example.com", ("a@example.com", "M@x"))


def test_of_hostile_references_the_first_and_the_last_count() -> None:
    found = of(answered=[f"{number}@x" for number in range(10_000)]).references
    assert found == ("0@x", *(f"{number}@x" for number in range(10_000 - LAST_REFERENCES, 10_000)))


def test_a_reply_without_references_looks_for_its_subject_between_the_same_people() -> None:
    reply, asked = of(), of(subject="Printer", received_at=AT - timedelta(days=20))
    assert reply.subject in reply.guesses
    assert asked.subject in reply.guesses
    assert asked.guesses == ()
    swapped = of(people=("HELP@example.com", "ann@example.com"))
    assert swapped.guesses == reply.guesses
    for other in (
        of(subject="Printers"),
        of(people=("bob@example.com", "help@example.com")),
        of(received_at=AT - timedelta(days=70)),
    ):
        assert other.subject not in reply.guesses


def test_without_two_people_or_a_subject_nothing_is_guessed() -> None:
    for odd in (of(subject="Re: "), of(people=("", "help@example.com")), of(subject="")):
        assert (odd.subject, odd.guesses) == (None, ())


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="[]Re: (1)：fw\t", max_size=2000), st.text(max_size=300))
def test_no_subject_or_id_takes_long(subject: str, text: str) -> None:
    began = time.process_time()
    of(subject=subject * 5, message_id=text, answered=[text] * 50)
    assert time.process_time() - began < 1
