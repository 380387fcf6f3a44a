"""The tree of errors: stable codes, exit codes of the contract, and the precedence of a run's exit code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync import errors
from inboxsync.errors import (
    EXIT_PRECEDENCE,
    AuthFailed,
    ConfigError,
    InboxsyncError,
    KeyWrong,
    Problem,
    StoreBusy,
    Throttled,
    TlsFailed,
    UsageError,
    worst_exit_code,
)

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, InboxsyncError)]
MADE = [kind for kind in CLASSES if kind is not InboxsyncError]


def test_every_code_is_a_word_of_its_own() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z][a-z_]*", code) for code in codes)


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_every_exit_code_is_of_the_contract_and_only_temporary_errors_are_transient(
    kind: type[InboxsyncError],
) -> None:
    assert kind.exit_code in {2, 69, 75, 77, 78}
    assert not kind.transient or kind.exit_code == 75


@pytest.mark.parametrize(
    ("kind", "exit_code"), [(UsageError, 2), (TlsFailed, 69), (StoreBusy, 75), (AuthFailed, 77), (KeyWrong, 78)]
)
def test_exit_codes_of_the_contract(kind: type[InboxsyncError], exit_code: int) -> None:
    assert kind("x").exit_code == exit_code


def test_a_wrong_password_is_never_retried() -> None:
    assert not AuthFailed.transient


def test_a_hint_is_the_class_s_own_unless_another_is_given() -> None:
    assert KeyWrong("x").hint == KeyWrong.default_hint != ""
    assert KeyWrong("x", hint="y").hint == "y"
    assert KeyWrong("x", hint="").hint == ""
    assert str(KeyWrong("x", hint="y")) == "x"


def test_a_config_error_keeps_every_problem() -> None:
    problems = [Problem("config.toml: jobs", "must be a number"), Problem("", "bare")]
    error = ConfigError("two", problems=iter(problems))  # type: ignore[arg-type]  # any iterable is kept as a tuple
    assert error.problems == tuple(problems)
    assert [str(problem) for problem in error.problems] == ["config.toml: jobs: must be a number", "bare"]


def test_throttled_keeps_the_server_s_own_hint() -> None:
    assert Throttled("slow", retry_after_s=2.5).retry_after_s == 2.5


def test_precedence_is_the_contract_s() -> None:
    assert EXIT_PRECEDENCE == (1, 78, 77, 69, 75)
    assert worst_exit_code([75, 69, 77]) == 77
    assert worst_exit_code([75, 78, 77]) == 78
    assert worst_exit_code([0, 0]) == 0
    assert worst_exit_code([]) == 0


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, *EXIT_PRECEDENCE])))
def test_the_worst_code_is_one_that_occurred_and_no_other_goes_before_it(codes: list[int]) -> None:
    worst = worst_exit_code(codes)
    assert worst in codes or worst == 0
    before = EXIT_PRECEDENCE[: EXIT_PRECEDENCE.index(worst)] if worst else EXIT_PRECEDENCE
    assert not set(before) & set(codes)
