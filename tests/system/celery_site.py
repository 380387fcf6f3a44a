"""Somebody's Celery app that uses inboxsync's tasks by one import; its workers are started with `celery -A`."""

from __future__ import annotations

import os

from celery import Celery

import inboxsync.contrib.celery as inboxsync_tasks

app = Celery("site", broker=os.environ["SITE_REDIS_URL"], backend=os.environ["SITE_REDIS_URL"])
app.conf.beat_schedule = inboxsync_tasks.beat_schedule()
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_prefetch_multiplier = 1
