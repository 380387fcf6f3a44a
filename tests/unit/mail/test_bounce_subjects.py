"""Which subjects tell of mail that did not arrive."""

from __future__ import annotations

import pytest

from inboxsync.mail.bounce_subjects import subject_announces


@pytest.mark.parametrize(
    "subject",
    [
        "Undeliverable: lunch",
        "Re: lunch (delivery failed)",
        "RETURNED MAIL: see transcript",
        "Non-Delivery: lunch",
        "**Message you sent blocked by our filter**",
        "Niedostarczalne: obiad",
        "Nedoručitelné: oběd",
        "Échec de remise",
        "Недоставленное сообщение",
        "メールエラー通知",
        "系统退信",
    ],
)
def test_subjects_of_reports(subject: str) -> None:
    assert subject_announces(subject)


@pytest.mark.parametrize(
    "subject", ["", "Lunch on Monday", "Delivery on Monday", "Mail from Ana", "Größe", "配達の予定"]
)
def test_subjects_of_people(subject: str) -> None:
    assert not subject_announces(subject)
