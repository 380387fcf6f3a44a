"""Authentication-Results: only the topmost of a server we trust (RFC 8601)."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail import authentication
from inboxsync.mail.parse import parse_header, parse_message
from tests.unit.mail.samples import mail

TRUSTED = frozenset({"mx.example.com"})


def results(values: Sequence[str], trusted: Collection[str]) -> dict[str, str]:
    return dict(authentication.results([value.encode() for value in values], trusted))


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


def test_a_message_carries_what_its_topmost_trusted_header_says() -> None:
    octets = mail(
        "Authentication-Results: relay.example.net; dmarc=pass",
        "Authentication-Results: mx.example.com;\n\tspf=softfail (why not) smtp.mailfrom=a@example.org;\n dkim=pass",
        "Authentication-Results: mx.example.com; spf=pass; dmarc=pass",
        "From: a@example.org",
    )
    for parse in (parse_message, parse_header):
        assert parse(octets, trusted_authserv_ids=["mx.example.com"]).authentication == {
            "spf": "softfail",
            "dkim": "pass",
        }
        assert parse(octets).authentication == {}


def test_an_encoded_word_in_an_address_brings_no_verdict_in() -> None:
    forged = "=?utf-8?Q?x=3B_dmarc=3Dpass=3B?="
    octets = mail(f"Authentication-Results: mx.example.com; spf=fail smtp.mailfrom={forged}", "From: a@example.org")
    parsed = parse_message(octets, trusted_authserv_ids=TRUSTED)
    assert parsed.authentication == {"spf": "fail"}


def test_octets_beyond_ascii_do_not_hide_a_verdict() -> None:
    value = "mx.example.com; spf=pass smtp.mailfrom=ä@example.org; dmarc=fail".encode("latin-1")
    assert authentication.results([value], TRUSTED) == {"spf": "pass", "dmarc": "fail"}


@given(st.text(alphabet='mx.;=()"\\ spfdmarcas/1\n', max_size=60), st.sampled_from(["", "mx; ", "MX 1; spf=pass;"]))
@settings(deadline=None, max_examples=200)
def test_any_value_is_read(value: str, start: str) -> None:
    found = results([start + value], ["mx"])
    assert all(verdict and verdict == verdict.lower() for verdict in found.values())
