import pytest

from inboxsync.delivery.target import Target, read_target, shown_url
from inboxsync.errors import UsageError


@pytest.mark.parametrize(
    ("url", "target", "host_header"),
    [
        ("https://crm.example.com", Target(True, "crm.example.com", 443, "/"), "crm.example.com"),
        ("https://CRM.example.com:8443/a?b=c", Target(True, "crm.example.com", 8443, "/a?b=c"), "crm.example.com:8443"),
        ("http://crm.example.com:80/a", Target(False, "crm.example.com", 80, "/a"), "crm.example.com"),
        ("https://[2001:db8::1]/x", Target(True, "2001:db8::1", 443, "/x"), "[2001:db8::1]"),
        ("https://bücher.example/", Target(True, "xn--bcher-kva.example", 443, "/"), "xn--bcher-kva.example"),
    ],
)
def test_a_url_is_read(url: str, target: Target, host_header: str) -> None:
    assert read_target(url, allow_http=True) == target
    assert target.host_header == host_header


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://crm.example.com/",
            "ftp://crm.example.com/",
            "crm.example.com",
            "//crm.example.com/",
            "file:///etc/x",
        ),
        *("https://", "https:///x", "https://ana:geheim@crm.example.com/", "https://crm.example.com@evil.example/"),
        *("https://crm.example.com/#f", "https://crm.example.com:0/", "https://crm.example.com:99999/"),
        *(
            "https://crm.example.com/a b",
            "https://crm.example.com/\r\nX: y",
            "https://crm.example.com/ü",
            "https://[::1",
        ),
        *("https://crm.example.com\\@evil.example/", "https://" + "a" * 3000 + ".example/", "https://ü..example/"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_target(url, allow_http=False)
    assert url not in refused.value.message
    assert "geheim" not in refused.value.message + refused.value.hint


def test_tokens_in_a_query_are_not_shown() -> None:
    assert shown_url("https://crm.example.com/a?token=geheim") == "https://crm.example.com/a?…"
    assert shown_url("https://crm.example.com/a") == "https://crm.example.com/a"
