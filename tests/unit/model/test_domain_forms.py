from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.domain_forms import address_forms

TRAVELLING, SHOWN = "xn--bcher-kva.example", "bücher.example"


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("example.com", {"example.com"}),
        ("Ann@Example.com", {"Ann@Example.com"}),
        (SHOWN, {SHOWN, TRAVELLING}),
        (TRAVELLING, {SHOWN, TRAVELLING}),
        ("BÜCHER.example", {"BÜCHER.example", SHOWN, TRAVELLING}),
        (f"ann@{SHOWN}", {f"ann@{SHOWN}", f"ann@{TRAVELLING}"}),
        ("ann@mail.XN--bcher-kva.example", {
            "ann@mail.XN--bcher-kva.example", f"ann@mail.{TRAVELLING}", f"ann@mail.{SHOWN}",
        }),
        ("straße.example", {"straße.example", "xn--strae-oqa.example"}),
    ],
)  # fmt: skip
def test_a_domain_has_each_of_its_forms(text: str, forms: set[str]) -> None:
    assert set(address_forms(text)) == forms
    assert address_forms(text)[0] == text


@pytest.mark.parametrize(
    "text", ["", "ü", "a b ü.example", "xn--", "xn--\u00fc", "xn--a-.example", "@@ü ü", "xn--99999999"]
)
def test_what_is_no_domain_stays_as_it_is(text: str) -> None:
    assert text in address_forms(text)


@given(st.text(max_size=30) | st.text("xn-a9.@ü", max_size=30))
@settings(deadline=None, max_examples=200)
def test_it_is_total_and_each_form_has_the_same_forms(text: str) -> None:
    forms = address_forms(text)
    assert all(set(address_forms(form)) <= {*forms, form} for form in forms)
