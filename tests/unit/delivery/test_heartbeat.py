"""The heartbeat against a monitor on this machine: what it is asked, and what it may do."""

import ssl

import pytest
import trustme

from devtools.webhook_receiver import HUGE_HEAD, NO_ANSWER, NOT_HTTP, Receiver, Reply, closed_port
from inboxsync.delivery.heartbeat import after_run, ping, read_ping_target
from inboxsync.delivery.post import PostLimits
from inboxsync.errors import UsageError

SHORT = PostLimits(resolve_s=0.3, connect_s=0.3, total_s=0.3)


def test_good_is_the_url_itself_and_bad_the_same_with_fail() -> None:
    with Receiver() as monitor:
        target = read_ping_target(f"{monitor.url}?a=1")
        assert (ping(target, good=True), ping(target, good=False)) == (None, None)
    good, bad = monitor.received
    assert (good.method, good.path, bad.method, bad.path) == ("GET", "/hooks/mail?a=1", "GET", "/hooks/mail/fail?a=1")
    assert good.headers["user-agent"].startswith("inboxsync/")
    assert "content-type" not in good.headers
    assert good.body == b""


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://ping.example.com/0a1b", "/0a1b/fail"),
        ("https://ping.example.com/0a1b/", "/0a1b/fail"),
        ("https://ping.example.com/key/slug?create=1", "/key/slug/fail?create=1"),
        ("https://ping.example.com", "/fail"),
    ],
)
def test_where_fail_stands(url: str, path: str) -> None:
    assert after_run(read_ping_target(url), good=False).path == path


@pytest.mark.parametrize("reply", [NO_ANSWER, NOT_HTTP, HUGE_HEAD, Reply(wait_s=5), Reply(404), Reply(500)])
def test_whatever_the_monitor_does_is_one_sentence_without_the_url(reply: Reply) -> None:
    with Receiver(reply) as monitor:
        fault = ping(read_ping_target(f"{monitor.url}/0a1b"), good=True, limits=SHORT)
    assert fault is not None
    assert "\n" not in fault
    assert f"port {monitor.port}" in fault
    assert "0a1b" not in fault


def test_nobody_there() -> None:
    port = closed_port()
    assert "cannot be reached" in str(ping(read_ping_target(f"http://127.0.0.1:{port}/"), good=True, limits=SHORT))
    assert "does not resolve" in str(ping(read_ping_target("http://monitor.invalid/"), good=True, limits=SHORT))


def test_no_redirect_is_followed() -> None:
    with Receiver() as other, Receiver(Reply(302, {"Location": other.url})) as monitor:
        assert "status 302" in str(ping(read_ping_target(monitor.url), good=True))
        assert other.received == []


def test_a_certificate_that_is_not_trusted_ends_it() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Receiver(certificate=context) as monitor:
        fault = ping(read_ping_target(f"https://127.0.0.1:{monitor.port}/"), good=True)
        assert "not trusted" in str(fault)
        assert monitor.received == []


@pytest.mark.parametrize(
    "url", ["ftp://h/0a1b", "https://u:0a1b@h/", "0a1b", "https://h/ 0a1b", "https://h/\u00e90a1b"]
)
def test_what_cannot_be_a_monitor_is_refused_unrepeated(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be that of a monitor") as caught:
        read_ping_target(url)
    assert "0a1b" not in caught.value.message + caught.value.hint
