"""A night that the hub was away: `python -m tests.deploy.missed_night CUSTOMERS SALES`.

Makes both feeds of the ERP, due since, and their files in the drop folder. A row of the sales' fits no account yet.
"""

import os
import sys
from datetime import time, timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_celery_beat.models import IntervalSchedule, PeriodicTask  # noqa: E402

from accounts.imports.feeds.actions import save_feed  # noqa: E402
from accounts.imports.feeds.samples import SELLERS, write_drop  # noqa: E402
from accounts.imports.models import Feed  # noqa: E402
from accounts.people.models import Staff  # noqa: E402
from mikano_cx.kit.local_time import local_date  # noqa: E402

now = timezone.now()
for number in range(1, SELLERS):  # all but one
    seller = Staff(username=f"e{number}", full_name=f"Seller {number}", erp_code=f"E{number:03}")
    seller.set_unusable_password()
    seller.save()
given = {"folder": "erp", "has_trailer": True, "settle_seconds": 5, "days": "daily", "runs_at": time(2)}
for kind in ("customers", "sales"):
    save_feed(Feed(name=f"ERP {kind}", kind=kind, pattern=f"{kind}_*.csv", **given), by=None, at=now)
Feed.objects.update(updated_at=now - timedelta(days=3))
often, _ = IntervalSchedule.objects.get_or_create(every=300, period="seconds")
PeriodicTask.objects.create(name="Start missed feeds", task="accounts.start_missed_feeds", interval=often)
PeriodicTask.objects.update(last_run_at=now - timedelta(days=2))  # when beat was last there
files = write_drop(
    settings.DROP_DIR / "erp", customers=int(sys.argv[1]), sales=int(sys.argv[2]), on=local_date(now) - timedelta(1)
)
for path in files:
    os.utime(path, (now.timestamp() - 60,) * 2)
