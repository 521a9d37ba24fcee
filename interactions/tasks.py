"""What Celery loads of this app: the handlers of its jobs (see `accounts.jobs`)."""

from accounts.feeds.kinds import TAKE_UP
from accounts.jobs import Work, handles
from interactions.feeds.sales import take_up_held
from interactions.workbook import handlers

__all__ = ["handlers", "take_up"]


@handles(TAKE_UP)
def take_up(work: Work) -> str:
    return f"{take_up_held(work.subject, at=work.at):,} sales that were held are recorded."
