"""Presets are read strictly, every fault is reported, and a new provider needs no code."""

from __future__ import annotations

from datetime import date

import pytest

from inboxsync.errors import ConfigError
from inboxsync.model.integration import TlsMode
from inboxsync.model.provider import ProviderLimits
from inboxsync.model.roles import FolderRole
from inboxsync.providers.decode import decode_presets
from inboxsync.providers.detect import detect
from inboxsync.providers.preset import Quirk, UsernameForm

MINIMAL = """
[folder_names.common]
sent = ["Sent", "Gesendet"]

[[preset]]
key = "new"
name = "New Mail"
host = "imap.new.example"
takes_passwords = true
auth_note = "New Mail takes the mailbox password."
source = "its help pages"
checked = 2026-11-20
"""

FULL = (
    MINIMAL
    + """
[[preset]]
key = "other-2"
name = "Other"
host = "n{server}.other.example"
port = 143
tls = "starttls"
username = "localpart"
takes_passwords = false
auth_note = "Other takes no passwords."
app_password_url = "https://other.example/help"
enable_imap = "Switch it on first."
domains = ["other.example", "xn--exmple-cua.example"]
folder_names = ["own", "common"]
quirks = ["no_push", "unsorted_uids"]
pipeline_depth = 4
max_connections = 15
max_connections_per_host = 40
daily_bytes = 500_000_000
source = "its help pages"
checked = 2026-01-31

[folder_names.own]
sent = ["Out", "Sent"]
all = ["Everything"]
"""
)


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        decode_presets(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_new_provider_is_a_table_and_defaults_fill_the_rest() -> None:
    (new,) = decode_presets(MINIMAL)
    assert (new.key, new.host, new.port, new.tls) == ("new", "imap.new.example", 993, TlsMode.IMPLICIT)
    assert (new.username, new.domains, new.quirks) == (UsernameForm.ADDRESS, (), ())
    assert new.limits == ProviderLimits(pipeline_depth=2)
    assert (new.app_password_url, new.enable_imap) == (None, None)
    assert dict(new.folder_roles) == {FolderRole.SENT: ("Sent", "Gesendet")}
    assert new.checked == date(2026, 11, 20)


def test_every_key_is_read() -> None:
    other = decode_presets(FULL)[1]
    assert (other.host, other.port, other.tls) == ("n{server}.other.example", 143, TlsMode.STARTTLS)
    assert (other.username, other.takes_passwords) == (UsernameForm.LOCALPART, False)
    assert (other.app_password_url, other.enable_imap) == ("https://other.example/help", "Switch it on first.")
    assert other.quirks == (Quirk.NO_PUSH, Quirk.UNSORTED_UIDS)
    assert other.limits == ProviderLimits(
        pipeline_depth=4, connections_per_account=15, connections_per_host=40, daily_bytes=500_000_000
    )
    assert detect("somebody@other.example", decode_presets(FULL)) == other


def test_families_of_folder_names_are_joined_in_order_without_repeats() -> None:
    other = decode_presets(FULL)[1]
    assert dict(other.folder_roles) == {FolderRole.SENT: ("Out", "Sent", "Gesendet"), FolderRole.ALL: ("Everything",)}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('key = "new"', "key = 3"),
        ('key = "new"', 'key = "New Mail"'),
        ('name = "New Mail"', 'name = " "'),
        ('name = "New Mail"', 'name = "two\\nlines"'),
        ('host = "imap.new.example"', 'host = "imap new example"'),
        ('host = "imap.new.example"', 'host = "IMAP.new.example"'),
        ('host = "imap.new.example"', 'host = "imap.{customer}.example"'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nport = 0'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nport = 65536'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nport = true'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nport = "993"'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\ntls = "ssl"'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\ntls = "none"'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nusername = "login"'),
        ('host = "imap.new.example"', 'host = "imap.new.example"\nusername = ["address"]'),
        ("takes_passwords = true", "takes_passwords = 1"),
        ('auth_note = "New Mail takes the mailbox password."', 'auth_note = "no full stop"'),
        ('auth_note = "New Mail takes the mailbox password."', 'auth_note = ""'),
        ("checked = 2026-11-20", 'checked = "2026-11-20"'),
        ("checked = 2026-11-20", "checked = 2026-11-20T10:00:00Z"),
        ("checked = 2026-11-20", 'checked = 2026-11-20\napp_password_url = "http://new.example/"'),
        ("checked = 2026-11-20", "checked = 2026-11-20\nenable_imap = true"),
        ("checked = 2026-11-20", 'checked = 2026-11-20\ndomains = "new.example"'),
        ("checked = 2026-11-20", 'checked = 2026-11-20\ndomains = ["New.example"]'),
        ("checked = 2026-11-20", 'checked = 2026-11-20\ndomains = ["example"]'),
        ("checked = 2026-11-20", 'checked = 2026-11-20\ndomains = ["new.example", "new.example"]'),
        ("checked = 2026-11-20", 'checked = 2026-11-20\nquirks = ["slow"]'),
        ("checked = 2026-11-20", "checked = 2026-11-20\npipeline_depth = 17"),
        ("checked = 2026-11-20", "checked = 2026-11-20\nmax_connections = 0"),
        ("checked = 2026-11-20", "checked = 2026-11-20\nmax_connections_per_host = 1001"),
        ("checked = 2026-11-20", "checked = 2026-11-20\ndaily_bytes = 0"),
        ("checked = 2026-11-20", 'checked = 2026-11-20\ndaily_bytes = "2 GB"'),
        ("checked = 2026-11-20", 'checked = 2026-11-20\nfolder_names = ["absent"]'),
        ("checked = 2026-11-20", "checked = 2026-11-20\ncolour = 3"),
        ("checked = 2026-11-20", ""),
        ('source = "its help pages"', ""),
        ("takes_passwords = true", ""),
        ('sent = ["Sent", "Gesendet"]', 'sent = "Sent"'),
        ('sent = ["Sent", "Gesendet"]', 'outbox = ["Sent"]'),
        ('[folder_names.common]\nsent = ["Sent", "Gesendet"]', "[folder_names]\ncommon = 3"),
        ('[folder_names.common]\nsent = ["Sent", "Gesendet"]', "[colours]\nred = 1\n[folder_names.common]"),
    ],
)
def test_one_fault_is_one_problem(line: str, wrong: str) -> None:
    assert line in MINIMAL
    assert len(problems_of(MINIMAL.replace(line, wrong))) == 1


def test_every_fault_is_reported_with_its_place() -> None:
    text = MINIMAL.replace("true", "1").replace('host = "imap.new.example"', 'port = 0\ncolour = "red"')
    assert problems_of(text) == [
        "preset[0] 'new'.colour: unknown key",
        "preset[0] 'new'.host: is missing",
        "preset[0] 'new'.port: is not a number from 1 to 65535",
        "preset[0] 'new'.takes_passwords: is not true or false",
    ]


def test_keys_and_domains_are_unique() -> None:
    second = FULL + MINIMAL.split("\n\n")[1].replace("new", "other-2") + 'domains = ["other.example"]\n'
    assert problems_of(second) == [
        "preset: key 'other-2' occurs 2 times",
        "preset: domain 'other.example' occurs 2 times",
    ]


@pytest.mark.parametrize("text", ["preset = [", "[preset]\nkey = 'x'", "preset = [1]", "folder_names = 3"])
def test_text_that_has_another_shape_is_a_problem_too(text: str) -> None:
    assert problems_of(text)


def test_no_clear_text_but_to_this_machine() -> None:
    (local,) = decode_presets(MINIMAL.replace('"imap.new.example"', '"127.0.0.1"\ntls = "none"'))
    assert local.tls is TlsMode.NONE
