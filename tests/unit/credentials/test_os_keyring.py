"""The keyring of the operating system: only back ends that are known to encrypt."""

from __future__ import annotations

from collections.abc import Callable

import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from inboxsync.credentials.os_keyring import (
    ALLOWED_BACK_ENDS,
    BackEnd,
    class_names,
    load_back_end,
    read_os_keyring,
    refusal,
)


class FakeBackEnd:
    """Answers one entry, or raises, and notes that it was asked."""

    def __init__(self, answer: str | Exception | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def named(class_name: str, answer: str | Exception | None = "CANARY") -> FakeBackEnd:
    """Make a fake whose class has this full name."""
    module, _, name = class_name.rpartition(".")
    kind: type[FakeBackEnd] = type(name, (FakeBackEnd,), {"__module__": module})
    return kind(answer)


def chain(*back_ends: FakeBackEnd) -> FakeBackEnd:
    chainer = named("keyring.backends.chainer.ChainerBackend")
    chainer.backends = back_ends  # type: ignore[attr-defined]  # what keyring's own chainer has
    return chainer


@pytest.mark.parametrize("class_name", sorted(ALLOWED_BACK_ENDS))
def test_a_known_back_end_is_asked(class_name: str) -> None:
    back_end = named(class_name)
    found, remark = read_os_keyring(lambda: back_end)
    assert found is not None
    assert found.reveal() == "CANARY"
    assert remark == class_name
    assert back_end.asked == [("inboxsync", "key")]


@pytest.mark.parametrize(
    "class_name",
    [
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "somebody.SecretService.Keyring",
        "keyring.backends.SecretService.Keyring.Sub",
    ],
)
def test_any_other_is_refused_by_name_and_never_asked(class_name: str) -> None:
    back_end = named(class_name)
    found, remark = read_os_keyring(lambda: back_end)
    assert found is None
    assert back_end.asked == []
    assert "CANARY" not in remark
    assert class_name in remark or "no keyring" in remark


def test_plaintext_is_named() -> None:
    assert read_os_keyring(lambda: named("keyrings.alt.file.PlaintextKeyring"))[1] == (
        "not used: keyrings.alt.file.PlaintextKeyring is not trusted to encrypt what it stores"
    )


def test_a_chain_is_as_good_as_its_worst_link() -> None:
    good, bad = named("keyring.backends.libsecret.Keyring"), named("keyrings.alt.file.PlaintextKeyring")
    assert read_os_keyring(lambda: chain(good))[0] is not None
    found, remark = read_os_keyring(lambda: chain(good, bad))
    assert found is None
    assert "PlaintextKeyring" in remark
    assert "libsecret" not in remark
    assert read_os_keyring(lambda: chain())[0] is None


@pytest.mark.parametrize(
    "error",
    [
        keyring.errors.KeyringLocked("CANARY"),
        keyring.errors.InitError("CANARY"),
        keyring.errors.NoKeyringError("CANARY"),
        OSError("CANARY"),
    ],
)
def test_a_keyring_that_cannot_be_asked_has_no_key(error: Exception) -> None:
    found, remark = read_os_keyring(lambda: named("keyring.backends.SecretService.Keyring", error))
    assert found is None
    assert remark == f"cannot be asked ({type(error).__name__})"


def test_no_answer_is_said() -> None:
    found, remark = read_os_keyring(lambda: named("keyring.backends.SecretService.Keyring", None))
    assert found is None
    assert "has no entry `inboxsync` / `key`" in remark


def test_a_loader_that_fails_has_no_key() -> None:
    def load() -> BackEnd:
        raise ImportError("no back end")

    assert read_os_keyring(load) == (None, "cannot be asked (ImportError)")


@pytest.mark.parametrize("kind", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_keyring_s_own_empty_back_ends_are_known_by_their_real_names(kind: Callable[[], KeyringBackend]) -> None:
    assert refusal(class_names(kind())) == "this session has no keyring"


def test_keyring_s_own_chainer_is_known_by_its_real_name() -> None:
    make: Callable[[], KeyringBackend] = keyring.backends.chainer.ChainerBackend
    names = class_names(make())
    assert "keyring.backends.chainer.ChainerBackend" not in names


def test_what_keyring_chooses_here_is_judged_without_an_error() -> None:
    found, remark = read_os_keyring(load_back_end)
    assert remark
    assert found is None or set(remark.split(", ")) <= ALLOWED_BACK_ENDS
