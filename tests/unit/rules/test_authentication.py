"""Authentication-Results: only the topmost of a server we trust (RFC 8601)."""

from __future__ import annotations

import time

import pytest

from inboxsync.rules.authentication import results

TRUSTED = frozenset({"mx.example.com"})
GENUINE = "mx.example.com; spf=pass smtp.mailfrom=a@example.org; dkim=fail header.d=x; dmarc=none (p=none)"


def test_verdicts_are_read() -> None:
    assert results((GENUINE,), TRUSTED) == {"spf": "pass", "dkim": "fail", "dmarc": "none"}


def test_an_untrusted_server_says_nothing() -> None:
    assert results((GENUINE,), frozenset()) == {}
    assert results((GENUINE,), frozenset({"example.com"})) == {}


def test_a_forged_header_below_the_genuine_one_is_not_looked_at() -> None:
    forged = "mx.example.com; dmarc=pass; dkim=pass"
    assert results((GENUINE, forged), TRUSTED)["dmarc"] == "none"
    assert "dkim" not in results(("mx.example.com; none", forged), TRUSTED)


def test_headers_of_others_above_do_not_hide_ours() -> None:
    assert results(("relay.example.net; spf=fail", GENUINE), TRUSTED)["spf"] == "pass"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MX.Example.COM 1; SPF=Pass", {"spf": "pass"}),
        ("(c (nested; spf=fail) ) mx.example.com (x); spf/1 = (why; dkim=fail) pass", {"spf": "pass"}),
        ('"mx.example.com"; spf=pass reason="a;dmarc=pass"', {"spf": "pass"}),
        ('mx.example.com; spf=fail reason="\\";dmarc=pass;"', {"spf": "fail"}),
        ("mx.example.com; dkim=fail; dkim=pass; dkim=neutral", {"dkim": "pass"}),
        ("mx.example.com; spf=fail; spf=pass", {"spf": "fail"}),
        ("mx.example.com; none", {}),
        ("mx.example.com", {}),
        ("mx.example.com; (unclosed spf=pass", {}),
        ("mx.example.com.evil.example; spf=pass", {}),
        (";spf=pass", {}),
        ("", {}),
    ],
)
def test_the_grammar(value: str, expected: dict[str, str]) -> None:
    assert results((value,), TRUSTED) == expected


def test_a_huge_header_says_nothing_and_costs_nothing() -> None:
    started = time.perf_counter()
    assert results(("mx.example.com; spf=pass " + '("' * 1_000_000,), TRUSTED) == {}
    assert results(("mx.example.com; spf=pass; " + '"\\' * 5_000,), TRUSTED) == {"spf": "pass"}
    assert time.perf_counter() - started < 2
