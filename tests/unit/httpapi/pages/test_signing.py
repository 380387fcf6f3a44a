"""Signing in and out, and how strict the cookie is."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.forms import FORM_TYPE
from inboxsync.httpapi.pages.sign_in import AT_ONCE
from inboxsync.httpapi.pages.signing import ATTEMPTS, Place
from inboxsync.httpapi.rates import Buckets, Rate
from inboxsync.httpapi.token_text import new_token
from inboxsync.model.token import AccessToken
from inboxsync.store.tokens import tokens_of
from tests.unit.httpapi.pages.browser import SAME, Browser
from tests.unit.httpapi.world import World
from tests.unit.store.content_builders import NOW

HOME, MOUNTED = Place("", False), Place("/mail", True)


@pytest.mark.parametrize(
    ("wanted", "goes_on"),
    [
        (None, "/"),
        ("/tickets?status=open", "/tickets?status=open"),
        ("//evil.example.com", "/"),
        ("/\\evil.example.com", "/"),
        ("/a\\b", "/"),
        ("https://evil.example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/" + "a" * 2_000, "/"),
    ],
)
def test_after_signing_in_one_stays_here(wanted: str | None, goes_on: str) -> None:
    assert HOME.goes_on(wanted) == goes_on


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_leads_elsewhere(wanted: str) -> None:
    assert re.fullmatch(r"/(?![/\\])[ -~]*", HOME.goes_on(wanted))
    assert MOUNTED.goes_on(wanted).startswith("/mail/")
    assert MOUNTED.goes_on("/other") == "/mail/"


def test_who_is_not_signed_in_is_asked_to(world: World) -> None:
    stranger = Browser(world.app)
    assert stranger.get("/").headers["location"] == "/sign-in"
    answer = stranger.get("/tickets?status=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Ftickets%3Fstatus%3Dopen")
    form = stranger.get(answer.headers["location"])
    assert 'value="/tickets?status=open"' in form.text
    assert stranger.get("/sign-in?next=//evil.example.com").text.count('name="next" value="/"') == 1


def test_who_follows_a_link_from_elsewhere_takes_one_step_and_is_there(world: World) -> None:
    answer = Browser(world.app).get("/integrations/support?x=1", sec_fetch_site="cross-site")
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0; url=/integrations/support?x=1"' in answer.text


def test_signing_in_and_out(world: World) -> None:
    browser = Browser(world.app)
    answer = browser.sign_in(world.tokens["all"], next="/quarantine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/quarantine")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "strict", "/", "")
    assert browser.get("/").status_code == 200
    out = browser.post("/sign-out", {})
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert browser.get("/").status_code == 303


def test_behind_tls_the_cookie_can_be_ours_alone(world: World) -> None:
    browser = Browser(world.app, base="https://localhost")
    answer = browser.sign_in(world.tokens["all"], remember="1")
    assert answer.headers["set-cookie"].startswith("__Host-inboxsync=")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie["secure"], cookie["max-age"]) == (True, str(30 * 86_400))
    assert browser.get("/").status_code == 200
    insecure = Browser(world.app, cookies=browser.cookies)
    insecure.cookies.set("__Host-inboxsync", world.tokens["all"])
    assert insecure.get("/").status_code == 303


def test_mounted_elsewhere_every_address_is_below(world: World) -> None:
    browser = Browser(world.app, root="/mail")
    answer = browser.post("/mail/sign-in", {"token": world.tokens["all"]})
    assert answer.headers["location"] == "/mail/"
    assert "Path=/mail;" in answer.headers["set-cookie"]
    page = browser.get("/mail/")
    assert page.status_code == 200
    linked = re.findall(r'(?:href|src|action)="([^"#]*)"', page.text)
    assert linked
    assert [link for link in linked if not link.startswith("/mail/")] == []


@pytest.mark.parametrize("token", ["nonsense", "isx_000000000000_" + "a" * 43, "x" * 300])
def test_a_wrong_token_is_told_in_words_and_not_repeated(world: World, token: str) -> None:
    browser = Browser(world.app, client=("198.51.100.1", 1))
    world.app.state.pages.pages().signing.attempts = Buckets(ATTEMPTS)
    answer = browser.sign_in(token)
    assert answer.status_code == 401
    assert "This token is not valid" in answer.text
    assert token not in answer.text
    assert "set-cookie" not in answer.headers
    assert browser.sign_in("").status_code == 400


def test_who_tries_too_often_waits_and_who_has_a_token_does_not(world: World) -> None:
    signing = world.app.state.pages.pages().signing
    signing.attempts = Buckets(Rate(per_s=0.001, burst=2.0))
    browser = Browser(world.app, client=("198.51.100.2", 1))
    try:
        assert [browser.sign_in("wrong").status_code for _ in range(3)] == [401, 401, 429]
        slow = browser.sign_in("wrong")
        assert int(slow.headers["retry-after"]) > 60
        assert "Too many attempts" in slow.text
        assert browser.sign_in(world.tokens["all"]).status_code == 303
    finally:
        signing.attempts = Buckets(ATTEMPTS)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_forms_from_elsewhere_are_refused(world: World, path: str) -> None:
    browser = Browser(world.app)
    form = {"token": world.tokens["all"]}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.com"}, {"Origin": "null"}):
        answer = browser.post(path, form, headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert browser.post(path, form, {"Origin": "http://localhost:8025"}).status_code == 303
    typed = {**SAME, "Content-Type": FORM_TYPE}
    assert browser.post(path, b"x" * 5_000, typed).status_code == 413
    assert browser.post("/sign-in", b"token=%ff", typed).status_code == 400


def test_a_form_that_does_not_arrive_is_not_waited_for_and_not_many_are(own: World) -> None:
    app, signing = own.app, own.app.state.pages.pages().signing
    signing.body_s = 0.2

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send() -> int:
        statuses: list[int] = []

        async def answered(message: Any) -> None:
            statuses.append(message.get("status", 0))

        headers = {
            "host": "localhost",
            "content-type": FORM_TYPE,
            "content-length": "9",
            "sec-fetch-site": "same-origin",
        }
        scope = {
            "type": "http", "method": "POST", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b"",
            "scheme": "http", "root_path": "", "server": ("localhost", 80), "client": ("192.0.2.9", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await app(scope, never, answered)
        return statuses[0]

    async def many() -> list[int]:
        return list(await asyncio.gather(*(send() for _ in range(AT_ONCE + 2))))

    assert sorted(asyncio.run(many())) == [408] * AT_ONCE + [429] * 2
    assert Browser(app).sign_in(own.tokens["all"]).status_code == 303, "they are not counted for ever"


@pytest.mark.parametrize("path", ["/", "/tickets", "/quarantine", "/search", "/assets/page.css", "/api/v1/messages"])
def test_nothing_else_takes_a_form(world: World, path: str) -> None:
    assert Browser(world.app).post(path, {"a": "b"}).status_code == 405


def test_a_token_that_is_revoked_or_over_ends_at_once(world: World) -> None:
    tokens = tokens_of(world.store.control)
    for name, ends in (("brief", None), ("over", NOW + timedelta(days=1))):
        made = new_token()
        tokens.add(AccessToken(name, made.token_id, made.sha256, NOW, None, ends))
        browser = Browser(world.app)
        browser.cookies.set("inboxsync_token", made.text)
        if ends is None:
            assert browser.get("/").status_code == 200
            tokens.remove(name)
        answer = browser.get("/tickets")
        assert answer.status_code == 401
        assert "no longer valid" in answer.text
        assert 'name="next" value="/tickets"' in answer.text
        assert "Max-Age=0" in answer.headers["set-cookie"]
    tokens.remove("over")


def test_the_cookie_is_no_way_into_the_api(world: World, browser: Browser) -> None:
    assert browser.get("/").status_code == 200
    assert browser.get("/api/v1/messages").status_code == 401
