"""The Celery tasks of sweep and audit, which enqueue jobs, and the handlers of those jobs (`accounts.jobs.queue`)."""

from celery import shared_task
from django.utils import timezone

from accounts.jobs.queue import Work, enqueue, handles
from ownership.replay.actions.sweep import SWEEP_JOB, audit, catch_up

AUDIT = "ownership_audit"


@shared_task(name="ownership.sweep", ignore_result=True)
def ask_for_sweep() -> None:
    """Enqueue a sweep; the beat runs this a minute past every hour."""
    enqueue(SWEEP_JOB, at=timezone.now())


@shared_task(name="ownership.audit", ignore_result=True)
def ask_for_audit() -> None:
    """Enqueue an audit; the beat runs this every week."""
    enqueue(AUDIT, at=timezone.now())


@handles(SWEEP_JOB)
def sweep_ownership(work: Work) -> str:
    done = catch_up(at=work.at, step=work.step)
    replayed, changed = sum(row.replayed for row in done), sum(row.changed for row in done)
    return f"Swept {len(done)} times: {replayed} accounts replayed, {changed} changed."


@handles(AUDIT)
def audit_ownership(work: Work) -> str:
    catch_up(at=work.at)
    result = audit(at=work.at, step=work.step)
    return f"Compared {result.replayed} accounts: {result.changed} differ from their log."
