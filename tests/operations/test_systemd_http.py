"""The unit of the HTTP endpoint is valid, hardened, and starts a command that exists."""

from __future__ import annotations

from .test_systemd import directives

NAME = "inboxsync-http.service"
HTTP = directives(NAME)


def test_it_is_ready_when_it_says_so_and_has_no_key() -> None:
    assert HTTP["ExecStart"] == ["inboxsync serve"]
    assert (HTTP["Type"], HTTP["NotifyAccess"], HTTP["WatchdogSec"]) == (["notify"], ["all"], ["60s"])
    assert "LoadCredential" not in HTTP
    assert HTTP["User"] == directives("inboxsync.service")["User"]
