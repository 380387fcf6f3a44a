"""Where the master key comes from: five sources in a fixed order, of which exactly one is used.

Key file by name > systemd credential > the data directory's own key > the operating system's keyring > environment.
`choose_source` decides (pure); the readers are thin. A source that is there but must not be trusted stops the search:
going on to the next would encrypt with a key that nobody meant.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inboxsync.credentials.os_keyring import read_os_keyring
from inboxsync.credentials.ring import KeyRing, MasterKey, format_key_ring, new_key, parse_key_ring
from inboxsync.errors import ConfigError, DiskFull, KeyMissing, Problem, StoreError, StoreUnwritable
from inboxsync.model.secret import Secret
from inboxsync.system.files import publish, read_private

__all__ = [
    "Candidate",
    "FoundKey",
    "KeyRing",
    "KeySources",
    "MasterKey",
    "SourceKind",
    "choose_source",
    "describe",
    "find_key_ring",
    "make_key_file",
    "new_key",
    "not_written",
    "survey",
    "write_key_ring",
]

CREDENTIAL_NAME = "inboxsync-key"
DATA_DIR_FILE = "key"
ENVIRONMENT_NAME = "INBOXSYNC_KEY"
KEY_FILE_MAX_BYTES = 64 * 1024
ENVIRONMENT_WARNING = (
    f"the master key comes from the environment ({ENVIRONMENT_NAME}), which child processes and crash reports show; "
    "put it into a file of mode 0600 and name it with INBOXSYNC_KEY_FILE"
)


class SourceKind(StrEnum):
    """The sources, in the order in which they are asked."""

    KEY_FILE = "key file"
    SYSTEMD = "systemd credential"
    DATA_DIR = "data directory"
    OS_KEYRING = "keyring of the operating system"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one source said: the ring's text, or nothing, or a fault for which it must not be used."""

    kind: SourceKind
    place: str
    text: Secret | None = None
    remark: str = ""
    fault: Problem | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class KeySources:
    """All that decides where the key is looked for. `environment_key` is kept as a Secret, so nothing prints it."""

    data_dir: Path
    key_file: Path | None = None
    credentials_dir: Path | None = None
    environment_key: Secret | None = None
    ask_keyring: Callable[[], tuple[Secret | None, str]] = read_os_keyring

    @classmethod
    def of(cls, environ: Mapping[str, str], *, data_dir: Path, key_file: Path | None = None) -> KeySources:
        """Gather the sources of this process; `key_file` is the setting of that name (INBOXSYNC_KEY_FILE)."""
        directory, key = environ.get("CREDENTIALS_DIRECTORY"), environ.get(ENVIRONMENT_NAME)
        return cls(data_dir, key_file, Path(directory) if directory else None, Secret(key) if key else None)

    @property
    def data_dir_file(self) -> Path:
        """The key file that is made on first use."""
        return self.data_dir / DATA_DIR_FILE


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The ring that is used and what a person is told about it. `path` is the file that rotation writes, if it may."""

    ring: KeyRing
    source: SourceKind
    place: str
    path: Path | None = None
    created: bool = False
    warning: str = ""
    findings: tuple[str, ...] = ()

    def describe(self) -> tuple[str, ...]:
        """Say in lines which source is used and what each other one said; never a value."""
        return self.findings


# --- deciding ------------------------------------------------------------------------------------------------------


def choose_source(candidates: Iterable[Candidate]) -> Candidate | None:
    """Take the first candidate that has a ring; None if none has. ConfigError at a fault that comes before it.

    Lazy: candidates after the one that decides are not asked.
    """
    for candidate in candidates:
        if candidate.fault is not None:
            fault = candidate.fault
            raise ConfigError(f"{candidate.kind} {fault}", hint=fault.hint, problems=[fault])
        if candidate.text is not None:
            return candidate
    return None


def describe(candidates: Sequence[Candidate], *, used: Candidate | None = None) -> tuple[str, ...]:
    """Say in one line for each source, in order, whether it is used, what it has, or why not; never a value."""
    said = {candidate.kind: candidate for candidate in candidates}
    return tuple(f"{kind}: {_finding(said.get(kind), used)}" for kind in SourceKind)


def _finding(candidate: Candidate | None, used: Candidate | None) -> str:
    if candidate is None:
        return "not asked, an earlier source decides"
    if candidate.fault is not None:
        return f"refused: {candidate.fault}"
    if candidate.text is None:
        return candidate.remark
    return f"used, {candidate.place}" if candidate is used else f"has a key, {candidate.place}"


# --- reading -------------------------------------------------------------------------------------------------------


def survey(sources: KeySources) -> Iterator[Candidate]:
    """Ask the sources one after another, each only when it is its turn. Raises nothing for what it finds."""
    yield _explicit_file(sources)
    yield _systemd_credential(sources)
    yield _data_dir_file(sources)
    yield _os_keyring(sources)
    yield _environment(sources)


def _explicit_file(sources: KeySources) -> Candidate:
    path = sources.key_file
    if path is None:
        return Candidate(SourceKind.KEY_FILE, "", remark="none is named (key_file, INBOXSYNC_KEY_FILE)")
    granted = sources.credentials_dir is not None and path.parent == sources.credentials_dir
    candidate = _read_file(SourceKind.KEY_FILE, path, granted=granted)
    if candidate.text is None and candidate.fault is None:
        fault = Problem(
            str(path), "there is no such file", "restore it from its backup, or make it with `inboxsync key init`"
        )
        return Candidate(SourceKind.KEY_FILE, str(path), fault=fault, path=path)
    return candidate


def _systemd_credential(sources: KeySources) -> Candidate:
    if sources.credentials_dir is None:
        return Candidate(SourceKind.SYSTEMD, "", remark="not run by systemd with LoadCredential")
    return _read_file(SourceKind.SYSTEMD, sources.credentials_dir / CREDENTIAL_NAME, granted=True)


def _data_dir_file(sources: KeySources) -> Candidate:
    return _read_file(SourceKind.DATA_DIR, sources.data_dir_file, granted=False)


def _os_keyring(sources: KeySources) -> Candidate:
    text, remark = sources.ask_keyring()
    return Candidate(SourceKind.OS_KEYRING, remark, text=_one_line(text), remark=remark)


def _environment(sources: KeySources) -> Candidate:
    text = _one_line(sources.environment_key)
    return Candidate(SourceKind.ENVIRONMENT, ENVIRONMENT_NAME, text=text, remark=f"{ENVIRONMENT_NAME} is not set")


def _one_line(text: Secret | None) -> Secret | None:
    """Take keys separated by spaces too: a variable and a keyring's prompt have but one line."""
    return None if text is None else Secret("\n".join(text.reveal().split()))


