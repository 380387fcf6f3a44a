"""The key ring's text form: strict, with every fault by line, and silent about values."""

from __future__ import annotations

import base64
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.credentials.ring import KeyRing, MasterKey, format_key_ring, new_key, parse_key_ring
from inboxsync.errors import ConfigError
from inboxsync.model.secret import Secret

OCTETS = bytes(range(100, 132))
ENCODED = base64.urlsafe_b64encode(OCTETS).decode()


def parse(text: str) -> KeyRing:
    return parse_key_ring(Secret(text), "key")


@settings(deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5, unique=True))
def test_what_is_written_is_read_again(octets: list[bytes]) -> None:
    ring = KeyRing(tuple(MasterKey(f"k{number}", key) for number, key in enumerate(octets)))
    assert parse(format_key_ring(ring).decode()) == ring


@pytest.mark.parametrize(
    "text",
    [
        f"a:{ENCODED}",
        f"a:{ENCODED.rstrip('=')}\n",
        f"# a comment: with a colon\n\n  a:{ENCODED}  \r\n   # another\n",
        f"\ufeffa:{ENCODED}\n",
    ],
)
def test_comments_spaces_padding_and_line_ends_do_not_matter(text: str) -> None:
    assert parse(text).keys == (MasterKey("a", OCTETS),)


def test_the_first_key_encrypts() -> None:
    other = base64.urlsafe_b64encode(bytes(32)).decode()
    ring = parse(f"new:{other}\nold:{ENCODED}")
    assert ring.primary.key_id == "new"
    assert ring.get("old") == MasterKey("old", OCTETS)
    assert ring.get("none") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "holds no key"),
        ("# only a comment\n", "holds no key"),
        (ENCODED, "line 1: does not begin with a key id and a colon"),
        (f":{ENCODED}", "line 1: does not begin"),
        (f"a b:{ENCODED}", "line 1: does not begin"),
        (f"{'i' * 65}:{ENCODED}", "line 1: does not begin"),
        (f"\n\na:{ENCODED[:-3]}", "line 3: the part after the colon"),
        ("a:", "line 1: the part after the colon"),
        (f"a:{ENCODED} # trailing", "line 1: the part after the colon"),
        (f"a:{ENCODED}=", "line 1: the part after the colon"),
        (f"a:{base64.urlsafe_b64encode(OCTETS + b'x').decode()}", "line 1: the part after the colon"),
        (f"a:{base64.urlsafe_b64encode(OCTETS[1:]).decode()}", "line 1: the part after the colon"),
        (f"a:{base64.b64encode(bytes([255]) * 32).decode()}", "line 1: the part after the colon"),
        (f"a:{ENCODED[:-2]}{chr(ord(ENCODED[-2]) + 1)}=", "line 1: the part after the colon"),
        (f"a:é{ENCODED}", "line 1: the part after the colon"),
        (f"a:{ENCODED}\nb:{ENCODED}", "line 2: the same key"),
        (f"a:{ENCODED}\na:{base64.urlsafe_b64encode(bytes(32)).decode()}", "line 2: the same key"),
    ],
)
def test_anything_else_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert fault in caught.value.message
    assert caught.value.exit_code == 78
    assert caught.value.hint


def test_every_bad_line_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"x\na:{ENCODED}\nb:y\n")
    assert [problem.where for problem in caught.value.problems] == ["key: line 1", "key: line 3"]


def test_no_fault_shows_key_material_even_with_locals() -> None:
    canary = "CANARY" * 7
    text = Secret(f"a:{canary}\nno-colon-{canary}\nb:{ENCODED}\nb:{ENCODED}")
    del canary
    with pytest.raises(ConfigError) as caught:
        parse_key_ring(text, "key")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "parse_key_ring" in shown
    assert "CANARY" not in shown
    assert ENCODED[:20] not in shown


def test_no_string_form_shows_key_material() -> None:
    ring = KeyRing((MasterKey("a", b"CANARY" + bytes(26)),))
    for shown in (repr(ring), str(ring), f"{ring}", repr(ring.primary)):
        assert "CANARY" not in shown
        assert "octets" not in shown


def test_rotation_puts_the_new_key_first_and_retiring_drops_the_rest() -> None:
    old, new = new_key(), new_key()
    ring = KeyRing((old,)).rotated(new)
    assert ring.keys == (new, old)
    assert ring.retired().keys == (new,)
    with pytest.raises(ValueError, match="none twice"):
        ring.rotated(old)


def test_new_keys_are_random_and_named_after_themselves() -> None:
    assert new_key() != new_key()
    assert new_key(lambda size: bytes(size)) == new_key(lambda size: bytes(size))
    assert new_key(lambda size: bytes(size)).key_id != new_key(lambda size: b"x" * size).key_id


@pytest.mark.parametrize(("key_id", "octets"), [("", OCTETS), ("a:b", OCTETS), ("a", OCTETS[1:]), ("a\n", OCTETS)])
def test_a_key_of_another_shape_cannot_be_made(key_id: str, octets: bytes) -> None:
    with pytest.raises(ValueError):
        MasterKey(key_id, octets)


def test_an_empty_ring_cannot_be_made() -> None:
    with pytest.raises(ValueError):
        KeyRing(())
