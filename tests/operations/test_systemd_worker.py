"""The unit of a worker is valid, hardened, and starts a command line that exists."""

from __future__ import annotations

from inboxsync.cli import app
from inboxsync.errors import EXIT_CONFIG, EXIT_USAGE

from .test_systemd import SERVICE, directives, seconds

NAME = "inboxsync-worker.service"
WORKER = directives(NAME)
# What a worker has otherwise than a run that ends: how it is started, watched and ended.
OF_ITS_OWN = {
    *("Type", "NotifyAccess", "ExecStart", "WatchdogSec", "Restart", "RestartSec", "RestartPreventExitStatus"),
    *("TimeoutStopSec", "Description", "WantedBy"),
}
OF_RUNS = {"TimeoutStartSec", "SuccessExitStatus"}


def test_its_command_line_exists() -> None:
    import typer

    words = WORKER["ExecStart"][0].split()
    assert words[:2] == ["inboxsync", "sync-all"]
    command = typer.main.get_command(app)
    known = {name for option in command.commands["sync-all"].params for name in option.opts}  # type: ignore[attr-defined]  # a group
    assert {word for word in words if word.startswith("--")} <= known


def test_it_is_watched_and_comes_back_but_not_where_a_person_is_needed() -> None:
    assert (WORKER["Type"], WORKER["Restart"]) == (["notify"], ["always"])
    assert set(WORKER["RestartPreventExitStatus"][0].split()) == {str(EXIT_USAGE), str(EXIT_CONFIG)}
    assert seconds(WORKER["WatchdogSec"][0]) > 30, "a database may be waited for so long"


def test_it_may_do_what_a_run_may_and_no_more() -> None:
    own = {key: value for key, value in WORKER.items() if key not in OF_ITS_OWN}
    assert own == {key: value for key, value in SERVICE.items() if key not in OF_ITS_OWN | OF_RUNS}
