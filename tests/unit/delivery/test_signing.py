import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtools.webhook_receiver import Received
from inboxsync.delivery.signing import check_secret, format_secret, headers, signature
from inboxsync.errors import UsageError
from inboxsync.model.secret import Secret

AT = datetime(2026, 3, 2, 12, 0, 0, 900000, tzinfo=UTC)


def test_the_published_vector_of_the_specification() -> None:
    # The example that the libraries of Standard Webhooks carry in their tests.
    secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, secret)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=24, max_size=64))
def test_a_receiver_that_checks_by_the_text_of_the_specification_agrees(body: bytes, key: bytes) -> None:
    secret = format_secret(key)
    received = Received("/", headers("evt_1", AT, body, [secret]), body)
    assert received.is_signed_with(secret.reveal())
    assert received.headers["webhook-timestamp"] == str(int(AT.timestamp()))
    spoiled = Received("/", received.headers, body + b" ")
    assert not spoiled.is_signed_with(secret.reveal())


def test_while_secrets_rotate_each_sending_has_a_signature_of_both() -> None:
    new, old = format_secret(b"n" * 32), format_secret(b"o" * 32)
    received = Received("/", headers("evt_1", AT, b"{}", [new, old]), b"{}")
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    assert received.is_signed_with(new.reveal())
    assert received.is_signed_with(old.reveal())


@pytest.mark.parametrize(
    "text",
    [
        *("", "whsec_", "whsec_!!", "secret", "whsec_ü" + "A" * 40, "A" * 40),
        *("whsec_" + base64.b64encode(octets).decode() for octets in (b"short", b"x" * 23, b"x" * 65)),
    ],
)
def test_what_is_no_secret_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_secret(Secret(text))
    assert len(text) < 10 or text not in refused.value.message + refused.value.hint


def test_a_secret_that_was_made_is_accepted() -> None:
    check_secret(format_secret(b"x" * 24))
    check_secret(format_secret(b"x" * 64))
