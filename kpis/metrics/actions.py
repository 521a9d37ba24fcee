"""The action that defines a metric."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.people import roles
from accounts.people.models import Staff
from kpis.metrics.models import Definition
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused


@transaction.atomic
def define(*, by: Staff, at: datetime, metric: str, effective_from: date, target: Decimal, text: str) -> Definition:
    """Define a metric anew from the local day `effective_from` on; earlier periods keep the definition of their time.

    `target` is in percent. P&BI only. Refuses: `not_your_role`, `past_date`, `text_missing`, `same_day`.
    """
    if not by.has_role(roles.DEFINING):
        raise Refused("not_your_role", "The P&BI team defines the metrics.")
    if effective_from < local_date(at):
        raise Refused("past_date", "A definition can't change the past: choose today or later.", field="effective_from")
    if not text.strip():
        raise Refused("text_missing", "Write the definition that stands beside the figure.", field="text")
    if Definition.objects.filter(metric=metric, effective_from=effective_from).exists():
        raise Refused("same_day", "There is a definition from that day on already.", field="effective_from")
    return Definition.objects.create(
        metric=metric, effective_from=effective_from, target=target, text=text.strip(), author=by, created_at=at
    )
