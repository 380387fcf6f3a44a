"""What a trusted server says of a sender reaches the filter and the store, and nobody else's word does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.model.views import MessageQuery
from inboxsync.sync.engine import Engine
from tests.unit.sync.rig import NOW, Rig, mail

GENUINE = b"Authentication-Results: mx.example.com; dmarc=fail\r\n"
FORGED = b"Authentication-Results: mx.example.com; dmarc=pass\r\n"


def run(rig: Rig, *trusted: str) -> None:
    engine = rig.engine()
    Engine(replace(engine.tools, trusted_authserv_ids=frozenset(trusted))).run(rig.store.control.integrations(), NOW)


def verdicts(rig: Rig) -> list[dict[str, str]]:
    content = rig.store.content
    found = [content.message(item.id) for item in content.messages(MessageQuery()).items]
    return [dict(view.authentication) for view in found if view is not None]


@pytest.mark.parametrize(
    ("trusted", "expected"), [(["mx.example.com"], [{"dmarc": "fail"}]), ([], [{}]), (["other.example"], [{}])]
)
def test_the_verdict_is_stored(rig: Rig, trusted: list[str], expected: list[dict[str, str]]) -> None:
    rig.add()
    rig.server.append(GENUINE + FORGED + mail(1))
    run(rig, *trusted)
    assert verdicts(rig) == expected


@pytest.mark.parametrize("refused_by", ["header", "body"])
def test_a_filter_sees_it_in_the_header_and_in_the_whole(rig: Rig, refused_by: str) -> None:
    verdict = '{"field":"authentication.dmarc","not_equals":"fail"}'
    filter_json = verdict if refused_by == "header" else f'{{"all":[{verdict},{{"field":"body","contains":"hello"}}]}}'
    rig.add(filter_json=filter_json)
    rig.server.append(GENUINE + mail(1))
    rig.server.append(FORGED + mail(2))
    run(rig, "mx.example.com")
    assert (rig.fates().filtered, rig.fates().stored) == (1, 1)
