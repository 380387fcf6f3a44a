"""The example rules are YAML that Prometheus takes, and speak of metrics, labels and values that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it comes without types

from inboxsync.model.placement import Fate
from inboxsync.render.standing import StateWord
from tests.unit.httpapi.world import World

DOCS = Path(__file__).parents[3] / "docs"
METRIC = re.compile(r"\binboxsync_\w+")
MATCHER = re.compile(r'(\w+)=~?"([^"]+)"')
FOREIGN = {"job", "file"}
KEYS = {"alert", "expr", "for", "labels", "annotations"}


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    """The rules of the one group of the file."""
    (group,) = yaml.safe_load((DOCS / "examples" / "alerts.yml").read_text())["groups"]
    assert set(group) == {"name", "rules"}
    return list(group["rules"])


def test_every_rule_is_whole(rules: list[dict[str, Any]]) -> None:
    names = [rule["alert"] for rule in rules]
    assert len(names) == len(set(names))
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule) <= KEYS
        assert re.fullmatch(r"[0-9]+[smhd]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        for opening, closing in ("()", "{}", "[]"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing)


def test_every_metric_named_is_one_of_ours(world: World, rules: list[dict[str, Any]]) -> None:
    text = world.get("/metrics").text
    ours = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    named = {name for rule in rules for name in METRIC.findall(rule["expr"])}
    assert named <= ours | {"inboxsync_messages_total"}
    assert len(named) >= 8


def test_every_label_is_one_of_ours(world: World, rules: list[dict[str, Any]]) -> None:
    text = world.get("/metrics").text
    values: dict[str, set[str]] = {"state": set(StateWord), "fate": set(Fate)}
    for rule in rules:
        for label, wanted in MATCHER.findall(rule["expr"]):
            if label in FOREIGN:
                continue
            assert f'{label}="' in text, (rule["alert"], label)
            assert set(wanted.split("|")) <= values.get(label, {"auth_failed"}), (rule["alert"], wanted)


def test_the_document_names_every_alert(rules: list[dict[str, Any]]) -> None:
    text = (DOCS / "monitoring.md").read_text()
    assert {rule["alert"] for rule in rules} == set(
        re.findall(r"`((?:Mail|Runs|Store|Endpoint|Textfile)[A-Za-z]+)`", text)
    )
