"""Tokens of the HTTP endpoint over plain DB-API; hashes only, never a token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inboxsync.errors import UsageError
from inboxsync.model.token import AccessToken
from inboxsync.store.control_rows import listed, marks
from inboxsync.store.dialect import read_json, read_moment, read_time
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import ControlStore

TABLE = "inboxsync_tokens"
COLUMNS = ("name", "token_id", "sha256", "integrations", "created_at", "expires_at")
_SELECT = f"SELECT id, {listed(COLUMNS)} FROM {TABLE}"  # noqa: S608  constants
_INSERT = f"INSERT INTO {TABLE} ({listed(COLUMNS)}) VALUES ({marks(COLUMNS)})"  # noqa: S608  constants


def tokens_of(control: ControlStore) -> Tokens:
    """Answer the tokens of an open control plane; TypeError for another kind of it."""
    from inboxsync.store.control import SqlControlStore

    if not isinstance(control, SqlControlStore):
        raise TypeError(f"{type(control).__name__} has no tokens")
    return Tokens(control._database)


class Tokens:
    """Every method is one transaction. All raise StoreError, and UsageError where they say so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def all(self) -> Sequence[AccessToken]:
        """Answer all tokens by name."""
        return sorted(map(_read, self._database.rows(_SELECT)), key=lambda token: token.name)

    @retried
    def by_token_id(self, token_id: str) -> AccessToken | None:
        """Answer the token with this public part, or None."""
        row = self._database.row(f"{_SELECT} WHERE token_id = ?", (token_id,))
        return None if row is None else _read(row)

    @retried
    def add(self, token: AccessToken) -> AccessToken:
        """Store a new token; UsageError on a taken name."""
        with self._database.transaction() as work:
            work.lock(TABLE)
            if work.row(f"SELECT id FROM {TABLE} WHERE name = ?", (token.name,)) is not None:  # noqa: S608  a constant
                raise UsageError(f"a token named {token.name!r} exists already", hint="choose another name")
            work.insert(_INSERT, tuple(getattr(token, column) for column in COLUMNS))
        return token

    @retried
    def remove(self, name: str) -> bool:
        """Remove the token of this name for good; tells whether there was one."""
        with self._database.transaction() as work:
            return work.run(f"DELETE FROM {TABLE} WHERE name = ?", (name,)) == 1  # noqa: S608  a constant


def _read(row: Sequence[Any]) -> AccessToken:
    token_id, *columns = row
    value = dict(zip(COLUMNS, columns, strict=True))
    bound = read_json(value["integrations"])
    return AccessToken(
        id=token_id,
        name=value["name"],
        token_id=value["token_id"],
        sha256=value["sha256"],
        integrations=None if bound is None else tuple(bound),
        created_at=read_moment(value["created_at"]),
        expires_at=read_time(value["expires_at"]),
    )
