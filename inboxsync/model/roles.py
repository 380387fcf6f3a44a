"""What a folder is for, and how a setting asks for a folder by that instead of by its name (RFC 6154). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

INBOX = "INBOX"
ROLE_PREFIX = "role:"


class FolderRole(StrEnum):
    """What a folder is for; the words are the attributes of RFC 6154 in lower case."""

    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    JUNK = "junk"
    ARCHIVE = "archive"
    ALL = "all"
    FLAGGED = "flagged"

    @property
    def attribute(self) -> str:
        """The attribute by which a server marks the folder, in lower case (attributes know no case, RFC 6154 §2)."""
        return f"\\{self.value}"


RoleNames = Mapping[FolderRole, tuple[str, ...]]
"""The names that folders of a role usually have, the likeliest first."""


def asks_for_role(setting: str) -> bool:
    r"""Whether a setting is meant as a role, right or wrong: `role:sent` or `\Sent`.

    >>> asks_for_role(r"\Sent"), asks_for_role("role:postbox"), asks_for_role("Sent")
    (True, True, False)
    """
    return setting.startswith("\\") or setting.lower().startswith(ROLE_PREFIX)


def role_word(setting: str) -> str:
    r"""Take the word out of `role:sent` and `\Sent`, in lower case."""
    return setting.lower().removeprefix(ROLE_PREFIX).removeprefix("\\")


def role_of(setting: str) -> FolderRole | None:
    """Answer the role that a setting asks for, or may mean: a bare word in lower case is a name first (`archive`).

    >>> role_of("role:sent"), role_of("archive"), role_of("Archive")
    (<FolderRole.SENT: 'sent'>, <FolderRole.ARCHIVE: 'archive'>, None)
    """
    word = role_word(setting) if asks_for_role(setting) else setting
    return next((role for role in FolderRole if role == word), None)


def canonical(setting: str) -> str:
    r"""Write a setting in the one way it is kept: INBOX however it was written (RFC 9051 §5.1), roles as `role:sent`.

    >>> [canonical(text) for text in ("inbox", r"\Inbox", r"\SENT", "Role:junk", "archive", "Archive/2026")]
    ['INBOX', 'INBOX', 'role:sent', 'role:junk', 'archive', 'Archive/2026']
    """
    word = role_word(setting) if asks_for_role(setting) else setting
    if word.upper() == INBOX:
        return INBOX
    return ROLE_PREFIX + word if asks_for_role(setting) else setting
