"""The operating system's keyring, behind an allow-list of back ends.

keyring takes whatever back end is installed: with keyrings.alt that is a clear-text file (measured), so the class that
it chose is checked by name before it is asked anything. Under cron and in services there is normally no unlocked
session; that is an answer ("nothing there"), not an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from inboxsync.model.secret import Secret

SERVICE = "inboxsync"
ENTRY = "key"

ALLOWED_BACK_ENDS = frozenset(
    {
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.libsecret.Keyring",
    }
)
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_EMPTY = frozenset({"keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"})


class BackEnd(Protocol):
    """What is asked of a keyring back end."""

    def get_password(self, service: str, username: str) -> str | None:
        """Answer the entry, or None."""


def load_back_end() -> BackEnd:
    """Let keyring choose its back end; some 90 ms, so only when it is needed."""
    import keyring

    return keyring.get_keyring()


def class_names(back_end: object) -> tuple[str, ...]:
    """Name the class of a back end, or of each one that a chain of back ends would ask."""
    name = f"{type(back_end).__module__}.{type(back_end).__qualname__}"
    if name != _CHAINER:
        return (name,)
    return tuple(part for link in getattr(back_end, "backends", ()) for part in class_names(link))


def refusal(names: Sequence[str]) -> str | None:
    """Say why these back ends must not hold a key, or None where all of them are known to encrypt."""
    refused = [name for name in names if name not in ALLOWED_BACK_ENDS]
    if names and not refused:
        return None
    if not names or _EMPTY.issuperset(refused):
        return "this session has no keyring"
    return f"{', '.join(refused)} is not trusted to encrypt what it stores"


def _failures() -> tuple[type[Exception], ...]:
    """How a keyring says that it cannot be asked: keyring's own errors, and those of D-Bus that it lets through."""
    from keyring.errors import KeyringError

    passed_through = (("secretstorage.exceptions", "SecretStorageException"), ("jeepney", "DBusErrorResponse"))
    loaded = [getattr(sys.modules.get(module), name, None) for module, name in passed_through]
    return (KeyringError, RuntimeError, OSError, ImportError, *(found for found in loaded if found is not None))


def read_os_keyring(load: Callable[[], BackEnd] = load_back_end) -> tuple[Secret | None, str]:
    """Answer the stored key ring and a remark on where it was looked for; (None, why) where there is none."""
    try:
        back_end = load()
        names = class_names(back_end)
        refused = refusal(names)
        found = None if refused else back_end.get_password(SERVICE, ENTRY)
    except _failures() as error:
        return None, f"cannot be asked ({type(error).__name__})"
    if refused:
        return None, f"not used: {refused}"
    asked = ", ".join(names)
    return (Secret(found), asked) if found else (None, f"{asked} has no entry `{SERVICE}` / `{ENTRY}`")
