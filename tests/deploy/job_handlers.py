"""A job for tests: takes the seconds that its subject says, then writes one row. Run as a program, it asks for one."""

import os
import sys
import time
import uuid
from pathlib import Path

from accounts.jobs import Work, handles


@handles("test_slow")
def slow(work: Work) -> str:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    with Path(os.environ["JOB_LOG"]).open("a") as log:
        log.write(f"attempt {work.job.attempts}\n")
    tenths = int(float(work.subject.split()[0]) * 10)
    for done in range(tenths):
        work.step(done, tenths)
        time.sleep(0.1)
    with work.once("Written."):
        Session.objects.create(session_key=uuid.uuid4().hex, session_data=work.subject, expire_date=timezone.now())
    return "Written."


if __name__ == "__main__":
    import django

    django.setup()
    from django.utils import timezone

    from accounts.jobs import enqueue

    began = time.monotonic()
    enqueue("test_slow", sys.argv[1], at=timezone.now())
    sys.stdout.write(f"{time.monotonic() - began:.2f}\n")
