"""One mail server and one database server for all system tests; a machine and an account for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from devtools.corpus import Specimen, varied
from devtools.dovecot import Dovecot
from devtools.postgres import Postgres
from tests.system.cli import Account, Answer, Machine

_NUMBERS = itertools.count(1)
LETTERS = 27
# Two are doubles of others, two automatic replies, which open no ticket.
TICKETS = LETTERS - 4


class NewAccount(Protocol):
    """Makes an account on the mail server."""

    def __call__(self, password: str | None = None) -> Account: ...


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing was ever done."""
    return Machine(tmp_path)


@pytest.fixture(scope="session")
def new_account(dovecot: Dovecot) -> NewAccount:
    """Make accounts, each with an address and, where none is given, a password of its own."""

    def make(password: str | None = None) -> Account:
        number = next(_NUMBERS)
        account = Account(dovecot, f"box{number}@example.com", password or f"made-up password {number}")
        dovecot.add_user(account.user, account.password)
        return account

    return make


@pytest.fixture
def account(new_account: NewAccount) -> Account:
    """An empty account."""
    return new_account()


@dataclass(frozen=True, slots=True)
class Synced:
    """A machine after its first sync. Tests only read it."""

    machine: Machine
    account: Account
    letters: tuple[Specimen, ...]
    added: Answer
    first: Answer


@pytest.fixture(scope="session")
def synced(new_account: NewAccount, tmp_path_factory: pytest.TempPathFactory) -> Synced:
    """Twenty-seven letters of all kinds, two of them doubles and one broken, synced once."""
    machine, account = Machine(tmp_path_factory.mktemp("synced")), new_account()
    letters = tuple(varied(LETTERS, seed=7, with_broken=True))
    account.deliver(*letters)
    added = machine.add(account, "support", "--tickets-since", "all", "--json").done()
    return Synced(machine, account, letters, added, machine.sync("support").done())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private Postgres; fails, not skips, where it is not installed."""
    with Postgres() as server:
        yield server