def _read_file(kind: SourceKind, path: Path, *, granted: bool) -> Candidate:
    try:
        content = Secret(read_private(path, max_bytes=KEY_FILE_MAX_BYTES, granted=granted).decode("utf-8", "replace"))
    except (FileNotFoundError, NotADirectoryError):
        return Candidate(kind, str(path), remark=f"{path} is not there", path=path)
    except OSError as error:
        return Candidate(kind, str(path), fault=_file_fault(path, error), path=path)
    return Candidate(kind, str(path), text=content, path=path)


def _file_fault(path: Path, error: OSError) -> Problem:
    hint = (
        f"make it a plain file that belongs to the user who runs inboxsync, with `chmod 600 {path}`"
        if error.errno == errno.EPERM
        else f"let the user who runs inboxsync read {path}"
    )
    return Problem(str(path), (error.strerror or "cannot be read")[:200], hint)


# --- finding and keeping -------------------------------------------------------------------------------------------


def find_key_ring(sources: KeySources, *, store_has_secrets: bool) -> FoundKey:
    """Find the key ring, or make one in the data directory while the store holds no secret.

    Raises KeyMissing where the store holds secrets and no source has a key; ConfigError where a source is there and
    must not be trusted or cannot be understood; StoreUnwritable or DiskFull where a new key cannot be written.
    """
    asked: list[Candidate] = []
    chosen = choose_source(_remembering(survey(sources), asked))
    if chosen is not None:
        return _found(chosen, asked)
    if store_has_secrets:
        raise KeyMissing(f"the key that opens the stored passwords is not there: {'; '.join(describe(asked))}")
    return _first_use(sources)


def _remembering(candidates: Iterable[Candidate], asked: list[Candidate]) -> Iterator[Candidate]:
    for candidate in candidates:
        asked.append(candidate)
        yield candidate


def _found(chosen: Candidate, asked: Sequence[Candidate], *, created: bool = False) -> FoundKey:
    ring = parse_key_ring(chosen.text or Secret(""), str(chosen.path or chosen.kind))
    writable = chosen.path if chosen.kind in (SourceKind.KEY_FILE, SourceKind.DATA_DIR) else None
    warning = ENVIRONMENT_WARNING if chosen.kind is SourceKind.ENVIRONMENT else ""
    return FoundKey(ring, chosen.kind, chosen.place, writable, created, warning, describe(asked, used=chosen))


def _first_use(sources: KeySources) -> FoundKey:
    """Make the key file, then read what is there: two processes may both have tried, and the first one's key counts."""
    path = sources.data_dir_file
    make_key_file(path)
    candidate = _data_dir_file(sources)
    if choose_source([candidate]) is None:
        raise KeyMissing(f"the key file {path} was made and is gone again")
    found = _found(candidate, [candidate], created=True)
    return FoundKey(found.ring, found.source, found.place, path, True, _backup_advice(path), found.findings)


def _backup_advice(path: Path) -> str:
    return f"a master key was made: {path}; back it up in another place, without it the stored passwords cannot be read"


def make_key_file(path: Path, key: MasterKey | None = None) -> None:
    """Write a new key ring with one key, 0600, durably; an existing file is left alone.

    Raises StoreUnwritable or DiskFull.
    """
    _publish(path, KeyRing((key or new_key(),)), replace=False)


def _publish(path: Path, ring: KeyRing, *, replace: bool) -> None:
    try:
        publish(path, format_key_ring(ring), durable=True, replace=replace)
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> StoreError:
    """Say in our words why a key file was not written: no space, or no right to."""
    what = f"cannot write the key file {path}: {error.strerror}"
    return DiskFull(what) if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreUnwritable(what)


def write_key_ring(found: FoundKey, ring: KeyRing) -> FoundKey:
    """Write a changed ring back to the file it came from, whole or not at all, and durably.

    Raises StoreUnwritable or DiskFull; ConfigError, with what to do, where the source is not a file of ours.
    """
    if found.path is None:
        raise ConfigError(
            f"the key comes from the {found.source}, which inboxsync cannot change",
            hint="add the new key there as the first line by hand, or name a key file with INBOXSYNC_KEY_FILE",
        )
    _publish(found.path, ring, replace=True)
    return FoundKey(ring, found.source, found.place, found.path, False, found.warning, found.findings)
