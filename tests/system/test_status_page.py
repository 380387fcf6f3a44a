"""The status page in a real browser: found, opened, searched, on a desk and in a hand, by day and by night.

Chromium is Debian's (`apt-get install chromium`); its tests fail, not skip, where it is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from devtools.busy_store import fill
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.token import AccessToken
from inboxsync.store.tokens import tokens_of

pytestmark = [pytest.mark.chromium, pytest.mark.xdist_group("chromium")]

OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)
DESK, HAND = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
COOKIE = "inboxsync_token"
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
    "preload": False,
}


@dataclass(frozen=True)
class Site:
    """A served store: where it is, and a token for all of it."""

    address: str
    token: str

    @property
    def other_name(self) -> str:
        """The same server under a name that is another site to a browser."""
        return self.address.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def chromium() -> str:
    """The path of Chromium; fails where it is not installed."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("chromium is not installed: apt-get install chromium", pytrace=False)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Twelve mailboxes behind `serve`, a process of its own."""
    home = tmp_path_factory.mktemp("site")
    made = new_token()
    now = datetime.now(UTC)
    store = fill(home / "data", now, UTC, 12, days=30)
    store.content.search.index(300)
    tokens_of(store.control).add(AccessToken("all", made.token_id, made.sha256, now))
    store.close()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    with serving(home, port):
        yield Site(f"http://127.0.0.1:{port}", made.text)


@contextmanager
def serving(home: Path, port: int) -> Iterator[None]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "INBOXSYNC_DATA_DIR": str(home / "data"), "TZ": "UTC"}
    command = [sys.executable, "-m", "inboxsync", "-q", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def browser(driver: Playwright, chromium: str) -> Iterator[Browser]:
    made = driver.chromium.launch(executable_path=chromium, args=list(OPTIONS))
    yield made
    made.close()


@contextmanager
def page_of(
    browser: Browser, site: Site, *, signed_in: bool = True, silent: bool = True, **options: Any
) -> Iterator[Page]:
    """A page of a browser of its own, in which nothing is complained of and nothing asked from elsewhere."""
    settings = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce", **options}
    context = browser.new_context(base_url=site.address, **settings)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    if signed_in:
        cookie: Any = {"name": COOKIE, "value": site.token, "url": site.address, "httpOnly": True, "sameSite": "Strict"}
        context.add_cookies([cookie])
    try:
        yield context.new_page()
        assert complaints == [] or not silent
        assert [url for url in asked if not url.startswith((site.address, site.other_name, "data:"))] == []
    finally:
        context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_person_finds_what_fails_and_searches(browser: Browser, site: Site, scripts: bool) -> None:
    with page_of(browser, site, signed_in=False, java_script_enabled=scripts, viewport=HAND) as page:
        title, main = page.get_by_role("heading", level=1), page.get_by_role("main")
        page.goto("/tickets?status=open")
        expect(page).to_have_url(f"{site.address}/sign-in?next=%2Ftickets%3Fstatus%3Dopen")
        page.get_by_label("Access token").fill(site.token)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{site.address}/tickets?status=open")
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Status").click()
        expect(title).to_have_text("3 mailboxes need you")
        page.get_by_role("heading", name="accounting").get_by_role("link").click()
        expect(title).to_have_text("accounting")
        expect(main).to_contain_text("imap.example.com refuses the login")
        page.get_by_role("searchbox", name="Search all mail").fill("parcel")
        page.keyboard.press("Enter")
        expect(title).to_have_text("Search")
        main.get_by_role("listitem").first.get_by_role("link").click()
        expect(page.get_by_role("region", name="Text")).to_contain_text("order 55120")
        page.get_by_role("button", name="Sign out").click()
        expect(title).to_have_text("Sign in")
        page.goto("/")
        expect(page).to_have_url(f"{site.address}/sign-in")


@pytest.mark.parametrize(
    ("viewport", "scheme", "paths"),
    [
        (
            DESK,
            "light",
            ("/", "/integrations/accounting", "/integrations/jobs", "/tickets", "/quarantine", "/search?q=parcel"),
        ),
        (HAND, "dark", ("/", "/integrations/accounting", "/quarantine", "/search?q=subject:weekly")),
    ],
    ids=["desk by day", "hand by night"],
)
def test_pages_are_accessible_and_fit(
    browser: Browser, site: Site, viewport: Any, scheme: Any, paths: tuple[str, ...]
) -> None:
    axe = Axe()
    with page_of(browser, site, color_scheme=scheme, viewport=viewport) as page:
        for path in paths:
            page.goto(path)
            check(axe, page)
        page.locator(".mails a").first.click()
        expect(page.get_by_role("region", name="Text")).to_be_visible()
        check(axe, page)
    with page_of(browser, site, signed_in=False, color_scheme=scheme, viewport=viewport) as page:
        page.goto("/")
        check(axe, page)


def check(axe: Axe, page: Page) -> None:
    """Nothing is wider than the window, and axe finds nothing."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide), page.url
    found = axe.run(page, options=AXE)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def test_hostile_mail_runs_nothing(browser: Browser, site: Site) -> None:
    # The browser complains of what it was kept from, which is the point here.
    with page_of(browser, site, silent=False) as page:
        page.goto("/messages/5?view=formatted")
        frame = page.frame_locator("iframe")
        assert frame.get_by_role("heading", name="Your order").inner_text() == "Your order"
        assert frame.locator("script, [onerror], [style]").count() == 0
        assert not page.title().startswith("run")
        assert page.frames[1].evaluate("document.title") == "Message"
        answer = page.request.get(f"{site.address}/messages/5/html")
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        # Even what was not tamed would not run: the policy and the frame each forbid it.
        page.frames[1].evaluate("document.body.innerHTML = '<img src=x onerror=\"document.title=1\">'")
        page.wait_for_timeout(100)
        assert page.frames[1].evaluate("document.title") == "Message"


def test_it_refreshes_by_itself_and_not_under_a_reader(browser: Browser, site: Site) -> None:
    with page_of(browser, site) as page:
        page.clock.install()
        page.goto("/integrations/support")
        page.get_by_text("Runs as a table").click()
        page.evaluate("document.activeElement.blur(); document.querySelector('h1').textContent = 'old'")
        with page.expect_response(re.compile("/integrations/support")):
            page.clock.run_for(61_000)
        page.wait_for_function("document.querySelector('h1').textContent === 'support'")
        assert page.locator("#runs-details").get_attribute("open") is not None, "what was opened stays open"
        page.evaluate("document.querySelector('h1').textContent = 'old'")
        page.get_by_text("Days as a table").focus()
        page.clock.run_for(61_000)
        assert page.get_by_role("heading", level=1).inner_text() == "old"


def test_a_link_from_elsewhere_leads_to_where_it_says(browser: Browser, site: Site) -> None:
    with page_of(browser, site) as page:
        page.goto(f"{site.other_name}/sign-in")
        page.evaluate("address => { location.href = address }", f"{site.address}/tickets?status=open")
        expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")
        expect(page).to_have_url(f"{site.address}/tickets?status=open")


def test_the_keyboard_reaches_everything_in_order(browser: Browser, site: Site) -> None:
    with page_of(browser, site) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        assert skip.evaluate("one => one === document.activeElement && one.getBoundingClientRect().top >= 0")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
        ring = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(ring) == "solid"
