"""Options made into an integration: what follows from what, and every fault at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.config.integration import (
    IntegrationOptions,
    PresetLike,
    apply_changes,
    build_integration,
    find_problems,
    options_of,
)
from inboxsync.errors import UsageError
from inboxsync.model.integration import DedupScope, Endpoint, Integration, TlsMode

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 2, 2, tzinfo=UTC)
UUID = "11111111-2222-3333-4444-555555555555"
PIN = "ab" * 32


@dataclass(frozen=True)
class FakePreset:
    """A provider with the same questions as the real ones."""

    key: str = "example"
    host: str = "imap.provider.example"
    port: int = 993
    tls: str = "implicit"
    is_local_part: bool = False

    @property
    def needs_host(self) -> bool:
        return "{" in self.host

    def host_for(self, given: str | None = None) -> str:
        if self.needs_host and not given:
            raise UsageError("which server is yours?", hint="give its number")
        return self.host.replace("{server}", given) if given and given.isdigit() else given or self.host

    def login_for(self, email: str) -> str:
        return email.partition("@")[0] if self.is_local_part else email


def options(**changes: Any) -> IntegrationOptions:
    base = IntegrationOptions(name="support", email="support@example.com", host="imap.example.com")
    return replace(base, **changes)


def build(preset: PresetLike | None = None, **changes: Any) -> Integration:
    return build_integration(options(**changes), preset, NOW, lambda: UUID)


def wheres(preset: PresetLike | None = None, **changes: Any) -> list[str]:
    return [problem.where for problem in find_problems(options(**changes), preset)]


# --- making --------------------------------------------------------------------------------------------------------


def test_the_least_that_is_enough() -> None:
    assert build() == Integration(
        uuid=UUID,
        name="support",
        email="support@example.com",
        endpoint=Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "support@example.com"),
        created_at=NOW,
        updated_at=NOW,
    )


def test_everything_is_taken_over(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    built = build(
        host="IMAP.Example.com",
        port=1993,
        username="login",
        folders=("inbox", "Archive", "INBOX", "Archive", "\\Sent", "ROLE:sent", "\\Inbox", "junk"),
        cron="*/5 * * * *",
        priority=7,
        filter_json="{}",
        rules_json="[]",
        dedup="company",
        unread_only=True,
        mark_read=True,
        known_senders_only=True,
        company="Example Ltd",
        since=NOW,
        tickets_since=LATER,
        makes_tickets=False,
        ca_file=ca,
        pin_sha256=":".join(["AB"] * 32),
        active=False,
    )
    assert built == Integration(
        uuid=UUID,
        name="support",
        email="support@example.com",
        endpoint=Endpoint("imap.example.com", 1993, TlsMode.IMPLICIT, "login", str(ca), PIN),
        folders=("INBOX", "Archive", "role:sent", "junk"),
        interval_s=None,
        cron="*/5 * * * *",
        priority=7,
        filter_json="{}",
        rules_json="[]",
        dedup=DedupScope.COMPANY,
        unread_only=True,
        mark_read=True,
        known_senders_only=True,
        company="Example Ltd",
        since=NOW,
        tickets_since=LATER,
        makes_tickets=False,
        active=False,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (TlsMode.IMPLICIT, 993)),
        ({"port": 143}, (TlsMode.STARTTLS, 143)),
        ({"port": 2143}, (TlsMode.IMPLICIT, 2143)),
        ({"tls": "starttls"}, (TlsMode.STARTTLS, 143)),
        ({"tls": "starttls", "port": 993}, (TlsMode.STARTTLS, 993)),
        ({"tls": "implicit", "port": 143}, (TlsMode.IMPLICIT, 143)),
        ({"tls": "none", "host": "127.0.0.1"}, (TlsMode.NONE, 143)),
    ],
)
def test_tls_mode_and_port_follow_each_other(given: dict[str, Any], expected: tuple[TlsMode, int]) -> None:
    endpoint = build(**given).endpoint
    assert (endpoint.tls, endpoint.port) == expected


def test_a_preset_gives_what_is_not_given() -> None:
    preset = FakePreset(port=1143, tls="starttls", is_local_part=True)
    built = build(preset, host=None)
    assert built.endpoint == Endpoint("imap.provider.example", 1143, TlsMode.STARTTLS, "support")
    assert built.provider == "example"
    own = build(preset, host="other.example.com", port=993, tls="implicit", username="me").endpoint
    assert own == Endpoint("other.example.com", 993, TlsMode.IMPLICIT, "me")
    assert build(preset, tls="implicit").endpoint.port == 993


def test_a_numbered_server_is_asked_for_and_filled_in() -> None:
    preset = FakePreset(host="ex{server}.provider.example")
    (problem,) = find_problems(options(host=None), preset)
    assert (problem.where, problem.message, problem.hint) == ("--host", "which server is yours?", "give its number")
    assert build(preset, host="3").endpoint.host == "ex3.provider.example"


# --- faults --------------------------------------------------------------------------------------------------------


def test_every_fault_is_reported_at_once_as_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        build(
            name="-x",
            email="nobody",
            host="imaps://x",
            port=0,
            tls="ssl",
            username="a\r\nb",
            folders=("a\0",),
            every_s=60,
            cron="* * *",
            priority=-1,
            dedup="company",
            ca_file="/gone",
            pin_sha256="xx",
        )
    said = caught.value.message
    for where in (
        *("NAME", "--email", "--host", "--port", "--tls", "--username", "--folder", "--every, --cron", "--cron"),
        *("--priority", "--dedup company", "--ca-file", "--pin-sha256"),
    ):
        assert f"{where}: " in said
    assert caught.value.exit_code == 2
    assert said.isprintable()


BAD = {
    "name": (["", "x" * 101, "-x", "a\nb", "a\x1b[31m", "a\u202eb", " x", "x ", "\ud800"], "NAME"),
    "email": (
        ["", "x", "@example.com", "a@", "a b@example.com", "a@b@example.com", "a@exa mple.com", "a\n@b.example"],
        "--email",
    ),
    "host": (
        ["imap://h", "h/x", "h:993", "[::1]", "a b", "a..b", "-a.example", "a\n", "x" * 64, ".".join(["a" * 60] * 5)],
        "--host",
    ),
    "port": ([0, -1, 65536], "--port"),
    "tls": (["ssl", "NONE", "Implicit"], "--tls"),
    "username": (["", "a\rb", "a\nb", "a\0b"], "--username"),
    "folders": ([(), ("",), ("a\r\nb",), ("role:postbox",), ("\\Seen",), ("role:",)], "--folder"),
    "every_s": ([0, -5], "--every"),
    "cron": (["", "x", "* * * *", "* * * * * *", "61 * * * *"], "--cron"),
    "priority": ([-1, 32768], "--priority"),
    "dedup": (["mine"], "--dedup"),
    "pin_sha256": (["ab", "zz" * 32, "ab" * 33], "--pin-sha256"),
    "company": (["", "a\nb"], "--company"),
}


@pytest.mark.parametrize("field", BAD)
def test_a_bad_value_is_refused_under_its_option(field: str) -> None:
    values, where = BAD[field]
    for value in values:  # type: ignore[attr-defined]  # lists of different types in one table
        assert where in wheres(**{field: value}), repr(value)


GOOD = {
    "name": ["x", "x" * 100, "Büro 1", "a.b_c/d"],
    "email": [
        "a+b@example.com",
        "a@localhost",
        '"a b"@example.com',
        "é@bücher.example",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
    ],
    "host": ["localhost", "127.0.0.1", "::1", "imap_1.example.com", "bücher.example", "imap.example.com."],
    "port": [1, 65535],
    "username": ["DOMAIN\\user", "me", "é"],
    "priority": [0, 32767],
    "every_s": [1, 86400],
    "cron": ["*/5 * * * *", "0 8 * * 1-5"],
    "dedup": ["store", "integration"],
    "pin_sha256": [PIN, PIN.upper(), ":".join(["ab"] * 32)],
}


@pytest.mark.parametrize("field", GOOD)
def test_a_good_value_is_taken(field: str) -> None:
    for value in GOOD[field]:  # type: ignore[attr-defined]  # lists of different types in one table
        assert wheres(**{field: value}) == [], repr(value)


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=120))
def test_any_text_is_judged_and_never_breaks(email: str, host: str, name: str) -> None:
    find_problems(options(email=email, host=host, name=name), None)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "db.localhost"])
def test_clear_text_is_for_loopback(host: str) -> None:
    assert wheres(host=host, tls="none") == []


@pytest.mark.parametrize("host", ["imap.example.com", "10.0.0.1", "localhost.example.com", "::2", "0.0.0.0"])
def test_clear_text_elsewhere_wants_the_word(host: str) -> None:
    (problem,) = find_problems(options(host=host, tls="none"), None)
    assert problem.where == "--tls none"
    assert "--insecure-plaintext" in problem.hint
    assert wheres(host=host, tls="none", insecure_plaintext=True) == []


# --- changing ------------------------------------------------------------------------------------------------------


def test_nothing_changed_is_the_same_again() -> None:
    built = replace(build(FakePreset(), cron="0 8 * * *", dedup="store", pin_sha256=PIN), id=7)
    assert apply_changes(built, {}) == built
    assert build_integration(options_of(built), None, NOW, lambda: UUID).endpoint == built.endpoint


def test_a_change_keeps_identity_and_notes_the_time() -> None:
    built = replace(build(FakePreset()), id=7)
    changed = apply_changes(built, {"priority": 5, "name": "other", "folders": ("A",)}, now=LATER)
    assert changed == replace(built, priority=5, name="other", folders=("A",), updated_at=LATER)


def test_an_interval_ends_a_cron_expression_and_the_other_way_round() -> None:
    by_cron = apply_changes(build(), {"cron": "0 8 * * *"})
    assert (by_cron.cron, by_cron.interval_s) == ("0 8 * * *", None)
    by_interval = apply_changes(by_cron, {"every_s": 60})
    assert (by_interval.cron, by_interval.interval_s) == (None, 60)
    assert apply_changes(by_cron, {"cron": None}).interval_s == 300
    with pytest.raises(UsageError, match="both given"):
        apply_changes(build(), {"every_s": 60, "cron": "0 8 * * *"})


def test_none_takes_a_value_away() -> None:
    built = build(company="C", filter_json="{}", since=NOW, dedup="company", pin_sha256=PIN, priority=3, folders=("A",))
    cleared = apply_changes(
        built, dict.fromkeys(["company", "filter_json", "since", "dedup", "pin_sha256", "priority", "folders"])
    )
    assert cleared == build()


def test_a_default_port_goes_with_the_mode_and_another_stays() -> None:
    assert apply_changes(build(), {"tls": "starttls"}).endpoint.port == 143
    assert apply_changes(build(port=1993), {"tls": "starttls"}).endpoint.port == 1993
    assert apply_changes(build(), {"tls": "starttls", "port": 2143}).endpoint.port == 2143


def test_a_login_that_was_the_address_goes_with_the_address() -> None:
    new = {"email": "sales@example.com"}
    assert apply_changes(build(), new).endpoint.username == "sales@example.com"
    assert apply_changes(build(username="support"), new).endpoint.username == "sales"
    assert apply_changes(build(username="own"), new).endpoint.username == "own"
    assert apply_changes(build(), new | {"username": "own"}).endpoint.username == "own"


def test_accepted_clear_text_stays_accepted_until_the_server_changes() -> None:
    built = build(tls="none", insecure_plaintext=True)
    assert apply_changes(built, {"priority": 5}).endpoint == built.endpoint
    with pytest.raises(UsageError, match="clear text"):
        apply_changes(built, {"host": "other.example.com"})
    assert apply_changes(built, {"host": "other.example.com", "insecure_plaintext": True}).endpoint.tls is TlsMode.NONE


def test_a_ca_file_that_is_gone_stops_only_its_own_change(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    built = build(ca_file=ca)
    ca.unlink()
    assert apply_changes(built, {"priority": 5}).endpoint.ca_file == str(ca)
    with pytest.raises(UsageError, match="--ca-file"):
        apply_changes(built, {"ca_file": ca})


def test_what_is_no_option_is_a_bug() -> None:
    with pytest.raises(ValueError, match="interval"):
        apply_changes(build(), {"interval": 5})


def test_a_changed_integration_faces_the_same_checks() -> None:
    with pytest.raises(UsageError, match=r"NAME: .*; --port: "):
        apply_changes(build(), {"name": "-x", "port": 0})


def test_the_real_presets_are_what_is_asked_for() -> None:
    from inboxsync.providers.presets import presets

    for preset in presets():
        wanted: PresetLike = preset
        given = "imap.example.com" if wanted.needs_host else None
        built = build_integration(options(host=given), wanted, NOW, lambda: str(uuid.uuid4()))
        assert built.provider == preset.key
        assert built.endpoint.tls is preset.tls
