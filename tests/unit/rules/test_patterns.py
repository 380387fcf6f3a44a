"""Patterns take bounded time, whatever text they meet."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import pytest

from inboxsync.rules.patterns import (
    BUDGET_S,
    Budget,
    MatchingTimeout,
    PatternInvalid,
    compile_pattern,
    compile_wildcards,
)
from tests.unit.rules.samples import StillClock


@dataclass
class SteadyEngine:
    """An engine that takes the same time for each octet, on a clock of its own."""

    seconds_per_octet: float
    programsize: int = 1_000
    clock: StillClock = field(default_factory=StillClock)
    searched: list[int] = field(default_factory=list)

    def search(self, text: bytes) -> object | None:
        self.searched.append(len(text))
        self.clock.now_s += len(text) * self.seconds_per_octet
        return None


def test_a_search_within_the_budget_answers_and_adds_up() -> None:
    engine = SteadyEngine(seconds_per_octet=1e-5)
    budget = Budget(engine.clock)
    assert budget.search(engine, b"x" * 1_000, "here") is False
    assert budget.search(engine, b"x" * 1_000, "here") is False
    assert budget.spent_s == pytest.approx(0.02)


def test_searches_together_exceed_the_budget() -> None:
    engine = SteadyEngine(seconds_per_octet=6e-5)
    budget = Budget(engine.clock)
    budget.search(engine, b"x" * 1_000, "here")
    with pytest.raises(MatchingTimeout, match="here: the patterns need more than 100 ms"):
        budget.search(engine, b"x" * 1_000, "here")
    with pytest.raises(MatchingTimeout):
        budget.search(engine, b"", "here")
    assert len(engine.searched) == 2


def test_a_long_text_is_not_searched_when_its_beginning_is_slow() -> None:
    engine = SteadyEngine(seconds_per_octet=5e-6)
    with pytest.raises(MatchingTimeout):
        Budget(engine.clock).search(engine, b"x" * 10_000_000, "here")
    assert engine.clock.now_s <= BUDGET_S
    assert max(engine.searched) < 100_000


def test_a_long_text_is_searched_whole_when_its_beginning_is_fast() -> None:
    engine = SteadyEngine(seconds_per_octet=1e-10)
    assert Budget(engine.clock).search(engine, b"x" * 1_000_000, "here") is False
    assert engine.searched[-1] == 1_000_000
    assert len(engine.searched) > 1


def test_prefixes_grow_by_no_more_than_what_can_be_afforded() -> None:
    engine = SteadyEngine(seconds_per_octet=1e-12, programsize=1_000)
    Budget(engine.clock).search(engine, b"x" * 2_000_000, "here")
    growth = [after - before for before, after in zip(engine.searched, engine.searched[1:], strict=False)]
    assert max(growth) <= 200_000


def test_a_clock_that_runs_backwards_is_no_credit() -> None:
    budget = Budget(StillClock(step_s=-1.0))
    budget.search(compile_pattern("x", case_sensitive=True), b"x", "here")
    assert budget.spent_s == 0.0


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|b)*a(a|b){12}c", "[ab]*a[ab]{900}c"])
def test_patterns_that_stall_other_engines_do_not_stall_this(pattern: str) -> None:
    engine = compile_pattern(pattern, case_sensitive=False)
    started = time.perf_counter()
    with contextlib.suppress(MatchingTimeout):  # the honest answer of the slowest of them
        assert Budget(time.perf_counter).search(engine, b"ab" * 500_000 + b"aaa!", "here") is False
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("wildcards", ["*a*a*a*a*a*a*a*a*b", "?" * 900 + "*x", "*?*?*?*?*?*!"])
def test_wildcards_do_not_stall_either(wildcards: str) -> None:
    engine = compile_wildcards(wildcards, case_sensitive=True)
    started = time.perf_counter()
    with contextlib.suppress(MatchingTimeout):
        assert Budget(time.perf_counter).search(engine, b"a" * 200_000, "here") is False
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("é", "É", True),
        ("É", "e", False),
        ("[à-ý]", "É", True),
        ("k", "\u212a", True),  # KELVIN SIGN
        ("σ", "ς", True),
        ("ß", "ẞ", True),
        ("ß", "SS", False),
        ("\\D", "5", False),
        ("\\pL", "ж", True),
        ("\\w", "ж", False),
        ("a.b", "a\nb", True),
        ("a$", "a\n", False),
    ],
)
def test_letters_match_without_case_beyond_ascii(pattern: str, text: str, found: bool) -> None:
    engine = compile_pattern(pattern, case_sensitive=False)
    assert (engine.search(text.encode()) is not None) is found


def test_wildcards_take_everything_else_literally() -> None:
    engine = compile_wildcards("[a].(b)\\d*", case_sensitive=True)
    assert engine.search(b"[a].(b)\\dxyz\n") is not None
    assert engine.search(b"a.b1") is None


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?=x)", r"\1", "\\", "x{9999}", "(?P<a b>x)", "\\p{Nothing}"])
def test_what_the_engine_refuses_is_told_with_a_hint(pattern: str) -> None:
    with pytest.raises(PatternInvalid) as refused:
        compile_pattern(pattern, case_sensitive=False)
    assert str(refused.value)
    assert refused.value.hint


def test_nothing_is_written_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PatternInvalid):
        compile_pattern("(", case_sensitive=False)
    assert capfd.readouterr().err == ""
