"""Files that hold one password: systemd credentials, container secrets, and what a person made by hand."""

from __future__ import annotations

from pathlib import Path

from inboxsync.errors import ConfigError, Problem
from inboxsync.model.secret import Secret

MAX_BYTES = 64 * 1024


def read_secret_file(path: Path, where: str) -> Secret:
    """Read a password from a file: its one line, without the line's end. Pipes and links are followed.

    The rights are not judged: container secrets are 0444 and links by design, and the password is in other hands
    already. `where` names the setting in a fault. Raises ConfigError where the file cannot be read or is not one line.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(where, f"{path} cannot be read: {error.strerror}") from error
    secret = _one_line(octets)
    if secret is None:
        raise _refused(where, f"{path} does not hold one line of UTF-8 text")
    return secret


def _one_line(octets: bytes) -> Secret | None:
    """Answer the line; None where there is none, more than one, or what is no password (too long, NUL, not UTF-8)."""
    line = octets.removesuffix(b"\n").removesuffix(b"\r")
    if not line or len(line) > MAX_BYTES or any(octet in line for octet in b"\r\n\0"):
        return None
    try:
        return Secret(line.decode())
    except UnicodeDecodeError:
        return None


def _refused(where: str, message: str) -> ConfigError:
    problem = Problem(where, message, "the file holds the password alone, as one line")
    return ConfigError(str(problem), hint=problem.hint, problems=[problem])
