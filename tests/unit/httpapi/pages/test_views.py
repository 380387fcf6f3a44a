"""What the pages show: to whom, in which words, and what of a hostile mail reaches a browser."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from inboxsync.errors import StoreUnreachable
from inboxsync.httpapi.headers import MAIL_CSP
from inboxsync.httpapi.pages.answering import VIEWS
from inboxsync.httpapi.pages.responses import PAGE_CSP
from inboxsync.httpapi.pages.rhythm import Rhythms
from inboxsync.httpapi.pages.routes import PAGES
from inboxsync.model.report import ErrorInfo, RunStatus
from inboxsync.model.state import SyncState
from tests.unit.httpapi.pages.browser import Browser
from tests.unit.httpapi.pages.conftest import signed_in
from tests.unit.httpapi.world import OTHERS, SUPPORT_MAILS, World
from tests.unit.store.content_builders import integration, mail

EVIL = "<script>alert('\u202eevil\x1b[31m')</script>&\"'"
PATHS = {
    "integration": "/integrations/support",
    "ticket": "/tickets/{ticket of support}",
    "message": "/messages/{rich}?view=formatted",
    "message_html": "/messages/{rich}/html",
    "message_raw": "/messages/{rich}/raw",
    "attachment": "/attachments/{attachment}",
    "search": "/search?q=about",
}
NAMES = [name for _, name in PAGES]


def path_of(world: World, name: str) -> str:
    path = PATHS.get(name) or next(path for path, known in PAGES if known == name)
    return re.sub(r"\{(.+?)\}", lambda found: str(world.ids[found[1]]), path)


class Outline(HTMLParser):
    """What a page is made of: tags with attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_page_has_a_view() -> None:
    assert {name for _, name in PAGES} == set(VIEWS)


@pytest.mark.parametrize("name", NAMES)
def test_no_page_speaks_of_the_others(world: World, bound: Browser, name: str) -> None:
    answer = bound.get(path_of(world, name))
    assert answer.status_code == 200
    assert OTHERS not in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_without_a_token_no_page_tells_anything(world: World, name: str) -> None:
    assert Browser(world.app).get(path_of(world, name)).status_code == 303
    stranger = Browser(world.app)
    stranger.cookies.set("inboxsync_token", "isx_000000000000_" + "a" * 43)
    assert stranger.get(path_of(world, name)).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/integrations/{OTHERS}",
        f"/tickets?integration={OTHERS}",
        f"/quarantine?integration={OTHERS}",
        f"/search?q=about&integration={OTHERS}",
        f"/messages/{{{OTHERS}}}",
        f"/messages/{{{OTHERS}}}/html",
        f"/messages/{{{OTHERS}}}/raw",
        f"/tickets/{{ticket of {OTHERS}}}",
    ],
)
def test_what_is_of_the_others_is_not_there(world: World, bound: Browser, browser: Browser, path: str) -> None:
    path = re.sub(r"\{(.+?)\}", lambda found: str(world.ids[found[1]]), path)
    foreign = bound.get(path)
    nobody = bound.get(path.replace(OTHERS, "nobody"))
    assert foreign.status_code == 404
    assert "There is nothing here" in foreign.text
    assert re.sub(r"href=\S+", "", foreign.text) == re.sub(r"href=\S+", "", nobody.text)
    assert browser.get(path).status_code in (200, 404)


@pytest.mark.parametrize("name", NAMES)
def test_pages_run_nothing_but_our_own_script(world: World, browser: Browser, name: str) -> None:
    answer = browser.get(path_of(world, name))
    if name in ("message_raw", "attachment"):
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in answer.headers["content-security-policy"]
        return
    assert answer.headers["content-security-policy"] == (MAIL_CSP if name == "message_html" else PAGE_CSP)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == ("no-referrer" if name == "message_html" else "same-origin")
    outline = Outline(answer.text)
    scripts = outline.all("script")
    assert all(re.fullmatch(r"/assets/refresh\.js\?v=[0-9a-f]{12}", str(one["src"])) for one in scripts)
    assert not [attributes for _, attributes in outline.tags if any(key.startswith("on") for key in attributes)]
    assert name == "message_html" or not [1 for _, attributes in outline.tags if "style" in attributes]
    assert all(not str(link.get("href")).startswith("http") for link in outline.all("a"))


