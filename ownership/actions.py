"""The verbs of ownership."""

from datetime import date, datetime

from django.db import transaction

from accounts import roles
from accounts.models import Staff
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.timing import local_date
from ownership.models import Policy


@transaction.atomic
def set_policy(
    *, by: Staff, at: datetime, effective_from: date, orphan_after_months: int, lead_days: int, reason: str
) -> Policy:
    """Set the clocks of the rules of engagement from the local day `effective_from` on; earlier days keep theirs.

    P&BI only. Refuses: `not_your_role`, `past_date`, `same_day`, `not_positive`, `reason_missing`.
    """
    if not by.has_role(roles.DEFINING):
        raise Refused("not_your_role", "The P&BI team sets the policy.")
    if effective_from < local_date(at):
        raise Refused("past_date", "A policy can't change the past: choose today or later.", field="effective_from")
    for name, value in (("orphan_after_months", orphan_after_months), ("lead_days", lead_days)):
        if value < 1:
            raise Refused("not_positive", "A clock runs for at least one.", field=name)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the policy changes: people will ask.", field="reason")
    if Policy.objects.filter(effective_from=effective_from).exists():
        raise Refused("same_day", "There is a policy from that day on already.", field="effective_from")
    return Policy.objects.create(
        effective_from=effective_from,
        orphan_after_months=orphan_after_months,
        lead_days=lead_days,
        reason=reason.strip(),
        author=by,
        created_at=at,
    )
