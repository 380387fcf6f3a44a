"""A provider is told from exactly the domain of an address, without network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxsync.providers.detect import detect
from inboxsync.providers.presets import presets


@pytest.mark.parametrize(
    ("domain", "key"),
    [
        ("gmail.com", "gmail"),
        ("GMAIL.com", "gmail"),
        ("googlemail.com.", "gmail"),
        ("wanadoo.fr", "orange"),
        ("hotmail.fr", "outlook"),
        ("aol.com", "aol"),
        ("me.com", "icloud"),
        ("gmx.de", "gmx-net"),
        ("gmx.com", "gmx-com"),
        ("web.de", "web-de"),
        ("proton.me", "proton-bridge"),
        ("laposte.net", "laposte"),
        ("zohomail.eu", "zoho-eu"),
    ],
)
def test_known_domains(domain: str, key: str) -> None:
    found = detect(f"somebody@{domain}", presets())
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "somebody",
        "somebody@",
        "@gmail.com",
        "gmail.com",
        "somebody@mail.gmail.com",
        "somebody@gmail.com.example",
        "somebody@xgmail.com",
        "somebody@example.com",
        "somebody@gm\u0430il.com",
        "somebody@gmail..com",
        "somebody@.gmail.com",
        "somebody@" + "a" * 300 + ".com",
        "somebody@" + "é" * 90 + ".com",
        "somebody@\ud800.com",
        "somebody@gmail.com\x00",
    ],
)
def test_everything_else_is_unknown(email: str) -> None:
    assert detect(email, presets()) is None


def test_a_domain_in_another_script_is_compared_in_its_ascii_form() -> None:
    from dataclasses import replace

    own = replace(presets()[0], key="own", domains=("xn--exmple-cua.example",))
    assert detect("somebody@Exämple.example", (own,)) == own
    assert detect("somebody@xn--exmple-cua.example", (own,)) == own


def test_the_last_at_sign_divides() -> None:
    found = detect('"a@b"@orange.fr', presets())
    assert found is not None
    assert found.key == "orange"


@given(st.text(max_size=300))
def test_never_fails(email: str) -> None:
    detect(email, presets())
    detect(f"somebody@{email}", presets())
