"""The action that sets the policy."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.jobs.queue import enqueue
from accounts.people import roles
from accounts.people.models import Staff
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused
from ownership.facts.models import Policy
from ownership.replay.actions.sweep import SWEEP_JOB

LONGEST = {"orphan_after_months": 120, "lead_days": 3650}  # ten years


@transaction.atomic
def set_policy(
    *, by: Staff, at: datetime, effective_from: date, orphan_after_months: int, lead_days: int, reason: str
) -> Policy:
    """Set the clocks of the rules of engagement from the local day `effective_from` on; earlier days keep theirs.

    A policy that holds from today on enqueues a sweep of all accounts at once; the sweep of its first midnight takes up
    a later one. P&BI only. Refuses: `not_your_role`, `past_date`, `not_positive`, `too_long`, `reason_missing`,
    `same_day`.
    """
    if not by.has_role(roles.DEFINING):
        raise Refused("not_your_role", "The P&BI team sets the policy.")
    if effective_from < local_date(at):
        raise Refused("past_date", "A policy can't change the past: choose today or later.", field="effective_from")
    check_clocks(orphan_after_months=orphan_after_months, lead_days=lead_days)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the policy changes: people will ask.", field="reason")
    if Policy.objects.filter(effective_from=effective_from).exists():
        raise _same_day()
    try:
        with transaction.atomic():
            made = Policy.objects.create(
                effective_from=effective_from,
                orphan_after_months=orphan_after_months,
                lead_days=lead_days,
                reason=reason.strip(),
                author=by,
                created_at=at,
            )
    except IntegrityError:  # somebody else saved one at this moment
        raise _same_day() from None
    if effective_from == local_date(at):
        enqueue(SWEEP_JOB, f"policy {made.pk}", at=at)  # not the job of a sweep that is running: it began before
    return made


def check_clocks(*, orphan_after_months: int, lead_days: int) -> None:
    """Check that both clocks run at least one and at most ten years. Refuses `not_positive`, `too_long`."""
    for name, value in (("orphan_after_months", orphan_after_months), ("lead_days", lead_days)):
        if value < 1:
            raise Refused("not_positive", "A clock runs for at least one.", field=name)
        if value > LONGEST[name]:
            raise Refused("too_long", "A clock runs for ten years at most.", field=name)


def _same_day() -> Refused:
    return Refused("same_day", "There is a policy from that day on already.", field="effective_from")
