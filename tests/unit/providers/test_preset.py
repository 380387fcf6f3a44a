"""A preset answers for its host, its login name and the roles of folders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.roles import FolderRole
from inboxsync.providers.preset import QUIRK_MEANINGS, Preset, Quirk, UsernameForm
from inboxsync.providers.presets import lookup


@pytest.mark.parametrize(
    ("key", "given", "host"),
    [
        ("gmail", None, "imap.gmail.com"),
        ("gmail", "", "imap.gmail.com"),
        ("gmail", "imap.example.com", "imap.example.com"),
        ("ovh-pro", "2", "pro2.mail.ovh.net"),
        ("ovh-exchange", " 14 ", "ex14.mail.ovh.net"),
        ("ovh-pro", "pro3.mail.ovh.net", "pro3.mail.ovh.net"),
        ("generic", "imap.example.com", "imap.example.com"),
    ],
)
def test_the_host_is_the_presets_or_the_given_one(key: str, given: str | None, host: str) -> None:
    assert lookup(key).host_for(given) == host


@pytest.mark.parametrize(("key", "word"), [("ovh-pro", "number"), ("ovh-exchange", "number"), ("generic", "--host")])
def test_a_host_that_only_the_customer_knows_is_asked_for(key: str, word: str) -> None:
    assert lookup(key).needs_host
    with pytest.raises(UsageError, match=key) as caught:
        lookup(key).host_for()
    assert word in caught.value.hint
    assert "--host" in caught.value.hint


def test_the_login_is_the_address_or_its_local_part() -> None:
    assert lookup("gmail").login_for("desk@example.com") == "desk@example.com"
    assert lookup("free").login_for("desk@example.com") == "desk"
    assert lookup("free").login_for("desk") == "desk"


@pytest.mark.parametrize(
    ("key", "folder", "role"),
    [
        ("gmail", "[Gmail]/Tous les messages", FolderRole.ALL),
        ("gmail", "[Google Mail]/Papierkorb", FolderRole.TRASH),
        ("gmail", "Archive", FolderRole.ARCHIVE),
        ("icloud", "Deleted Messages", FolderRole.TRASH),
        ("outlook", "Éléments envoyés", FolderRole.SENT),
        ("ovh", "INBOX.Sent", FolderRole.SENT),
        ("ovh", "inbox/DRAFTS", FolderRole.DRAFTS),
        ("microsoft365", "Ongewenste e-mail", FolderRole.JUNK),
        ("generic", "Posta inviata", FolderRole.SENT),
        ("generic", "Elementos eliminados", FolderRole.TRASH),
        ("generic", "INBOX", None),
        ("generic", "Customers", None),
        ("generic", "INBOXSent", None),
    ],
)
def test_folder_names_of_many_languages_tell_a_role(key: str, folder: str, role: FolderRole | None) -> None:
    assert lookup(key).role_of(folder) is role


def test_every_quirk_has_a_meaning() -> None:
    assert set(QUIRK_MEANINGS) == set(Quirk)
    assert all(meaning.endswith(".") for meaning in QUIRK_MEANINGS.values())


def test_presets_are_values() -> None:
    one = lookup("gmail")
    assert replace(one) == one
    assert len({one, replace(one), replace(one, username=UsernameForm.LOCALPART)}) == 2
    assert isinstance(one, Preset)
