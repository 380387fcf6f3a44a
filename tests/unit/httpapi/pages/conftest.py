"""Somebody who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.httpapi.pages.browser import Browser
from tests.unit.httpapi.world import World, world_in


@pytest.fixture
def browser(world: World) -> Browser:
    """Signed in with the token that shows everything."""
    return signed_in(world, "all")


@pytest.fixture
def bound(world: World) -> Browser:
    """Signed in with the token that shows one integration."""
    return signed_in(world, "support")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """A world that a test may change."""
    with world_in(tmp_path) as made:
        yield made


def signed_in(world: World, token: str) -> Browser:
    """Sign in with one of the world's tokens."""
    world.app.state.pages.pages().rhythms.patience_s = 20.0
    browser = Browser(world.app)
    assert browser.sign_in(world.tokens[token]).status_code == 303
    return browser
