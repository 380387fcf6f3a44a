"""The tasks as a Celery app meets them: names, options, schedule, retries; without a broker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Retry

from inboxsync.contrib.celery import RETRIES, beat_schedule, deliver, sync_due, sync_integration

TASKS = (sync_integration, sync_due, deliver)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Celery:
    """Somebody's app, whose workers' environment says where the store is."""
    monkeypatch.setenv("INBOXSYNC_DATA_DIR", str(tmp_path))
    site = Celery("site", broker="memory://", backend="cache+memory://", set_as_current=True)
    site.conf.task_always_eager = True
    return site


def test_the_app_knows_the_tasks_by_their_names(app: Celery) -> None:
    app.finalize()
    assert {"inboxsync.sync_integration", "inboxsync.sync_due", "inboxsync.deliver"} <= set(app.tasks)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("task", TASKS)
def test_a_dead_workers_task_goes_to_another_and_none_runs_for_ever(task: Any) -> None:
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)
    assert 600 < task.soft_time_limit < task.time_limit


def test_the_schedule_names_tasks_that_exist_once_a_minute(app: Celery) -> None:
    app.conf.beat_schedule = beat_schedule()
    assert {entry["task"] for entry in beat_schedule().values()} < set(app.tasks)
    assert {entry["schedule"] for entry in beat_schedule().values()} == {60.0}
    assert {entry["options"]["expires"] for entry in beat_schedule(30.0).values()} == {30.0}


@pytest.mark.usefixtures("app")
def test_tasks_answer_small_json() -> None:
    answers = [sync_integration.delay("7").get(), sync_due.delay().get(), deliver.delay().get()]
    assert json.loads(json.dumps(answers)) == answers
    assert answers[0]["integrations"][0]["reason"] == "removed"
    assert answers[1] == {"sent": 0}


def test_a_database_that_does_not_answer_is_tried_again_with_growing_pauses(
    app: Celery, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INBOXSYNC_DATABASE_URL", f"postgresql://nobody@/nothing?host={tmp_path}")
    app.conf.task_always_eager = False
    with pytest.raises(Retry) as retry:
        sync_integration.apply(args=(1,), throw=True, retries=1)
    assert retry.value.when == 10
    assert sync_integration.max_retries == RETRIES


@pytest.mark.usefixtures("app")
def test_faulty_settings_are_a_failure_that_nobody_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOXSYNC_JOBS", "many")
    result = sync_integration.apply(args=(1,))
    assert (result.state, type(result.result).__name__) == ("FAILURE", "ConfigError")


def test_without_celery_one_line_says_what_to_install() -> None:
    program = "import sys; sys.modules['celery'] = None\nimport inboxsync.contrib.celery"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert last == "ModuleNotFoundError: Celery is not installed: pip install 'inboxsync[celery]'"
    assert "During handling" not in ran.stderr
