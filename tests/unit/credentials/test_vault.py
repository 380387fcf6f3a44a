"""The vault: what was sealed for one endpoint opens for that endpoint, with that key, and never otherwise."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.credentials.ring import KeyRing, MasterKey, new_key
from inboxsync.credentials.vault import Vault, key_id_of, reseal, reseal_canary
from inboxsync.errors import ConfigError, KeyWrong, SecretUnreadable, UsageError
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret

ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "support@example.com")
INTEGRATION = Integration("11111111-2222-3333-4444-555555555555", "support", "support@example.com", ENDPOINT)
OLD, NEW = new_key(), new_key()
RING = KeyRing((OLD,))
STORE = "store-uuid"
PASSWORD = "CANARY-7f3a-pässword"


def pointed(**changes: object) -> Integration:
    return replace(INTEGRATION, endpoint=replace(ENDPOINT, **changes))  # type: ignore[arg-type]  # names are fields


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1))
def test_what_is_sealed_opens(password: str) -> None:
    vault = Vault(RING)
    assert vault.open(vault.seal(Secret(password), INTEGRATION), INTEGRATION).reveal() == password


def test_a_record_shows_neither_password_nor_key_and_is_never_the_same_twice() -> None:
    vault = Vault(RING)
    one, two = (vault.seal(Secret(PASSWORD), INTEGRATION) for _ in range(2))
    assert b"CANARY" not in one
    assert OLD.octets not in one
    assert one != two
    assert key_id_of(one) == OLD.key_id


CHANGES: dict[str, Callable[[], Integration]] = {
    "host": lambda: pointed(host="evil.example.com"),
    "port": lambda: pointed(port=9930),
    "tls": lambda: pointed(tls=TlsMode.NONE),
    "login": lambda: pointed(username="other@example.com"),
    "uuid": lambda: replace(INTEGRATION, uuid="99999999-2222-3333-4444-555555555555"),
    "host and port that read the same joined": lambda: pointed(host="imap.example.com:99", port=3),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_re_pointed_integration_does_not_get_its_password(change: str) -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION)
    with pytest.raises(SecretUnreadable) as caught:
        Vault(RING).open(record, CHANGES[change]())
    assert caught.value.exit_code == 78
    assert "inboxsync edit" in caught.value.hint


def test_what_does_not_say_where_the_secret_goes_may_change() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION)
    renamed = replace(INTEGRATION, name="other", priority=1, folders=("A",), active=False, id=7)
    assert Vault(RING).open(record, renamed).reveal() == PASSWORD


def test_swapped_records_open_for_neither() -> None:
    other = replace(INTEGRATION, uuid="99999999-2222-3333-4444-555555555555")
    vault = Vault(RING)
    mine, theirs = vault.seal(Secret("one"), INTEGRATION), vault.seal(Secret("two"), other)
    for record, integration in ((mine, other), (theirs, INTEGRATION)):
        with pytest.raises(SecretUnreadable):
            vault.open(record, integration)


def test_fields_are_apart() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION, "refresh_token")
    with pytest.raises(SecretUnreadable):
        Vault(RING).open(record, INTEGRATION)
    assert Vault(RING).open(record, INTEGRATION, "refresh_token").reveal() == PASSWORD


def test_octets_do_not_move_from_one_field_to_the_next() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), replace(INTEGRATION, uuid="x"), "password")
    with pytest.raises(SecretUnreadable):
        Vault(RING).open(record, replace(INTEGRATION, uuid="xp"), "assword")


def test_every_flipped_byte_fails_closed() -> None:
    record = Vault(RING).seal(Secret("secret"), INTEGRATION)
    for position in range(len(record)):
        for flip in (0x01, 0x80, 0xFF):
            altered = bytearray(record)
            altered[position] ^= flip
            with pytest.raises((SecretUnreadable, KeyWrong)):
                Vault(RING).open(bytes(altered), INTEGRATION)


def test_every_prefix_and_an_addition_fail_closed() -> None:
    record = Vault(RING).seal(Secret("secret"), INTEGRATION)
    for altered in [*(record[:length] for length in range(len(record))), record + b"\0"]:
        with pytest.raises(SecretUnreadable):
            Vault(RING).open(altered, INTEGRATION)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_other_octets_are_refused_in_words(octets: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        Vault(RING).open(b"v1" + octets, INTEGRATION)
    assert caught.value.message.isprintable()


def test_a_ring_without_the_key_says_so() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION)
    with pytest.raises(KeyWrong, match=OLD.key_id):
        Vault(KeyRing((NEW,))).open(record, INTEGRATION)


def test_older_keys_of_the_ring_decrypt() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION)
    assert Vault(RING.rotated(NEW)).open(record, INTEGRATION).reveal() == PASSWORD


@pytest.mark.parametrize("password", ["", "a\rb", "a\nb", "a\0b", "secret\n", "half \udc80"])
def test_what_no_login_can_send_is_refused_at_seal_time(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        Vault(RING).seal(Secret(password), INTEGRATION)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("password", [PASSWORD + "\r\n", PASSWORD + "\udc80", "\0" + PASSWORD])
def test_no_refusal_shows_the_password_even_with_locals(password: str) -> None:
    secret = Secret(password)
    del password
    try:
        Vault(RING).seal(secret, INTEGRATION)
    except UsageError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "CANARY" not in shown


def test_no_failure_to_open_shows_password_or_key_even_with_locals() -> None:
    ring = KeyRing((MasterKey("k", b"CANARY" + bytes(26)),))
    vault, record = Vault(ring), Vault(ring).seal(Secret("CANARY"), INTEGRATION)
    try:
        vault.open(record, pointed(host="evil.example.com"))
    except SecretUnreadable as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "CANARY" not in shown
    assert "CANARY" not in repr(vault) + str(vault) + repr(vars(vault))


# --- canary --------------------------------------------------------------------------------------------------------


def test_the_canary_knows_its_key_and_its_store() -> None:
    record = Vault(RING).seal_canary(STORE)
    Vault(RING).check_canary(record, STORE)
    Vault(RING.rotated(NEW)).check_canary(record, STORE)
    with pytest.raises(KeyWrong):
        Vault(KeyRing((NEW,))).check_canary(record, STORE)
    with pytest.raises(KeyWrong):
        Vault(RING).check_canary(record, "another-store")


def test_another_key_under_the_same_id_is_the_wrong_key() -> None:
    record = Vault(KeyRing((MasterKey("k", bytes(32)),))).seal_canary(STORE)
    with pytest.raises(KeyWrong):
        Vault(KeyRing((MasterKey("k", b"x" * 32),))).check_canary(record, STORE)


def test_a_canary_that_is_no_record_is_not_blamed_on_the_key() -> None:
    with pytest.raises(SecretUnreadable):
        Vault(RING).check_canary(b"garbage", STORE)


def test_canary_and_password_cannot_stand_for_each_other() -> None:
    vault = Vault(RING)
    with pytest.raises(SecretUnreadable):
        vault.open(vault.seal_canary(INTEGRATION.uuid), INTEGRATION)
    with pytest.raises(KeyWrong):
        vault.check_canary(vault.seal(Secret(PASSWORD), INTEGRATION), INTEGRATION.uuid)


# --- rotation ------------------------------------------------------------------------------------------------------


def test_resealing_moves_a_record_to_the_first_key_once() -> None:
    record, ring = Vault(RING).seal(Secret(PASSWORD), INTEGRATION), RING.rotated(NEW)
    moved = reseal(record, INTEGRATION, ring)
    assert moved is not None
    assert reseal(moved, INTEGRATION, ring) is None
    assert Vault(ring.retired()).open(moved, INTEGRATION).reveal() == PASSWORD


def test_resealing_never_moves_what_does_not_open() -> None:
    record = Vault(RING).seal(Secret(PASSWORD), INTEGRATION)
    with pytest.raises(SecretUnreadable):
        reseal(record, pointed(host="evil.example.com"), RING.rotated(NEW))
    with pytest.raises(KeyWrong):
        reseal(record, INTEGRATION, KeyRing((NEW,)))


def test_the_canary_moves_too() -> None:
    record, ring = Vault(RING).seal_canary(STORE), RING.rotated(NEW)
    moved = reseal_canary(record, STORE, ring)
    assert moved is not None
    assert reseal_canary(moved, STORE, ring) is None
    Vault(ring.retired()).check_canary(moved, STORE)


def test_cryptography_is_imported_only_when_something_is_sealed() -> None:
    code = (
        "import sys; import inboxsync.credentials.vault, inboxsync.credentials.keys; "
        "print([m for m in ('cryptography', 'keyring', 'keyring.backend') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
