"""Where the master key comes from: one source, in order, never one that must not be trusted."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxsync.credentials.keys import (
    Candidate,
    FoundKey,
    KeySources,
    SourceKind,
    choose_source,
    describe,
    find_key_ring,
    make_key_file,
    not_written,
    survey,
    write_key_ring,
)
from inboxsync.credentials.ring import KeyRing, MasterKey, format_key_ring, new_key
from inboxsync.errors import ConfigError, DiskFull, KeyMissing, Problem, StoreUnwritable
from inboxsync.model.secret import Secret

KEYS = {kind: new_key() for kind in SourceKind}


def line(kind: SourceKind) -> str:
    return format_key_ring(KeyRing((KEYS[kind],))).decode().splitlines()[-1]


def write(path: Path, kind: SourceKind, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line(kind) + "\n")
    path.chmod(mode)
    return path


class Keyring:
    """A fake keyring of the operating system that counts how often it is asked."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        self.asked = 0

    def __call__(self) -> tuple[Secret | None, str]:
        self.asked += 1
        return (Secret(self.text), "a keyring") if self.text else (None, "no entry")


def sources(tmp_path: Path, *kinds: SourceKind, keyring: Keyring | None = None) -> KeySources:
    """Lay out a key in each of these sources."""
    if SourceKind.KEY_FILE in kinds:
        write(tmp_path / "named", SourceKind.KEY_FILE)
    if SourceKind.SYSTEMD in kinds:
        write(tmp_path / "creds" / "inboxsync-key", SourceKind.SYSTEMD, 0o440)
    if SourceKind.DATA_DIR in kinds:
        write(tmp_path / "data" / "key", SourceKind.DATA_DIR)
    in_keyring = line(SourceKind.OS_KEYRING) if SourceKind.OS_KEYRING in kinds else None
    return KeySources(
        data_dir=tmp_path / "data",
        key_file=tmp_path / "named" if SourceKind.KEY_FILE in kinds else None,
        credentials_dir=tmp_path / "creds" if SourceKind.SYSTEMD in kinds else None,
        environment_key=Secret(line(SourceKind.ENVIRONMENT)) if SourceKind.ENVIRONMENT in kinds else None,
        ask_keyring=keyring or Keyring(in_keyring),
    )


def find(given: KeySources, *, store_has_secrets: bool = True) -> FoundKey:
    return find_key_ring(given, store_has_secrets=store_has_secrets)


# --- order ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(5))
def test_the_first_source_that_has_a_key_is_the_one_that_is_used(tmp_path: Path, first: int) -> None:
    kinds = list(SourceKind)[first:]
    found = find(sources(tmp_path, *kinds))
    assert found.source is kinds[0]
    assert found.ring.keys == (KEYS[kinds[0]],)
    assert not found.created


def test_later_sources_are_not_asked(tmp_path: Path) -> None:
    keyring = Keyring(line(SourceKind.OS_KEYRING))
    for kind in (SourceKind.KEY_FILE, SourceKind.SYSTEMD, SourceKind.DATA_DIR):
        find(sources(tmp_path / kind.name, kind, keyring=keyring))
    assert keyring.asked == 0


def test_choosing_is_lazy_and_stops_at_a_fault() -> None:
    taken: list[SourceKind] = []

    def candidates() -> Iterator[Candidate]:
        for kind in SourceKind:
            taken.append(kind)
            fault = Problem("/x", "bad", "mend it") if kind is SourceKind.DATA_DIR else None
            yield Candidate(kind, "", fault=fault)

    with pytest.raises(ConfigError, match="data directory /x: bad") as caught:
        choose_source(candidates())
    assert taken[-1] is SourceKind.DATA_DIR
    assert caught.value.hint == "mend it"
    assert choose_source([]) is None


def test_only_the_environment_warns(tmp_path: Path) -> None:
    assert "INBOXSYNC_KEY" in find(sources(tmp_path, SourceKind.ENVIRONMENT)).warning
    assert find(sources(tmp_path / "b", SourceKind.DATA_DIR)).warning == ""


