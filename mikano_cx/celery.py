"""The Celery application. A message is a wake-up: the work itself is a leased row in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")

app = Celery("mikano_cx")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
