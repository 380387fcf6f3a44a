"""The filters and rules that are to be tried: of files, or of an integration as it is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.commands.settings_given import read_file
from inboxsync.errors import FilterInvalid, Problem
from inboxsync.sync.judging import Judge

if TYPE_CHECKING:
    from inboxsync.commands.rules_options import Documents
    from inboxsync.model.integration import Integration


def judge_of_file(file: Path) -> Judge:
    """Compile a file: an array is rules, which take every message; else it is a filter. Raises FilterInvalid."""
    octets = read_file(file, "FILE")
    texts = (None, octets) if holds_rules(octets) else (octets, None)
    return Judge.of(texts[0], texts[1], system.monotonic_s)


def holds_rules(octets: bytes) -> bool:
    """Whether a file is an array, which is what rules are; a byte order mark is passed over."""
    return octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def judge_of(integration: Integration | None, given: Documents) -> Judge:
    """Compile what is given; what is not is the integration's own. Raises FilterInvalid with the faults of both."""
    own = (integration.filter_json, integration.rules_json) if integration else (None, None)
    filter_text = own[0] if given.filter is None else read_file(given.filter, "--filter")
    rules_text = own[1] if given.rules is None else read_file(given.rules, "--rules")
    return _both(filter_text, rules_text)


def _both(filter_text: str | bytes | None, rules_text: str | bytes | None) -> Judge:
    problems: list[Problem] = []
    for what, texts in (("filter", (filter_text, None)), ("rules", (None, rules_text))):
        try:
            Judge.of(texts[0], texts[1], system.monotonic_s)
        except FilterInvalid as error:
            problems += [Problem(f"{what}: {p.where or '/'}", p.message, p.hint) for p in error.problems]
    if problems:
        raise FilterInvalid(
            "; ".join(map(str, problems)), hint="`inboxsync rules check FILE` checks a file", problems=problems
        )
    return Judge.of(filter_text, rules_text, system.monotonic_s)
