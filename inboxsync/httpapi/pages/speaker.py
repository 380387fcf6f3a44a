"""Says things in one language at one time: texts, numbers, times, sizes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from inboxsync.render.document import time_text
from inboxsync.render.sentences import sentence, sentence_name
from inboxsync.render.standing import StateWord

if TYPE_CHECKING:
    from inboxsync.httpapi.pages.languages import Language
    from inboxsync.render.status import StatusLine

_AGES = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))
_JUST_NOW_S = 45
_SIZES = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A language, the time, and the zone in which days and clocks are told."""

    language: Language
    now: datetime
    zone: tzinfo

    def __call__(self, key: str, number: float | None = None, /, **given: object) -> str:
        """Say a text; a number that decides its form stands in it as `{n}`."""
        told = {} if number is None else {"n": self.number(number)}
        return self.language.text(key, number).format(**told, **given)

    def number(self, value: float) -> str:
        """Write a number with its groups; at most one decimal, and none where there is none."""
        rounded = round(value, 1)
        text = f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,.1f}"
        marks = {",": self.language.group, ".": self.language.decimal}
        return "".join(marks.get(one, one) for one in text)

    # --- times
    def ago(self, at: datetime) -> str:
        """Say how long ago something was, or in how long it will be."""
        seconds = (self.now - at).total_seconds()
        if abs(seconds) < _JUST_NOW_S:
            return self("time.now")
        tense = "ago" if seconds > 0 else "in"
        return self(f"time.{tense}", age=self.age(timedelta(seconds=abs(seconds))))

    def age(self, age: timedelta) -> str:
        """Say a span in its largest unit, rounded down."""
        seconds = int(age.total_seconds())
        for size, unit in _AGES:
            if seconds >= size:
                return self(f"time.{unit}", seconds // size)
        return self("time.seconds", seconds)

    def clock(self, at: datetime) -> str:
        """Write when something was: the time of today, else the day and the time."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        clock = self.language.clock.format(hour=local.hour, minute=local.minute)
        return clock if local.date() == today else f"{self.day(local.date())}, {clock}"

    def day(self, day: date) -> str:
        """Write a day; the year only where it is another."""
        text = self.language.day.format(day=day.day, month=self.language.months[day.month - 1])
        return text if day.year == self.now.astimezone(self.zone).year else f"{text} {day.year}"

    def weekday(self) -> str:
        """Name the weekday of today."""
        return self.language.weekdays[self.now.astimezone(self.zone).weekday()]

    def zone_name(self) -> str:
        """Name the zone: as it is set, else as its clock calls itself now."""
        key = getattr(self.zone, "key", None)
        return key if key not in (None, "local") else self.now.astimezone(self.zone).tzname() or "UTC"

    def machine(self, at: datetime) -> str:
        """Write an instant for programs, to the second."""
        return time_text(at.replace(microsecond=0)) or ""

    # --- quantities
    def size(self, octets: float) -> str:
        """Write a size in its largest decimal unit."""
        unit = 0
        while octets >= 1_000 and unit < len(_SIZES) - 1:
            octets, unit = octets / 1_000, unit + 1
        return f"{self.number(round(octets) if octets >= 10 else octets)}\N{NO-BREAK SPACE}{_SIZES[unit]}"

    def duration(self, seconds: float) -> str:
        """Write how long something took."""
        if seconds < 1:
            return f"{self.number(round(1_000 * seconds))}\N{NO-BREAK SPACE}ms"
        if seconds < 90:
            return f"{self.number(seconds if seconds < 10 else round(seconds))}\N{NO-BREAK SPACE}s"
        return self.age(timedelta(seconds=seconds))

    # --- how an integration stands
    def cause(self, line: StatusLine) -> str | None:
        """Say why an integration stands as it does."""
        if not self.language.sentences:
            return line.standing.cause
        cause = self._explained(line, "cause")
        if line.standing.state is StateWord.PAUSED:
            cause = f"{cause}{self('standing.paused')}"
        if line.integration.active:
            return cause
        return f"{self('standing.off')}{self('standing.and')}{cause}" if cause else self("standing.off")

    def action(self, line: StatusLine) -> str | None:
        """Say what to do about it."""
        if not self.language.sentences:
            return line.standing.next_action
        if not line.integration.active:
            return self("standing.off_action", name=line.integration.name)
        return self._explained(line, "action")

    def _explained(self, line: StatusLine, part: str) -> str | None:
        """What `render.standing` says in English, by the same rules in this language."""
        word, name = line.standing.state, line.integration.name
        if word in (StateWord.FAILING, StateWord.PAUSED):
            error = line.state.last_error if line.state else None
            code, message = (error.code, error.message) if error else ("error", "")
            return self.sentence(code, message, part).format(host=line.integration.endpoint.host, name=name)
        if word in (StateWord.NEVER, StateWord.STALE):
            return self(f"standing.{word}_{part}", name=name)
        return None

    def explained(self, code: str) -> str:
        """Say what an error means and what to do, where it belongs to no integration."""
        cause, action = (self.sentence(code, "", part).format(host="", name="NAME") for part in ("cause", "action"))
        return f"{cause}{self('error.and')}{action}"

    def sentence(self, code: str, message: str, part: str) -> str:
        """Give the cause or the action of an error code with `{host}` and `{name}` still in it.

        What a language does not know is said in English.
        """
        known = self.language.sentences
        own = known.get(sentence_name(code, message)) or known.get(code)
        if own is not None:
            return own[part]
        words = sentence(code, message)
        return words.cause if part == "cause" else words.action
