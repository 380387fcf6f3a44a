"""A message for people."""

from __future__ import annotations

import pytest

from inboxsync.model.message import DeliveryReport
from inboxsync.render.messages import message_text
from tests.unit.render.test_message_json import view


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (
            (DeliveryReport("ana@example.net", "failed", "5.1.1"), DeliveryReport("ben@example.net", "delayed")),
            "report:     dsn_failed: ana@example.net failed (5.1.1), ben@example.net delayed",
        ),
        ((), "report:     dsn_failed"),
        ((DeliveryReport("a\x1b[2J@example.net", "failed"),), "report:     dsn_failed: a\\x1b[2J@example.net failed"),
    ],
)
def test_whom_a_report_names(recipients: tuple[DeliveryReport, ...], expected: str) -> None:
    assert expected in message_text(view(report="dsn_failed", delivery_reports=recipients)).splitlines()


def test_of_very_many_the_first_are_shown() -> None:
    many = tuple(DeliveryReport(f"a{number}@example.net", "failed") for number in range(25))
    text = message_text(view(report="dsn_failed", delivery_reports=many))
    assert "a9@example.net failed, 15 more" in text
    assert "a10@" not in text


def test_mail_that_reports_nothing_has_no_such_line() -> None:
    assert "report:" not in message_text(view())
