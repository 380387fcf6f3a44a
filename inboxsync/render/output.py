"""Where a command's words go: results to stdout, everything said about them to stderr."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TextIO

from inboxsync.render.document import encode
from inboxsync.render.printable import printable, printable_block
from inboxsync.render.tables import Table, draw, plain_table


@dataclass(frozen=True, slots=True)
class Output:
    """Two streams and what may be done on them. `quiet` silences everything but results and errors."""

    stdout: TextIO
    stderr: TextIO
    quiet: bool = False
    colour: bool = True

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return self.stdout.isatty()

    def document(self, document: object) -> None:
        """Write one JSON document to stdout, as octets where the stream takes them: no console encoding spoils it."""
        octets = encode(document)
        buffer = getattr(self.stdout, "buffer", None)
        if buffer is None:
            self.stdout.write(octets.decode())
        else:
            self.stdout.flush()
            buffer.write(octets)
        self.stdout.flush()

    def octets(self, octets: bytes) -> None:
        """Write octets to stdout as they are, for exports that a person asked for."""
        buffer = getattr(self.stdout, "buffer", None)
        if buffer is None:
            self.stdout.write(octets.decode("utf-8", "replace"))
        else:
            self.stdout.flush()
            buffer.write(octets)
        self.stdout.flush()

    def table(self, table: Table, *, empty: str = "nothing") -> None:
        """Write a table, or to stderr the sentence `empty` when it has no rows."""
        if not table.rows:
            self.note(empty)
        elif self.on_terminal:
            draw(table, self.stdout, colour=self.colour)
        else:
            self.stdout.write(plain_table(table))

    def line(self, text: str) -> None:
        """Write one line of result."""
        self.stdout.write(printable(text) + "\n")

    def block(self, text: str) -> None:
        """Write text of several lines, such as the body of a message."""
        self.stdout.write(printable_block(text).rstrip("\n") + "\n")

    def note(self, text: str) -> None:
        """Say something beside the result, on stderr, unless quiet."""
        if not self.quiet:
            self.stderr.write(printable(text) + "\n")

    def error(self, text: str, hint: str = "") -> None:
        """Say what went wrong and what to do, a line each, also when quiet."""
        self.stderr.write(f"error: {printable(text)}\n")
        if hint:
            self.hint(hint)

    def fault(self, where: str, text: str, hint: str = "") -> None:
        """Say one of several faults: where, what, and what to write instead."""
        self.stderr.write(f"  {printable(where)}: {printable(text)}\n" if where else f"  {printable(text)}\n")
        if hint:
            self.hint(hint)

    def hint(self, text: str) -> None:
        """Say what to do."""
        self.stderr.write(f"  hint: {printable(text)}\n")


def never_fail_to_encode(*streams: TextIO) -> None:
    """Let streams show what their encoding lacks as `\\u…` instead of failing (a Windows code page, LANG=C)."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
