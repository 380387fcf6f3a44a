"""Flowed and enriched text (RFC 3676, RFC 1896)."""

from __future__ import annotations

import time

import pytest

from inboxsync.mail.text_formats import from_enriched, unflow


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("one \ntwo\nthree\n", "one two\nthree\n"),
        ("a \nb \n\nc\n", "a b \n\nc\n"),
        (" >not quoted\n From here\n", ">not quoted\nFrom here\n"),
        ("> a \n> b\n>> c \n>> d\ne\n", "> a b\n>> c d\ne\n"),
        ("> a \nb\n", "> a \nb\n"),
        ("text \n-- \nme\n", "text \n-- \nme\n"),
        ("> a\n> -- \n> me\n", "> a\n> -- \n> me\n"),
        (">a \n>b\n", "> a b\n"),
        ("> a\n>\n>> \n> b\n", "> a\n>\n>>\n> b\n"),
        ("", ""),
    ],
)
def test_flowed(sent: str, read: str) -> None:
    assert unflow(sent) == read


def test_delsp_joins_without_a_blank() -> None:
    assert unflow("日本 \n語 \n\n-- \nx \ny\n", delsp=True) == "日本語\n\n-- \nxy\n"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<bold>Now</bold> is\nthe time\n\nfor all\n\n\nmen", "Now is the time\nfor all\n\nmen"),
        ("<color><param>red</param>a</color> << b <not a command", "a < b <not a command"),
        ("<fontfamily><param>open", ""),
        ("a\nb<nofill>c\nd\n\n<bold>e</bold></nofill>f\ng", "a bc\nd\n\nef g"),
        ("<NOFILL>a\nb", "a\nb"),
    ],
)
def test_enriched(sent: str, read: str) -> None:
    assert from_enriched(sent) == read


def test_hostile_formats_cost_little() -> None:
    started = time.process_time()
    unflow("x \n" * 300_000, delsp=True)
    unflow(">" * 1_000_000)
    for piece in ("<", "<<", "<param>", "<a", "\n", "<a>", "<nofill>"):
        from_enriched(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 4
