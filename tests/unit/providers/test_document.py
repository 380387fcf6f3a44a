"""docs/providers.md is what the presets say."""

from __future__ import annotations

from pathlib import Path

from inboxsync.providers.document import markdown
from inboxsync.providers.preset import QUIRK_MEANINGS
from inboxsync.providers.presets import presets

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


def test_the_page_and_the_presets_agree() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "write inboxsync.providers.document.markdown() to docs/providers.md"
    )


def test_every_fact_of_a_preset_is_on_the_page() -> None:
    page = markdown()
    for preset in presets():
        facts = [preset.name, preset.host, preset.auth_note, preset.source, *preset.domains, *preset.quirks]
        facts += [preset.app_password_url or "", preset.enable_imap or "", f"## {preset.key}\n", str(preset.checked)]
        assert all(fact in page for fact in facts), preset.key
    assert all(meaning in page for meaning in QUIRK_MEANINGS.values())


def test_a_page_of_other_presets_speaks_of_them_only() -> None:
    page = markdown(presets()[:1])
    assert "## gmail" in page
    assert "## orange" not in page
