"""Colours that can be read: WCAG 2.2 contrast of every pair that carries text or meaning, in light and in dark."""

from __future__ import annotations

import re

import pytest

from inboxsync.httpapi.pages.assets import assets

CSS = assets()["page.css"].content.decode()
TEXT, GRAPHIC = 4.5, 3.0
GROUNDS = ("page", "surface", "sunken")
TEXTS = [
    *((ink, ground) for ink in ("ink", "muted") for ground in GROUNDS),
    *((state, f"{state}-soft") for state in ("ok", "bad", "warn", "info", "off")),
    *(("ink", f"{state}-soft") for state in ("bad", "warn", "info", "off")),
    *(("accent", ground) for ground in ("page", "surface")),
    ("bad", "surface"),
    ("on-accent", "accent"),
]
GRAPHICS = [("bar-last", "surface"), ("ok", "surface"), ("warn", "surface"), ("bad", "surface"), ("bad", "bad-soft")]


def scheme(name: str) -> dict[str, str]:
    """The colours of a scheme; the dark one replaces those of the light one."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(blocks) == 2
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    assert set(light) == set(dark), "every colour has its like in the dark"
    return light if name == "light" else dark


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_can_be_read(name: str, ink: str, ground: str) -> None:
    colours = scheme(name)
    assert contrast(colours[ink], colours[ground]) >= TEXT


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), GRAPHICS)
def test_drawings_can_be_seen(name: str, mark: str, ground: str) -> None:
    colours = scheme(name)
    assert contrast(colours[mark], colours[ground]) >= GRAPHIC


def test_nothing_is_fetched_from_elsewhere_and_colours_are_named() -> None:
    rules = CSS.split("@media (prefers-color-scheme: dark)")[1].split("*, ::before")[1]
    assert set(re.findall(r"url\(.*?\)", CSS)) <= {"url(#bars)"}, "which stands in the page itself"
    assert "@import" not in CSS
    assert "http" not in CSS
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= {"#ffffff"}, "mail is shown on white"
    assert set(re.findall(r"var\(--([a-z-]+)\)", CSS)) <= {*scheme("light"), "shadow", "round", "step", "rise"}
