"""Causes and next actions in plain words, also for what providers say in words of their own."""

from __future__ import annotations

import pytest

from inboxsync.errors import InboxsyncError
from inboxsync.render.sentences import SENTENCES, sentence
from inboxsync.sync.caps import ByteBudgetSpent
from inboxsync.sync.context import Interrupted, MarkRefused


def all_codes(error: type[InboxsyncError] = InboxsyncError) -> set[str]:
    return {error.code}.union(*(all_codes(each) for each in error.__subclasses__()))


def test_every_error_has_its_sentences() -> None:
    assert {ByteBudgetSpent.code, Interrupted.code, MarkRefused.code, "partial_view"} <= SENTENCES.keys()
    assert {code for code in all_codes() if sentence(code) is SENTENCES["error"]} == {"error"}


@pytest.mark.parametrize(
    ("code", "message", "cause", "action"),
    [
        (
            "server_unavailable",
            "the folder cannot be opened: User is authenticated but not connected.",
            "did not open the mailbox behind it",
            "admin centre",
        ),
        (
            "throttled",
            "login refused: [OVERQUOTA] Account exceeded command or bandwidth limits.",
            "downloading more than it allows in a day",
            "opens again within a day",
        ),
        (
            "throttled",
            "login refused: [ALERT] Too many simultaneous connections. (Failure)",
            "too many connections",
            "close mail programs",
        ),
        (
            "throttled",
            "login refused: [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
            "too many connections",
            "close mail programs",
        ),
        ("throttled", "Request is throttled. Suggested Backoff Time: 1000 milliseconds", "limits this account", "wait"),
        ("byte_budget", "2,000 MB", "downloaded what it may in a day", "nothing to do"),
    ],
)
def test_what_providers_say_is_put_in_plain_words(code: str, message: str, cause: str, action: str) -> None:
    words = sentence(code, message)
    assert cause in words.cause
    assert action in words.action
    assert "{" not in words.cause.format(host="h", name="n") + words.action.format(host="h", name="n")
