"""Each mail that is known to hurt, between two good ones: all are stored, and a second run finds nothing to do."""

from __future__ import annotations

from datetime import timedelta

from inboxsync.model.report import Counts, RunStatus
from inboxsync.model.views import MessageQuery
from tests.unit.mail.hazard_mails import HAZARDS
from tests.unit.sync.rig import START, Rig, mail


def test_every_hazard_is_stored_and_so_are_its_neighbours(rig: Rig) -> None:
    rig.add()
    for number, octets in enumerate(HAZARDS.values()):
        for each in (mail(number), octets):
            rig.server.append(each, internal_date=START - timedelta(hours=1))
    rig.server.append(mail(len(HAZARDS)), internal_date=START - timedelta(hours=1))
    report = rig.one()
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, 2 * len(HAZARDS) + 1), report
    assert rig.counts() == Counts()
    subjects = [view.subject for view in rig.store.content.messages(MessageQuery(limit=200)).items]
    assert [f"Mail {number}" for number in range(len(HAZARDS) + 1) if f"Mail {number}" not in subjects] == []
