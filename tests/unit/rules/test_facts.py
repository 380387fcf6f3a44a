"""Facts are read when asked and kept."""

from __future__ import annotations

from datetime import datetime

from inboxsync.rules.fields import Field, Kind, Values
from inboxsync.rules.source import Source
from tests.unit.rules.samples import Situation, facts, message, takes


def test_a_field_is_read_when_asked_and_then_kept() -> None:
    asked: list[str] = []

    def read(source: Source) -> Values:
        asked.append(source.parsed.subject)
        return ("É",)

    field, about = Field("made", Kind.TEXT, "", read), facts(subject="x")
    assert asked == []
    assert about.folded(field) is about.folded(field)
    assert about.folded_octets(field) == ("é".encode(),)
    assert about.folded_octets(field) is about.folded_octets(field)
    assert asked == ["x"]
    assert about.octets(field) is about.octets(field)
    assert about.texts(field) == ("É",)
    assert about.values(field) is about.values(field)


def test_times_without_zone_are_compared_as_utc() -> None:
    naive = Situation(received_at=datetime(2024, 5, 8, 12))
    about = facts(message(sent_at=datetime(2024, 5, 8, 12)), naive)
    assert takes({"field": "age_days", "equals": 2}, about)
    assert takes({"field": "received_at", "equals": "2024-05-08T12:00:00Z"}, about)
    assert takes({"field": "sent_at", "lte": "2024-05-08T14:00:00+02:00"}, about)
