"""Asks for a `test_slow` job, and prints the seconds that asking took: `python -m tests.deploy.ask SUBJECT`."""

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.jobs.queue import enqueue  # noqa: E402

began = time.monotonic()
enqueue("test_slow", sys.argv[1], at=timezone.now())
sys.stdout.write(f"{time.monotonic() - began:.2f}\n")
