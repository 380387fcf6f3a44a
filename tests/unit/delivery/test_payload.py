import json
from datetime import UTC, datetime
from typing import Any

from inboxsync.delivery.payload import MAX_BODY_BYTES, body, delivery_id, message_key
from inboxsync.model.event import Event

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EVENT = Event(12, "message.stored", AT, {"message_id": 7, "integration": "Büro"}, 3)
STORE = "3f2c1b4e-0000-4000-8000-000000000000"


def test_an_event_is_sent_as_the_feed_shows_it() -> None:
    shape = {"id": 12, "type": "message.stored", "at": "2026-03-02T12:00:00Z", "data": dict(EVENT.data)}
    assert json.loads(body(EVENT)) == shape == EVENT.as_dict()


def test_the_octets_are_the_same_each_time() -> None:
    assert body(EVENT) == body(EVENT)


def test_a_message_goes_along_where_it_is_asked_for() -> None:
    sent = json.loads(body(EVENT, {"subject": "Hello", "body_text": "text"}))
    assert sent["data"]["message"] == {"subject": "Hello", "body_text": "text"}
    assert sent["data"]["message_id"] == 7


def test_what_is_too_long_goes_without_its_bodies_or_without_the_message() -> None:
    long: dict[str, Any] = {"subject": "Hello", "body_text": "x" * MAX_BODY_BYTES, "body_html": None}
    short = body(EVENT, long)
    assert json.loads(short)["data"]["message"]["bodies_left_out"] is True
    assert json.loads(short)["data"]["message"]["body_text"] is None
    assert body(EVENT, {"subject": "x" * MAX_BODY_BYTES}) == body(EVENT)


def test_text_that_is_no_unicode_is_sent_all_the_same() -> None:
    assert json.loads(body(EVENT, {"subject": "a\ud800b"}))["data"]["message"]["subject"] == "a?b"


def test_the_id_of_a_delivery_names_store_and_event_and_can_be_signed() -> None:
    assert delivery_id(STORE, 12) == "evt_3f2c1b4e0000_12"
    assert "." not in delivery_id(STORE, 12)


def test_only_events_about_a_message_have_one() -> None:
    assert message_key(EVENT) == 7
    assert message_key(Event(1, "sync.failed", AT, {"integration": "a"})) is None
