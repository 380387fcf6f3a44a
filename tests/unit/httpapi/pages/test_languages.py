"""Every language says everything, with the same gaps to fill; and the right one is chosen."""

from __future__ import annotations

import re
from importlib import resources
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.pages.habit import Pace
from inboxsync.httpapi.pages.languages import Language, chosen, languages, preferred
from inboxsync.httpapi.ticket_routes import STATUSES
from inboxsync.model.report import RunStatus
from inboxsync.render.sentences import SENTENCES, sentence_name, sentence_names
from inboxsync.render.standing import StateWord

ENGLISH = languages()["en"]
OTHERS = [one for code, one in languages().items() if code != "en"]
STANDING = {"and", "off", "off_action", "paused", "never_cause", "never_action", "stale_cause", "stale_action"}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def forms(language: Language, key: str) -> list[str]:
    text = language.texts[key]
    return [text] if isinstance(text, str) else list(text.values())


def test_english_is_first_and_its_sentences_are_those_of_the_command_line() -> None:
    assert next(iter(languages())) == "en"
    assert not ENGLISH.sentences


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_another_language_has_every_text_with_the_same_gaps(other: Language) -> None:
    own = {key for key in other.texts if not key.startswith("standing.")}
    assert own == set(ENGLISH.texts)
    assert {key.partition(".")[2] for key in set(other.texts) - own} == STANDING
    for key in own:
        assert isinstance(other.texts[key], str) == isinstance(ENGLISH.texts[key], str), key
        wanted = set().union(*map(gaps, forms(ENGLISH, key)))
        assert set().union(*map(gaps, forms(other, key))) == wanted, key
    assert (len(other.weekdays), len(other.months)) == (7, 12)


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_another_language_has_the_sentences_of_every_error(other: Language) -> None:
    assert set(other.sentences) == set(sentence_names())
    for words in other.sentences.values():
        assert set(words) == {"cause", "action"}
        assert set().union(*map(gaps, words.values())) <= {"host", "name"}
        assert all(text.count("`") % 2 == 0 for text in words.values())


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_commands_are_not_translated(other: Language) -> None:
    for code, english in SENTENCES.items():
        assert re.findall("`(.*?)`", other.sentences[code]["action"]) == re.findall("`(.*?)`", english.action), code


def test_numbers_have_a_form_for_one_and_for_others() -> None:
    for language in languages().values():
        for key, text in language.texts.items():
            if not isinstance(text, str):
                assert set(text) == {"one", "other"}, key
                assert language.text(key, 1) == text["one"]
                assert language.text(key, 2) == text["other"]
                assert language.text(key, 0.5) == text["other"]
    assert languages()["fr"].text("time.days", 0) != languages()["fr"].text("time.days", 2)


def test_more_exact_sentences_have_names_of_their_own() -> None:
    assert sentence_name("throttled", "Account exceeded bandwidth limits") == "throttled.1"
    assert sentence_name("throttled", "Too many simultaneous connections") == "throttled.2"
    assert sentence_name("throttled", "later") == "throttled"
    assert sentence_name("nobody knows", "x") == "error"


@pytest.mark.parametrize(
    ("cookie", "header", "code"),
    [
        (None, None, "en"),
        (None, "fr", "fr"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "en;q=0.3, fr;q=0.7", "fr"),
        (None, "de, ja;q=0.9", "en"),
        (None, "fr;q=0, en", "en"),
        ("fr", "en", "fr"),
        ("../fr", "fr", "fr"),
        ("xx", None, "en"),
    ],
)
def test_which_language_is_spoken(cookie: str | None, header: str | None, code: str) -> None:
    assert chosen(cookie, header).code == code


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=80))
def test_no_header_is_too_odd(header: str) -> None:
    preferred(header)
    assert chosen(header, header).code in languages()


def test_every_text_is_said_somewhere() -> None:
    rooms = resources.files("inboxsync.httpapi.pages")
    files = [*rooms.joinpath("templates").iterdir(), *(one for one in rooms.iterdir() if one.name.endswith(".py"))]
    said = "".join(one.read_text(encoding="utf-8") for one in files)
    # Sections of which a word of the data is the key, and texts of which a unit or a page is.
    by_word = ("state.", "status.", "priority.", "result.", "role.", "error.", "time.")
    pages = {"site.status", "site.tickets", "site.quarantine"}
    silent = {key for key in ENGLISH.texts if key not in said and not key.startswith(by_word) and key not in pages}
    assert not silent


@pytest.mark.parametrize("section", ["state", "status", "priority", "result"])
def test_every_word_of_the_data_has_a_text(section: str) -> None:
    words = {
        "state": {*StateWord, "off", *(Pace.QUIET, Pace.BUSY)},
        "status": set(STATUSES),
        "priority": {"low", "normal", "high", "urgent"},
        "result": set(RunStatus),
    }[section]
    assert {key.partition(".")[2] for key in ENGLISH.texts if key.startswith(f"{section}.")} == words
