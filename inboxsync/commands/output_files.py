"""Files that a person asked for: written whole or not at all, private, never over another one unasked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inboxsync.errors import UsageError
from inboxsync.render.output import Output

Write = Callable[[bytes], object]


def write_file(path: Path, octets: bytes) -> None:
    """Write an export; UsageError where that place cannot be written."""
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise _cannot_write(path, error) from error


@contextmanager
def opened(output: str, streams: Output, *, force: bool) -> Iterator[Write]:
    """Give what writes octets to a file, or to stdout for `-`; the file is there when all of it is.

    Raises UsageError where the file is there already and `force` is not given, or cannot be written.
    """
    if output == "-":
        yield streams.octets
        return
    path = Path(output)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="choose another file, or add --force to replace it")
    with _replaced(path) as write:
        yield write


@contextmanager
def _replaced(path: Path) -> Iterator[Write]:
    """Write beside the file and take its place at the end; what fails on the way leaves nothing."""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield lambda octets: _write(path, file.write, octets)
        try:
            os.replace(temporary, path)
        except OSError as error:
            raise _cannot_write(path, error) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _write(path: Path, write: Write, octets: bytes) -> None:
    try:
        write(octets)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {path}: {error.strerror}", hint="choose another file with --output")
