"""Makes accounts whose owners' clocks have run out: `python -m tests.deploy.due COUNT`; asks for a sweep, twice."""

import sys
from datetime import UTC, datetime

import django

django.setup()

from django.db import transaction  # noqa: E402

from accounts.people.models import Staff  # noqa: E402
from accounts.records.models import Account  # noqa: E402
from accounts.records.models.accounts import Origin  # noqa: E402
from ownership.replay.tasks import ask_for_sweep  # noqa: E402

LONG_AGO = datetime(2024, 1, 15, 9, tzinfo=UTC)
owner = Staff(username="funke", full_name="Funke Ade")
owner.set_unusable_password()
owner.save()
with transaction.atomic():
    Account.objects.bulk_create(
        Account(
            code=f"T{number:05}",
            name=f"Company {number}",
            origin=Origin.HUB,
            created_at=LONG_AGO,
            created_by=owner,
            sourced_by=owner,
            next_at=LONG_AGO,
        ).prepare()
        for number in range(int(sys.argv[1]))
    )
ask_for_sweep()
ask_for_sweep()
