"""The modules in which Celery finds the job handlers of interactions (see `accounts.jobs.queue`)."""

from accounts.imports.runs.registry import TAKE_UP
from accounts.jobs.queue import Work, handles
from interactions.sales.feed import take_up_held
from interactions.workbook import handlers

__all__ = ["handlers", "take_up"]


@handles(TAKE_UP)
def take_up(work: Work) -> str:
    return f"{take_up_held(work.subject, at=work.at):,} sales that were held are recorded."
