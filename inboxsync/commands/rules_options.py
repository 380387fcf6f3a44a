"""The options of `rules test|explain|diff`: which mail, and which filter and rules.

Imports nothing of the rules themselves: every command line reads this.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inboxsync.errors import UsageError

Eml = Annotated[
    list[Path] | None,
    typer.Option("--eml", metavar="PATH", help="On this file (.eml, mbox) or all below this directory; repeatable."),
]
Message = Annotated[str | None, typer.Option("--message", metavar="ID", help="On this stored message.")]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="On mail since: 14d, a date.")]
Last = Annotated[
    int | None, typer.Option("--last", "--limit", min=1, metavar="N", help="On the newest N messages only.")
]
FilterFile = Annotated[Path | None, typer.Option("--filter", metavar="FILE", help="With this filter.")]
RulesFile = Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="With these rules.")]
OptionalFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="JSON file: a filter (object) or rules (array).")
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which stored mail a person asked for."""

    message: str | None = None
    integration: str | None = None
    since: str | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """The files that a person named: `file` is tried alone, `filter` and `rules` together."""

    file: Path | None = None
    filter: Path | None = None
    rules: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a file that is named both as what to try and as an option. UsageError."""
        if self.file is not None and (self.filter or self.rules):
            raise UsageError("FILE stands beside --filter or --rules", hint="name each file once")

    @property
    def named(self) -> bool:
        """Whether any file was named."""
        return bool(self.file or self.filter or self.rules)