def test_a_variable_may_hold_several_keys_on_one_line(tmp_path: Path) -> None:
    text = f"  {line(SourceKind.OS_KEYRING)} {line(SourceKind.ENVIRONMENT)}\n"
    given = KeySources(tmp_path, environment_key=Secret(text), ask_keyring=Keyring())
    assert find(given).ring.keys == (KEYS[SourceKind.OS_KEYRING], KEYS[SourceKind.ENVIRONMENT])


def test_sources_come_from_the_process_s_environment(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": "/run/credentials/x", "INBOXSYNC_KEY": "CANARY"}
    given = KeySources.of(environ, data_dir=tmp_path, key_file=Path("/k"))
    assert given.credentials_dir == Path("/run/credentials/x")
    assert given.key_file == Path("/k")
    assert given.environment_key is not None
    assert given.environment_key.reveal() == "CANARY"
    assert "CANARY" not in repr(given)
    assert KeySources.of({"INBOXSYNC_KEY": ""}, data_dir=tmp_path).environment_key is None


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
@pytest.mark.parametrize("kind", [SourceKind.KEY_FILE, SourceKind.DATA_DIR])
def test_a_key_file_that_others_may_read_stops_the_search(tmp_path: Path, kind: SourceKind, mode: int) -> None:
    given = sources(tmp_path, kind, SourceKind.ENVIRONMENT)
    path = given.key_file or given.data_dir_file
    path.chmod(mode)
    with pytest.raises(ConfigError, match="others may read it") as caught:
        find(given)
    assert caught.value.exit_code == 78
    assert f"chmod 600 {path}" in caught.value.hint


@pytest.mark.parametrize("kind", [SourceKind.KEY_FILE, SourceKind.SYSTEMD, SourceKind.DATA_DIR])
def test_a_link_is_refused(tmp_path: Path, kind: SourceKind) -> None:
    given = sources(tmp_path, kind)
    path = {
        SourceKind.KEY_FILE: tmp_path / "named",
        SourceKind.SYSTEMD: tmp_path / "creds" / "inboxsync-key",
        SourceKind.DATA_DIR: tmp_path / "data" / "key",
    }[kind]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="symbolic link"):
        find(given)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_key_file_is_refused(tmp_path: Path) -> None:
    given = sources(tmp_path, SourceKind.DATA_DIR)
    os.chown(given.data_dir_file, 12345, -1)
    with pytest.raises(ConfigError, match="another user"):
        find(given)


def test_a_named_key_file_that_is_not_there_is_an_error_and_never_replaced(tmp_path: Path) -> None:
    given = KeySources(tmp_path / "data", key_file=tmp_path / "gone", ask_keyring=Keyring(line(SourceKind.OS_KEYRING)))
    for store_has_secrets in (True, False):
        with pytest.raises(ConfigError, match="there is no such file"):
            find(given, store_has_secrets=store_has_secrets)
    assert not (tmp_path / "gone").exists()
    assert not (tmp_path / "data").exists()


def test_a_key_file_that_cannot_be_understood_stops_the_search(tmp_path: Path) -> None:
    given = sources(tmp_path, SourceKind.DATA_DIR, SourceKind.ENVIRONMENT)
    given.data_dir_file.write_bytes(b"\xff\xfe not a key CANARY")
    with pytest.raises(ConfigError, match="line 1") as caught:
        find(given)
    assert "CANARY" not in str(caught.value)


def test_a_key_file_named_inside_the_credentials_directory_is_judged_as_a_credential(tmp_path: Path) -> None:
    path = write(tmp_path / "creds" / "other", SourceKind.KEY_FILE, 0o440)
    given = KeySources(tmp_path, key_file=path, credentials_dir=tmp_path / "creds", ask_keyring=Keyring())
    assert find(given).ring.keys == (KEYS[SourceKind.KEY_FILE],)


def test_an_overlong_key_file_is_refused(tmp_path: Path) -> None:
    given = sources(tmp_path, SourceKind.DATA_DIR)
    given.data_dir_file.write_bytes(b"#" * 70_000)
    with pytest.raises(ConfigError, match="longer than"):
        find(given)


