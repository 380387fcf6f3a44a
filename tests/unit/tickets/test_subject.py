"""Ticket numbers in subjects."""

from __future__ import annotations

import pytest

from inboxsync.model.ticketing import tag_fault
from inboxsync.tickets.subject import tagged_numbers

TAG = "[#{number}]"


@pytest.mark.parametrize(
    ("subject", "tag", "numbers"),
    [
        ("Re: [#12] printer", TAG, ("12",)),
        ("[#12][#7] [#12]", TAG, ("12", "7")),
        ("invoice #2024 in C#5", TAG, ()),
        ("[#0] [#012] [#]", TAG, ()),
        ("[#12x]", TAG, ()),
        ("[#1234567890123456789]", TAG, ()),
        ("Ticket 12 and ticket 13", "Ticket {number}", ("12", "13")),
        ("Ticket 123", "Ticket {number}", ("123",)),
        ("(ACME.12)", "(ACME.{number})", ("12",)),
        ("(ACMEx12)", "(ACME.{number})", ()),
        ("[#12]", "", ()),
        (" ".join(f"[#{n}]" for n in range(1, 50)), TAG, ("1", "2", "3", "4", "5")),
    ],
)
def test_numbers_in_subjects(subject: str, tag: str, numbers: tuple[str, ...]) -> None:
    assert tagged_numbers(subject, tag) == numbers


def test_a_hostile_subject_costs_no_more_than_its_length() -> None:
    assert tagged_numbers("[#" * 200_000 + "1" * 200_000, TAG) == ()


@pytest.mark.parametrize(
    "tag", ["{number}", "[#]", "{number}{number}", " {number} ", "1{number}", "x" * 40 + "{number}", "\n{number}"]
)
def test_tags_that_are_refused(tag: str) -> None:
    assert tag_fault(tag)


@pytest.mark.parametrize("tag", ["", TAG, "Ticket {number}", "#{number}"])
def test_tags_that_are_taken(tag: str) -> None:
    assert tag_fault(tag) is None