@pytest.mark.parametrize("name", [one for one in NAMES if one not in ("message_html", "message_raw", "attachment")])
def test_pages_are_built_for_ears_and_keyboards(world: World, browser: Browser, name: str) -> None:
    outline = Outline(browser.get(path_of(world, name)).text)
    tags = [tag for tag, _ in outline.tags]
    assert [tags.count(tag) for tag in ("main", "h1", "header", "footer")] == [1] * 4
    assert outline.all("html")[0]["lang"] == "en"
    assert outline.all("a")[0] == {"class": "skip", "href": "#main"}
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in head for head in outline.all("th"))
    named = {label.get("for") for label in outline.all("label")}
    assert all(field.get("type") in ("hidden", "checkbox") or field["id"] in named for field in outline.all("input"))
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(one.get("aria-label") or one.get("aria-hidden") for one in outline.all("svg"))


def test_the_first_page_names_who_needs_a_person(browser: Browser) -> None:
    words = Outline(browser.get("/").text).words
    assert "2 mailboxes need you" in words
    assert "imap.example.com refuses the login" in words
    assert f"inboxsync edit {OTHERS} --password-file FILE" in words
    assert "No run has succeeded for three intervals" in words


def test_what_waits_for_a_person_comes_first_and_what_is_off_last(own: World) -> None:
    now, error = datetime.now(UTC), ErrorInfo("auth_failed", "no")
    third = own.store.control.add_integration(integration("alpha", active=False), None)
    for one, paused in ((own.support.integration, False), (own.others.integration, True), (third, False)):
        state = SyncState(one.id or 0, now, now, now, RunStatus.ERROR, error, paused=paused)
        own.store.control.save_state(state)
    fourth = own.store.control.add_integration(integration("well"), None)
    own.store.control.save_state(SyncState(fourth.id or 0, now, now, now, RunStatus.SUCCESS))
    links = [str(one["href"]) for one in Outline(signed_in(own, "all").get("/").text).all("a")]
    names = [link.rpartition("/")[2] for link in links if link.startswith("/integrations/")]
    assert names == [OTHERS, "support", "well", "alpha"]


def test_of_many_mailboxes_those_that_need_a_person_are_on_the_first_page(own: World) -> None:
    add_shops(own, 150, RunStatus.SUCCESS)
    browser = signed_in(own, "all")
    first, second, beyond = (Outline(browser.get(path).text) for path in ("/", "/?page=2", "/?page=9"))
    for outline, told, links in ((first, "1–100 of 152", ["/?page=2"]), (second, "101–152 of 152", ["/?page=1"])):
        assert told in outline.words
        assert [one["href"] for one in outline.all("a") if "rel" in one] == links
        assert "2 mailboxes need you" in outline.words
        assert "All others" in outline.words
    assert "Needs you" in first.words
    assert "Needs you" not in second.words
    assert beyond.words == second.words, "beyond the last page is the last page"
    assert (len(first.all("article")), len(first.all("tr"))) == (2, 1 + 98)
    listed = [str(one["href"]) for one in (*first.all("a"), *second.all("a"))]
    assert len({one for one in listed if one.startswith("/integrations/")}) == 152


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.ERROR])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_first_page_of_many_mailboxes_is_small_even_when_all_fail(
    own: World, status: RunStatus, language: str
) -> None:
    def counts(_since: datetime, before: datetime) -> Mapping[int, int]:
        return {number: (37 * number + 11 * before.day + before.month) % 90 for number in range(1, 300)}

    add_shops(own, 198, status)
    browser = signed_in(own, "all")
    own.app.state.pages.pages().rhythms = Rhythms(counts, lambda: 0.0, patience_s=20.0)
    page = browser.get("/", accept_language=language).text
    assert page.count('<path d="M0 9') >= 45
    assert len(page.encode()) <= 60_000


