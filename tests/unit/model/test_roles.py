"""Settings that ask for a folder by what it is for."""

from __future__ import annotations

import doctest

import pytest

from inboxsync.model import roles
from inboxsync.model.roles import FolderRole, asks_for_role, canonical, role_of


def test_the_examples() -> None:
    assert doctest.testmod(roles).failed == 0


@pytest.mark.parametrize("role", list(FolderRole))
def test_every_way_to_ask_for_a_role_is_kept_alike(role: FolderRole) -> None:
    for setting in (f"role:{role}", f"ROLE:{role.upper()}", f"\\{role.capitalize()}", f"\\{role}"):
        assert role_of(setting) is role
        assert canonical(setting) == f"role:{role}"
        assert canonical(canonical(setting)) == canonical(setting)


@pytest.mark.parametrize("name", ["Sent", "SENT", "Archive/2026", "roles", "sent ", "INBOX/sent", "rôle:sent"])
def test_names_are_no_roles(name: str) -> None:
    assert role_of(name) is None
    assert not asks_for_role(name)
    assert canonical(name) == name


def test_a_bare_word_stays_as_it_is_for_it_may_be_a_name() -> None:
    assert (canonical("sent"), role_of("sent")) == ("sent", FolderRole.SENT)
