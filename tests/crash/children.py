"""Child processes forked from the test process, which has everything imported: a death costs milliseconds."""

from __future__ import annotations

import gc
import os
import signal
import traceback
import warnings
from collections.abc import Callable


def fork(work: Callable[[], object]) -> int:
    """Start a child that does the work and answer its process id; `wait` has to be called for each.

    It ends with 0, or with 1 and the traceback on stderr where the work raises. Nothing of the parent is cleaned up
    in it, and it must open its own connections: those of SQLite do not survive a fork.
    """
    with warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads; those of the test runner hold no lock that a child would need.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _be_the_child(work)
    return pid


def _be_the_child(work: Callable[[], object]) -> None:
    code = 1
    gc.disable()  # it would touch, and so copy, every page that the child shares with its parent
    try:
        work()
        code = 0
    except BaseException:  # nothing may get out of the child into the test runner's own code
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """Wait for a child's end and answer its exit code; the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """End one child of ours without a word, and see it gone."""
    os.kill(pid, signal.SIGKILL)
    assert wait(pid) == -signal.SIGKILL
