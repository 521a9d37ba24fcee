"""A job for tests: takes the seconds that its subject says, then writes one row. JOB_LEASE shortens all leases."""

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.jobs import queue
from accounts.jobs.queue import Work, handles

if "JOB_LEASE" in os.environ:
    queue.LEASE = timedelta(seconds=float(os.environ["JOB_LEASE"]))
    queue.RENEW_EVERY = queue.LEASE / 5


@handles("test_slow")
def slow(work: Work) -> str:
    with Path(os.environ["JOB_LOG"]).open("a") as log:
        log.write(f"attempt {work.job.attempts}\n")
    tenths = int(float(work.subject.split()[0]) * 10)
    for done in range(tenths):
        work.step(done, tenths)
        time.sleep(0.1)
    with work.once("Written."):
        Session.objects.create(session_key=uuid.uuid4().hex, session_data=work.subject, expire_date=timezone.now())
    return "Written."