def add_shops(world: World, count: int, status: RunStatus) -> None:
    """Add so many mailboxes whose last run ended so."""
    now = datetime.now(UTC)
    error = ErrorInfo("auth_failed", "no") if status is RunStatus.ERROR else None
    for number in range(count):
        made = world.store.control.add_integration(integration(f"shop-{number:03d}"), None)
        world.store.control.save_state(SyncState(made.id or 0, now, now, now, status, error, paused=error is not None))


def test_it_speaks_french_when_asked_and_remembers(browser: Browser) -> None:
    answer = browser.get("/", accept_language="fr-FR,fr;q=0.9")
    assert "2\u202fboîtes" in answer.text or "2 boîtes ont besoin de vous" in answer.text
    assert "imap.example.com refuse la connexion" in answer.text
    switched = browser.get("/tickets?status=open&lang=fr")
    assert (switched.status_code, switched.headers["location"]) == (303, "/tickets?status=open")
    assert Outline(browser.get("/tickets").text).all("html")[0]["lang"] == "fr"
    assert Outline(browser.get("/tickets", accept_language="en").text).all("html")[0]["lang"] == "fr"


def test_an_integration_shows_runs_folders_mail_and_errors(browser: Browser) -> None:
    words = Outline(browser.get(f"/integrations/{OTHERS}").text).words
    for told in ("auth_failed", f"{OTHERS} refused", f"{OTHERS} box", "The last 3 runs", f"About {OTHERS}"):
        assert told in words
    support = Outline(browser.get("/integrations/support").text).words
    assert "No run has failed" in support
    assert f"{SUPPORT_MAILS}" in support


def test_search_finds_and_says_where_it_found_nothing(browser: Browser) -> None:
    assert f"{OTHERS} secret" in browser.get(f"/search?q={OTHERS}").text
    assert "Nothing found" in browser.get("/search?q=nowhere").text
    assert "from:ann" in browser.get("/search").text
    assert "from:ann" in browser.get("/search?q=%20").text
    assert browser.get(f"/search?q={'x' * 3_000}").status_code == 200
    assert browser.get("/search?q=a%00b&integration=").status_code == 200


def test_formatted_mail_is_tamed_framed_and_brings_its_own_images(world: World, browser: Browser) -> None:
    page = Outline(browser.get(path_of(world, "message")).text)
    (frame,) = page.all("iframe")
    assert (frame["sandbox"], frame["src"]) == (None, path_of(world, "message_html"))
    answer = browser.get(path_of(world, "message_html"))
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    mail_page = Outline(answer.text)
    assert not mail_page.all("script")
    sources = [image.get("src") for image in mail_page.all("img")]
    assert [source for source in sources if source] == []  # the world's logo says that it is a PDF
    assert "example.net" not in answer.text


def test_mail_text_is_shown_as_text(own: World) -> None:
    subject = f"{EVIL} zebra-free"
    hostile = mail("evil", EVIL, subject=subject, snippet=EVIL, body_html=f"<p>{EVIL}</p><svg onload=alert(1)>")
    own.support.record(own.support.stored(60, hostile))
    while own.store.content.search.index(100):
        pass
    browser = signed_in(own, "all")
    (number,) = re.findall(r'href="/messages/(\d+)"><bdi>&lt;script', browser.get("/integrations/support").text)
    for path in ("/integrations/support", "/search?q=free", f"/messages/{number}", f"/messages/{number}/html"):
        page = browser.get(path).text
        outline = Outline(page)
        assert all("refresh.js" in str(one["src"]) for one in outline.all("script"))
        assert "\x1b" not in page
        if not path.endswith("/html"):
            assert "\u202e" not in page
            assert "\\u202eevil" in page
        assert not [1 for tag, attributes in outline.tags if "onload" in attributes]


def test_a_very_long_text_is_cut_and_says_so(own: World) -> None:
    own.support.record(own.support.stored(61, mail("long", "ab " * 100_000 + "END", snippet="long")))
    browser = signed_in(own, "all")
    found = re.findall(r'href="/messages/(\d+)"><bdi>About long', browser.get("/integrations/support").text)
    page = browser.get(f"/messages/{found[0]}").text
    assert "The first 100,000 characters are shown" in page
    assert "END" not in page
    assert len(page) < 150_000


