"""What Celery runs of this app. The beat only asks for work: it is done as leased jobs (see `accounts.jobs`)."""

from celery import shared_task
from django.utils import timezone

from accounts.jobs import Work, enqueue, handles
from ownership import actions
from ownership.actions.policies import SWEEP
from ownership.actions.supposing import WHAT_IF
from ownership.models import WhatIf

AUDIT = "ownership_audit"


@shared_task(name="ownership.sweep", ignore_result=True)
def ask_for_sweep() -> None:
    """Every hour, and just after midnight: replay the accounts whose time has come."""
    enqueue(SWEEP, at=timezone.now())


@shared_task(name="ownership.audit", ignore_result=True)
def ask_for_audit() -> None:
    """Every week: replay everything and compare."""
    enqueue(AUDIT, at=timezone.now())


@handles(SWEEP)
def sweep_ownership(work: Work) -> str:
    done = actions.catch_up(at=work.at, step=work.step)
    replayed, changed = sum(row.replayed for row in done), sum(row.changed for row in done)
    return f"Swept {len(done)} times: {replayed} accounts replayed, {changed} changed."


@handles(AUDIT)
def audit_ownership(work: Work) -> str:
    actions.catch_up(at=work.at)
    found = actions.audit(at=work.at, step=work.step)
    return f"Compared {found.replayed} accounts: {found.changed} differ from their log."


@handles(WHAT_IF)
def answer_what_if(work: Work) -> str:
    asked = WhatIf.objects.select_related("policy").get(pk=work.subject)
    counts, changes = actions.compare_policies(asked, step=work.step)
    words = f"{counts['changed']:,} of {counts['accounts']:,} accounts would change."
    with work.once(words):
        actions.store_comparison(asked, counts, changes, at=timezone.now())
    return words
