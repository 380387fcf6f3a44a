"""Each mail that is known to hurt, between two good ones: all are stored, alike with either line end, and a second run
finds nothing to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from inboxsync.model.report import Counts, RunStatus
from inboxsync.model.views import MessageQuery
from tests.unit.mail.hazard_mails import HAZARDS
from tests.unit.mail.samples import crlf
from tests.unit.sync.rig import START, Rig, mail, rig_in

OF_THE_OCTETS = {"raw_sha256", "sha256", "size_bytes", "encoding"}


def run_with(rig: Rig, hazards: Iterable[bytes]) -> None:
    rig.add()
    count = 0
    for count, octets in enumerate(hazards, start=1):
        for each in (mail(count), octets):
            rig.server.append(each, internal_date=START - timedelta(hours=1))
    rig.server.append(mail(0), internal_date=START - timedelta(hours=1))
    report = rig.one()
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, 2 * count + 1), report


def test_every_hazard_is_stored_and_so_are_its_neighbours(rig: Rig) -> None:
    run_with(rig, HAZARDS.values())
    assert rig.counts() == Counts()
    subjects = [view.subject for view in rig.store.content.messages(MessageQuery(limit=300)).items]
    assert [f"Mail {number}" for number in range(len(HAZARDS) + 1) if f"Mail {number}" not in subjects] == []


def test_both_line_ends_make_the_same_rows(tmp_path: Path) -> None:
    hazards = [octets for octets in HAZARDS.values() if b"\r" not in octets]
    dumps = []
    for directory, with_line_ends in (("lf", bytes), ("crlf", crlf)):
        with rig_in(tmp_path / directory) as rig:
            run_with(rig, [with_line_ends(octets) for octets in hazards])
            dumps.append([without_octets(line) for line in rig.dump()])
    assert dumps[0] == dumps[1]


def without_octets(line: str) -> dict[str, object]:
    """Give a row without what is said of the octets as they were sent."""
    return {name: value for name, value in json.loads(line).items() if name not in OF_THE_OCTETS}
