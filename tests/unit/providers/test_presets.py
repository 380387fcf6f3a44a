"""The presets that come with inboxsync hold the facts that set-ups depend on."""

from __future__ import annotations

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.integration import TlsMode
from inboxsync.model.roles import FolderRole
from inboxsync.providers.preset import Preset, Quirk
from inboxsync.providers.presets import lookup, preset, presets

HOSTS = {
    "gmail": "imap.gmail.com",
    "microsoft365": "outlook.office365.com",
    "outlook": "outlook.office365.com",
    "yahoo": "imap.mail.yahoo.com",
    "aol": "imap.aol.com",
    "orange": "imap.orange.fr",
    "ovh": "ssl0.ovh.net",
    "ovh-pro": "pro{server}.mail.ovh.net",
    "ovh-exchange": "ex{server}.mail.ovh.net",
    "ionos-fr": "imap.ionos.fr",
    "ionos-de": "imap.ionos.de",
    "ionos-com": "imap.ionos.com",
    "ionos-co-uk": "imap.ionos.co.uk",
    "hostinger": "imap.hostinger.com",
    "icloud": "imap.mail.me.com",
    "fastmail": "imap.fastmail.com",
    "zoho-com": "imap.zoho.com",
    "zoho-eu": "imap.zoho.eu",
    "zoho-pro-com": "imappro.zoho.com",
    "zoho-pro-eu": "imappro.zoho.eu",
    "gmx-net": "imap.gmx.net",
    "gmx-com": "imap.gmx.com",
    "web-de": "imap.web.de",
    "free": "imap.free.fr",
    "sfr": "imap.sfr.fr",
    "laposte": "imap.laposte.net",
    "bbox": "imap.bbox.fr",
    "infomaniak": "mail.infomaniak.com",
    "gandi": "mail.gandi.net",
    "proton-bridge": "127.0.0.1",
    "generic": "{host}",
}


def test_hosts_are_those_that_were_looked_up() -> None:
    assert {known.key: known.host for known in presets()} == HOSTS


def test_all_but_the_local_bridge_use_implicit_tls_on_993() -> None:
    others = {p.key: (p.port, p.tls) for p in presets() if (p.port, p.tls) != (993, TlsMode.IMPLICIT)}
    assert others == {"proton-bridge": (1143, TlsMode.STARTTLS)}


def test_who_takes_no_passwords_says_what_to_do() -> None:
    refusing = [p for p in presets() if not p.takes_passwords]
    assert {p.key for p in refusing} == {"microsoft365", "outlook", "yahoo", "aol"}
    assert all("forwarded" in p.auth_note for p in refusing)


def test_app_password_pages_are_given_where_one_is_needed() -> None:
    with_page = {p.key for p in presets() if p.app_password_url}
    assert {"gmail", "icloud", "fastmail", "zoho-com", "infomaniak", "yahoo"} <= with_page


def test_imap_that_is_off_at_first_is_said() -> None:
    assert {"outlook", "gmx-net", "web-de", "zoho-com", "orange"} <= {p.key for p in presets() if p.enable_imap}


def test_logins_by_local_part() -> None:
    assert {p.key for p in presets() if p.username == "localpart"} == {"icloud", "web-de", "free"}


def test_measured_peculiarities() -> None:
    assert lookup("gmail").max_connections == 15
    assert Quirk.LABELS_AS_FOLDERS in lookup("gmail").quirks
    assert Quirk.UNSORTED_UIDS in lookup("yahoo").quirks
    assert Quirk.BODY_FETCH_ONLY in lookup("icloud").quirks
    assert Quirk.UIDVALIDITY_MAY_CHANGE in lookup("ovh").quirks
    assert Quirk.SELF_SIGNED_CERTIFICATE in lookup("proton-bridge").quirks
    assert lookup("microsoft365").pipeline_depth == 1


@pytest.mark.parametrize("known", presets(), ids=lambda known: known.key)
def test_every_preset_can_name_the_usual_folders(known: Preset) -> None:
    roles = {FolderRole.SENT, FolderRole.DRAFTS, FolderRole.TRASH, FolderRole.JUNK, FolderRole.ARCHIVE}
    assert roles <= set(known.folder_roles)
    names = [name for names in known.folder_roles.values() for name in names]
    assert len(names) == len(set(names)), "a name that tells two roles tells none"
    assert "INBOX" not in names


def test_a_key_is_found_in_any_case() -> None:
    assert preset(" Gmail ") is lookup("gmail")
    assert preset("nobody") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial", "gmail"),
        ("ionos", "ionos-fr"),
        ("hotmail", "outlook"),
        ("wanadoo", "orange"),
        ("office365", "microsoft365"),
    ],
)
def test_an_unknown_provider_is_a_usage_error_with_the_nearest_name(typed: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"unknown provider '{typed}'") as caught:
        lookup(typed)
    assert meant in caught.value.hint


@pytest.mark.parametrize("typed", ["", "  ", "qqqqqq", "\x1b[31m"])
def test_nothing_near_points_to_the_list(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        lookup(typed)
    assert caught.value.hint.startswith("`inboxsync providers`")
    assert "\x1b" not in str(caught.value)