def test_odd_names_have_addresses_that_work(own: World) -> None:
    browser = signed_in(own, "all")
    one = own.others.integration
    for name in ("a/b", "..", "ü & <b>", "50%"):
        own.store.control.update_integration(replace(one, name=name))
        links = [str(one["href"]) for one in Outline(browser.get("/").text).all("a")]
        link = next(one for one in links if one.startswith("/integrations/"))
        assert browser.get(link).status_code == 200, name


def test_answers_are_small_and_known_again(browser: Browser) -> None:
    plain = browser.get("/quarantine", accept_encoding="identity")
    packed = browser.get("/quarantine", accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text.count("<h1>") == 1
    assert "accept-encoding" in plain.headers["vary"]
    style = re.findall(r'href="(/assets/page\.css\?v=\w+)"', plain.text)[0]
    asset = browser.get(style)
    assert "immutable" in asset.headers["cache-control"]
    assert browser.get("/assets/page.css").headers["cache-control"] == "no-store"
    assert browser.get(style, if_none_match=asset.headers["etag"]).status_code == 304
    assert browser.get("/assets/../routes.py").status_code == 404
    assert browser.get("/assets/page.html").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tickets?status=none", 400),
        ("/tickets?page=0", 400),
        ("/quarantine?page=1&page=2", 400),
        ("/tickets/0", 404),
        ("/tickets/x", 404),
        ("/messages/999999", 404),
        ("/attachments/999999", 404),
        ("/?utm_source=chat", 200),
    ],
)
def test_what_cannot_be_shown_is_a_page_too(browser: Browser, path: str, status: int) -> None:
    answer = browser.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_store_that_fails_is_told_in_words_without_where_it_is(own: World) -> None:
    browser = signed_in(own, "all")
    service = own.app.state.service

    def unreachable() -> object:
        raise StoreUnreachable("postgres://secret.example.com: refused")

    service.store.control.__dict__["integrations"] = unreachable
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "The database server does not answer" in answer.text
    assert "secret.example.com" not in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_store_without_mailboxes_says_how_to_add_one(own: World) -> None:
    browser = signed_in(own, "all")
    bound = signed_in(own, "support")
    for bench in (own.support, own.others):
        own.store.control.remove_integration(bench.integration, purge=False)
    assert "inboxsync add support" in browser.get("/").text
    page = bound.get("/").text
    assert "bound to mailboxes that are no longer there" in page
    assert "inboxsync add" not in page


@pytest.mark.parametrize(
    ("today", "pill", "headline"),
    [
        (2, "Quieter than usual", "One mailbox is quieter than usual"),
        (400, "Busier than usual", "All 2 mailboxes are well"),
        (41, None, "All 2 mailboxes are well"),
    ],
)
def test_a_day_unlike_the_others_is_worth_a_look(own: World, today: int, pill: str | None, headline: str) -> None:
    def counts(since: datetime, before: datetime) -> Mapping[int, int]:
        is_today = before.astimezone(UTC) > datetime.now(UTC)
        return {own.support.integration.id or 0: today if is_today else 40}

    for bench in (own.support, own.others):
        now = datetime.now(UTC)
        state = SyncState(bench.integration.id or 0, now, now, now, RunStatus.SUCCESS)
        own.store.control.save_state(state)
    browser = signed_in(own, "all")
    own.app.state.pages.pages().rhythms = Rhythms(counts, lambda: 0.0, patience_s=20.0)
    words = Outline(browser.get("/").text).words
    assert headline in words
    assert ("Worth a look" in words) == (pill is not None)
    for page in (words, Outline(browser.get("/integrations/support").text).words):
        assert pill is None or pill in page
    if pill:
        assert f"{today} today, usually 40 on a" in words


def test_mail_that_is_still_counted_leaves_a_gap_and_no_judgement(own: World) -> None:
    counted = threading.Event()

    def slow(_since: datetime, _before: datetime) -> Mapping[int, int]:
        counted.wait(20)
        return {}

    browser = signed_in(own, "all")
    own.app.state.pages.pages().rhythms = Rhythms(slow, time.monotonic, patience_s=0.0)
    try:
        assert "being counted" in Outline(browser.get("/").text).words
        assert browser.get("/integrations/support").status_code == 200
    finally:
        counted.set()
