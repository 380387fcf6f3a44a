"""The engine in a process that has everything imported: prints the seconds of one `sync` of all integrations."""

from __future__ import annotations

import os
import time

import inboxsync.imap.adapter
import inboxsync.store.content
import inboxsync.sync.engine  # noqa: F401  imported before the clock starts
from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.sync.engine import Order


def main() -> None:
    """Sync once, and tell how long it took."""
    environ = dict(os.environ)
    with App(load_settings(environ), environ) as app:
        assert app.store.control.integrations()
        began = time.perf_counter()
        report = app.sync([], Order(force=True))
        print(time.perf_counter() - began)
    assert not any(part.error for part in report.integrations), report


if __name__ == "__main__":
    main()