# --- first use -----------------------------------------------------------------------------------------------------


def test_on_first_use_a_private_key_file_is_made_and_its_backup_asked_for(tmp_path: Path) -> None:
    found = find(sources(tmp_path), store_has_secrets=False)
    path = tmp_path / "data" / "key"
    assert (found.created, found.source, found.path) == (True, SourceKind.DATA_DIR, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "back it up" in found.warning
    again = find(sources(tmp_path))
    assert again.ring == found.ring
    assert (again.created, again.warning) == (False, "")


def test_a_store_that_holds_secrets_never_gets_a_new_key(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing) as caught:
        find(sources(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert caught.value.exit_code == 78
    assert all(str(kind) in caught.value.message for kind in SourceKind)


def test_the_first_of_two_new_keys_counts(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key_file(path, KEYS[SourceKind.KEY_FILE])
    make_key_file(path, KEYS[SourceKind.SYSTEMD])
    assert find(KeySources(tmp_path)).ring.keys == (KEYS[SourceKind.KEY_FILE],)


def test_a_data_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnwritable, match="cannot write the key file") as caught:
        make_key_file(tmp_path / "file" / "data" / "key")
    assert caught.value.exit_code == 78


def test_a_full_disk_is_told_from_a_directory_without_rights(tmp_path: Path) -> None:
    full, denied = OSError(errno.ENOSPC, "No space left on device"), PermissionError(errno.EACCES, "Permission denied")
    assert isinstance(not_written(tmp_path, full), DiskFull)
    assert isinstance(not_written(tmp_path, denied), StoreUnwritable)
    assert not_written(tmp_path, full).message == f"cannot write the key file {tmp_path}: No space left on device"


# --- telling -------------------------------------------------------------------------------------------------------


def test_describe_says_what_each_source_said_and_never_a_value(tmp_path: Path) -> None:
    said = find(sources(tmp_path, SourceKind.DATA_DIR, SourceKind.ENVIRONMENT)).describe()
    assert len(said) == len(SourceKind)
    assert said[0] == "key file: none is named (key_file, INBOXSYNC_KEY_FILE)"
    assert said[1] == "systemd credential: not run by systemd with LoadCredential"
    assert said[2] == f"data directory: used, {tmp_path}/data/key"
    assert said[3] == said[4].replace("environment", "keyring of the operating system")
    assert "not asked" in said[4]


def test_a_whole_survey_names_faults_and_other_keys_without_raising(tmp_path: Path) -> None:
    given = sources(tmp_path, *SourceKind)
    given.data_dir_file.chmod(0o644)
    candidates = list(survey(given))
    said = describe(candidates, used=candidates[0])
    assert said[0].startswith("key file: used, ")
    assert said[1].startswith("systemd credential: has a key, ")
    assert said[2].startswith("data directory: refused: ")
    assert said[4] == "environment: has a key, INBOXSYNC_KEY"
    shown = "\n".join(said) + repr(candidates)
    assert not any(line(kind).partition(":")[2][:12] in shown for kind in SourceKind)


# --- writing back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SourceKind.KEY_FILE, SourceKind.DATA_DIR])
def test_a_rotated_ring_is_written_back_to_its_file(tmp_path: Path, kind: SourceKind) -> None:
    given, new = sources(tmp_path, kind), new_key()
    found = find(given)
    written = write_key_ring(found, found.ring.rotated(new))
    assert written.ring.keys == (new, KEYS[kind])
    assert find(given).ring == written.ring
    assert find(given).path is not None
    assert (given.key_file or given.data_dir_file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", [SourceKind.SYSTEMD, SourceKind.OS_KEYRING, SourceKind.ENVIRONMENT])
def test_sources_that_are_not_ours_are_not_written(tmp_path: Path, kind: SourceKind) -> None:
    found = find(sources(tmp_path, kind))
    with pytest.raises(ConfigError, match="cannot change") as caught:
        write_key_ring(found, found.ring.rotated(MasterKey("n", bytes(32))))
    assert "by hand" in caught.value.hint
