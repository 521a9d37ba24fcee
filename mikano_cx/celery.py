"""The Celery application. A message is only a wake-up; the work itself is a leased row in the database."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")

TRANSPORT_ALIASES["filesystem"] = "mikano_cx.broker:Transport"
app = Celery("mikano_cx")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Beat writes these into its tables at each start. Schedules made in the admin are kept.
app.conf.beat_schedule = {
    "Resume jobs": {"task": "accounts.resume_jobs", "schedule": 20.0, "options": {"expires": 20}},
    "Start missed feeds": {"task": "accounts.start_missed_feeds", "schedule": 300.0, "options": {"expires": 300}},
    # Hours and days are in CELERY_TIMEZONE. A minute past the hour, midnight has certainly passed.
    "Sweep ownership": {"task": "ownership.sweep", "schedule": crontab(minute="1"), "options": {"expires": 1800}},
    "Audit ownership": {
        "task": "ownership.audit",
        "schedule": crontab(minute="30", hour="3", day_of_week="sunday"),
        "options": {"expires": 43200},
    },
}


@beat_init.connect
def start_missed_feeds_at_once(**_: Any) -> None:
    """Start feeds that were due while beat was away, when beat starts."""
    app.send_task("accounts.start_missed_feeds", expires=300, ignore_result=True, retry=False)


app.conf.beat_sync_every = 1  # health checks read when a schedule last ran, so it is written at once
